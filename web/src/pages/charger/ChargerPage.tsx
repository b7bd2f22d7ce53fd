import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "../../api/client";
import { sessionQuery, sessionsQuery, stationQuery } from "../../api/queries";
import type { Connector, Station } from "../../api/types";
import { ConnectorBadge, Copyable, Empty, Note, Problem, StationBadge, Waiting } from "../../components/bits";
import { Icon } from "../../components/icons";
import { Ago } from "../../components/Time";
import { useFocus } from "../../live/useFocus";
import { connectorName, realError } from "../../words";
import { AddCharger } from "../fleet/AddCharger";
import { useChargerUrl } from "../fleet/address";
import { Only } from "../../user";
import { Actions } from "./Actions";
import css from "./Charger.module.css";
import { FrameLog } from "./FrameLog";
import { History } from "./History";
import { Identity } from "./Identity";
import { Outcome } from "./Outcome";
import { RecentSessions } from "./RecentSessions";
import { SessionPanel } from "./SessionPanel";
import { useCommand, type Commander } from "./useCommand";

const route = getRouteApi("/chargers/$id");
const RECENT = 5;

export function ChargerPage() {
  const { id } = route.useParams();
  useFocus(id);
  const station = useQuery(stationQuery(id));

  if (station.error && !station.data) {
    if (station.error instanceof ApiError && station.error.status === 404) {
      return <Unknown id={id} onAdded={() => void station.refetch()} />;
    }
    return <Problem error={station.error} retry={() => void station.refetch()} />;
  }
  if (!station.data) return <Waiting />;
  // A key, so that nothing of one charger (an outcome, a filter) is left on the page of the next.
  return <Charger key={id} station={station.data} />;
}

function Charger({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  return (
    <>
      <Head station={station} />
      <div className={css.columns}>
        <div className={css.wide}>
          <Now station={station} commander={commander} />
        </div>
        <aside className={css.narrow}>
          <Only may="operate">
            <section className={`${css.panel} card`} aria-label="Actions">
              <Actions station={station} commander={commander} />
              <Outcome commander={commander} />
            </section>
          </Only>
          <History station={station.id} />
          <Identity station={station} />
        </aside>
        <div className={css.wide}>
          <FrameLog station={station.id} />
          <RecentSessions station={station.id} />
        </div>
      </div>
    </>
  );
}

function Unknown({ id, onAdded }: { id: string; onAdded: () => void }) {
  const [adding, add] = useDisclosure(false);
  const close = () => {
    add.close();
    onAdded();
  };
  return (
    <Empty title="There is no such charger">
      <p className="hostile">No charger is registered as “{id}”.</p>
      <Only may="administer">
        <Button variant="default" onClick={add.open}>
          Add this charger
        </Button>
      </Only>
      <Link to="/">To the chargers</Link>
      <AddCharger opened={adding} onClose={close} id={id} />
    </Empty>
  );
}

function Head({ station }: { station: Station }) {
  const error = realError(station.error_code);
  return (
    <div className={css.head}>
      <Link to="/" className={css.back}>
        <Icon name="back" size={16} /> Chargers
      </Link>
      <div className={css.title}>
        <h1 className="hostile">{station.name ?? station.id}</h1>
        <StationBadge station={station} />
        {error && <span className="small hostile">{error}</span>}
      </div>
      <div className={`${css.about} hostile`}>
        {station.name && <span className="mono">{station.id}</span>}
        {station.site && <span>{station.site}</span>}
        {station.vendor !== null && <span>{[station.vendor, station.model].filter(Boolean).join(" ")}</span>}
        {station.ocpp_version && <span>OCPP {station.ocpp_version}</span>}
        {station.connected ? (
          <span>
            connected <Ago at={station.connected_at} />
          </span>
        ) : (
          station.last_heard_at && (
            <span>
              last heard <Ago at={station.last_heard_at} />
            </span>
          )
        )}
      </div>
      {station.registration !== "accepted" && (
        <Note tone={station.registration === "pending" ? "busy" : "faulted"}>
          Registration {station.registration}: this charger is told to wait and can't charge.
        </Note>
      )}
    </div>
  );
}

/** The connectors, and the session of the one that is looked at: the running one, else the charger's last. */
function Now({ station, commander }: { station: Station; commander: Commander }) {
  const [chosen, choose] = useState<string | null>(null);
  const key = (c: Connector) => `${c.evse}.${c.connector}`;
  const connector =
    station.connectors.find((c) => key(c) === chosen) ??
    station.connectors.find((c) => c.session) ??
    station.connectors[0];
  const recent = useInfiniteQuery(sessionsQuery({ station: station.id }, RECENT));
  const past = recent.data?.pages[0]?.items ?? [];
  const running = connector?.session ?? null;
  const last = past.find((s) => s.evse === connector?.evse) ?? (chosen ? undefined : past[0]);
  const session = useQuery(sessionQuery(running?.id ?? last?.id ?? null));

  if (!station.connected && !station.last_heard_at) return <Awaited station={station} />;
  return (
    <section className={`${css.panel} card`} aria-label="Connectors">
      {station.connectors.length === 0 ? (
        <p className="dim">
          {station.connected ? "The charger has not reported a connector yet." : "Connectors appear when the charger connects."}
        </p>
      ) : (
        <div className={css.connectors}>
          {station.connectors.map((c) => (
            <button
              key={key(c)}
              type="button"
              aria-pressed={station.connectors.length > 1 ? c === connector : undefined}
              data-single={station.connectors.length === 1 || undefined}
              onClick={() => {
                choose(key(c));
              }}
            >
              <span className="dim small">{connectorName(c.evse, c.connector)}</span>
              <ConnectorBadge station={station} connector={c} />
              {(realError(c.error_code) ?? c.info) && (
                <span className="small hostile">{[realError(c.error_code), c.info].filter(Boolean).join(" · ")}</span>
              )}
            </button>
          ))}
        </div>
      )}
      <SessionPanel station={station} running={running} session={session.data ?? null} commander={commander} />
    </section>
  );
}

/** A charger that has never been here: what is left to do. */
function Awaited({ station }: { station: Station }) {
  const chargerUrl = useChargerUrl();
  return (
    <section className={`${css.panel} card`} aria-label="How to connect">
      <h2>Waiting for its first connection</h2>
      <p>In the charger's settings, enter this address as the OCPP server, and the password it was given here. Then restart it.</p>
      <Copyable value={chargerUrl(station.id)} label="address" />
      <p className="dim small">
        It does not come? <Link to="/refused">Why can't my charger connect?</Link>
      </p>
    </section>
  );
}
