import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, SegmentedControl, Select } from "@mantine/core";
import { answered, client, type Alert } from "@stationmaster/api";
import { Ago, Badge, DataTable, Empty, listCss, notify, PageHead, Problem, tableCss, Waiting, type Column } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { useChosen, useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { useMay } from "../../user";
import { act, SHOWN, type Act } from "./acting";
import { alertsQuery, STATES, type AlertState } from "./queries";
import { Tabs, useMayRule } from "./Tabs";
import { aboutWord, kindWords, SEVERITIES, SEVERITY_TONE, severityWord, siteOf, stateWord, type AlertKind } from "./words";
import css from "./Alerts.module.css";

const route = getRouteApi("/alerts/");

/** What somebody should know of now: looked after by somebody, or not yet, or over. */
export function AlertsPage() {
  useFocus(null);
  const queries = useQueryClient();
  const { state: chosen = "open", severity, kind, station } = route.useSearch();
  const [, choose] = useChosen("state");
  const [, chooseSeverity] = useChosen("severity");
  const [, chooseKind] = useChosen("kind");
  const list = useList<Alert>(alertsQuery({ state: chosen, severity, kind, station }));
  const [state, setState] = useTableState();
  const may = useMay("operate") && chosen !== "resolved";
  const away = useAway() !== null;
  const newest = list.rows[0]?.id;
  useEffect(() => {
    // Whoever looks at them has seen them: the bell is still.
    if (chosen !== "open" || newest === undefined) return;
    void answered(client.POST("/api/v1/alerts/seen")).then(() => queries.invalidateQueries({ queryKey: ["alerts", "unseen"] }), () => undefined);
  }, [queries, chosen, newest]);
  const columns = useMemo(() => {
    const run = (what: Act, alert: Alert) => {
      void act(what, alert.id).then(() => Promise.all(SHOWN.map((queryKey) => queries.invalidateQueries({ queryKey }))), notify.failed);
    };
    return alertColumns(chosen, may && !away ? run : null);
  }, [queries, chosen, may, away]);
  const narrowed = severity !== undefined || kind !== undefined || station !== undefined;
  const kinds = Object.entries(kindWords()).filter(([value]) => value !== "digest");
  return (
    <>
      <PageHead title={t`Alerts`} />
      <Tabs />
      <SegmentedControl
        className={css.states ?? ""} aria-label={t`Which alerts`} data={STATES.map((value) => ({ value, label: stateWord(value) }))} value={chosen}
        onChange={(next) => { choose(next === "open" ? null : next); }} data-testid="alert-states"
      />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Alerts`} columns={columns} rows={list.rows} rowId={(alert) => alert.id} state={state} onState={setState} pages={list.pages}
          search={t`Search alerts…`} rowHeight={64}
          filters={
            <>
              <Select
                className={listCss.filter ?? ""} aria-label={t`Severity`} placeholder={t`Any severity`} value={severity ?? null} onChange={chooseSeverity} clearable
                data={SEVERITIES.map((value) => ({ value, label: severityWord(value) }))} clearButtonProps={{ "aria-label": t`Clear` }}
              />
              <Select
                className={listCss.filter ?? ""} aria-label={t`What`} placeholder={t`Anything`} value={kind ?? null} onChange={chooseKind} clearable
                data={kinds.map(([value, label]) => ({ value, label }))} clearButtonProps={{ "aria-label": t`Clear` }}
              />
            </>
          }
          empty={narrowed ? <Empty title={t`Nothing matches`} /> : <Nothing state={chosen} />}
        />
      )}
    </>
  );
}

function Nothing({ state }: { state: AlertState }) {
  const rules = useMayRule();
  if (state !== "open") return <Empty title={state === "resolved" ? t`Nothing is over yet` : t`Nobody looks after anything`} />;
  return (
    <Empty title={t`All is well`}>
      <p>
        <Trans>Here stands what somebody should know of: a charger that is offline, a fault, a card that was refused. The rules say what, and who is told.</Trans>
      </p>
      {rules && <Link to="/alert-rules">{t`Say who is told`}</Link>}
    </Empty>
  );
}

function alertColumns(state: AlertState, run: ((what: Act, alert: Alert) => void) | null): Column<Alert>[] {
  const kinds: Record<AlertKind, string> = kindWords();
  const looked: Column<Alert> = {
    id: "by", head: t`Looked after by`, value: (alert) => alert.acknowledged_by, cell: (alert) => <span className="dim hostile">{alert.acknowledged_by}</span>,
  };
  const over: Column<Alert> = {
    id: "over", head: t`Over`, value: (alert) => alert.resolved_at,
    cell: (alert) => (
      <span className="dim hostile">
        <Ago at={alert.resolved_at} />
        {alert.resolved_by !== null && ` · ${alert.resolved_by}`}
      </span>
    ),
  };
  const acts: Column<Alert> = {
    id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null,
    cell: (alert) => (
      <span className={`${css.acts} ${tableCss.above}`}>
        {alert.state === "open" && (
          <Button size="compact-sm" variant="default" onClick={() => { run?.("acknowledge", alert); }} data-testid="acknowledge">
            <Trans>I look after it</Trans>
          </Button>
        )}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { run?.("resolve", alert); }} data-testid="resolve">
          <Trans>It is over</Trans>
        </Button>
      </span>
    ),
  };
  return [
    {
      id: "what", head: t`What`, value: (alert) => `${kinds[alert.kind]} ${aboutWord(alert)}`,
      cell: (alert) => (
        <div className="hostile">
          <Link to="/alerts/$id" params={{ id: alert.id }} className={css.what}>{kinds[alert.kind]}</Link>
          <div className="small dim">{aboutWord(alert)}</div>
        </div>
      ),
    },
    {
      id: "severity", head: t`Severity`, value: (alert) => severityWord(alert.severity), card: "side",
      cell: (alert) => <Badge tone={SEVERITY_TONE[alert.severity]}>{severityWord(alert.severity)}</Badge>,
    },
    {
      id: "charger", head: t`Charger`, value: (alert) => [alert.station, siteOf(alert)].filter(Boolean).join(", "),
      cell: (alert) => (
        <div className="hostile">
          {alert.station !== null && <Link to="/chargers/$id" params={{ id: alert.station }} className={tableCss.above}>{alert.station}</Link>}
          <div className="small dim">{siteOf(alert)}</div>
        </div>
      ),
    },
    { id: "since", head: t`Since`, value: (alert) => alert.since, cell: (alert) => <span className="num"><Ago at={alert.since} /></span> },
    { id: "rule", head: t`Rule`, value: (alert) => alert.rule_name, extra: true, card: "hidden" },
    ...(state === "acknowledged" ? [looked] : []),
    ...(state === "resolved" ? [over] : []),
    ...(run === null ? [] : [acts]),
  ];
}
