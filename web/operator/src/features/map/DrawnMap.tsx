import { Trans } from "@lingui/react/macro";
import { useComputedColorScheme } from "@mantine/core";
import { Note } from "@stationmaster/ui";
import { AttributionControl, LngLatBounds, Map as Drawn, NavigationControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { useEffect, useMemo, useRef, useState } from "react";
import { clusters, type Spot } from "./clusters";
import css from "./Map.module.css";
import { Mark } from "./Mark";
import { escaped, NEAR, paint, styleOf, type Tiles } from "./mapStyle";
import type { Placed } from "./places";

// Of our own server, as its content security policy asks.
setWorkerUrl(workerUrl);

interface Props {
  places: Placed[];
  tiles: Tiles | null;
  /** The site to go to; a new object each time it is asked for. */
  chosen: { id: string } | null;
}

/** Sites on a map: of a tile server, or the outlines of countries, which are here without the internet. */
export default function DrawnMap({ places, tiles, chosen }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<Drawn | null>(null);
  const [trouble, setTrouble] = useState<"webgl" | "tiles" | null>(null);
  const scheme = useComputedColorScheme("light");
  const near = tiles ? NEAR.tiles : NEAR.outlines;
  const { url, attribution } = tiles ?? {};

  useEffect(() => {
    if (!box.current) return;
    let made: Drawn;
    try {
      made = new Drawn({
        container: box.current, style: styleOf(url), attributionControl: false, center: [10, 30], zoom: 1, maxZoom: near.most,
        dragRotate: false, pitchWithRotate: false, renderWorldCopies: false, fadeDuration: 0,
      });
    } catch {
      // No WebGL, on a remote desktop say; the list beside it has everything.
      queueMicrotask(() => { setTrouble("webgl"); });
      return;
    }
    made.touchZoomRotate.disableRotation();
    made.addControl(new NavigationControl({ showCompass: false }), "top-right");
    if (url) {
      made.addControl(new AttributionControl({ compact: true, ...(attribution && { customAttribution: escaped(attribution) }) }));
      made.on("error", () => { setTrouble("tiles"); });
    }
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
  }, [url, attribution, near.most]);

  useEffect(() => {
    if (!map) return;
    const colours = () => { paint(map, scheme === "dark"); };
    // A style that fetches a source counts as not loaded, though it has been.
    if (map.getLayer("sea") ?? map.getLayer("tiles")) colours();
    else map.once("style.load", colours);
  }, [map, scheme]);

  // All of them at first; later the reader moves it.
  const fitted = useRef<Drawn | null>(null);
  useEffect(() => {
    if (!map || fitted.current === map || places.length === 0) return;
    fitted.current = map;
    const bounds = new LngLatBounds();
    for (const { at } of places) bounds.extend(at);
    map.fitBounds(bounds, { padding: 60, maxZoom: near.one, animate: false });
  }, [map, places, near.one]);

  const spots = useSpots(map, places, near.most);
  const known = useRef(places);
  useEffect(() => {
    known.current = places;
  }, [places]);
  useEffect(() => {
    const one = known.current.find(({ site }) => site.id === chosen?.id);
    if (map && one) map.easeTo({ center: one.at, zoom: Math.max(map.getZoom(), near.one), duration: 400 });
  }, [map, chosen, near.one]);

  return (
    <>
      {trouble && (
        <div className={css.trouble} role="status">
          <Note tone="unavailable">
            {trouble === "webgl" ? (
              <Trans>This browser can't draw maps: it has no WebGL. The list has all sites.</Trans>
            ) : (
              <Trans>The map could not be fetched in full. The list has all sites.</Trans>
            )}
          </Note>
        </div>
      )}
      {trouble !== "webgl" && <div ref={box} className={css.canvas} />}
      {map && spots.map((spot) => <Mark key={spot.key} map={map} spot={spot} chosen={"place" in spot && spot.place.site.id === chosen?.id} />)}
    </>
  );
}

/** What the map shows as it stands. */
function useSpots(map: Drawn | null, places: Placed[], most: number): Spot[] {
  const find = useMemo(() => clusters(places, most), [places, most]);
  const [view, setView] = useState<{ bounds: [number, number, number, number]; zoom: number } | null>(null);
  useEffect(() => {
    if (!map) return;
    const look = () => {
      const bounds = map.getBounds();
      setView({ bounds: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], zoom: map.getZoom() });
    };
    look();
    map.on("moveend", look);
    map.on("resize", look);
    return () => {
      map.off("moveend", look);
      map.off("resize", look);
    };
  }, [map]);
  return useMemo(() => (view ? find(view.bounds, view.zoom) : []), [find, view]);
}
