import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, TextInput } from "@mantine/core";
import { useDisclosure, useMediaQuery, useThrottledValue } from "@mantine/hooks";
import type { Site } from "@stationmaster/api";
import { Empty, Icon, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useList } from "../../lists";
import { fleetStore } from "../../live/fleet";
import { listQuery } from "../../managed/resource";
import { statusQuery } from "../../queries";
import { StateFilters } from "../../StateFilters";
import { sites } from "../sites/resource";
import css from "./Map.module.css";
import { matching, placed, placesOf, sitesByTone } from "./places";
import { SiteList } from "./SiteList";

const route = getRouteApi("/map");

// The library that draws maps is fetched when one is looked at.
const DrawnMap = lazy(() => import("./DrawnMap"));

// eslint-disable-next-line lingui/no-unlocalized-strings -- a width, as in Map.module.css
const NARROW = "(max-width: 820px)";

/** A wave of events is drawn twice a second. */
const CALM_MS = 500;

/** Where the sites are and how their chargers do, beside a list that says the same in words. */
export function MapPage() {
  const fleet = useThrottledValue(useSyncExternalStore(fleetStore.watch, fleetStore.current), CALM_MS);
  useEffect(() => {
    fleetStore.open();
  }, []);
  const { data: status } = useQuery(statusQuery());
  const list = useList<Site>(listQuery(sites, {}));
  const { hasMore, busy, load } = list.pages;
  useEffect(() => {
    if (hasMore && !busy && !list.error) load();
  }, [hasMore, busy, load, list.error]);
  const { q = "", state } = route.useSearch();
  const navigate = route.useNavigate();
  const search = (next: { q?: string | undefined; state?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const places = useMemo(() => placesOf(list.rows, fleet.values()), [list.rows, fleet]);
  const shown = useMemo(() => matching(places, q, state), [places, q, state]);
  const byTone = useMemo(() => sitesByTone(places), [places]);
  const there = useMemo(() => placed(shown), [shown]);
  const [chosen, choose] = useState<{ id: string } | null>(null);
  // On a phone the list comes first, and what a map costs is fetched by those who ask for it.
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const [asked, { open, toggle }] = useDisclosure(false);
  const drawn = !narrow || asked;
  const show = useCallback(
    (id: string) => {
      open();
      choose({ id });
    },
    [open],
  );
  const map = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) map.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  if (list.error && places.length === 0) return <Problem error={list.error} retry={list.retry} />;
  if (list.isPending || !status || (!fleetStore.loaded && fleet.size === 0 && !fleetStore.error)) return <Waiting />;
  return (
    <>
      <PageHead title={t`Map`}>
        {narrow && places.length > 0 && (
          <Button variant="default" leftSection={<Icon name="pin" size={16} />} aria-pressed={asked} onClick={toggle} data-testid="show-map">
            {asked ? t`Hide the map` : t`Show the map`}
          </Button>
        )}
      </PageHead>
      {(list.error ?? fleetStore.error) && <Problem error={list.error ?? fleetStore.error ?? new Error()} retry={list.error ? list.retry : () => void fleetStore.load()} />}
      {places.length === 0 ? (
        <Empty title={t`No sites yet`}>
          <Link to="/sites">
            <Trans>Add the first one</Trans>
          </Link>
        </Empty>
      ) : (
        <>
          <div className={css.asking}>
            <TextInput
              className={css.search ?? ""}
              type="search"
              aria-label={t`Search sites`}
              placeholder={t`Search name, address…`}
              leftSection={<Icon name="search" size={16} />}
              value={q}
              onChange={(event) => { search({ q: event.currentTarget.value || undefined }); }}
              data-testid="map-search"
            />
            <StateFilters all={places.length} count={(tone) => byTone.get(tone) ?? 0} state={state} choose={(tone) => { search({ state: tone }); }} />
          </div>
          <div className={css.beside}>
            {drawn && (
              <div className={`${css.map} card`} data-testid="map" ref={map}>
                <Suspense fallback={<Waiting />}>
                  <DrawnMap places={there} tiles={status.map_tiles} chosen={chosen} />
                </Suspense>
              </div>
            )}
            <SiteList places={shown} show={show} />
          </div>
        </>
      )}
    </>
  );
}
