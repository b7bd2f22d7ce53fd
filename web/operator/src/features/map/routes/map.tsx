import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { MapPage } from "../MapPage";

export const Route = createFileRoute("/map")({
  component: MapPage,
  staticData: { title: () => t`Map`, permission: "view" },
});
