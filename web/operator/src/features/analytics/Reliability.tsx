import { t } from "@lingui/core/macro";
import { SegmentedControl } from "@mantine/core";
import type { AvailabilityRow, FaultsRow, PortStarts, StartCounts } from "@stationmaster/api";
import { DataTable, Empty, number, type Column, type TableState } from "@stationmaster/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useAsked } from "../../figures/Asking";
import { availabilityQuery, faultsQuery, startsQuery, type AvailabilityBy, type FaultsBy } from "../../figures/queries";
import { Tiles } from "../../figures/Tiles";
import classes from "../../figures/Figures.module.css";
import { hours, share } from "../../figures/words";
import { connectorName } from "../../words";
import { Found, Part } from "./Part";

/** Whether drivers get to charge. */
export function StartsPart() {
  const { asked } = useAsked();
  const [table, setTable] = useState<TableState>({ sort: "-failed" });
  const found = useQuery({ ...startsQuery(asked), placeholderData: keepPreviousData });
  const columns = useMemo<Column<PortStarts>[]>(
    () => [
      { id: "port", head: t`Port`, value: (port) => port.name ?? port.station, cell: (port) => <Port station={port.station} name={port.name} evse={port.evse} /> },
      { id: "visits", head: t`Visits`, right: true, value: (port) => port.visits },
      { id: "failed", head: t`Failed visits`, right: true, value: (port) => port.failed_visits },
      { id: "attempts", head: t`Attempts`, right: true, card: "hidden", value: (port) => port.attempts },
      { id: "good", head: t`Good attempts`, right: true, card: "hidden", value: (port) => port.good_attempts },
    ],
    [],
  );
  return (
    <Part id="starts" title={t`Do drivers get to charge?`} about={t`Attempts of one card at one site within 15 minutes are one visit.`}>
      <Found of={found}>
        {({ total, ports }) => (
          <>
            <Tiles label={t`Visits and attempts`} tiles={startTiles(total)} />
            <DataTable label={t`Ports where visits fail`} title={t`Ports where visits fail`} columns={columns} rows={ports} rowId={(port) => `${port.station} ${String(port.evse)}`} state={table} onState={setTable} empty={<Empty title={t`Nothing in this time`} />} />
          </>
        )}
      </Found>
    </Part>
  );
}

function startTiles(total: StartCounts) {
  const of = (part: number, all: number) => (all === 0 ? null : (part / all) * 100);
  const plain = (words: string) => (className: string) => <span className={className}>{words}</span>;
  return [
    { name: t`Visits that came to a charge`, value: plain(share(of(total.good_visits, total.visits))), about: t`${number(total.good_visits)} of ${number(total.visits)}` },
    { name: t`At the first try`, value: plain(share(of(total.first_try_visits, total.visits))), about: t`${number(total.troubled_visits)} needed more tries` },
    { name: t`Failed visits`, value: plain(number(total.failed_visits)) },
    { name: t`Attempts that succeeded`, value: plain(share(of(total.good_attempts, total.attempts))), about: t`${number(total.good_attempts)} of ${number(total.attempts)}` },
  ];
}

