import { t } from "@lingui/core/macro";
import type { MeterValue } from "@stationmaster/api";
import { DataTable, kw, localClock, meter, number, percent, utc, type Column } from "@stationmaster/ui";
import { useMemo } from "react";
import { useTableState } from "../../lists";

/** Every meter reading of a session, newest first. */
export function Readings({ values }: { values: MeterValue[] }) {
  const [state, setState] = useTableState();
  const columns = useMemo(() => readingColumns(), []);
  const rows = useMemo(() => values.map((value, index) => ({ ...value, index })).toReversed(), [values]);
  return (
    <DataTable
      label={t`Meter readings`}
      title={t`Meter readings`}
      columns={columns}
      rows={rows}
      rowId={(row) => String(row.index)}
      state={state}
      onState={setState}
      rowHeight={42}
    />
  );
}

function readingColumns(): Column<MeterValue & { index: number }>[] {
  return [
    { id: "at", head: t`Time`, value: (row) => row.at, cell: (row) => <span className="num" title={utc(row.at)}>{localClock(row.at)}</span> },
    { id: "meter", head: t`Meter`, csvHead: t`Meter (Wh)`, right: true, value: (row) => row.energy_wh, cell: (row) => <span className="num">{meter(row.energy_wh)}</span> },
    { id: "power", head: t`Power`, csvHead: t`Power (W)`, right: true, value: (row) => row.power_w, cell: (row) => <span className="num">{kw(row.power_w)}</span> },
    { id: "current", head: t`Current`, csvHead: t`Current (A)`, right: true, card: "hidden", value: (row) => row.current_a, cell: (row) => <span className="num">{number(row.current_a, "A", 1)}</span> },
    { id: "voltage", head: t`Voltage`, csvHead: t`Voltage (V)`, right: true, card: "hidden", value: (row) => row.voltage_v, cell: (row) => <span className="num">{number(row.voltage_v, "V")}</span> },
    { id: "battery", head: t`Battery`, csvHead: t`Battery (%)`, right: true, value: (row) => row.soc_percent, cell: (row) => <span className="num">{percent(row.soc_percent)}</span> },
    { id: "why", head: t`Why`, card: "hidden", value: (row) => contextWords(row.context), cell: (row) => <span className="dim small">{contextWords(row.context)}</span> },
  ];
}

function contextWords(context: string | null): string {
  const words: Record<string, string> = {
    "Sample.Periodic": t`regular`,
    "Sample.Clock": t`by the clock`,
    "Transaction.Begin": t`at the start`,
    "Transaction.End": t`at the end`,
    "Interruption.Begin": t`interruption`,
    "Interruption.End": t`after interruption`,
    Trigger: t`asked for`,
  };
  return context === null ? t`regular` : (words[context] ?? context);
}
