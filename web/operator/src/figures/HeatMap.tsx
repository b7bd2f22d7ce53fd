import { t } from "@lingui/core/macro";
import { i18n } from "@lingui/core";
import type { FiguresRow } from "@stationmaster/api";
import css from "./HeatMap.module.css";

const DAYS = 7;
const HOURS = 24;
/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

interface Props {
  rows: FiguresRow[];
  value: (row: FiguresRow) => number;
  words: (value: number) => string;
  label: string;
}

/** Hours of the week as a table whose cells are the darker the more there was: read aloud it has its numbers. */
export function HeatMap({ rows, value, words, label }: Props) {
  const values = new Map(rows.map((row) => [Number(row.key), value(row)]));
  const most = Math.max(...values.values(), 0);
  const weekday = new Intl.DateTimeFormat(i18n.locale, { weekday: "short", timeZone: "UTC" });
  const hours = Array.from({ length: HOURS }, (_, hour) => hour);
  return (
    <table className={css.heat} aria-label={label}>
      <thead>
        <tr>
          <td />
          {hours.map((hour) => (
            <th key={hour} scope="col">
              <span data-seldom={hour % 6 !== 0 || undefined}>{hour}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: DAYS }, (_, day) => {
          const name = weekday.format(MONDAY + day * DAY_MS);
          return (
            <tr key={day}>
              <th scope="row">{name}</th>
              {hours.map((hour) => {
                const here = values.get(day * HOURS + hour) ?? 0;
                const said = words(here);
                return (
                  <td key={hour} title={t`${name} ${String(hour)}:00: ${said}`}>
                    <span className={css.cell} style={{ opacity: most === 0 ? 0 : here / most }} />
                    <span className="visually-hidden">{said}</span>
                  </td>
                );
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
