import { t } from "@lingui/core/macro";
import { i18n } from "@lingui/core";
import { Trans } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import type { FiguresRow } from "@stationmaster/api";
import { BarChart, DataTable, money, number, type TableState } from "@stationmaster/ui";
import { useCallback, useMemo, useState } from "react";
import { figuresColumns } from "./columns";
import css from "./Figures.module.css";
import { energySum, hours } from "./words";

export type Step = "day" | "week" | "month";
type Measure = "energy" | "sessions" | "revenue" | "utilisation" | "time";

interface Props {
  rows: FiguresRow[];
  by: Step;
}

/** What each day, week or month has brought: a chart, and the same as a table. */
export function OverTime({ rows, by }: Props) {
  const [measure, setMeasure] = useState<Measure>("energy");
  const [table, setTable] = useState<TableState>({});
  const words = useMemo(() => measures(currencyOf(rows)), [rows]);
  const chosen = words[measure];
  const names = useMemo(() => rows.map((row) => stepName(row.key, by)), [rows, by]);
  const series = useMemo(
    () => chosen.series.map(({ name, tone, value }) => ({ name, tone, values: rows.map(value) })),
    [rows, chosen],
  );
  const columns = useMemo(
    () => figuresColumns({ head: by === "day" ? t`Day` : by === "week" ? t`Week` : t`Month`, name: (row) => row.key }),
    [by],
  );
  const axis = useCallback((value: number) => chosen.words(value), [chosen]);
  return (
    <div className={`${css.chart} card`}>
      <Select
        w={210}
        aria-label={t`What the chart shows`}
        data={(Object.keys(words) as Measure[]).map((value) => ({ value, label: words[value].name }))}
        value={measure}
        onChange={(value) => { setMeasure((value ?? "energy") as Measure); }}
        allowDeselect={false}
      />
      <BarChart names={names} series={series} axis={axis} words={chosen.words} label={t`${chosen.name}, its numbers are in the table below`} height={240} />
      <details>
        <summary>
          <Trans>As a table</Trans>
        </summary>
        <DataTable label={t`Figures over time`} title={t`Figures over time`} columns={columns} rows={rows} rowId={(row) => row.key} state={table} onState={setTable} />
      </details>
    </div>
  );
}

interface Words {
  name: string;
  words: (value: number) => string;
  series: { name: string; tone: "charging" | "busy" | "available"; value: (row: FiguresRow) => number }[];
}

function measures(currency: string | undefined): Record<Measure, Words> {
  return {
    energy: { name: t`Energy`, words: energySum, series: [{ name: t`Energy`, tone: "charging", value: (row) => row.energy_wh }] },
    sessions: { name: t`Sessions`, words: (value) => number(value), series: [{ name: t`Sessions`, tone: "charging", value: (row) => row.sessions }] },
    revenue: {
      name: currency ? t`Revenue in ${currency}` : t`Revenue`,
      words: (value) => (currency ? money(String(value), currency) : number(value)),
      series: [{ name: t`Revenue`, tone: "available", value: (row) => Number(row.revenue.find((one) => one.currency === currency)?.gross ?? 0) }],
    },
    utilisation: { name: t`Utilisation`, words: (value) => number(value, "%", 1), series: [{ name: t`Utilisation`, tone: "charging", value: (row) => row.utilisation_percent ?? 0 }] },
    time: {
      name: t`Charging and idle time`,
      words: hours,
      series: [
        { name: t`Charging`, tone: "charging", value: (row) => row.charging_s },
        { name: t`Idle`, tone: "busy", value: (row) => row.idle_s },
      ],
    },
  };
}

/** The currency that most was billed in: sums of several can't stand upon each other. */
function currencyOf(rows: FiguresRow[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { currency } of rows.flatMap((row) => row.revenue)) counts.set(currency, (counts.get(currency) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}

function stepName(key: string, by: Step): string {
  if (by === "week") return key.replace(/^\d{4}-W/, t`week` + " ");
  const at = new Date(by === "day" ? key : `${key}-01`);
  const form: Intl.DateTimeFormatOptions = by === "day" ? { day: "numeric", month: "short" } : { month: "short", year: "numeric" };
  return new Intl.DateTimeFormat(i18n.locale === "en" ? "en-GB" : i18n.locale, { ...form, timeZone: "UTC" }).format(at);
}
