import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import type { ConnectorSession, SessionDetail, Station } from "@stationmaster/api";
import { At, kw, kwh, Lasting, percent, ratedKw } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { useAway } from "../../live/useAway";
import { Only } from "../../user";
import { stopReason } from "../../words";
import { Chart } from "../sessions/Chart";
import css from "./Charger.module.css";
import { Pause } from "./Pause";
import type { Commander } from "./useCommand";

interface Props {
  station: Station;
  running: ConnectorSession | null;
  session: SessionDetail | null;
  commander: Commander;
  evse: number | null;
  /** Somebody does something about this session, so this is the one to look at. */
  onAct: () => void;
  /** What the connector can deliver, in W, where somebody has said so. */
  rated: number | null;
}

/** The running session with its figures and chart; when none runs, the last one. */
export function SessionPanel({ station, running, session, commander, evse, onAct, rated }: Props) {
  const away = useAway() !== null;
  if (!running && !session) {
    return (
      <p className="dim small">
        <Trans>No session yet.</Trans>
      </p>
    );
  }
  // The session of another connector may still be on its way.
  const detail = session && (!running || session.id === running.id) ? session : null;
  const live = running !== null;
  const energy = live ? (running.energy_wh ?? detail?.energy_wh) : detail?.energy_wh;
  const soc = live ? running.soc_percent : detail?.soc_percent;
  return (
    <div className={css.session}>
      <div className={css.sessionHead}>
        <h2>{live ? <Trans>Charging session</Trans> : <Trans>Last session</Trans>}</h2>
        <Link to="/sessions/$id" params={{ id: running?.id ?? detail?.id ?? "" }} className="small">
          <Trans>Details</Trans>
        </Link>
        {live && (
          <Only may="operate">
            <div className={css.sessionButtons}>
              {evse !== null && <Pause station={station} evse={evse} session={running.id} commander={commander} onSend={onAct} />}
              <Button
                color="danger"
                variant="light"
                size="compact-md"
                disabled={!station.connected || away}
                loading={commander.isPending && commander.variables.name === "remote-stop"}
                onClick={() => {
                  onAct();
                  commander.mutate({ name: "remote-stop", body: { session: running.id } });
                }}
                data-testid="action-stop"
              >
                <Trans>Stop</Trans>
              </Button>
            </div>
          </Only>
        )}
      </div>
      <dl className={css.figures}>
        {live && (
          <div>
            <dt><Trans>Power</Trans></dt>
            <dd className="num" data-testid="charger-power">
              {kw(running.power_w)}
              {rated !== null && (
                <span className={`${css.rated} dim small`}>
                  {" "}
                  <Trans>of {ratedKw(rated)}</Trans>
                </span>
              )}
            </dd>
          </div>
        )}
        <div>
          <dt><Trans>Energy</Trans></dt>
          <dd className="num" data-testid="charger-energy">
            {kwh(energy)}
          </dd>
        </div>
        <div>
          <dt><Trans>Duration</Trans></dt>
          <dd>
            <Lasting ticking={live} from={running?.started_at ?? detail?.started_at ?? null} to={live ? null : (detail?.stopped_at ?? null)} />
          </dd>
        </div>
        {soc !== null && soc !== undefined && (
          <div>
            <dt><Trans>Battery</Trans></dt>
            <dd className="num">{percent(soc)}</dd>
          </div>
        )}
        <div>
          <dt><Trans>Card</Trans></dt>
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
