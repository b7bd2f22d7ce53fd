import type { Map as Drawn, StyleSpecification } from "maplibre-gl";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import countriesUrl from "world-atlas/countries-50m.json?url";

export interface Tiles {
  /** Of pictures, with {z}, {x} and {y}; or of a style. */
  url: string;
  attribution: string | null;
}

/** How near a single site is looked at, and how near one may go: outlines show little there, a map of streets much. */
export const NEAR = { outlines: { one: 6, most: 12 }, tiles: { one: 14, most: 19 } };

export function styleOf(url: string | undefined): StyleSpecification | string {
  if (!url) return { version: 8, sources: {}, layers: [{ id: "sea", type: "background", paint: { "background-opacity": 0 } }] };
  if (!url.includes("{z}")) return url;
  return {
    version: 8,
    sources: { tiles: { type: "raster", tiles: [url], tileSize: 256 } },
    layers: [{ id: "tiles", type: "raster", source: "tiles" }],
  };
}

/** Brings the map into the colours of the theme. A style of somebody else's keeps its own. */
export function paint(map: Drawn, dark: boolean): void {
  if (map.getLayer("tiles")) {
    map.setPaintProperty("tiles", "raster-brightness-max", dark ? 0.6 : 1);
    map.setPaintProperty("tiles", "raster-saturation", dark ? -0.4 : 0);
  }
  if (!map.getLayer("sea")) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const draw = () => {
    map.setPaintProperty("land", "fill-color", colour("--surface"));
    map.setPaintProperty("borders", "line-color", colour("--line-strong"));
  };
  if (map.getSource("countries")) {
    draw();
    return;
  }
  void outlines().then((data) => {
    // It may have been left, or been here already, meanwhile.
    if (map._removed || map.getSource("countries")) return;
    map.addSource("countries", { type: "geojson", data });
    map.addLayer({ id: "land", type: "fill", source: "countries" });
    map.addLayer({ id: "borders", type: "line", source: "countries", paint: { "line-width": 0.8 } });
    draw();
  });
}

async function outlines() {
  const found = await fetch(countriesUrl);
  const world = (await found.json()) as Topology<{ countries: GeometryCollection }>;
  return feature(world, world.objects.countries);
}

/** An attribution is text here, whatever the library would make of it. */
export function escaped(text: string): string {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}
