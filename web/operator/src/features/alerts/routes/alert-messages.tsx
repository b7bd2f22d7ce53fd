import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { MessagesPage } from "../MessagesPage";

export const Route = createFileRoute("/alert-messages")({
  component: MessagesPage,
  validateSearch: tableState,
  staticData: { title: () => t`Messages`, permission: "administer" },
});
