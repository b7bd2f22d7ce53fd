import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { DeliveriesPage } from "../DeliveriesPage";
import { WAYS } from "../words";

const STATES = ["waiting", "done", "dead"] as const;

export const Route = createFileRoute("/deliveries")({
  component: DeliveriesPage,
  validateSearch: (search: Record<string, unknown>) => {
    const state = STATES.find((each) => each === search.state);
    const receiver = typeof search.receiver === "string" && search.receiver !== "" ? search.receiver : undefined;
    const way = WAYS.find((each) => each === search.way);
    return { ...tableState(search), ...(state && { state }), ...(way && { way }), ...(receiver && { receiver }) };
  },
  staticData: { title: () => t`Deliveries`, permission: "administer" },
});
