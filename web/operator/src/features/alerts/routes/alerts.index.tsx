import { t } from "@lingui/core/macro";
import { tableState, type TableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { texts } from "../../../search";
import { AlertsPage } from "../AlertsPage";
import { STATES, type AlertState } from "../queries";
import { kindWords, SEVERITIES, type AlertKind, type Severity } from "../words";

interface Search extends TableState {
  state?: AlertState;
  severity?: Severity;
  kind?: AlertKind;
  station?: string | undefined;
}

export const Route = createFileRoute("/alerts/")({
  component: AlertsPage,
  validateSearch: (search: Record<string, unknown>): Search => {
    const state = STATES.find((each) => each === search.state);
    const severity = SEVERITIES.find((each) => each === search.severity);
    const kind = (Object.keys(kindWords()) as AlertKind[]).find((each) => each === search.kind);
    return { ...tableState(search), ...texts(search, "station"), ...(state && { state }), ...(severity && { severity }), ...(kind && { kind }) };
  },
  staticData: { title: () => t`Alerts`, permission: "view" },
});
