import { t } from "@lingui/core/macro";
import { tableState, type TableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import type { ReservationFilters } from "../../../queries";
import { ReservationsPage } from "../ReservationsPage";
import { STATES } from "../words";

export const Route = createFileRoute("/reservations")({
  component: ReservationsPage,
  validateSearch: (search: Record<string, unknown>): TableState & { state?: ReservationFilters["state"] } => {
    const state = STATES.find((each) => each === search.state);
    return { ...tableState(search), ...(state && { state }) };
  },
  staticData: { title: () => t`Reservations`, permission: "view" },
});
