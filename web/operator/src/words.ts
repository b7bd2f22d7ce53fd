import { t } from "@lingui/core/macro";
import type { Connector, Session, Station } from "@stationmaster/api";
import type { Tone } from "@stationmaster/ui";

export interface StatusWords {
  word: string;
  tone: Tone;
  meaning: string;
}

export function statusWords(status: string | null): StatusWords {
  switch (status) {
    case null:
      return { word: t`Not reported`, tone: "unavailable", meaning: t`The charger has not said how it is` };
    case "Available":
      return { word: t`Available`, tone: "available", meaning: t`Free for the next driver` };
    case "Preparing":
      return { word: t`Preparing`, tone: "busy", meaning: t`A car or a card is there; charging has not begun` };
    case "Occupied":
      return { word: t`In use`, tone: "busy", meaning: t`A car or a card is there; the session says whether energy flows` };
    case "Charging":
      return { word: t`Charging`, tone: "charging", meaning: t`Energy flows` };
    case "SuspendedEV":
      return { word: t`Paused by car`, tone: "busy", meaning: t`SuspendedEV: the car takes no energy, perhaps it is full` };
    case "SuspendedEVSE":
      return { word: t`Paused by charger`, tone: "busy", meaning: t`SuspendedEVSE: the charger gives no energy now` };
    case "Finishing":
      return { word: t`Finishing`, tone: "busy", meaning: t`Charging has ended; the cable is still plugged in` };
    case "Reserved":
      return { word: t`Reserved`, tone: "reserved", meaning: t`Kept for one driver` };
    case "Unavailable":
      return { word: t`Unavailable`, tone: "unavailable", meaning: t`Switched out of service` };
    case "Faulted":
      return { word: t`Faulted`, tone: "faulted", meaning: t`The charger reports an error` };
    default:
      // A status we have no words for is shown as the charger spells it.
      return { word: status, tone: "unavailable", meaning: status };
  }
}

/** A charger of 2.x only says that somebody is there; whether energy flows, the session says. */
function statusOf(connector: Connector): string | null {
  if (connector.status !== "Occupied") return connector.status;
  // eslint-disable-next-line lingui/no-unlocalized-strings -- OCPP's word, not ours
  return (connector.session?.power_w ?? 0) > 0 ? "Charging" : "Occupied";
}

/** An offline charger's connectors keep their last known word, without its colour. */
export function connectorWords(station: Station, connector: Connector): StatusWords {
  const words = statusWords(statusOf(connector));
  if (station.connected) return words;
  return { ...words, tone: "offline", meaning: t`Last known before the charger went offline: ${words.meaning}` };
}

/** The one state of a whole charger: the worst news first, then the liveliest connector. */
export function stationTone(station: Station): Tone {
  if (!station.connected) return "offline";
  const tones = new Set(station.connectors.map((c) => statusWords(statusOf(c)).tone));
  if (station.status === "Faulted" || tones.has("faulted")) return "faulted";
  if (station.status === "Unavailable") return "unavailable";
  for (const tone of ["charging", "busy", "reserved", "available"] as const) if (tones.has(tone)) return tone;
  return station.status === "Available" ? "available" : "unavailable";
}

export function toneWord(tone: Tone): string {
  const words: Record<Tone, string> = {
    charging: t`Charging`,
    available: t`Available`,
    busy: t`In use`,
    reserved: t`Reserved`,
    unavailable: t`Unavailable`,
    faulted: t`Faulted`,
    offline: t`Offline`,
  };
  return words[tone];
}

/** Tones an operator filters by. */
export const FILTERS: readonly Tone[] = ["charging", "busy", "available", "faulted", "unavailable", "offline"];

/** The one of them that a tone is found under: who has reserved a connector uses it. */
export function filterOf(tone: Tone): Tone {
  return tone === "reserved" ? "busy" : tone;
}

export function stationPower(station: Station): number {
  return station.connectors.reduce((sum, connector) => sum + (powerNow(station, connector) ?? 0), 0);
}

/** What is drawn now; null where the charger is away, or the connector free again: what it last told is no power of now. */
export function powerNow(station: Station, { session, status }: Connector): number | null {
  return session && station.connected && status !== "Available" ? session.power_w : null;
}

