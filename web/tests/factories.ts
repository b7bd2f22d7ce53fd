import type { Connector, Session, Station } from "@stationmaster/api";

export function station(over: Partial<Station> = {}): Station {
  return {
    id: "CP-1",
    name: null,
    site: null,
    vendor: null,
    model: null,
    serial: null,
    firmware: null,
    ocpp_version: "1.6",
    pinned_version: null,
    security_profile: 1,
    wanted_profile: null,
  expired_until: null,
    connected_profile: null,
    registration: "accepted",
    strict: false,
    booted: true,
    connected: true,
    online: true,
    connected_at: "2026-01-01T10:00:00Z",
    last_heard_at: "2026-01-01T10:00:00Z",
    offline_since: null,
    last_boot_at: null,
    status: "Available",
    error_code: null,
    charger_type: null,
    phase: null,
    manufacturer: null,
    max_power_w: null,
    created_at: "2026-01-01T00:00:00Z",
    created_by: null,
    updated_at: "2026-01-01T00:00:00Z",
    deleted_at: null,
    connectors: [connector()],
    ...over,
  };
}

export function connector(over: Partial<Connector> = {}): Connector {
  return { evse: 1, connector: 1, type: null, max_current_a: null, state: "available", since: null, status: "Available", error_code: "NoError", info: null, status_at: null, max_power_w: null, session: null, reservation: null, ...over };
}

export function session(over: Partial<Session> = {}): Session {
  return {
    id: "s1",
    station: "CP-1",
    evse: 1,
    connector: 1,
    authorization: "accepted",
    charging_state: null,
    stop_reason_told: null,
    excluded: false,
    transaction_id: "7",
    token: "CARD1",
    status: "active",
    started_at: "2026-01-01T10:00:00Z",
    stopped_at: null,
    stop_reason: null,
    meter_start_wh: 50_000,
    meter_stop_wh: null,
    energy_wh: 0,
    power_w: null,
    soc_percent: null,
    flags: [],
    review: false,
    ...over,
  };
}
