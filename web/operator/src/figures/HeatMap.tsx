import { t } from "@lingui/core/macro";
import { i18n } from "@lingui/core";
import type { FiguresRow } from "@stationmaster/api";
import css from "./HeatMap.module.css";

const DAYS = 7;
const HOURS = 24;
/** The hours that have room for their name on a phone; each stands above the ones until the next. */
const NAMED = [0, 6, 12, 18];
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
          {NAMED.map((hour) => (
            <th key={hour} scope="colgroup" colSpan={HOURS / NAMED.length}>
              {hour}:00
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
                const whole = t`${name} ${String(hour)}:00: ${said}`;
                return (
                  <td key={hour} title={whole}>
                    <span className={css.cell} style={{ opacity: most === 0 ? 0 : here / most }} />
                    <span className="visually-hidden">{whole}</span>
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
