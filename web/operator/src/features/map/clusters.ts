import type { Tone } from "@stationmaster/ui";
import Supercluster from "supercluster";
import { OF_A_SITE, type Placed } from "./places";

/** What stands at one spot of the map: a site, or several that are too near to be told apart. */
export type Spot = { key: string; at: [number, number]; tone: Tone } & ({ place: Placed } | { sites: number; zoom: number });

interface One {
  place: Placed;
}
interface Many {
  tone: Tone;
}

/** As near as two marks may stand, in pixels. */
const RADIUS = 44;

/** Finds what a view of the map shows, however many sites there are. From `nearest` on, each site stands alone. */
export function clusters(places: readonly Placed[], nearest: number): (bounds: [number, number, number, number], zoom: number) => Spot[] {
  const index = new Supercluster<One, Many>({
    radius: RADIUS,
    maxZoom: nearest - 1,
    map: ({ place }) => ({ tone: place.tone }),
    reduce: (sum, { tone }) => {
      if (OF_A_SITE.indexOf(tone) < OF_A_SITE.indexOf(sum.tone)) sum.tone = tone;
    },
  });
  index.load(places.map((place) => ({ type: "Feature", geometry: { type: "Point", coordinates: place.at }, properties: { place } })));
  return (bounds, zoom) =>
    index.getClusters(bounds, Math.round(zoom)).map(({ geometry, properties }) => {
      const at = geometry.coordinates as [number, number];
      if ("cluster" in properties) {
        const { cluster_id: id, point_count: sites, tone } = properties;
        return { key: `many-${String(id)}`, at, tone, sites, zoom: index.getClusterExpansionZoom(id) };
      }
      return { key: properties.place.site.id, at, tone: properties.place.tone, place: properties.place };
    });
}
