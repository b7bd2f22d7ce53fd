import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useLayoutEffect, useRef, useState } from "react";
import type { Connector, Station } from "../../api/types";
import { Badge, ConnectorBadge, StationBadge } from "../../components/bits";
import { Ago, Lasting } from "../../components/Time";
import { kw, kwh, percent } from "../../format";
import { realError, stationTone, statusWords } from "../../words";
import css from "./Fleet.module.css";

const ROW_PX = 64;

/** Only the rows near the window are in the page, so that thousands of chargers scroll like ten. */
export function ChargerList({ stations }: { stations: Station[] }) {
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (list.current) setTop(list.current.getBoundingClientRect().top + window.scrollY);
    };
    measure();
    window.addEventListener("resize", measure);
    return () => {
      window.removeEventListener("resize", measure);
    };
  }, []);
  const rows = useWindowVirtualizer({
    count: stations.length,
    estimateSize: () => ROW_PX,
    overscan: 8,
    scrollMargin: top,
    getItemKey: (i) => stations[i]?.id ?? i,
  });
  return (
    <div className={`${css.list} card`} role="list" aria-label="Chargers" ref={list} style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().map((item) => {
        const station = stations[item.index];
        return (
          station && (
            <div
              key={item.key}
              role="listitem"
              ref={rows.measureElement}
              data-index={item.index}
              className={css.slot}
              style={{ transform: `translateY(${item.start - top}px)` }}
              aria-setsize={stations.length}
              aria-posinset={item.index + 1}
            >
              <Row station={station} />
            </div>
          )
        );
      })}
    </div>
  );
}

const Row = memo(function Row({ station }: { station: Station }) {
  return (
    <div className={css.row} data-testid={`fleet-row-${station.id}`}>
      <div className={css.who}>
        <Link to="/chargers/$id" params={{ id: station.id }} className={css.name}>
          {station.name ?? station.id}
        </Link>
        <div className={`${css.sub} clip`}>
          {station.name && <span className="mono">{station.id}</span>}
          {station.site && <span>{station.site}</span>}
          {!station.name && !station.site && <span>{[station.vendor, station.model].filter(Boolean).join(" ") || "Not named yet"}</span>}
        </div>
      </div>
      <div className={css.connectors}>
        <StationNews station={station} />
        {station.connectors.map((connector) => (
          <ConnectorLine key={`${connector.evse}.${connector.connector}`} station={station} connector={connector} />
        ))}
      </div>
    </div>
  );
});

/** What concerns the whole charger: offline, out of service, or no connector known yet. */
function StationNews({ station }: { station: Station }) {
  if (!station.connected) {
    return (
      <div className={css.news}>
        <StationBadge station={station} />
        {station.last_heard_at && (
          <span className="dim small">
            last heard <Ago at={station.last_heard_at} />
          </span>
        )}
      </div>
    );
  }
  const error = realError(station.error_code);
  if (station.status === "Faulted" || station.status === "Unavailable") {
    const words = statusWords(station.status);
    return (
      <div className={css.news}>
        <Badge tone={words.tone}>Charger {words.word.toLowerCase()}</Badge>
        {error && <span className="small hostile">{error}</span>}
      </div>
    );
  }
  if (station.connectors.length > 0) return null;
  return (
    <div className={css.news}>
      <Badge tone={stationTone(station)}>Connected</Badge>
      <span className="dim small">{station.registration === "accepted" ? "no connector reported yet" : `registration ${station.registration}`}</span>
    </div>
  );
}

function ConnectorLine({ station, connector }: { station: Station; connector: Connector }) {
  const { session } = connector;
  const error = connector.status === "Faulted" ? (realError(connector.error_code) ?? connector.info) : null;
  return (
    <div className={css.line} data-offline={!station.connected || undefined}>
      <span className={css.number} title={`Connector ${connector.evse}`}>
        {connector.evse}
        {connector.connector > 1 ? `.${connector.connector}` : ""}
      </span>
      <span className={css.state}>
        <ConnectorBadge station={station} connector={connector} />
      </span>
      {session ? (
        <>
          <span className={`${css.card} clip`}>
            {session.token ?? <span className="dim">no card</span>}
            <span className="dim small">
              {" · "}
              <Lasting from={session.started_at} to={null} />
              {session.soc_percent !== null && ` · ${percent(session.soc_percent)}`}
            </span>
          </span>
          <span className={`${css.energy} num`}>{kwh(session.energy_wh)}</span>
          <span className={`${css.power} num`}>{station.connected ? kw(session.power_w) : "–"}</span>
        </>
      ) : (
        error && <span className={`${css.card} clip small hostile`}>{error}</span>
      )}
    </div>
  );
}
