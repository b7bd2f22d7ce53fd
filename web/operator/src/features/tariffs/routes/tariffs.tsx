import { t } from "@lingui/core/macro";
import { tableState, type TableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { TariffsPage } from "../TariffsPage";

interface Search extends TableState {
  state?: "removed" | undefined;
}

export const Route = createFileRoute("/tariffs")({
  component: TariffsPage,
  validateSearch: (search: Record<string, unknown>): Search => ({ ...tableState(search), ...(search.state === "removed" && { state: "removed" }) }),
  staticData: { title: () => t`Tariffs`, permission: "view" },
});
