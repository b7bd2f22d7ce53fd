import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Connector, Station } from "@stationmaster/api";
import { Ago, Badge, kw, kwh, Lasting, percent, ratedKw } from "@stationmaster/ui";
import { ConnectorBadge, StationBadge } from "../../badges";
import { connectorName, powerNow, realError, stationTone, statusWords } from "../../words";
import css from "./Fleet.module.css";

/** Everything that happens at one charger now, a line for each connector. */
export function Connectors({ station }: { station: Station }) {
  return (
    <div className={css.connectors}>
      <StationNews station={station} />
      {station.connectors.map((connector) => (
        <ConnectorLine key={`${connector.evse}.${connector.connector}`} station={station} connector={connector} />
      ))}
    </div>
  );
}

/** What concerns the whole charger: offline, out of service, or no connector known yet. */
function StationNews({ station }: { station: Station }) {
  if (!station.connected) {
    return (
      <div className={css.news}>
        <StationBadge station={station} />
        {station.last_heard_at && (
          <span className="dim small">
            <Trans>
              last heard <Ago at={station.last_heard_at} />
            </Trans>
          </span>
        )}
      </div>
    );
  }
  const error = realError(station.error_code);
  if (station.status === "Faulted" || station.status === "Unavailable") {
    return (
      <div className={css.news}>
        <Badge tone={statusWords(station.status).tone}>
          {station.status === "Faulted" ? <Trans>Charger faulted</Trans> : <Trans>Charger unavailable</Trans>}
        </Badge>
        {error && <span className="small hostile">{error}</span>}
      </div>
    );
  }
  if (station.connectors.length > 0) return null;
  return (
    <div className={css.news}>
      <Badge tone={stationTone(station)}>{t`Connected`}</Badge>
      <span className="dim small">
        {station.registration === "accepted" ? <Trans>no connector reported yet</Trans> : <Trans>registration {station.registration}</Trans>}
      </span>
    </div>
  );
}

function ConnectorLine({ station, connector }: { station: Station; connector: Connector }) {
  const { session } = connector;
  const error = connector.status === "Faulted" ? (realError(connector.error_code) ?? connector.info) : null;
  return (
    <div className={css.line} data-offline={!station.connected || undefined}>
      <span className={css.number} title={connectorName(connector.evse, connector.connector)}>
        {connector.evse}
        {connector.connector > 1 ? `.${connector.connector}` : ""}
      </span>
      <span className={css.state}>
        <ConnectorBadge station={station} connector={connector} />
      </span>
      {session ? (
        <>
          <span className={`${css.card} clip`}>
            {session.token ?? (
              <span className="dim">
                <Trans>no card</Trans>
              </span>
            )}
            <span className="dim small">
              {" · "}
              <Lasting from={session.started_at} to={null} />
              {session.soc_percent !== null && ` · ${percent(session.soc_percent)}`}
            </span>
          </span>
          <span className={`${css.energy} num`}>{kwh(session.energy_wh)}</span>
          <span className={`${css.power} num`}>{kw(powerNow(station, connector))}</span>
        </>
      ) : (
        (error ?? connector.max_power_w) !== null && (
          <span className={`${css.card} clip small hostile`}>
            {error ?? (
              <span className="dim">
                <Trans>up to {ratedKw(connector.max_power_w ?? 0)}</Trans>
              </span>
            )}
          </span>
        )
      )}
    </div>
  );
}
