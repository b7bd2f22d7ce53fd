import { plural, t } from "@lingui/core/macro";
import { Glyph, number } from "@stationmaster/ui";
import { useNavigate } from "@tanstack/react-router";
import { Marker, type Map as Drawn } from "maplibre-gl";
import { useEffect, useMemo } from "react";
import { createPortal } from "react-dom";
import { toneWord } from "../../words";
import type { Spot } from "./clusters";
import css from "./Map.module.css";

/** A site's state where it is, in the shape that stands for it everywhere; or how many sites are there, with the state that matters most. */
export function Mark({ map, spot, chosen }: { map: Drawn; spot: Spot; chosen: boolean }) {
  const navigate = useNavigate();
  const element = useMemo(() => document.createElement("div"), []);
  const [longitude, latitude] = spot.at;
  useEffect(() => {
    const marker = new Marker({ element }).setLngLat([longitude, latitude]).addTo(map);
    // Each is a button inside; the frame around it has nothing to say.
    for (const name of ["aria-label", "role", "tabindex"]) element.removeAttribute(name);
    return () => {
      marker.remove();
    };
  }, [map, element, longitude, latitude]);
  const words = "place" in spot ? placeWords(spot.place) : t`${plural(spot.sites, { one: "# site", other: "# sites" })}: ${toneWord(spot.tone)}`;
  const open = () => {
    if ("place" in spot) void navigate({ to: "/sites/$id", params: { id: spot.place.site.id } });
    else map.easeTo({ center: spot.at, zoom: spot.zoom, duration: 300 });
  };
  return createPortal(
    // The list is the way for the keyboard: it has the same, in order and in words.
    <button type="button" className={css.mark} tabIndex={-1} data-chosen={chosen || undefined} data-many={"sites" in spot || undefined} aria-label={words} title={words} onClick={open}>
      <Glyph tone={spot.tone} size={"sites" in spot ? 16 : 20} />
      {"sites" in spot && <span className="num">{number(spot.sites)}</span>}
    </button>,
    element,
  );
}

function placeWords({ site, counts }: Extract<Spot, { place: unknown }>["place"]): string {
  const states = counts.map(([tone, count]) => `${number(count)} ${toneWord(tone)}`).join(", ");
  return `${site.name}: ${states || t`No chargers`}`;
}
