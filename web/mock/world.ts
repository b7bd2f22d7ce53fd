import type { Command, Connector, ConnectorStatus, Frame, MeterValue, RefusedConnection, SessionDetail, Station, Token } from "../src/api/types.ts";

export type Tell = (type: string, data: Record<string, unknown>) => void;

const SITES = ["Harbour garage", "Town hall", "Northgate mall", "Depot East", "Station square"];
const MAKES: [string, string, string][] = [
  ["Alfen", "Eve Double Pro", "6.4.1"],
  ["ABB", "Terra AC W22", "1.8.28"],
  ["KEBA", "P30 x-series", "1.17.1"],
  ["Zaptec", "Pro", "4.2.0"],
];
const MINUTE = 60_000;

/** A small world of chargers for developing without a server. The same seed gives the same fleet. */
export class World {
  readonly stations = new Map<string, Station>();
  readonly sessions = new Map<string, SessionDetail>();
  readonly tokens = new Map<string, Token>();
  readonly frames = new Map<string, Frame[]>();
  readonly commands = new Map<string, Command[]>();
  readonly refused: RefusedConnection[] = [];
  private counter = 1000;
  private seed: number;

  constructor(
    count: number,
    private readonly tell: Tell,
    seed = 7,
  ) {
    this.seed = seed;
    for (let i = 0; i < 12; i += 1) this.addToken(`04A2${(0x51c0 + i * 811).toString(16).toUpperCase()}`, ["Ida", "Ben", "Fleet van", null][i % 4] ?? null);
    for (let i = 0; i < count; i += 1) this.addStation(i);
    this.addRefused();
  }

