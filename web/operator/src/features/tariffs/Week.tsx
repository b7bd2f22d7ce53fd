import { t } from "@lingui/core/macro";
import type { WeekPiece } from "@stationmaster/api";
import type { Dimension } from "./structures";
import { shortDay } from "./elementWords";
import { minuteOf, daysOf } from "./weekPicture";
import css from "./Week.module.css";

const HOURS = [0, 6, 12, 18, 24];
const DAY_MINUTES = 24 * 60;

/** A week as it hangs on a wall: which element prices what begins then. Numbers are those of the list beside it. */
export function Week({ pieces, dimension }: { pieces: WeekPiece[]; dimension: Dimension }) {
  return (
    <div className={css.week} role="img" aria-label={t`Which prices hold when in a week`} data-testid="week">
      {daysOf(pieces, dimension).map(({ day, spans }) => (
        <div key={day} className={css.row}>
          <span className={css.day}>{shortDay(day)}</span>
          <div className={css.bar}>
            {spans.map(({ begins, ends, element }) => (
              <span
                key={begins}
                className={`${css.span} ${element === null ? css.none : ""}`}
                style={{
                  left: `${(minuteOf(begins) / DAY_MINUTES) * 100}%`,
                  width: `${((minuteOf(ends) - minuteOf(begins)) / DAY_MINUTES) * 100}%`,
                  ...(element !== null && colourOf(element)),
                }}
              >
                {element !== null && minuteOf(ends) - minuteOf(begins) >= 90 && element + 1}
              </span>
            ))}
          </div>
        </div>
      ))}
      <div className={css.row}>
        <span />
        <div className={css.hours}>
          {HOURS.map((hour) => (
            <span key={hour} style={{ left: `${(hour / 24) * 100}%` }}>{hour}</span>
          ))}
        </div>
      </div>
    </div>
  );
}

/** The number of an element in its colour. */
export function ElementNumber({ element }: { element: number }) {
  return (
    <span className={css.number} style={colourOf(element)}>
      {element + 1}
    </span>
  );
}

const COLOURS = ["charging", "busy", "available", "reserved", "faulted", "unavailable"];

function colourOf(element: number): Record<string, string> {
  const colour = COLOURS[element % COLOURS.length] ?? "charging";
  return { "--of": `var(--tone-${colour})`, "--of-bg": `var(--tone-${colour}-bg)` };
}
