import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import type { Site, Station } from "@stationmaster/api";
import { Empty, Glyph, Icon, kw, number, PageHead, Problem, Waiting, type Tone } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { listQuery } from "../../managed/resource";
import { useList } from "../../lists";
import { fleetStore } from "../../live/fleet";
import { statusQuery } from "../../queries";
import { toneWord } from "../../words";
import { sites } from "../sites/resource";
import css from "./Map.module.css";
import { placesOf, type Place } from "./places";

// The library that draws maps is fetched when one is looked at.
const DrawnMap = lazy(() => import("./DrawnMap"));

/** Where the sites are and how their chargers do, beside a list that says the same in words. */
export function MapPage() {
  const fleet = useSyncExternalStore(fleetStore.watch, fleetStore.current);
  useEffect(() => {
    fleetStore.open();
  }, []);
  const { data: status } = useQuery(statusQuery());
  const list = useList<Site>(listQuery(sites, {}));
  const { hasMore, all } = list.pages;
  useEffect(() => {
    if (hasMore) void all();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each that there are more of
  }, [hasMore]);
  const [chosen, choose] = useState<string | null>(null);
  const [wanted, setWanted] = useState("");
  const places = useMemo(() => placesOf(list.rows, fleet.values() as Iterable<Station>), [list.rows, fleet]);
  const words = wanted.trim().toLowerCase();
  const shown = places.filter(({ site }) => [site.name, site.city, site.address].join(" ").toLowerCase().includes(words));
  const there = shown.filter(({ site }) => site.latitude !== null && site.longitude !== null);
  return (
    <>
      <PageHead title={t`Map`} />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending || !status ? (
        <Waiting />
      ) : places.length === 0 ? (
        <Empty title={t`No sites yet`}>
          <Link to="/sites">
            <Trans>Add the first one</Trans>
          </Link>
        </Empty>
      ) : (
        <div className={css.beside}>
          <div className={`${css.map} card`} data-testid="map">
            <Suspense fallback={<Waiting />}>
              <DrawnMap places={there} tiles={status.map_tiles} chosen={chosen} onChoose={choose} />
            </Suspense>
          </div>
          <div className={css.side}>
            <TextInput
              type="search"
              aria-label={t`Search sites`}
              placeholder={t`Search sites`}
              leftSection={<Icon name="search" size={16} />}
              value={wanted}
              onChange={(event) => { setWanted(event.currentTarget.value); }}
            />
            <ul className={`${css.list} card`} aria-label={t`Sites`}>
              {shown.map((place) => (
                <Row key={place.site.id} place={place} chosen={chosen === place.site.id} choose={choose} />
              ))}
              {shown.length === 0 && (
                <li>
                  <Trans>No site matches</Trans>
                </li>
              )}
            </ul>
          </div>
        </div>
      )}
    </>
  );
}

function Row({ place: { site, tone, chargers, powerW, counts }, chosen, choose }: { place: Place; chosen: boolean; choose: (id: string) => void }) {
  const placed = site.latitude !== null;
  return (
    <li data-chosen={chosen || undefined}>
      <Glyph tone={tone} />
      <span className={css.who}>
        <Link to="/sites/$id" params={{ id: site.id }} className="hostile">
          {site.name}
        </Link>
        <span className="dim small">
          {chargers === 0 ? <Trans>No chargers</Trans> : <Counts counts={counts} powerW={powerW} />}
        </span>
        {!placed && (
          <span className="dim small">
            <Trans>Has no position yet</Trans>
          </span>
        )}
      </span>
      {placed && (
        <button type="button" className={css.show} aria-label={t`Show ${site.name} on the map`} title={t`Show on the map`} onClick={() => { choose(site.id); }}>
          <Icon name="pin" size={18} />
        </button>
      )}
    </li>
  );
}

function Counts({ counts, powerW }: Pick<Place, "counts" | "powerW">) {
  const said = counts.map(([tone, count]) => `${number(count)} ${toneWord(tone as Tone).toLowerCase()}`);
  return [...said, ...(powerW > 0 ? [kw(powerW)] : [])].join(" · ");
}
