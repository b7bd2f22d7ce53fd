import { t } from "@lingui/core/macro";
import type { Session } from "@stationmaster/api";
import { At, Badge, kwh, Lasting, Mark, tableCss, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { connectorName, refusedCard, sessionWords, stopReason } from "../../words";

function seconds(session: Session): number | null {
  return session.stopped_at === null ? null : Math.round((Date.parse(session.stopped_at) - Date.parse(session.started_at)) / 1000);
}

/** Sessions as rows; the whole row opens the session. */
export function sessionColumns({ withStation = true }: { withStation?: boolean } = {}): Column<Session>[] {
  const station: Column<Session> = {
    id: "station",
    head: t`Charger`,
    value: (session) => session.station,
    cell: (session) => (
      <Link to="/chargers/$id" params={{ id: session.station }} className={`${tableCss.above} hostile`}>
        {session.station}
      </Link>
    ),
  };
  return [
    {
      id: "started",
      head: t`Started`,
      value: (session) => session.started_at,
      cell: (session) => (
        <Link to="/sessions/$id" params={{ id: session.id }} className={tableCss.rowLink}>
          <At at={session.started_at} />
        </Link>
      ),
    },
    { id: "state", head: t`State`, value: (session) => sessionWords(session).word, card: "side", cell: (session) => <State session={session} /> },
    ...(withStation ? [station] : []),
    {
      id: "connector",
      head: t`Connector`,
      value: (session) => session.evse,
      card: "hidden",
      cell: (session) => <span className="dim num">{connectorName(session.evse)}</span>,
    },
    { id: "token", head: t`Card`, value: (session) => session.token, cell: (session) => <span className="mono hostile">{session.token ?? "–"}</span> },
    {
      id: "duration",
      head: t`Duration`,
      csvHead: t`Duration (s)`,
      right: true,
      value: seconds,
      cell: (session) => <span className="dim"><Lasting from={session.started_at} to={session.stopped_at} /></span>,
    },
    {
      id: "energy",
      head: t`Energy`,
      csvHead: t`Energy (Wh)`,
      right: true,
      value: (session) => session.energy_wh,
      cell: (session) => <strong className="num">{kwh(session.energy_wh)}</strong>,
      total: (sessions) => kwh(sessions.reduce((sum, session) => sum + (session.excluded ? 0 : (session.energy_wh ?? 0)), 0)),
    },
    {
      id: "stopped",
      head: t`Stopped`,
      value: (session) => session.stopped_at,
      extra: true,
      card: "hidden",
      cell: (session) => <At at={session.stopped_at} />,
    },
    { id: "reason", head: t`Why it ended`, value: (session) => stopReason(session.stop_reason), extra: true, card: "hidden" },
    { id: "transaction", head: t`Transaction`, value: (session) => session.transaction_id, extra: true, card: "hidden" },
    { id: "id", head: t`Id`, value: (session) => session.id, extra: true, card: "hidden" },
  ];
}

function State({ session }: { session: Session }) {
  const { word, tone } = sessionWords(session);
  const card = refusedCard(session);
  return (
    <>
      <Badge tone={tone} plain>
        {word}
      </Badge>
      {card && <Mark title={t`The charger charged although this card was refused`}>{card}</Mark>}
      {session.excluded && <Mark title={t`A person has left this session out: it counts nowhere`}>{t`left out`}</Mark>}
      {session.review && <Mark title={t`Something about this session should be looked at`}>{t`to check`}</Mark>}
    </>
  );
}
