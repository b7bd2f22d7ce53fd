import type { Site, Station } from "@stationmaster/api";
import type { Tone } from "@stationmaster/ui";
import { stationPower, stationTone } from "../../words";

/** A site with how its chargers do. */
export interface Place {
  site: Site;
  /** The state that stands for the whole site: the worst news first, then the liveliest. */
  tone: Tone;
  chargers: number;
  powerW: number;
  /** How many chargers are in which state, in the order of what matters. */
  counts: [Tone, number][];
}

const ORDER: readonly Tone[] = ["faulted", "offline", "charging", "busy", "reserved", "available", "unavailable"];
/** A site is faulted when one charger is; it is offline when all are. */
const OF_A_SITE: readonly Tone[] = ["faulted", "charging", "busy", "reserved", "available", "unavailable", "offline"];

/** Sites by name, each with its chargers; a charger names its site as people call it. */
export function placesOf(sites: readonly Site[], stations: Iterable<Station>): Place[] {
  const byName = new Map<string, Station[]>();
  for (const station of stations) {
    if (station.site === null) continue;
    const there = byName.get(station.site);
    if (there) there.push(station);
    else byName.set(station.site, [station]);
  }
  return sites
    .map((site) => placeOf(site, byName.get(site.name) ?? []))
    .sort((one, other) => one.site.name.localeCompare(other.site.name));
}

function placeOf(site: Site, stations: Station[]): Place {
  const counted = new Map<Tone, number>();
  for (const station of stations) {
    const tone = stationTone(station);
    counted.set(tone, (counted.get(tone) ?? 0) + 1);
  }
  return {
    site,
    tone: OF_A_SITE.find((tone) => counted.has(tone)) ?? "unavailable",
    chargers: stations.length,
    powerW: stations.reduce((sum, station) => sum + stationPower(station), 0),
    counts: ORDER.flatMap((tone) => (counted.has(tone) ? [[tone, counted.get(tone) ?? 0] as [Tone, number]] : [])),
  };
}
