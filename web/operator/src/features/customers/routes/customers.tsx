import { t } from "@lingui/core/macro";
import { tableState, type TableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { CustomersPage } from "../CustomersPage";

interface Search extends TableState {
  state?: "removed" | undefined;
}

export const Route = createFileRoute("/customers")({
  component: CustomersPage,
  validateSearch: (search: Record<string, unknown>): Search => ({ ...tableState(search), ...(search.state === "removed" && { state: "removed" }) }),
  staticData: { title: () => t`Customers`, permission: "view_customers" },
});
