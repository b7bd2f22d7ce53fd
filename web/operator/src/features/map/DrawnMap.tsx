import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useComputedColorScheme } from "@mantine/core";
import { Glyph, Note } from "@stationmaster/ui";
import { AttributionControl, LngLatBounds, Map as Drawn, Marker, NavigationControl, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import countriesUrl from "world-atlas/countries-50m.json?url";
import { toneWord } from "../../words";
import css from "./Map.module.css";
import type { Place } from "./places";

// Of our own server, as its content security policy asks.
setWorkerUrl(workerUrl);

export interface Tiles {
  url: string;
  attribution: string | null;
}

interface Props {
  places: Place[];
  tiles: Tiles | null;
  chosen: string | null;
  onChoose: (id: string) => void;
}

/** As near as a single site is looked at: outlines of countries show little there, pictures of a town much. */
const NEAR = { outlines: 6, tiles: 14 };

/** Sites on a map: pictures of a tile server, or the outlines of countries, which are here without the internet. */
export default function DrawnMap({ places, tiles, chosen, onChoose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<Drawn | null>(null);
  const [failed, setFailed] = useState(false);
  const scheme = useComputedColorScheme("light");
  const near = tiles ? NEAR.tiles : NEAR.outlines;

  useEffect(() => {
    if (!box.current) return;
    let made: Drawn;
    try {
      made = new Drawn({ container: box.current, style: styleOf(tiles), attributionControl: false, center: [10, 30], zoom: 1, maxZoom: tiles ? 19 : 9, dragRotate: false, fadeDuration: 0 });
    } catch {
      // No WebGL, on a remote desktop say; the list beside it has everything.
      queueMicrotask(() => { setFailed(true); });
      return;
    }
    made.addControl(new NavigationControl({ showCompass: false }), "top-right");
    if (tiles?.attribution) made.addControl(new AttributionControl({ customAttribution: escaped(tiles.attribution), compact: true }));
    const resize = new ResizeObserver(() => {
      made.resize();
    });
    resize.observe(box.current);
    setMap(made);
    return () => {
      resize.disconnect();
      made.remove();
      setMap(null);
    };
  }, [tiles]);

  useEffect(() => {
    if (!map || tiles) return;
    const colours = () => { paint(map); };
    if (map.isStyleLoaded()) colours();
    else map.once("load", colours);
  }, [map, tiles, scheme]);

  // All of them at first; later the reader moves it.
  const fitted = useRef<Drawn | null>(null);
  useEffect(() => {
    if (!map || fitted.current === map || places.length === 0) return;
    fitted.current = map;
    const bounds = new LngLatBounds();
    for (const { site } of places) bounds.extend([site.longitude ?? 0, site.latitude ?? 0]);
    map.fitBounds(bounds, { padding: 60, maxZoom: near, animate: false });
  }, [map, places, near]);

  const one = places.find(({ site }) => site.id === chosen)?.site;
  useEffect(() => {
    if (map && one) map.easeTo({ center: [one.longitude ?? 0, one.latitude ?? 0], zoom: Math.max(map.getZoom(), near), duration: 400 });
  }, [map, one, near]);

  if (failed) {
    return (
      <div className={css.failed}>
        <Note tone="unavailable">
          <Trans>This browser can't draw maps. The list has all sites.</Trans>
        </Note>
      </div>
    );
  }
  return (
    <>
      <div ref={box} className={css.canvas} />
      {map && places.map((place) => <Mark key={place.site.id} map={map} place={place} chosen={place.site.id === chosen} onChoose={onChoose} />)}
    </>
  );
}

/** A site's state where it is: the shape that stands for it everywhere. */
function Mark({ map, place, chosen, onChoose }: { map: Drawn; place: Place; chosen: boolean; onChoose: (id: string) => void }) {
  const { site, tone } = place;
  const { latitude, longitude } = site;
  const element = useMemo(() => document.createElement("div"), []);
  useEffect(() => {
    const marker = new Marker({ element }).setLngLat([longitude ?? 0, latitude ?? 0]).addTo(map);
    // Each is a button inside; the frame around it has nothing to say.
    element.removeAttribute("aria-label");
    element.removeAttribute("role");
    element.removeAttribute("tabindex");
    return () => {
      marker.remove();
    };
  }, [map, element, latitude, longitude]);
  return createPortal(
    <button
      type="button"
      className={css.mark}
      data-chosen={chosen || undefined}
      aria-label={t`${site.name}: ${toneWord(tone)}`}
      title={t`${site.name}: ${toneWord(tone)}`}
      onClick={() => { onChoose(site.id); }}
    >
      <Glyph tone={tone} size={20} />
    </button>,
    element,
  );
}

function styleOf(tiles: Tiles | null): StyleSpecification {
  if (tiles) {
    return {
      version: 8,
      sources: { tiles: { type: "raster", tiles: [tiles.url], tileSize: 256 } },
      layers: [{ id: "tiles", type: "raster", source: "tiles" }],
    };
  }
  return { version: 8, sources: {}, layers: [{ id: "sea", type: "background" }] };
}

/** Countries, in the colours of the theme. */
function paint(map: Drawn): void {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const draw = () => {
    map.setPaintProperty("sea", "background-color", colour("--sunken"));
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
function escaped(text: string): string {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}
