import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { SessionsPage } from "../SessionsPage";

export const Route = createFileRoute("/my/sessions/")({
  component: SessionsPage,
  validateSearch: (search: Record<string, unknown>) => ({
    ...tableState(search),
    ...(typeof search.from === "string" && { from: search.from }),
    ...(typeof search.to === "string" && { to: search.to }),
  }),
  staticData: { title: () => t`My sessions`, permission: null },
});
