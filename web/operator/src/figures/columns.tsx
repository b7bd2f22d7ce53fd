import { t } from "@lingui/core/macro";
import type { FiguresRow } from "@stationmaster/api";
import { number, type Column } from "@stationmaster/ui";
import type { ReactNode } from "react";
import { each, energySum, hours, revenueSum, share } from "./words";

/** Figures as rows: of days, sites, or what else was asked for by. Files have the plain numbers. */
export function figuresColumns({ head, name, open }: {
  head: string;
  name: (row: FiguresRow) => string;
  open?: (row: FiguresRow) => ReactNode;
}): Column<FiguresRow>[] {
  return [
    { id: "key", head, value: name, ...(open && { cell: open }), width: "22%" },
    { id: "sessions", head: t`Sessions`, right: true, value: (row) => row.sessions, total: (rows) => number(rows.reduce((sum, row) => sum + row.sessions, 0)) },
    {
      id: "energy", head: t`Energy`, csvHead: t`Energy (Wh)`, right: true, value: (row) => row.energy_wh, cell: (row) => <span className="num">{energySum(row.energy_wh)}</span>,
      total: (rows) => energySum(rows.reduce((sum, row) => sum + row.energy_wh, 0)),
    },
    { id: "revenue", head: t`Revenue`, right: true, value: (row) => (row.revenue.length === 1 ? Number(row.revenue[0]?.gross) : revenueSum(row.revenue)), cell: (row) => <span className="num">{revenueSum(row.revenue)}</span> },
    { id: "utilisation", head: t`Utilisation`, csvHead: t`Utilisation (%)`, right: true, card: "hidden", value: (row) => row.utilisation_percent, cell: (row) => share(row.utilisation_percent) },
    { id: "dwell", head: t`Stay`, csvHead: t`Stay (s)`, right: true, card: "hidden", value: (row) => row.plugged_s, cell: (row) => <span className="num">{each(row.plugged_s, row.sessions)}</span> },
    { id: "idle", head: t`Idle`, csvHead: t`Idle (s)`, right: true, card: "hidden", value: (row) => row.idle_s, cell: (row) => <span className="num">{each(row.idle_s, row.sessions)}</span> },
    { id: "charging", head: t`Charging time`, csvHead: t`Charging time (s)`, right: true, extra: true, card: "hidden", value: (row) => row.charging_s, cell: (row) => <span className="num">{hours(row.charging_s)}</span> },
    { id: "good", head: t`Starts that succeeded`, right: true, extra: true, card: "hidden", value: (row) => row.good_attempts },
    { id: "co2", head: t`CO₂ saved (kg)`, right: true, extra: true, card: "hidden", value: (row) => row.co2_saved_kg },
  ];
}
