import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { texts } from "../../../search";
import { FleetPage } from "../FleetPage";

export const Route = createFileRoute("/chargers/")({
  component: FleetPage,
  validateSearch: (search: Record<string, unknown>) => ({ ...tableState(search), ...texts(search, "state", "away") }),
  staticData: { title: () => t`Chargers`, permission: "view" },
});
