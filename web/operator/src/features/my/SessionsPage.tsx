import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type OwnSession } from "@stationmaster/api";
import { At, Badge, DataTable, DateField, Empty, Icon, kwh, Lasting, money, notify, Problem, save, tableCss, Waiting, type Column } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { beginningOf, useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { knownSort } from "../../queries";
import { sessionWords } from "../../words";
import css from "../sessions/Sessions.module.css";
import { Mine } from "./Mine";
import { SESSION_SORTS, sessionsQuery } from "./queries";
import { placeName } from "./words";

const route = getRouteApi("/my/sessions/");

/** What one has charged. */
export function SessionsPage() {
  const { from, to } = route.useSearch();
  const times = { started_from: beginningOf(from, 0), started_to: beginningOf(to, 1) };
  return (
    <Mine title={t`Sessions`} aside={<Export times={times} />}>
      {() => <Listed times={times} />}
    </Mine>
  );
}

interface Times {
  started_from: string | undefined;
  started_to: string | undefined;
}

function Listed({ times }: { times: Times }) {
  const { from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const [state, setState] = useTableState();
  const list = useList<OwnSession>(sessionsQuery({ ...times, sort: knownSort(SESSION_SORTS, state.sort) }));
  const columns = useMemo(sessionColumns, []);
  const filter = (next: { from?: string | undefined; to?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (list.isPending) return <Waiting />;
  const filtered = (from ?? to) !== undefined;
  return (
    <DataTable
      label={t`Sessions`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} sortable={SESSION_SORTS}
      filters={
        <>
          <DateField className={css.day ?? ""} aria-label={t`Started on or after`} placeholder={t`From`} value={from ?? null} onChange={(value) => { filter({ from: value ?? undefined }); }} />
          <DateField className={css.day ?? ""} aria-label={t`Started on or before`} placeholder={t`To`} value={to ?? null} onChange={(value) => { filter({ to: value ?? undefined }); }} />
        </>
      }
      empty={
        <Empty title={filtered ? t`No session matches` : t`You have not charged yet`}>
          {!filtered && (
            <Link to="/my">
              <Trans>Start charging</Trans>
            </Link>
          )}
        </Empty>
      }
    />
  );
}

/** All of them as a file, however many are shown. */
function Export({ times }: { times: Times }) {
  const away = useAway() !== null;
  const file = useMutation({
    mutationFn: () => answered(client.GET("/api/v1/me/exports/sessions", { params: { query: times }, parseAs: "blob" })),
    onSuccess: (content) => { save("sessions.csv", content as unknown as Blob); },
    onError: notify.failed,
  });
  return (
    <Button variant="default" leftSection={<Icon name="download" size={16} />} loading={file.isPending} disabled={away} onClick={() => { file.mutate(); }} data-testid="export-own">
      <Trans>All as CSV</Trans>
    </Button>
  );
}

function seconds({ started_at, stopped_at }: OwnSession): number | null {
  return stopped_at === null ? null : Math.round((Date.parse(stopped_at) - Date.parse(started_at)) / 1000);
}

function sessionColumns(): Column<OwnSession>[] {
  return [
    {
      id: "started", head: t`Started`, value: (one) => one.started_at,
      cell: (one) => <Link to="/my/sessions/$id" params={{ id: one.id }} className={tableCss.rowLink}><At at={one.started_at} /></Link>,
    },
    {
      id: "state", head: t`State`, value: (one) => sessionWords(one).word, card: "side",
      cell: (one) => <Badge tone={sessionWords(one).tone} plain>{sessionWords(one).word}</Badge>,
    },
    { id: "place", head: t`Place`, value: placeName, cell: (one) => <span className="hostile">{placeName(one)}</span> },
    { id: "duration", head: t`Duration`, csvHead: t`Duration (s)`, right: true, value: seconds, cell: (one) => <span className="dim"><Lasting from={one.started_at} to={one.stopped_at} /></span> },
    {
      id: "energy", head: t`Energy`, csvHead: t`Energy (Wh)`, right: true, value: (one) => one.energy_wh, cell: (one) => <span className="num">{kwh(one.energy_wh)}</span>,
      total: (rows) => kwh(rows.reduce((sum, one) => sum + (one.excluded ? 0 : (one.energy_wh ?? 0)), 0)),
    },
    { id: "price", head: t`Price`, right: true, value: (one) => one.billed, cell: (one) => <strong className="num">{one.billed === null ? "–" : money(one.billed, one.currency ?? "")}</strong> },
    { id: "card", head: t`Card`, extra: true, value: (one) => one.card },
    { id: "stopped", head: t`Stopped`, extra: true, value: (one) => one.stopped_at, cell: (one) => <At at={one.stopped_at} /> },
  ];
}
