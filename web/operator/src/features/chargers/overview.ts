import type { Station } from "@stationmaster/api";
import { natural, type Tone } from "@stationmaster/ui";
import { filterOf, stationPower, stationTone } from "../../words";

export interface Overview {
  total: number;
  connected: number;
  powerW: number;
  tones: Record<Tone, number>;
}

/** The figures above the list. A reserved charger counts as in use. */
export function overview(stations: Iterable<Station>): Overview {
  const sum: Overview = {
    total: 0,
    connected: 0,
    powerW: 0,
    tones: { charging: 0, busy: 0, reserved: 0, available: 0, faulted: 0, unavailable: 0, offline: 0 },
  };
  for (const station of stations) {
    sum.total += 1;
    if (station.connected) sum.connected += 1;
    sum.powerW += stationPower(station);
    sum.tones[filterTone(station)] += 1;
  }
  return sum;
}

export function filterTone(station: Station): Tone {
  return filterOf(stationTone(station));
}

/** Whether an offline charger has not been heard for this long; one that was never heard has not. */
export function awayFor(station: Station, minutes: number, now: number): boolean {
  if (station.connected) return false;
  return station.last_heard_at === null || now - Date.parse(station.last_heard_at) >= minutes * 60_000;
}

/** By site, then name: a list that does not jump while chargers change state. */
export function inOrder(stations: Iterable<Station>): Station[] {
  const { compare } = natural();
  return [...stations].sort(
    (a, b) =>
      compare(a.site ?? "\uffff", b.site ?? "\uffff") ||
      compare(a.name ?? a.id, b.name ?? b.id) ||
      compare(a.id, b.id),
  );
}

/** What the order depends on. While it is the same, the old order still holds and nothing needs sorting. */
export function orderKey(stations: ReadonlyMap<string, Station>): string {
  let key = "";
  for (const s of stations.values()) key += `${s.id}\t${s.name ?? ""}\t${s.site ?? ""}\n`;
  return key;
}
