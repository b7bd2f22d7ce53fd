import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Station } from "@stationmaster/api";
import { Ago, At, kw, kwh, tableCss, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { stationPower, stationTone, toneWord } from "../../words";
import { Connectors } from "./ConnectorLine";
import css from "./Fleet.module.css";

/** Chargers as rows: who, and what happens there; all else when asked for. */
export function fleetColumns({ withSite = true }: { withSite?: boolean } = {}): Column<Station>[] {
  return [
    { id: "name", head: t`Charger`, width: "31%", value: (station) => station.name ?? station.id, cell: (station) => <Who station={station} site={withSite ? station.site : null} /> },
    {
      id: "connectors",
      head: t`Connectors`,
      card: "wide",
      value: (station) => [toneWord(stationTone(station)), ...station.connectors.map((c) => c.session?.token ?? "")].join(" ").trim(),
      cell: (station) => <Connectors station={station} />,
    },
    {
      id: "power",
      head: t`Power`,
      csvHead: t`Power (W)`,
      right: true,
      extra: true,
      value: stationPower,
      cell: (station) => <span className="num">{kw(stationPower(station))}</span>,
      total: (stations) => kw(stations.reduce((sum, station) => sum + stationPower(station), 0)),
    },
    {
      id: "energy",
      head: t`Energy of running sessions`,
      csvHead: t`Energy of running sessions (Wh)`,
      right: true,
      extra: true,
      value: runningEnergy,
      cell: (station) => <span className="num">{kwh(runningEnergy(station))}</span>,
      total: (stations) => kwh(stations.reduce((sum, station) => sum + (runningEnergy(station) ?? 0), 0)),
    },
    { id: "id", head: t`Id`, extra: true, value: (station) => station.id },
    { id: "site", head: t`Site`, extra: true, value: (station) => station.site },
    {
      id: "heard",
      head: t`Last heard`,
      extra: true,
      value: (station) => station.last_heard_at,
      cell: (station) => <Ago at={station.last_heard_at} />,
    },
    { id: "vendor", head: t`Vendor`, extra: true, value: (station) => station.vendor },
    { id: "model", head: t`Model`, extra: true, value: (station) => station.model },
    { id: "firmware", head: t`Firmware`, extra: true, value: (station) => station.firmware },
    { id: "serial", head: t`Serial number`, extra: true, value: (station) => station.serial },
    { id: "version", head: t`OCPP version`, extra: true, value: (station) => station.ocpp_version },
    { id: "added", head: t`Added`, extra: true, value: (station) => station.created_at, cell: (station) => <At at={station.created_at} /> },
  ];
}

function runningEnergy(station: Station): number | null {
  const running = station.connectors.map((connector) => connector.session?.energy_wh).filter((wh) => wh !== null && wh !== undefined);
  return running.length === 0 ? null : running.reduce((sum, wh) => sum + wh, 0);
}

function Who({ station, site }: { station: Station; site: string | null }) {
  return (
    <div className={css.who}>
      <Link to="/chargers/$id" params={{ id: station.id }} className={`${tableCss.rowLink} ${css.name}`}>
        {station.name ?? station.id}
      </Link>
      <div className={`${css.sub} clip`}>
        {station.name && <span className="mono">{station.id}</span>}
        {site && <span>{site}</span>}
        {!station.name && !site && (
          <span>{[station.vendor, station.model].filter(Boolean).join(" ") || <Trans>Not named yet</Trans>}</span>
        )}
      </div>
    </div>
  );
}
