/** The shapes of /api/v1. Times are ISO 8601 UTC strings, energy is Wh, power is W. */

export type ConnectorStatus =
  | "Available"
  | "Preparing"
  | "Charging"
  | "SuspendedEV"
  | "SuspendedEVSE"
  | "Finishing"
  | "Reserved"
  | "Unavailable"
  | "Faulted";

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface User {
  id: string;
  email: string;
  role: string;
}

export interface Login {
  access_token: string;
  expires_in: number;
  user: User;
}

export interface ServerStatus {
  version: string;
  started_at: string;
  uptime_s: number;
  database: { kind: "sqlite" | "postgresql"; ok: boolean };
  stations: { total: number; connected: number };
  sessions: { active: number };
  /** What waits for a person. */
  review: { sessions: number; alarms: number; quarantine: number };
  power_w: number;
  messages: { received: number; sent: number; refused_connections: number };
  chargers_port: number;
}

export interface ConnectorSession {
  id: string;
  token: string | null;
  started_at: string | null;
  energy_wh: number | null;
  power_w: number | null;
  soc_percent: number | null;
}

export interface Connector {
  evse: number;
  connector: number;
  status: ConnectorStatus | null;
  error_code: string | null;
  info: string | null;
  status_at: string | null;
  session: ConnectorSession | null;
}

export type Registration = "accepted" | "pending" | "rejected";

export interface Station {
  id: string;
  name: string | null;
  site: string | null;
  vendor: string | null;
  model: string | null;
  serial: string | null;
  firmware: string | null;
  ocpp_version: string | null;
  /** Assumed when the charger names no version itself. */
  pinned_version: string | null;
  registration: Registration;
  booted: boolean;
  connected: boolean;
  online: boolean;
  connected_at: string | null;
  last_heard_at: string | null;
  last_boot_at: string | null;
  status: ConnectorStatus | null;
  error_code: string | null;
  created_at: string;
  connectors: Connector[];
}

export interface NewStation extends Station {
  /** Shown once; the server keeps only a digest. */
  secret: string;
}

export type TokenStatus = "accepted" | "blocked";

export interface Token {
  id: string;
  uid: string;
  label: string | null;
  group: string | null;
  status: TokenStatus;
  expires_at: string | null;
  created_at: string;
}

export type SessionStatus = "pending" | "active" | "completed" | "cancelled" | "invalid";

export interface Session {
  id: string;
  station: string;
  evse: number;
  transaction_id: string | number | null;
  token: string | null;
  status: SessionStatus;
  started_at: string | null;
  stopped_at: string | null;
  stop_reason: string | null;
  meter_start_wh: number | null;
  meter_stop_wh: number | null;
  energy_wh: number | null;
  power_w: number | null;
  soc_percent: number | null;
  flags: string[];
  review: boolean;
}

export interface MeterValue {
  at: string;
  context: string | null;
  /** The register reading, not what this session took. */
  energy_wh: number | null;
  power_w: number | null;
  current_a: number | null;
  voltage_v: number | null;
  soc_percent: number | null;
  samples: unknown[];
}

export interface SessionDetail extends Session {
  meter_values: MeterValue[];
}

export interface Site {
  id: string;
  name: string;
  address: string | null;
}

export interface RefusedConnection {
  id: string;
  identity: string | null;
  source: string | null;
  reason: string;
  explanation: string;
  path: string | null;
  offered_protocols: string[];
  count: number;
  first_at: string;
  last_at: string;
}

export interface Alarm {
  id: string;
  station: string;
  at: string;
  kind: string;
  detail: string;
  resolved_at: string | null;
}

/** A message that fits nothing the server knows; it was answered, and is kept. */
export interface Quarantined {
  id: string;
  station: string;
  at: string;
  action: string;
  reason: string;
  content: string;
}

export type CommandStatus = "pending" | "accepted" | "rejected" | "failed" | "timeout" | "late" | "replaced";

export interface Command {
  id: string;
  name: string;
  arguments: Record<string, unknown>;
  status: CommandStatus;
  response: unknown;
  detail: string | null;
  asked_by: string | null;
  asked_at: string;
  finished_at: string | null;
  took_ms: number | null;
}

export type CallAnswer =
  | { type: "CALLRESULT"; payload: unknown; took_ms: number }
  | { type: "CALLERROR"; code: string; description: string; details: unknown }
  | { type: "TIMEOUT" };

export interface Frame {
  id: string;
  at: string;
  direction: "in" | "out";
  message_id: string;
  action: string;
  request: string | null;
  response: string | null;
  outcome: string | null;
  took_ms: number | null;
  remarks: string[];
}
