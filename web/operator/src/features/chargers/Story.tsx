import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select, TextInput } from "@mantine/core";
import type { StationTimeline } from "@stationmaster/api";
import { At, localClock, Problem, Waiting } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { timelineQuery } from "../../queries";
import css from "./Story.module.css";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

type Entry = StationTimeline["entries"][number];

/** Everything known around one moment: what one opens when a customer calls. */
export function Story({ station }: { station: string }) {
  const [at, setAt] = useState("now");
  const [minutes, setMinutes] = useState("30");
  const [asked, ask] = useState<{ at: string; minutes: number } | null>(null);
  const { data, error, isFetching, refetch } = useQuery(timelineQuery(station, asked, ZONE));
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const next = { at, minutes: Number(minutes) };
    if (asked?.at === next.at && asked.minutes === next.minutes) void refetch();
    ask(next);
  };
  return (
    <section className={`${css.panel} card`} aria-label={t`What happened?`} data-testid="story">
      <h2>
        <Trans>What happened?</Trans>
      </h2>
      <form className={css.form} onSubmit={submit}>
        <TextInput
          label={t`When`}
          description={t`18:05, yesterday 18:05, 10 minutes ago, 2026-11-25 18:05; in ${ZONE}`}
          value={at}
          onChange={(event) => { setAt(event.currentTarget.value); }}
        />
        <Select
          label={t`Before and after`}
          allowDeselect={false}
          data={[
            { value: "5", label: t`5 minutes` },
            { value: "30", label: t`30 minutes` },
            { value: "120", label: t`2 hours` },
            { value: "720", label: t`12 hours` },
          ]}
          value={minutes}
          onChange={(value) => { setMinutes(value ?? "30"); }}
        />
        <Button type="submit" variant="default" loading={isFetching}>
          <Trans>Tell</Trans>
        </Button>
      </form>
      <Problem error={error} retry={() => void refetch()} />
      {asked && !data && !error && <Waiting />}
      {data && <Told story={data} />}
    </section>
  );
}

function Told({ story }: { story: StationTimeline }) {
  const lines = story.entries;
  const after = lines.findIndex((entry) => entry.at >= story.at);
  return (
    <>
      <p className="dim small">
        <Trans>
          From <At at={story.since} /> to <At at={story.until} />, oldest first. Times are in {ZONE}.
        </Trans>{" "}
        {story.removed_at && (
          <Trans>
            This charger was removed <At at={story.removed_at} />.
          </Trans>
        )}{" "}
        {story.left_out && <Trans>There was more than is shown: ask for fewer minutes.</Trans>}
      </p>
      {lines.length === 0 && (
        <p className="dim">
          <Trans>Nothing is known of this time.</Trans>
        </p>
      )}
      <ol className={css.lines}>
        {lines.map((entry, index) => (
          <li key={`${entry.at}${index}`} data-kind={entry.kind} data-moment={index === after || undefined}>
            <time className="num dim" dateTime={entry.at}>
              {localClock(entry.at)}
            </time>
            <div className="hostile">
              <span>{entry.sentence}</span> <Often entry={entry} />
              {entry.detail && <div className="dim small mono">{entry.detail}</div>}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

function Often({ entry }: { entry: Entry }) {
  const count = entry.count ?? 1;
  if (count < 2 || !entry.until) return null;
  const last = localClock(entry.until);
  return (
    <span className="dim small">
      <Trans>
        {count} times, the last at {last}
      </Trans>
    </span>
  );
}
