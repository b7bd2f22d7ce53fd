import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { RefusedPage } from "../RefusedPage";

export const Route = createFileRoute("/refused")({
  component: RefusedPage,
  validateSearch: tableState,
  staticData: { title: () => t`Why can't my charger connect?`, permission: "view" },
});
