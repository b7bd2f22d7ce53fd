import { t } from "@lingui/core/macro";
import type { Session } from "@stationmaster/api";
import { At, Badge, kwh, Lasting, Mark, money, tableCss, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { connectorName, refusedCard, sessionWords, stopReason } from "../../words";

function seconds(session: Session): number | null {
  return session.stopped_at === null ? null : Math.round((Date.parse(session.stopped_at) - Date.parse(session.started_at)) / 1000);
}

/** Sessions as rows; the whole row opens the session. In a `narrow` place the customer is only there when asked for. */
export function sessionColumns({ withStation = true, narrow = false }: { withStation?: boolean; narrow?: boolean } = {}): Column<Session>[] {
  const customer: Column<Session> = {
    id: "customer",
    head: t`Customer`,
    extra: narrow,
    value: (session) => session.customer_name ?? session.customer ?? null,
    card: "hidden",
    cell: (session) => <Whose session={session} />,
  };
  const station: Column<Session> = {
    id: "station",
    head: t`Charger`,
    width: "10%",
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
    { id: "state", head: t`State`, value: (session) => sessionWords(session).word, card: "side", width: "14%", cell: (session) => <State session={session} /> },
    ...(withStation ? [station] : []),
    {
      id: "connector",
      head: t`Connector`,
      value: (session) => session.evse,
      card: "hidden",
      cell: (session) => <span className="dim num" title={connectorName(session.evse)}>{session.evse ?? "–"}</span>,
    },
    { id: "token", head: t`Card`, value: (session) => session.token, width: "12%", cell: (session) => <span className="mono hostile">{session.token ?? "–"}</span> },
    customer,
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
      id: "billed",
      head: t`Price`,
      right: true,
      csvHead: t`Price with tax`,
      value: (session) => session.billed ?? null,
      cell: (session) => (session.billed && session.currency ? <span className="num">{money(session.billed, session.currency)}</span> : null),
      total: sums,
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

function Whose({ session: { customer, customer_name } }: { session: Session }) {
  if (!customer) return <span className="dim">–</span>;
  if (!customer_name) return <span className="hostile">{customer}</span>; // no page of customers for who asks
  return <Link to="/customers/$id" params={{ id: customer }} className={`${tableCss.above} hostile`}>{customer_name}</Link>;
}

/** What these were billed, by currency. */
function sums(sessions: Session[]): string {
  const found = new Map<string, number>();
  for (const { billed, currency, excluded } of sessions) {
    if (billed && currency && !excluded) found.set(currency, (found.get(currency) ?? 0) + Math.round(Number(billed) * 1000));
  }
  return [...found].map(([currency, thousandths]) => money(String(thousandths / 1000), currency)).join(" · ") || "–";
}

function State({ session }: { session: Session }) {
  const { word, tone } = sessionWords(session);
  const card = refusedCard(session);
  return (
    <>
      <Badge tone={tone} plain>
        {word}
      </Badge>
      {" "}
      {card && <Mark title={t`The charger charged although this card was refused`}>{card}</Mark>}
      {" "}
      {session.excluded && <Mark title={t`A person has left this session out: it counts nowhere`}>{t`left out`}</Mark>}
      {" "}
      {session.review && <Mark title={t`Something about this session should be looked at`}>{t`to check`}</Mark>}
    </>
  );
}
