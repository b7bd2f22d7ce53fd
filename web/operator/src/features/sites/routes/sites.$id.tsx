import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { texts } from "../../../search";
import { SitePage } from "../SitePage";

export const Route = createFileRoute("/sites/$id")({
  component: SitePage,
  validateSearch: (search: Record<string, unknown>) => ({ ...tableState(search), ...texts(search, "edit") }),
  staticData: { title: () => t`Site`, permission: "view" },
});
