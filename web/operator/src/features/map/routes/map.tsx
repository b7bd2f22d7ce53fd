import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { texts } from "../../../search";
import { MapPage } from "../MapPage";

export const Route = createFileRoute("/map")({
  component: MapPage,
  validateSearch: (search: Record<string, unknown>) => texts(search, "q", "state"),
  staticData: { title: () => t`Map`, permission: "view" },
});
