import type { Connector, ConnectorStatus, Session, SessionStatus, Station } from "./api/types";

/** How a charger or connector is, for colour, shape and filters. */
export type Tone = "charging" | "available" | "busy" | "reserved" | "unavailable" | "faulted" | "offline";

const STATUS: Record<ConnectorStatus, { word: string; tone: Tone; meaning: string }> = {
  Available: { word: "Available", tone: "available", meaning: "Free for the next driver" },
  Preparing: { word: "Preparing", tone: "busy", meaning: "A car or a card is there; charging has not begun" },
  Charging: { word: "Charging", tone: "charging", meaning: "Energy flows" },
  SuspendedEV: { word: "Paused by car", tone: "busy", meaning: "SuspendedEV: the car takes no energy, perhaps it is full" },
  SuspendedEVSE: { word: "Paused by charger", tone: "busy", meaning: "SuspendedEVSE: the charger gives no energy now" },
  Finishing: { word: "Finishing", tone: "busy", meaning: "Charging has ended; the cable is still plugged in" },
  Reserved: { word: "Reserved", tone: "reserved", meaning: "Kept for one driver" },
  Unavailable: { word: "Unavailable", tone: "unavailable", meaning: "Switched out of service" },
  Faulted: { word: "Faulted", tone: "faulted", meaning: "The charger reports an error" },
};

export interface StatusWords {
  word: string;
  tone: Tone;
  meaning: string;
}

export function statusWords(status: string | null): StatusWords {
  if (status === null) return { word: "Not reported", tone: "unavailable", meaning: "The charger has not said how it is" };
  // A status we have no words for is shown as the charger spells it.
  return STATUS[status as ConnectorStatus] ?? { word: status, tone: "unavailable", meaning: status };
}

/** An offline charger's connectors keep their last known word, without its colour. */
export function connectorWords(station: Station, connector: Connector): StatusWords {
  const words = statusWords(connector.status);
  if (station.connected) return words;
  return { ...words, tone: "offline", meaning: `Last known before the charger went offline: ${words.meaning}` };
}

/** The one state of a whole charger: the worst news first, then the liveliest connector. */
export function stationTone(station: Station): Tone {
  if (!station.connected) return "offline";
  const tones = new Set(station.connectors.map((c) => statusWords(c.status).tone));
  if (station.status === "Faulted" || tones.has("faulted")) return "faulted";
  if (station.status === "Unavailable") return "unavailable";
  for (const tone of ["charging", "busy", "reserved", "available"] as const) if (tones.has(tone)) return tone;
  return station.status === "Available" ? "available" : "unavailable";
}

export const TONE_WORDS: Record<Tone, string> = {
  charging: "Charging",
  available: "Available",
  busy: "In use",
  reserved: "Reserved",
  unavailable: "Unavailable",
  faulted: "Faulted",
  offline: "Offline",
};

/** Tones an operator filters by; "In use" includes reserved. */
export const FILTERS: readonly Tone[] = ["charging", "busy", "available", "faulted", "unavailable", "offline"];

export function stationPower(station: Station): number {
  if (!station.connected) return 0;
  return station.connectors.reduce((sum, c) => sum + (c.session?.power_w ?? 0), 0);
}

/** An error code worth showing; NoError is how 1.6 says there is none. */
export function realError(code: string | null): string | null {
  return code && code !== "NoError" ? code : null;
}

const SESSION: Record<SessionStatus, { word: string; tone: Tone | "done" }> = {
  pending: { word: "Starting", tone: "busy" },
  active: { word: "Charging", tone: "charging" },
  completed: { word: "Completed", tone: "done" },
  cancelled: { word: "Cancelled", tone: "unavailable" },
  invalid: { word: "Not valid", tone: "faulted" },
};

export function sessionWords(session: Pick<Session, "status">): { word: string; tone: Tone | "done" } {
  return SESSION[session.status] ?? { word: session.status, tone: "unavailable" };
}

const FLAGS: Record<string, string> = {
  clock: "The charger's clock was wrong; times are our best knowledge.",
  superseded: "A newer session began on this connector before the charger ended this one.",
  estimated: "The end reading is missing; energy is taken from the last reading we had.",
  register_reset: "The meter began again at zero during the session; energy is the sum of both parts.",
  register_rollback: "The meter ran backwards during the session; please check the energy.",
  register_jump: "The meter jumped by more than a charger can deliver; please check the energy.",
  unit_suspect: "The readings look like kWh sent as Wh; please check the energy.",
  ended_by_operator: "Ended by a person, not by the charger.",
  corrected_by_operator: "A person has corrected the figures.",
  silent: "The charger has not been heard of for more than a day.",
  zombie: "The charger restarted, or said it was free, without ending this session.",
  refused_card: "The card was refused when it began.",
  free_charging: "A refused card took energy all the same; please check.",
  repeated: "The charger told an earlier session again; this is no second one.",
  no_start: "The charger never told how it began.",
  no_meter_start: "The reading at the start is missing.",
  charger_removed: "The charger was removed while it was charging.",
  corrected: "The charger reported the end again with other figures; these are the newer ones.",
};

export function flagWords(flag: string): string {
  return FLAGS[flag] ?? flag.replaceAll("_", " ");
}

const STOP_REASONS: Record<string, string> = {
  local: "Stopped at the charger",
  remote: "Stopped from here or an app",
  car_disconnected: "The car was unplugged",
  car_stopped: "The car ended it",
  emergency_stop: "The emergency button was pressed",
  hard_reset: "The charger was hard reset",
  soft_reset: "The charger was soft reset",
  reboot: "The charger restarted",
  power_loss: "The charger lost power",
  unlocked: "The connector was unlocked",
  deauthorized: "The card is no longer accepted",
  other: "Another reason",
  superseded: "A newer session began on this connector",
  lost: "The charger never told its end",
  silent: "The charger was not heard of for days",
  operator: "Ended by hand",
  charger_removed: "The charger was removed",
};

export function stopReason(reason: string | null): string {
  return reason === null ? "–" : (STOP_REASONS[reason] ?? reason);
}

export function connectorName(evse: number, connector = 1): string {
  if (evse === 0) return "Whole charger";
  return connector > 1 ? `Connector ${evse}.${connector}` : `Connector ${evse}`;
}
