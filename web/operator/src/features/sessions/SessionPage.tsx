import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ApiError, type SessionDetail } from "@stationmaster/api";
import { At, Badge, Empty, Facts, Icon, local, meter, Note, Problem, Waiting } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useFocus } from "../../live/useFocus";
import { changesQuery, sessionQuery } from "../../queries";
import { connectorName, flagWords, refusedCard, sessionWords, stopReason } from "../../words";
import { ByHand } from "./ByHand";
import { Changes } from "./Changes";
import { Chart } from "./Chart";
import { Figures } from "./Figures";
import { SessionPrice } from "./Price";
import { Readings } from "./Readings";
import { Reviewed } from "./Reviewed";
import thing from "../../thing.module.css";
import css from "./Sessions.module.css";

const route = getRouteApi("/sessions/$id");

export function SessionPage() {
  const { id } = route.useParams();
  const { data: session, error, refetch } = useQuery(sessionQuery(id));
  // Only its own charger's events matter here, and only while it runs.
  useFocus(session?.status === "active" ? session.station : null);

  if (error && !session) {
    if (error instanceof ApiError && error.status === 404) {
      return (
        <Empty page title={t`There is no such session`}>
          <Link to="/sessions">
            <Trans>To the sessions</Trans>
          </Link>
        </Empty>
      );
    }
    return <Problem error={error} retry={() => void refetch()} />;
  }
  if (!session) return <Waiting />;
  return <Detail key={id} session={session} />;
}

function Detail({ session }: { session: SessionDetail }) {
  const { word, tone } = sessionWords(session);
  const changes = useQuery(changesQuery(session.id)).data?.items ?? [];
  return (
    <>
      <Link to="/sessions" className={css.back}>
        <Icon name="back" size={16} /> <Trans>Sessions</Trans>
      </Link>
      <div className={css.title} style={{ marginBottom: 18 }}>
        <h1 style={{ margin: 0 }}>
          <Trans>Session of {local(session.started_at)}</Trans>
        </h1>
        <Badge tone={tone}>{word}</Badge>
      </div>
      <div className={css.columns}>
        <Doubts session={session} />
        <section className={`${css.panel} ${thing.wide} card`} aria-label={t`Session`}>
          <Figures session={session} />
          <Facts
            items={[
              [t`Charger`, <Link key="c" to="/chargers/$id" params={{ id: session.station }}>{session.station}</Link>],
              [t`Connector`, connectorName(session.evse)],
              [t`Card`, session.token ? <Link key="t" to="/sessions" search={{ token: session.token }} className="mono">{session.token}</Link> : "–"],
              [t`Started`, <At key="b" at={session.started_at} />],
              [t`Stopped`, <At key="e" at={session.stopped_at} />],
              [t`Why it ended`, session.status === "active" ? "–" : stopReason(session.stop_reason)],
              [t`Meter at start`, <span key="m0" className="num">{meter(session.meter_start_wh)}</span>],
              [t`Meter at end`, <span key="m1" className="num">{meter(session.meter_stop_wh)}</span>],
              [t`Transaction`, <span key="x" className="mono">{session.transaction_id}</span>],
            ]}
          />
          <ByHand session={session} changed={changes.some((change) => change.undone_at === null)} />
        </section>
        <SessionPrice session={session} />
        <Changes changes={changes} />
        <section className={`${css.panel} card`} aria-label={t`Chart`}>
          <h2>
            <Trans>Power and energy</Trans>
          </h2>
          <Chart session={session} height={280} />
        </section>
        {session.meter_values.length > 0 && <Readings values={session.meter_values} />}
      </div>
    </>
  );
}

/** What is in doubt about a session, in words, and the button of the person who has looked at it. */
function Doubts({ session }: { session: SessionDetail }) {
  const card = refusedCard(session);
  if (session.flags.length === 0 && !session.review && !session.excluded && card === null) return null;
  return (
    <div className={css.flags}>
      {card !== null && (
        <Note tone="faulted">
          <Trans>
            This card was refused ({card}), and the charger charged all the same. It may have a list of cards of its own, or let everybody
            charge.
          </Trans>
        </Note>
      )}
      {session.excluded && (
        <Note tone="unavailable">
          <Trans>A person has left this session out: it counts nowhere.</Trans>
        </Note>
      )}
      {session.flags.map((flag) => (
        <Note key={flag} tone="busy">
          {flagWords(flag)}
        </Note>
      ))}
      {session.review && <Reviewed session={session} />}
    </div>
  );
}
