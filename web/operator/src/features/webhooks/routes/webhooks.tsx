import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { WebhooksPage } from "../WebhooksPage";

export const Route = createFileRoute("/webhooks")({
  component: WebhooksPage,
  validateSearch: tableState,
  staticData: { title: () => t`Webhooks`, permission: "administer" },
});
