import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { SegmentedControl } from "@mantine/core";
import type { StationStates } from "@stationmaster/api";
import { At, duration, local, Problem } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { statesQuery } from "../../queries";
import { connectorName, statusWords } from "../../words";
import css from "./Availability.module.css";

const DAYS = ["1", "7", "30"] as const;

/** What the connectors were and when, and how much of the time they worked. */
export function Availability({ station }: { station: string }) {
  const [days, setDays] = useState<string>("7");
  const { data, error, refetch } = useQuery(statesQuery(station, Number(days)));
  const names: Record<string, string> = { "1": t`24 hours`, "7": t`7 days`, "30": t`30 days` };
  return (
    <section className={`${css.panel} card`} aria-label={t`Availability`} data-testid="availability">
      <div className={css.head}>
        <h2>
          <Trans>States and uptime</Trans>
        </h2>
        <SegmentedControl
          transitionDuration={0}
          size="xs"
          aria-label={t`How far back`}
          data={DAYS.map((value) => ({ value, label: names[value] ?? value }))}
          value={days}
          onChange={setDays}
        />
      </div>
      <Problem error={error} retry={() => void refetch()} />
      {data && <Lines states={data} />}
    </section>
  );
}

interface Span {
  since: string;
  until: string;
  tone: string;
  word: string;
}

function Lines({ states }: { states: StationStates }) {
  const begin = Date.parse(states.since);
  const whole = Date.parse(states.until) - begin;
  const at = (time: string) => ((Date.parse(time) - begin) / whole) * 100;
  const uptimes = new Map(states.evses.map((each) => [each.evse, each]));
  const lines = states.connectors
    .filter((each) => each.evse > 0)
    .map((each) => ({
      key: `${each.evse}.${each.connector}`,
      name: connectorName(each.evse, each.connector),
      uptime: uptimes.get(each.evse)?.uptime_percent ?? null,
      charging_s: uptimes.get(each.evse)?.charging_s ?? 0,
      spans: each.states.map((state): Span => {
        const { word, tone } = statusWords(state.status);
        return { since: state.since, until: state.until, tone, word };
      }),
    }));
  if (lines.length === 0) {
    return (
      <p className="dim small">
        <Trans>Nothing is known yet: the charger has not told the state of a connector.</Trans>
      </p>
    );
  }
  const offline = states.offline.map((each): Span => ({ ...each, tone: "offline", word: t`Not connected` }));
  return (
    <>
      {lines.map((line) => (
        <div key={line.key} className={css.line}>
          <div className={css.name}>
            <span>{line.name}</span>
            <span className="num">
              {line.uptime === null ? (
                <span className="dim">
                  <Trans>no uptime known</Trans>
                </span>
              ) : (
                <>
                  <strong>{percentOf(line.uptime)}</strong>{" "}
                  <span className="dim">
                    <Trans>up, charged for {duration(states.since, Date.parse(states.since) + line.charging_s * 1000)}</Trans>
                  </span>
                </>
              )}
            </span>
          </div>
          <div className={css.bar} role="img" aria-label={spoken(line.spans, offline)}>
            {[...line.spans, ...offline].map((span) => (
              <span
                key={`${span.tone}${span.since}`}
                className={`tone-${span.tone}`}
                data-offline={span.tone === "offline" || undefined}
                style={{ left: `${at(span.since)}%`, width: `${Math.max(at(span.until) - at(span.since), 0.15)}%` }}
                title={`${span.word} · ${local(span.since)} – ${local(span.until)}`}
              />
            ))}
          </div>
        </div>
      ))}
      <div className={`${css.ends} dim small`}>
        <At at={states.since} />
        <At at={states.until} />
      </div>
      <ul className={`${css.legend} small dim`}>
        {legend([...lines.flatMap((line) => line.spans), ...offline]).map(([tone, word]) => (
          <li key={tone}>
            <span className={`${css.swatch} tone-${tone}`} data-offline={tone === "offline" || undefined} /> {word}
          </li>
        ))}
      </ul>
      <p className="dim small">
        <Trans>Uptime is the part of the known time in which the connector worked and the charger was connected.</Trans>
      </p>
    </>
  );
}

/** 99.95 %: what is not quite whole must not be rounded to it. */
function percentOf(value: number): string {
  const shown = value >= 100 ? 100 : Math.min(Math.floor(value * 100) / 100, 99.99);
  return `${shown.toFixed(shown === 100 ? 0 : 2)} %`;
}

/** The words for one colour, once each. */
function legend(spans: Span[]): [string, string][] {
  const words = new Map<string, Set<string>>();
  for (const { tone, word } of spans) words.set(tone, (words.get(tone) ?? new Set()).add(word));
  return [...words].map(([tone, said]) => [tone, [...said].join(", ")]);
}

/** The bar in words: how long it was in each state. */
function spoken(spans: Span[], offline: Span[]): string {
  const sums = new Map<string, number>();
  for (const { word, since, until } of [...spans, ...offline]) sums.set(word, (sums.get(word) ?? 0) + Date.parse(until) - Date.parse(since));
  return [...sums].map(([word, ms]) => `${word}: ${duration(new Date(0).toISOString(), ms)}`).join("; ");
}