/** How much of the time ports worked. */
export function AvailabilityPart() {
  const { asked } = useAsked();
  const [by, setBy] = useState<AvailabilityBy>("site");
  const [table, setTable] = useState<TableState>({ sort: "uptime" });
  const found = useQuery({ ...availabilityQuery(by, asked), placeholderData: keepPreviousData });
  const words = useMemo<Record<AvailabilityBy, string>>(() => ({ site: t`Site`, port: t`Port`, month: t`Month` }), []);
  const columns = useMemo<Column<AvailabilityRow>[]>(
    () => [
      {
        id: "key",
        head: words[by],
        value: (row) => placeOf(row, by),
        cell: (row) => (by === "port" && row.station ? <Port station={row.station} name={row.station_name ?? null} evse={row.evse ?? null} /> : <span className="hostile">{placeOf(row, by)}</span>),
      },
      { id: "uptime", head: t`Uptime`, csvHead: t`Uptime (%)`, right: true, value: (row) => row.uptime_percent, cell: (row) => <strong className="num">{uptime(row.uptime_percent)}</strong> },
      { id: "down", head: t`Down`, csvHead: t`Down (s)`, right: true, value: (row) => row.down_s, cell: (row) => <span className="num">{hours(row.down_s)}</span> },
      { id: "offline", head: t`Of it offline`, csvHead: t`Of it offline (s)`, right: true, card: "hidden", value: (row) => row.offline_s, cell: (row) => <span className="num">{hours(row.offline_s)}</span> },
      { id: "excluded", head: t`Left out`, csvHead: t`Left out (s)`, right: true, card: "hidden", value: (row) => row.excluded_s, cell: (row) => <span className="num">{hours(row.excluded_s)}</span> },
      { id: "known", head: t`Known time`, csvHead: t`Known time (s)`, right: true, card: "hidden", value: (row) => row.known_s, cell: (row) => <span className="num">{hours(row.known_s)}</span> },
    ],
    [by, words],
  );
  return (
    <Part id="availability" title={t`Availability`} aside={<Choice words={words} value={by} onChange={setBy} />}>
      <Found of={found}>
        {({ rows, total }) => (
          <DataTable
            label={t`Availability`}
            title={t`${uptime(total.uptime_percent)} of the time`}
            columns={columns}
            rows={rows}
            rowId={(row) => [row.month, row.site, row.station, row.evse].join(" ")}
            state={table}
            onState={setTable}
            empty={<Empty title={t`Nothing is known of this time`} />}
          />
        )}
      </Found>
    </Part>
  );
}

/** Which makes and versions fail. */
export function FaultsPart() {
  const { asked } = useAsked();
  const [by, setBy] = useState<FaultsBy>("maker");
  const [table, setTable] = useState<TableState>({ sort: "-faults" });
  const found = useQuery({ ...faultsQuery(by, asked), placeholderData: keepPreviousData });
  const words = useMemo(() => ({ maker: t`Maker`, model: t`Model`, firmware: t`Firmware`, site: t`Site`, station: t`Charger` }), []);
  const columns = useMemo<Column<FaultsRow>[]>(
    () => [
      { id: "key", head: words[by], value: (row) => row.name ?? (row.key || "–") },
      { id: "faults", head: t`Faults`, right: true, value: (row) => row.faults },
      { id: "time", head: t`Faulted for`, csvHead: t`Faulted for (s)`, right: true, value: (row) => row.faulted_s, cell: (row) => <span className="num">{hours(row.faulted_s)}</span> },
      { id: "connectors", head: t`Connectors with faults`, right: true, card: "hidden", value: (row) => `${String(row.faulty_connectors)} / ${String(row.connectors)}` },
      { id: "codes", head: t`Most frequent`, card: "wide", value: (row) => row.codes.map(({ code, count }) => `${code || "–"} (${String(count)})`).join(", ") },
    ],
    [by, words],
  );
  return (
    <Part id="faults" title={t`Faults`} aside={<Choice words={words} value={by} onChange={setBy} />}>
      <Found of={found}>
        {({ rows }) => (
          <DataTable label={t`Faults`} title={t`Faults by ${words[by]}`} columns={columns} rows={rows} rowId={(row) => row.key} state={table} onState={setTable} empty={<Empty title={t`No faults in this time`} />} />
        )}
      </Found>
    </Part>
  );
}

function Choice<K extends string>({ words, value, onChange }: { words: Record<K, string>; value: K; onChange: (value: K) => void }) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={t`A row is for`}
      data={(Object.keys(words) as K[]).map((each) => ({ value: each, label: words[each] }))}
      value={value}
      onChange={(next) => { onChange(next as K); }}
    />
  );
}

function Port({ station, name, evse }: { station: string; name: string | null; evse: number | null }) {
  return (
    <span className="hostile">
      <span className={classes.port}><Link to="/chargers/$id" params={{ id: station }}>{name ?? station}</Link></span> <span className="dim">{connectorName(evse)}</span>
    </span>
  );
}

/** Two decimals: contracts speak of 97.00 %. */
function uptime(value: number | null): string {
  return value === null ? "–" : `${value.toFixed(2)} %`;
}

function placeOf(row: AvailabilityRow, by: AvailabilityBy): string {
  if (by === "month") return row.month ?? "–";
  if (by === "port") return [row.station_name ?? row.station ?? "–", connectorName(row.evse ?? null)].join(", ");
  return row.site_name ?? row.site ?? t`At no site`;
}
