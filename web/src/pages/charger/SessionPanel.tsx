import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ConnectorSession, SessionDetail, Station } from "../../api/types";
import { Chart } from "../../components/Chart";
import { At, Lasting } from "../../components/Time";
import { kw, kwh, percent } from "../../format";
import { Only } from "../../user";
import { stopReason } from "../../words";
import css from "./Charger.module.css";
import type { Commander } from "./useCommand";

interface Props {
  station: Station;
  running: ConnectorSession | null;
  session: SessionDetail | null;
  commander: Commander;
}

/** The running session with its figures and chart; when none runs, the last one. */
export function SessionPanel({ station, running, session, commander }: Props) {
  if (!running && !session) return <p className="dim small">No session yet.</p>;
  // The session of another connector may still be on its way.
  const detail = session && (!running || session.id === running.id) ? session : null;
  const live = running !== null;
  const energy = live ? (running.energy_wh ?? detail?.energy_wh) : detail?.energy_wh;
  const soc = live ? running.soc_percent : detail?.soc_percent;
  return (
    <div className={css.session}>
      <div className={css.sessionHead}>
        <h2>{live ? "Charging session" : "Last session"}</h2>
        <Link to="/sessions/$id" params={{ id: running?.id ?? detail?.id ?? "" }} className="small">
          Details
        </Link>
        {live && (
          <Only may="operate">
            <Button
              color="red"
              variant="light"
              size="compact-md"
              disabled={!station.connected}
              loading={commander.isPending && commander.variables.name === "remote-stop"}
              onClick={() => {
                commander.mutate({ name: "remote-stop", body: { session: running.id } });
              }}
              data-testid="action-stop"
            >
              Stop
            </Button>
          </Only>
        )}
      </div>
      <dl className={css.figures}>
        {live && (
          <div>
            <dt>Power</dt>
            <dd className="num" data-testid="charger-power">
              {kw(running.power_w)}
            </dd>
          </div>
        )}
        <div>
          <dt>Energy</dt>
          <dd className="num" data-testid="charger-energy">
            {kwh(energy)}
          </dd>
        </div>
        <div>
          <dt>Duration</dt>
          <dd>
            <Lasting ticking={live} from={running?.started_at ?? detail?.started_at ?? null} to={live ? null : (detail?.stopped_at ?? null)} />
          </dd>
        </div>
        {soc !== null && soc !== undefined && (
          <div>
            <dt>Battery</dt>
            <dd className="num">{percent(soc)}</dd>
          </div>
        )}
        <div>
          <dt>Card</dt>
          <dd className="clip" title={running?.token ?? detail?.token ?? ""}>
            {running?.token ?? detail?.token ?? "–"}
          </dd>
        </div>
      </dl>
      {detail && <Chart session={detail} />}
      {!live && detail && (
        <p className="dim small" style={{ margin: 0 }}>
          <At at={detail.started_at} /> · {stopReason(detail.stop_reason)}
        </p>
      )}
    </div>
  );
}
