import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Glyph, number, type Tone } from "@stationmaster/ui";
import css from "./StateFilters.module.css";
import { FILTERS, toneWord } from "./words";

interface Props {
  /** How many there are of all, where no other figure on the page says it. */
  all?: number;
  count: (tone: Tone) => number;
  state: string | undefined;
  choose: (state: string | undefined) => void;
}

/** A button for each state, with how many are in it; pressed again, it shows all. */
export function StateFilters({ all, count, state, choose }: Props) {
  return (
    <div className={css.filters} role="group" aria-label={t`Filter by state`}>
      <button type="button" aria-pressed={!state} onClick={() => { choose(undefined); }}>
        <Trans>All</Trans> {all !== undefined && <span className="num dim">{number(all)}</span>}
      </button>
      {FILTERS.map((tone) => (
        <button
          key={tone}
          type="button"
          aria-pressed={state === tone}
          disabled={count(tone) === 0 && state !== tone}
          onClick={() => { choose(state === tone ? undefined : tone); }}
        >
          <Glyph tone={tone} size={13} />
          {toneWord(tone)} <span className="num dim">{number(count(tone))}</span>
        </button>
      ))}
    </div>
  );
}
