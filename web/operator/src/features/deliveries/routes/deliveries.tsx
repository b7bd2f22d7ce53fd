import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { DeliveriesPage } from "../DeliveriesPage";

const STATES = ["waiting", "done", "dead"] as const;

export const Route = createFileRoute("/deliveries")({
  component: DeliveriesPage,
  validateSearch: (search: Record<string, unknown>) => {
    const state = STATES.find((each) => each === search.state);
    const receiver = typeof search.receiver === "string" && search.receiver !== "" ? search.receiver : undefined;
    return { ...tableState(search), ...(state && { state }), ...(receiver && { receiver }) };
  },
  staticData: { title: () => t`Deliveries`, permission: "administer" },
});
