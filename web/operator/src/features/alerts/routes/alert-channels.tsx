import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { ChannelsPage } from "../ChannelsPage";

export const Route = createFileRoute("/alert-channels")({
  component: ChannelsPage,
  validateSearch: tableState,
  staticData: { title: () => t`Channels`, permission: "administer" },
});
