import { t } from "@lingui/core/macro";
import { tableState, type TableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import type { SessionFilters } from "../../../queries";
import { texts } from "../../../search";
import { SessionsPage } from "../SessionsPage";

interface Search extends TableState {
  station?: string | undefined;
  token?: string | undefined;
  customer?: string | undefined;
  status?: SessionFilters["status"];
  site?: string | undefined;
  /** Days on which they ended, "2026-11-25": the first and the last. */
  ended_from?: string | undefined;
  ended_to?: string | undefined;
  /** Days on which they began. */
  from?: string | undefined;
  to?: string | undefined;
}

const STATES = ["pending", "active", "completed", "cancelled", "invalid"] as const;

export const Route = createFileRoute("/sessions/")({
  component: SessionsPage,
  validateSearch: (search: Record<string, unknown>): Search => {
    const status = STATES.find((each) => each === search.status);
    return { ...tableState(search), ...texts(search, "station", "site", "ended_from", "ended_to", "token", "customer", "from", "to"), ...(status && { status }) };
  },
  staticData: { title: () => t`Sessions`, permission: "view" },
});
