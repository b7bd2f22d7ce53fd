import type { Site, Station } from "@stationmaster/api";
import { natural, type Tone } from "@stationmaster/ui";
import { connectorWords, filterOf, stationPower, stationTone } from "../../words";

/** A site with how its connectors do. */
export interface Place {
  site: Site;
  /** The state that stands for the whole site: the worst news first, then the liveliest. */
  tone: Tone;
  powerW: number;
  /** How many connectors are in which state, in the order of what matters. */
  counts: [Tone, number][];
}

/** A place that a map can show. */
export interface Placed extends Place {
  at: [longitude: number, latitude: number];
}

const ORDER: readonly Tone[] = ["faulted", "offline", "charging", "busy", "reserved", "available", "unavailable"];
/** A site is faulted when one connector is; it is offline when all are. */
export const OF_A_SITE: readonly Tone[] = ["faulted", "charging", "busy", "reserved", "available", "unavailable", "offline"];

/** Sites by name, each with its chargers; a charger names its site as people call it. */
export function placesOf(sites: readonly Site[], stations: Iterable<Station>): Place[] {
  const byName = new Map<string, Station[]>();
  for (const station of stations) {
    if (station.site === null) continue;
    const there = byName.get(station.site);
    if (there) there.push(station);
    else byName.set(station.site, [station]);
  }
  const { compare } = natural();
  return sites.map((site) => placeOf(site, byName.get(site.name) ?? [])).sort((one, other) => compare(one.site.name, other.site.name));
}

function placeOf(site: Site, stations: Station[]): Place {
  const counted = new Map<Tone, number>();
  for (const station of stations) {
    // A charger that has never told of its connectors counts once, as it is.
    const tones = station.connectors.length > 0 ? station.connectors.map((one) => connectorWords(station, one).tone) : [stationTone(station)];
    for (const tone of tones) counted.set(tone, (counted.get(tone) ?? 0) + 1);
  }
  return {
    site,
    tone: OF_A_SITE.find((tone) => counted.has(tone)) ?? "unavailable",
    powerW: stations.reduce((sum, station) => sum + stationPower(station), 0),
    counts: ORDER.flatMap((tone) => (counted.has(tone) ? [[tone, counted.get(tone) ?? 0] as [Tone, number]] : [])),
  };
}

/** Those whose name or address has the text, with a connector in the state. A reserved one is in use, as in the list of chargers. */
export function matching(places: readonly Place[], text: string, state: string | undefined): Place[] {
  const words = text.trim().toLowerCase();
  return places.filter(
    ({ site, counts }) =>
      [site.name, site.city, site.address, site.postal_code].join(" ").toLowerCase().includes(words) &&
      (!state || counts.some(([tone]) => filterOf(tone) === state)),
  );
}

/** How many sites have a connector in each state. */
export function sitesByTone(places: readonly Place[]): Map<Tone, number> {
  const found = new Map<Tone, number>();
  for (const { counts } of places) {
    for (const tone of new Set(counts.map(([each]) => filterOf(each)))) found.set(tone, (found.get(tone) ?? 0) + 1);
  }
  return found;
}

export function isPlaced({ site }: Place): boolean {
  return site.latitude !== null && site.longitude !== null;
}

export function placed(places: readonly Place[]): Placed[] {
  return places.flatMap((place) => {
    const { longitude, latitude } = place.site;
    return longitude === null || latitude === null ? [] : [{ ...place, at: [longitude, latitude] as [number, number] }];
  });
}