/** An error code worth showing; NoError is how 1.6 says there is none. */
export function realError(code: string | null): string | null {
  return code && code !== "NoError" ? code : null;
}

export function sessionWords(session: Pick<Session, "status">): { word: string; tone: Tone | "done" } {
  switch (session.status) {
    case "pending":
      return { word: t`Starting`, tone: "busy" };
    case "active":
      return { word: t`Charging`, tone: "charging" };
    case "completed":
      return { word: t`Completed`, tone: "done" };
    case "cancelled":
      return { word: t`Cancelled`, tone: "unavailable" };
    case "invalid":
      return { word: t`Not valid`, tone: "faulted" };
    default:
      return { word: session.status, tone: "unavailable" };
  }
}

export function flagWords(flag: string): string {
  const words: Record<string, string> = {
    clock: t`The charger's clock was wrong; times are our best knowledge.`,
    superseded: t`A newer session began on this connector before the charger ended this one.`,
    estimated: t`The end reading is missing; energy is taken from the last reading we had.`,
    register_reset: t`The meter began again at zero during the session; energy is the sum of both parts.`,
    register_rollback: t`The meter ran backwards during the session; please check the energy.`,
    register_jump: t`The meter jumped by more than a charger can deliver; please check the energy.`,
    unit_suspect: t`The readings look like kWh sent as Wh; please check the energy.`,
    ended_by_operator: t`Ended by a person, not by the charger.`,
    corrected_by_operator: t`A person has corrected the figures.`,
    silent: t`The charger has not been heard of for more than a day.`,
    zombie: t`The charger restarted, or said it was free, without ending this session.`,
    refused_card: t`The card was refused when it began.`,
    unknown_unit: t`The charger told its meter in a unit that nobody knows; those readings are kept, and counted for nothing.`,
    meter_fault: t`The charger said that its meter is broken; please check the energy.`,
    free_charging: t`A refused card took energy all the same; please check.`,
    repeated: t`The charger told an earlier session again; this is no second one.`,
    number_again: t`The charger told different things under one number; all of them are kept.`,
    seen: t`The charger told of no session; its status and its meter did. Please check it before it is billed.`,
    joined: t`The charger told of this session after all, later; it is counted there.`,
    no_start: t`The charger never told how it began.`,
    gaps: t`Some of what the charger has told of it has not come yet.`,
    no_meter_start: t`The reading at the start is missing.`,
    charger_removed: t`The charger was removed while it was charging.`,
    values_dropped: t`Its meter readings were dropped after their time; its figures stay as they are, and are not changed any more.`,
    corrected: t`The charger reported the end again with other figures; these are the newer ones.`,
  };
  return words[flag] ?? flag.replaceAll("_", " ");
}

export function stopReason(reason: string | null): string {
  const words: Record<string, string> = {
    local: t`Stopped at the charger`,
    remote: t`Stopped from here or an app`,
    car_disconnected: t`The car was unplugged`,
    car_stopped: t`The car ended it`,
    emergency_stop: t`The emergency button was pressed`,
    hard_reset: t`The charger was hard reset`,
    soft_reset: t`The charger was soft reset`,
    reboot: t`The charger restarted`,
    power_loss: t`The charger lost power`,
    unlocked: t`The connector was unlocked`,
    deauthorized: t`The card is no longer accepted`,
    other: t`Another reason`,
    superseded: t`A newer session began on this connector`,
    lost: t`The charger never told its end`,
    silent: t`The charger was not heard of for days`,
    operator: t`Ended by hand`,
    charger_removed: t`The charger was removed`,
  };
  return reason === null ? "–" : (words[reason] ?? reason);
}

export function connectorName(evse: number | null, connector: number | null = 1): string {
  if (evse === null) return "–";
  if (evse === 0) return t`Whole charger`;
  const number = connector !== null && connector > 1 ? `${evse}.${connector}` : String(evse);
  return t`Connector ${number}`;
}

/** A card that was refused and charged all the same: its charger is in free mode, or has a list of its own. */
export function refusedCard(session: Session): string | null {
  switch (session.authorization) {
    case "unknown":
      return t`card not known`;
    case "blocked":
      return t`card blocked`;
    case "expired":
      return t`card expired`;
    case "no_credit":
      return t`nothing left to pay with`;
    default:
      return null;
  }
}
