import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { PausesPage } from "../PausesPage";

export const Route = createFileRoute("/alert-pauses")({
  component: PausesPage,
  validateSearch: tableState,
  staticData: { title: () => t`Planned work`, permission: "view" },
});
