import { Button, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Station } from "../../api/types";
import { Empty, PageHead, Problem, Waiting } from "../../components/bits";
import { Glyph, Icon } from "../../components/icons";
import { kw, number } from "../../format";
import { fleetStore } from "../../live/fleet";
import { useMay } from "../../user";
import { FILTERS, TONE_WORDS } from "../../words";
import { AddCharger } from "./AddCharger";
import { ChargerList } from "./ChargerList";
import { FirstCharger } from "./FirstCharger";
import css from "./Fleet.module.css";
import { filterTone, inOrder, matches, orderKey, overview, type Overview } from "./overview";

const route = getRouteApi("/");

export function FleetPage() {
  const fleet = useSyncExternalStore(fleetStore.watch, fleetStore.current);
  const { q = "", state } = route.useSearch();
  const navigate = route.useNavigate();
  const [adding, add] = useDisclosure(false);

  useEffect(() => {
    fleetStore.open();
  }, []);

  const mayAdd = useMay("administer");
  const sum = useMemo(() => overview(fleet.stations.values()), [fleet]);
  const sorted = useSorted(fleet.stations);
  const shown = useMemo(
    () => sorted.filter((s) => (!state || filterTone(s) === state) && matches(s, q)),
    [sorted, state, q],
  );
  const search = (next: { q?: string; state?: string }) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });

  if (!fleetStore.loaded && fleet.stations.size === 0) {
    return fleetStore.error ? <Problem error={fleetStore.error} retry={() => void fleetStore.load()} /> : <Waiting />;
  }
  const button = mayAdd && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} data-testid="add-charger">
      Add charger
    </Button>
  );
  return (
    <>
      <PageHead title="Chargers">{fleet.stations.size > 0 && button}</PageHead>
      {fleetStore.error && <Problem error={fleetStore.error} retry={() => void fleetStore.load()} />}
      {fleet.stations.size === 0 ? (
        mayAdd ? <FirstCharger button={button} /> : <Empty title="No chargers yet">An administrator adds the first one.</Empty>
      ) : (
        <>
          <Counts sum={sum} />
          <div className={css.tools}>
            <TextInput
              className={css.search}
              type="search"
              aria-label="Search chargers"
              placeholder="Search name, site, card…"
              leftSection={<Icon name="search" size={16} />}
              value={q}
              onChange={(e) => {
                search({ q: e.currentTarget.value });
              }}
            />
            <Filters sum={sum} state={state} choose={(tone) => { search({ state: tone }); }} />
          </div>
          {shown.length > 0 ? (
            <ChargerList stations={shown} />
          ) : (
            <div className="card">
              <Empty title="No charger matches">
                <Button variant="default" onClick={() => { search({ q: "", state: "" }); }}>
                  Show all chargers
                </Button>
              </Empty>
            </div>
          )}
        </>
      )}
      <AddCharger opened={adding} onClose={add.close} />
    </>
  );
}

/** Stations in order; sorted anew only when one comes, goes or is renamed, not with every kilowatt. */
function useSorted(stations: ReadonlyMap<string, Station>): Station[] {
  const key = orderKey(stations);
  const [kept, keep] = useState<{ key: string; ids: string[] }>({ key: "", ids: [] });
  let ids = kept.ids;
  if (kept.key !== key) {
    ids = inOrder(stations.values()).map((s) => s.id);
    keep({ key, ids });
  }
  return useMemo(() => ids.map((id) => stations.get(id)).filter((s) => s !== undefined), [ids, stations]);
}

function Counts({ sum }: { sum: Overview }) {
  return (
    <dl className={`${css.counts} card`}>
      <div>
        <dt>Connected</dt>
        <dd>
          {number(sum.connected)} <small>of {number(sum.total)}</small>
        </dd>
      </div>
      <div>
        <dt>
          <Glyph tone="charging" size={13} /> Charging
        </dt>
        <dd data-testid="count-charging">{number(sum.tones.charging)}</dd>
      </div>
      <div>
        <dt>
          <Glyph tone="faulted" size={13} /> Faulted
        </dt>
        <dd>{number(sum.tones.faulted)}</dd>
      </div>
      <div>
        <dt>Power now</dt>
        <dd className="num">{kw(sum.powerW)}</dd>
      </div>
    </dl>
  );
}

function Filters({ sum, state, choose }: { sum: Overview; state: string | undefined; choose: (tone: string) => void }) {
  return (
    <div className={css.filters} role="group" aria-label="Filter by state">
      <button type="button" aria-pressed={!state} onClick={() => { choose(""); }}>
        All
      </button>
      {FILTERS.map((tone) => (
        <button key={tone} type="button" aria-pressed={state === tone} disabled={sum.tones[tone] === 0 && state !== tone} onClick={() => { choose(state === tone ? "" : tone); }}>
          <Glyph tone={tone} size={13} />
          {TONE_WORDS[tone]} <span className="num dim">{number(sum.tones[tone])}</span>
        </button>
      ))}
    </div>
  );
}
