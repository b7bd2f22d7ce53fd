import { t } from "@lingui/core/macro";
import { tableState, type TableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { SitesPage } from "../SitesPage";
import { STATUSES } from "../words";

interface Search extends TableState {
  /** In which state, or "removed". */
  state?: (typeof STATUSES)[number] | "removed" | undefined;
}

export const Route = createFileRoute("/sites/")({
  component: SitesPage,
  validateSearch: (search: Record<string, unknown>): Search => {
    const state = ([...STATUSES, "removed"] as const).find((each) => each === search.state);
    return { ...tableState(search), ...(state && { state }) };
  },
  staticData: { title: () => t`Sites`, permission: "view" },
});
