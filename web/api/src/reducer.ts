import type { Connector, ConnectorReservation, ConnectorSession, LiveEvent, Reservation, Session, Station } from "./shapes";

/** All chargers by id. A new map for every change; untouched stations keep their identity. */
export type Fleet = ReadonlyMap<string, Station>;

/** Stations whose news can't be told from the event alone and have to be asked for again. */
export function needsFetch(fleet: Fleet, event: LiveEvent): string | null {
  if (!("station" in event)) return null;
  if (event.type === "station_changed") return event.station;
  if (event.type === "message" || event.type === "command") return null;
  return fleet.has(event.station) ? null : event.station;
}

export function applyEvents(fleet: Fleet, events: readonly LiveEvent[]): Fleet {
  const stations = new Map(fleet);
  let changed = false;
  for (const event of events) {
    if (!("station" in event)) continue;
    const before = stations.get(event.station);
    if (!before) continue;
    const after = applyToStation(before, event);
    if (after === before) continue;
    stations.set(event.station, after);
    changed = true;
  }
  return changed ? stations : fleet;
}

/** One station after one event. Anything heard from a station proves that it is connected, save its farewell. */
export function applyToStation(station: Station, event: LiveEvent): Station {
  switch (event.type) {
    case "station_connected":
      return { ...station, connected: true, online: true, connected_at: event.at, last_heard_at: event.at, offline_since: null };
    case "station_disconnected":
      return { ...station, connected: false, online: false, last_heard_at: event.at, offline_since: event.at };
    case "station_booted":
      return {
        ...station,
        booted: true,
        vendor: event.vendor ?? station.vendor,
        model: event.model ?? station.model,
        firmware: event.firmware ?? station.firmware,
        last_boot_at: event.at,
        last_heard_at: event.at,
      };
    case "connector_status":
      if (event.evse === 0) {
        return { ...station, status: event.status, error_code: event.error_code, last_heard_at: event.at };
      }
      return withConnector(station, event.evse, event.connector, event.at, (connector) => ({
        ...connector,
        // The event has the charger's own word only; how we call it comes with the next fetch.
        state: sameState(connector, event) ? connector.state : null,
        since: sameState(connector, event) ? connector.since : event.at,
        status: event.status,
        error_code: event.error_code,
        info: event.info,
        status_at: event.at,
      }));
    case "session_started":
      return withSession(station, event.evse, event.session.started_at, () => shortSession(event.session));
    case "session_updated":
      return withSession(station, event.evse, event.at, (session) => {
        if (!session || (event.session !== null && session.id !== event.session)) return session;
        return {
          ...session,
          energy_wh: event.session_energy_wh ?? session.energy_wh,
          power_w: event.power_w ?? session.power_w,
          soc_percent: event.soc_percent ?? session.soc_percent,
        };
      });
    case "session_ended":
      // A late end of an older session must not clear the one that runs now.
      return withSession(station, event.evse, event.session.stopped_at, (session) =>
        session && session.id !== event.session.id ? session : null,
      );
    case "reservation":
      return withReservation(station, event.reservation);
    case "message":
      return event.direction === "in" && isLater(event.at, station.last_heard_at)
        ? { ...station, last_heard_at: event.at }
        : station;
    default:
      return station;
  }
}

export function shortSession(session: Session): ConnectorSession {
  return {
    id: session.id,
    token: session.token,
    started_at: session.started_at,
    energy_wh: session.energy_wh,
    power_w: session.power_w,
    soc_percent: session.soc_percent,
  };
}

function withSession(
  station: Station,
  evse: number | null,
  at: string | null,
  change: (session: ConnectorSession | null) => ConnectorSession | null,
): Station {
  // Where a session takes place may be told later than that it does.
  if (evse === null) return station;
  // A 2.x EVSE may have several connectors but charges at one: the one that holds a session, else the first.
  const holder =
    station.connectors.find((c) => c.evse === evse && c.session) ?? station.connectors.find((c) => c.evse === evse);
  return withConnector(station, evse, holder?.connector ?? 1, at, (connector) => ({
    ...connector,
    session: change(connector.session),
  }));
}

/** One that is for any connector of the charger is shown at none. */
function withReservation(station: Station, told: Reservation): Station {
  const kept = shortReservation(told);
  // The end of an older reservation must not clear the one that holds now.
  const concerned = (c: Connector) => (kept ? c.evse === told.evse : c.reservation?.id === told.id);
  if (!station.connectors.some(concerned)) return station;
  return { ...station, connectors: station.connectors.map((c) => (concerned(c) ? { ...c, reservation: kept } : c)) };
}

/** Whether a reservation in this state holds, or may. */
export function isOpen(state: string): state is ConnectorReservation["state"] {
  return state === "requested" || state === "accepted";
}

function shortReservation({ id, token, state, expires_at }: Reservation): ConnectorReservation | null {
  return isOpen(state) ? { id, token, state, expires_at } : null;
}

function withConnector(
  station: Station,
  evse: number,
  number: number,
  at: string | null,
  change: (connector: Connector) => Connector,
): Station {
  const known = station.connectors.findIndex((c) => c.evse === evse && c.connector === number);
  const last_heard_at = at && isLater(at, station.last_heard_at) ? at : station.last_heard_at;
  if (known >= 0) {
    return { ...station, last_heard_at, connectors: station.connectors.map((c, i) => (i === known ? change(c) : c)) };
  }
  const connectors = [...station.connectors, change(newConnector(evse, number))];
  connectors.sort((a, b) => a.evse - b.evse || a.connector - b.connector);
  return { ...station, last_heard_at, connectors };
}

function sameState(connector: Connector, event: { status: string; error_code: string | null }): boolean {
  return connector.status === event.status && connector.error_code === event.error_code;
}

function newConnector(evse: number, connector: number): Connector {
  return { evse, connector, type: null, max_current_a: null, state: null, since: null, status: null, error_code: null, info: null, status_at: null, max_power_w: null, session: null, reservation: null };
}

function isLater(at: string, than: string | null): boolean {
  return than === null || Date.parse(at) > Date.parse(than);
}
