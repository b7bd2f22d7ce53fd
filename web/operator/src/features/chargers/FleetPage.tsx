import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Fleet, Station } from "@stationmaster/api";
import { DataTable, Empty, Glyph, Icon, kw, number, PageHead, Problem, useNow, Waiting } from "@stationmaster/ui";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { ImportDialog, OpenImport } from "../../imports/ImportButton";
import { fleetStore } from "../../live/fleet";
import { useTableState } from "../../lists";
import { StateFilters } from "../../StateFilters";
import thing from "../../thing.module.css";
import { useMay } from "../../user";
import { AddCharger } from "./AddCharger";
import { BulkActions } from "./BulkActions";
import { FirstCharger } from "./FirstCharger";
import css from "./Fleet.module.css";
import { fleetColumns } from "./fleetColumns";
import { awayFor, filterTone, inOrder, orderKey, overview, type Overview } from "./overview";

const route = getRouteApi("/chargers/");

export function FleetPage() {
  const fleet = useSyncExternalStore(fleetStore.watch, fleetStore.current);
  const { state, away } = route.useSearch();
  const navigate = route.useNavigate();
  const [table, setTable] = useTableState();
  const [adding, add] = useDisclosure(false);
  const [bringing, bring] = useDisclosure(false);
  const now = useNow();

  useEffect(() => {
    fleetStore.open();
  }, []);

  const mayAdd = useMay("administer");
  const mayOperate = useMay("operate");
  const columns = useMemo(() => fleetColumns(), []);
  const sum = useMemo(() => overview(fleet.values()), [fleet]);
  const sorted = useSorted(fleet);
  const minutes = state === "offline" && away ? Number(away) : null;
  const shown = useMemo(
    () => sorted.filter((s) => (!state || filterTone(s) === state) && (minutes === null || awayFor(s, minutes, now))),
    [sorted, state, minutes, now],
  );
  const search = (next: { state?: string | undefined; away?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });

  if (!fleetStore.loaded && fleet.size === 0) {
    return fleetStore.error ? <Problem error={fleetStore.error} retry={() => void fleetStore.load()} /> : <Waiting />;
  }
  const button = mayAdd && (
    <div className={thing.buttons}>
      <OpenImport kind="stations" open={bring.open} />
      <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} data-testid="add-charger">
        <Trans>Add charger</Trans>
      </Button>
    </div>
  );
  return (
    <>
      <PageHead title={t`Chargers`}>{fleet.size > 0 && button}</PageHead>
      {fleetStore.error && <Problem error={fleetStore.error} retry={() => void fleetStore.load()} />}
      {fleet.size === 0 ? (
        mayAdd ? (
          <FirstCharger button={button} />
        ) : (
          <Empty title={t`No chargers yet`}>
            <Trans>An administrator adds the first one.</Trans>
          </Empty>
        )
      ) : (
        <>
          <Counts sum={sum} />
          <DataTable
            label={t`Chargers`}
            columns={columns}
            rows={shown}
            rowId={(station) => station.id}
            state={table}
            onState={setTable}
            search={t`Search name, site, card…`}
            testid={(station) => `fleet-row-${station.id}`}
            rowHeight={64}
            bulk={mayOperate ? (chosen) => <BulkActions chosen={chosen} /> : undefined}
            filters={
              <>
                <StateFilters count={(tone) => sum.tones[tone]} state={state} choose={(tone) => { search({ state: tone, away: undefined }); }} />
                {state === "offline" && <AwayFor value={away} onChange={(value) => { search({ away: value }); }} />}
              </>
            }
            empty={
              <Empty title={t`No charger matches`}>
                <Button variant="default" onClick={() => { search({ state: undefined, away: undefined }); }}>
                  <Trans>Show all chargers</Trans>
                </Button>
              </Empty>
            }
          />
        </>
      )}
      <AddCharger opened={adding} onClose={add.close} />
      <ImportDialog kind="stations" opened={bringing} close={bring.close} onTaken={() => void fleetStore.load()} />
    </>
  );
}

/** Stations in order; sorted anew only when one comes, goes or is renamed, not with every kilowatt. */
function useSorted(stations: Fleet): Station[] {
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
        <dt>
          <Trans>Connected</Trans>
        </dt>
        <dd>
          <Trans>
            {number(sum.connected)} <small>of {number(sum.total)}</small>
          </Trans>
        </dd>
      </div>
      <div>
        <dt>
          <Glyph tone="charging" size={13} /> <Trans>Charging</Trans>
        </dt>
        <dd data-testid="count-charging">{number(sum.tones.charging)}</dd>
      </div>
      <div>
        <dt>
          <Glyph tone="faulted" size={13} /> <Trans>Faulted</Trans>
        </dt>
        <dd>{number(sum.tones.faulted)}</dd>
      </div>
      <div>
        <dt>
          <Trans>Power now</Trans>
        </dt>
        <dd className="num">{kw(sum.powerW)}</dd>
      </div>
    </dl>
  );
}

function AwayFor({ value, onChange }: { value: string | undefined; onChange: (value: string | undefined) => void }) {
  return (
    <Select
      className={css.awayFor ?? ""}
      aria-label={t`Offline for longer than`}
      placeholder={t`For any time`}
      data={[
        { value: "15", label: t`Longer than 15 minutes` },
        { value: "60", label: t`Longer than an hour` },
        { value: "1440", label: t`Longer than a day` },
        { value: "10080", label: t`Longer than a week` },
      ]}
      value={value ?? null}
      onChange={(next) => { onChange(next ?? undefined); }}
      clearable
    />
  );
}
