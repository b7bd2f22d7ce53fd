import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { SitePage } from "../SitePage";

export const Route = createFileRoute("/sites/$id")({
  component: SitePage,
  validateSearch: tableState,
  staticData: { title: () => t`Site`, permission: "view" },
});
