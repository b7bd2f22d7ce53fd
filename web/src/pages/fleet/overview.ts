import type { Station } from "../../api/types";
import { stationPower, stationTone, type Tone } from "../../words";

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
  const tone = stationTone(station);
  return tone === "reserved" ? "busy" : tone;
}

/** Whether every word of the search is somewhere in what a person would look for: name, id, site, make, card. */
export function matches(station: Station, search: string): boolean {
  if (!search) return true;
  const cards = station.connectors.map((c) => c.session?.token ?? "").join(" ");
  const hay = [station.id, station.name, station.site, station.vendor, station.model, station.serial, cards]
    .join(" ")
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** By site, then name: a list that does not jump while chargers change state. */
export function inOrder(stations: Iterable<Station>): Station[] {
  return [...stations].sort(
    (a, b) =>
      natural.compare(a.site ?? "\uffff", b.site ?? "\uffff") ||
      natural.compare(a.name ?? a.id, b.name ?? b.id) ||
      natural.compare(a.id, b.id),
  );
}

/** What the order depends on. While it is the same, the old order still holds and nothing needs sorting. */
export function orderKey(stations: ReadonlyMap<string, Station>): string {
  let key = "";
  for (const s of stations.values()) key += `${s.id}\t${s.name ?? ""}\t${s.site ?? ""}\n`;
  return key;
}
