import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, post, segment } from "../../api/client";
import { sessionQuery } from "../../api/queries";
import type { MeterValue, SessionDetail } from "../../api/types";
import { Badge, Empty, Facts, Note, Problem, Table, Waiting } from "../../components/bits";
import { Chart } from "../../components/Chart";
import { Icon } from "../../components/icons";
import { At, Lasting } from "../../components/Time";
import { kw, kwh, local, localClock, meter, number, percent, utc } from "../../format";
import { useFocus } from "../../live/useFocus";
import { Only } from "../../user";
import { connectorName, flagWords, sessionWords, stopReason } from "../../words";
import css from "./Sessions.module.css";

const route = getRouteApi("/sessions/$id");
const STEP = 50;

export function SessionPage() {
  const { id } = route.useParams();
  const { data: session, error, refetch } = useQuery(sessionQuery(id));
  // Only its own charger's events matter here, and only while it runs.
  useFocus(session?.status === "active" ? session.station : null);

  if (error && !session) {
    if (error instanceof ApiError && error.status === 404) {
      return (
        <Empty title="There is no such session">
          <Link to="/sessions">To the sessions</Link>
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
  return (
    <>
      <Link to="/sessions" className={css.back}>
        <Icon name="back" size={16} /> Sessions
      </Link>
      <div className={css.title} style={{ marginBottom: 18 }}>
        <h1 style={{ margin: 0 }}>Session of {local(session.started_at)}</h1>
        <Badge tone={tone}>{word}</Badge>
      </div>
      <div className={css.columns}>
        {(session.flags.length > 0 || session.review) && (
          <div className={css.flags}>
            {session.flags.map((flag) => (
              <Note key={flag} tone="busy">
                {flagWords(flag)}
              </Note>
            ))}
            {session.review && <Reviewed session={session} />}
          </div>
        )}
        <section className={`${css.panel} card`} aria-label="Session">
          <dl className={css.big}>
            <div>
              <dt>Energy</dt>
              <dd className="num">{kwh(session.energy_wh)}</dd>
            </div>
            <div>
              <dt>Duration</dt>
              <dd>
                <Lasting ticking={session.status === "active"} from={session.started_at} to={session.stopped_at} />
              </dd>
            </div>
            {session.status === "active" && (
              <div>
                <dt>Power now</dt>
                <dd className="num">{kw(session.power_w)}</dd>
              </div>
            )}
            {session.soc_percent !== null && (
              <div>
                <dt>Battery</dt>
                <dd className="num">{percent(session.soc_percent)}</dd>
              </div>
            )}
          </dl>
          <Facts
            items={[
              ["Charger", <Link key="c" to="/chargers/$id" params={{ id: session.station }}>{session.station}</Link>],
              ["Connector", connectorName(session.evse)],
              ["Card", session.token ? <Link key="t" to="/sessions" search={{ token: session.token }} className="mono">{session.token}</Link> : "–"],
              ["Started", <At key="b" at={session.started_at} />],
              ["Stopped", <At key="e" at={session.stopped_at} />],
              ["Why it ended", session.status === "active" ? "–" : stopReason(session.stop_reason)],
              ["Meter at start", <span key="m0" className="num">{meter(session.meter_start_wh)}</span>],
              ["Meter at end", <span key="m1" className="num">{meter(session.meter_stop_wh)}</span>],
              ["Transaction", <span key="x" className="mono">{session.transaction_id ?? "–"}</span>],
            ]}
          />
        </section>
        <section className={`${css.panel} card`} aria-label="Chart">
          <h2>Power and energy</h2>
          <Chart session={session} height={280} />
        </section>
        {session.meter_values.length > 0 && <Readings values={session.meter_values} />}
      </div>
    </>
  );
}

/** A session whose figures are in doubt is held until a person has looked at it. */
function Reviewed({ session }: { session: SessionDetail }) {
  const queries = useQueryClient();
  const release = useMutation({
    mutationFn: () => post(`/sessions/${segment(session.id)}/reviewed`),
    onSuccess: () =>
      Promise.all(
        [["session", session.id], ["sessions"], ["status"]].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
  });
  return (
    <div className={css.reviewed}>
      <span>This session waits for a person to look at it.</span>
      <Only may="operate">
        <Button size="compact-sm" variant="default" loading={release.isPending} onClick={() => { release.mutate(); }}>
          I have looked at it
        </Button>
      </Only>
      <Problem error={release.error} />
    </div>
  );
}

function Readings({ values }: { values: MeterValue[] }) {
  const [visible, setVisible] = useState(STEP);
  const newest = values.toReversed();
  return (
    <section className={`${css.flush} card`} aria-label="Meter readings">
      <h2>Meter readings</h2>
      <Table
        label="Meter readings"
        heads={[["Time"], ["Meter", "right"], ["Power", "right"], ["Current", "right"], ["Voltage", "right"], ["Battery", "right"], ["Why"]]}
      >
        {newest.slice(0, visible).map((value, i) => (
          <tr key={`${value.at} ${i}`}>
            <td className="num" title={utc(value.at)}>
              {localClock(value.at)}
            </td>
            <td data-right="" className="num">{meter(value.energy_wh)}</td>
            <td data-right="" className="num">{kw(value.power_w)}</td>
            <td data-right="" data-wide-only="" className="num">{number(value.current_a, "A", 1)}</td>
            <td data-right="" data-wide-only="" className="num">{number(value.voltage_v, "V")}</td>
            <td data-right="" className="num">{percent(value.soc_percent)}</td>
            <td data-wide-only="" className="dim small">{contextWords(value.context)}</td>
          </tr>
        ))}
      </Table>
      {newest.length > visible && (
        <div style={{ textAlign: "center", padding: 12 }}>
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => { setVisible(visible + 200); }}>
            Show more ({newest.length - visible})
          </Button>
        </div>
      )}
    </section>
  );
}

const CONTEXTS: Record<string, string> = {
  "Sample.Periodic": "regular",
  "Sample.Clock": "by the clock",
  "Transaction.Begin": "at the start",
  "Transaction.End": "at the end",
  "Interruption.Begin": "interruption",
  "Interruption.End": "after interruption",
  Trigger: "asked for",
};

function contextWords(context: string | null): string {
  return context === null ? "regular" : (CONTEXTS[context] ?? context);
}
