import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { AlertPage } from "../AlertPage";

export const Route = createFileRoute("/alerts/$id")({
  component: AlertPage,
  validateSearch: tableState,
  staticData: { title: () => t`Alert`, permission: "view" },
});
