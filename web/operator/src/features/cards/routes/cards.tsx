import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { CardsPage } from "../CardsPage";

export const Route = createFileRoute("/cards")({
  component: CardsPage,
  validateSearch: tableState,
  staticData: { title: () => t`Cards`, permission: "view" },
});