  random(): number {
    this.seed = (this.seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return this.seed / 4_294_967_296;
  }

  id(): string {
    this.counter += 1;
    return String(this.counter);
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T;
  }

  addToken(uid: string, label: string | null): Token {
    const token: Token = { id: this.id(), uid, label, group: null, status: "accepted", expires_at: null, created_at: ago(9 * 24 * 60) };
    this.tokens.set(uid, token);
    return token;
  }

  newStation(id: string, name: string | null, site: string | null): Station {
    const station: Station = {
      id, name, site, vendor: null, model: null, serial: null, firmware: null, ocpp_version: null, pinned_version: null, registration: "accepted",
      booted: false, connected: false, online: false, connected_at: null, last_heard_at: null, last_boot_at: null,
      status: null, error_code: null, created_at: now(), connectors: [],
    };
    this.stations.set(id, station);
    return station;
  }

  private addStation(i: number): void {
    const [vendor, model, firmware] = this.pick(MAKES);
    const id = `CP-${String(i + 1).padStart(4, "0")}`;
    const station = this.newStation(id, i % 7 === 6 ? null : `Bay ${i + 1}`, SITES[Math.floor(i / 12) % SITES.length] ?? null);
    const online = this.random() > 0.07;
    Object.assign(station, {
      vendor, model, firmware, serial: `SN${190_000 + i * 37}`, ocpp_version: "1.6", booted: true, connected: online, online,
      connected_at: ago(300 + i), last_heard_at: online ? ago(this.random()) : ago(200 + i), last_boot_at: ago(300 + i), status: "Available",
    });
    for (let evse = 1; evse <= (i % 3 === 0 ? 2 : 1); evse += 1) {
      const dice = this.random();
      const connector = this.connector(evse, dice < 0.42 ? "Charging" : dice < 0.47 ? "SuspendedEV" : dice < 0.5 ? "Preparing" : dice < 0.53 ? "Finishing" : dice < 0.56 ? "Faulted" : dice < 0.58 ? "Unavailable" : "Available");
      station.connectors.push(connector);
      for (let k = 0; k < 3; k += 1) this.pastSession(station, evse, 400 * (k + 1));
      if (connector.status === "Charging" || connector.status === "SuspendedEV") this.startSession(station, connector, this.pick([...this.tokens.keys()]), 5 + this.random() * 90, false);
    }
    this.frame(station, "in", "BootNotification", { chargePointVendor: vendor, chargePointModel: model, firmwareVersion: firmware }, { status: "Accepted", currentTime: now(), interval: 300 });
  }

  private connector(evse: number, status: ConnectorStatus): Connector {
    const faulted = status === "Faulted";
    return { evse, connector: 1, status, error_code: faulted ? "GroundFailure" : "NoError", info: faulted ? "RCD tripped" : null, status_at: ago(12), session: null };
  }

  private pastSession(station: Station, evse: number, minutesAgo: number): void {
    const session = this.session(station, evse, this.pick([...this.tokens.keys()]), minutesAgo);
    const wh = 4000 + Math.round(this.random() * 30_000);
    Object.assign(session, {
      status: "completed", stopped_at: ago(minutesAgo - 95), stop_reason: this.pick(["EVDisconnected", "Local", "Remote"]),
      meter_stop_wh: (session.meter_start_wh ?? 0) + wh, energy_wh: wh, power_w: null, soc_percent: null,
    });
    for (let k = 0; k <= 30; k += 1) {
      const x = k / 30;
      session.meter_values.push(reading(ago(minutesAgo - x * 95), (session.meter_start_wh ?? 0) + wh * x, 11_000 * Math.min(1, x * 9, (1 - x) * 3), null));
    }
    if (this.random() < 0.1) {
      session.flags = ["estimated"];
      session.review = true;
    }
  }

  private session(station: Station, evse: number, token: string, minutesAgo: number): SessionDetail {
    const id = this.id();
    const session: SessionDetail = {
      id, station: station.id, evse, transaction_id: Number(id), token, status: "active", started_at: ago(minutesAgo), stopped_at: null,
      stop_reason: null, meter_start_wh: Math.round(this.random() * 9e6), meter_stop_wh: null, energy_wh: 0, power_w: 0, soc_percent: null,
      flags: [], review: false, meter_values: [],
    };
    this.sessions.set(id, session);
    return session;
  }

  startSession(station: Station, connector: Connector, token: string, minutesAgo = 0, loud = true): SessionDetail {
    const session = this.session(station, connector.evse, token, minutesAgo);
    const soc = 20 + this.random() * 30;
    for (let m = Math.floor(minutesAgo); m > 0; m -= 1) this.meter(session, MINUTE / 1000, ago(m), soc);
    session.soc_percent = Math.round(soc + (session.energy_wh ?? 0) / 700);
    connector.session = { id: session.id, token, started_at: session.started_at, energy_wh: session.energy_wh, power_w: session.power_w, soc_percent: session.soc_percent };
    if (loud) {
      this.frame(station, "in", "StartTransaction", { connectorId: connector.evse, idTag: token, meterStart: session.meter_start_wh, timestamp: now() }, { transactionId: session.transaction_id, idTagInfo: { status: "Accepted" } });
      this.tell("session_started", { station: station.id, evse: connector.evse, session: { ...session, meter_values: undefined } });
      this.status(station, connector, "Charging");
    }
    return session;
  }

  stopSession(station: Station, connector: Connector, reason: string): void {
    const session = connector.session && this.sessions.get(connector.session.id);
    if (!session) return;
    Object.assign(session, { status: "completed", stopped_at: now(), stop_reason: reason, meter_stop_wh: (session.meter_start_wh ?? 0) + (session.energy_wh ?? 0), power_w: null });
    connector.session = null;
    this.frame(station, "in", "StopTransaction", { transactionId: session.transaction_id, meterStop: session.meter_stop_wh, reason, timestamp: now() }, { idTagInfo: { status: "Accepted" } });
    this.tell("session_ended", { station: station.id, evse: connector.evse, session: { ...session, meter_values: undefined } });
    this.status(station, connector, "Available");
  }

  status(station: Station, connector: Connector, status: ConnectorStatus): void {
    Object.assign(connector, { status, error_code: "NoError", info: null, status_at: now() });
    this.frame(station, "in", "StatusNotification", { connectorId: connector.evse, status, errorCode: "NoError", timestamp: now() }, {});
    this.tell("connector_status", { station: station.id, evse: connector.evse, connector: 1, status, error_code: "NoError", info: null, at: now() });
  }

  private meter(session: SessionDetail, seconds: number, at: string, soc: number): void {
    const minutes = session.meter_values.length;
    session.power_w = Math.round(Math.min(1, (minutes + 1) / 4) * 10_900 + this.random() * 300);
    session.energy_wh = Math.round((session.energy_wh ?? 0) + (session.power_w * seconds) / 3600);
    session.soc_percent = Math.min(100, Math.round(soc + session.energy_wh / 700));
    session.meter_values.push(reading(at, (session.meter_start_wh ?? 0) + session.energy_wh, session.power_w, session.soc_percent));
  }

  /** One second of life. */
  tick(): void {
    const stations = [...this.stations.values()].filter((s) => s.connected);
    for (const station of stations) {
      for (const connector of station.connectors) {
        const session = connector.session && this.sessions.get(connector.session.id);
        if (!session || !connector.session || connector.status !== "Charging" || this.random() > 0.25) continue;
        this.meter(session, 4, now(), 30);
        Object.assign(connector.session, { energy_wh: session.energy_wh, power_w: session.power_w, soc_percent: session.soc_percent });
        const register = (session.meter_start_wh ?? 0) + (session.energy_wh ?? 0);
        this.frame(station, "in", "MeterValues", { connectorId: connector.evse, transactionId: session.transaction_id, meterValue: [{ timestamp: now(), sampledValue: [{ value: String(register), measurand: "Energy.Active.Import.Register", unit: "Wh" }, { value: String(session.power_w), measurand: "Power.Active.Import", unit: "W" }] }] }, {});
        this.tell("session_updated", { station: station.id, evse: connector.evse, session: session.id, transaction_id: session.transaction_id, at: now(), energy_wh: register, power_w: session.power_w, soc_percent: session.soc_percent });
      }
    }
    const station = this.pick(stations);
    const connector = this.pick(station.connectors);
    if (this.random() < 0.3) this.frame(station, "in", "Heartbeat", {}, { currentTime: now() });
    if (connector.status === "Available" && this.random() < 0.25) this.startSession(station, connector, this.pick([...this.tokens.keys()]));
    else if (connector.session && this.random() < 0.1) this.stopSession(station, connector, "EVDisconnected");
  }

  frame(station: Station, direction: "in" | "out", action: string, request: object, response: object | null, outcome = "ok", remarks: string[] = []): void {
    const frame: Frame = { id: this.id(), at: now(), direction, message_id: `m-${this.counter}`, action, request: JSON.stringify(request), response: response && JSON.stringify(response), outcome, took_ms: Math.round(this.random() * 400) / 10, remarks };
    const log = this.frames.get(station.id) ?? [];
    log.unshift(frame);
    this.frames.set(station.id, log.slice(0, 500));
    this.tell("message", { ...frame, station: station.id });
  }

  private addRefused(): void {
    const row = (identity: string, reason: string, explanation: string, count: number, offered: string[] = ["ocpp1.6"]) =>
      this.refused.push({ id: this.id(), identity, source: "192.0.2.44", reason, explanation, path: `/ocpp/${identity}`, offered_protocols: offered, count, first_at: ago(320), last_at: ago(count % 7) });
    row("GARAGE-7", "unknown_station", "No charger is registered as GARAGE-7. Add it, or correct the id in the charger's settings (upper and lower case count).", 31);
    row("CP-0003", "wrong_password", "The password the charger sent is not the one kept for it. Enter it again in the charger, or make a new one.", 4);
    row("CP-0009", "unknown_subprotocol", "The charger offered only OCPP versions that are not spoken here: ocpp1.5.", 1, ["ocpp1.5"]);
    row("<img src=x onerror=alert(1)>", "unknown_station", "No charger is registered as <img src=x onerror=alert(1)>. Add it, or correct the id in the charger's settings.", 2);
  }
}

export function now(): string {
  return new Date().toISOString();
}

function ago(minutes: number): string {
  return new Date(Date.now() - minutes * MINUTE).toISOString();
}

function reading(at: string, energy_wh: number, power_w: number, soc_percent: number | null): MeterValue {
  return { at, context: "Sample.Periodic", energy_wh: Math.round(energy_wh), power_w: Math.round(power_w), current_a: Math.round(power_w / 69) / 10, voltage_v: 230, soc_percent, samples: [] };
}
