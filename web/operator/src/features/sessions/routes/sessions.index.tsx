import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { texts } from "../../../search";
import { SessionsPage } from "../SessionsPage";

export const Route = createFileRoute("/sessions/")({
  component: SessionsPage,
  validateSearch: (search: Record<string, unknown>) => ({
    ...tableState(search),
    ...texts(search, "station", "token", "status"),
  }),
  staticData: { title: () => t`Sessions`, permission: "view" },
});
