import { plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { ActionIcon, Select, Tooltip } from "@mantine/core";
import type { Frame } from "@stationmaster/api";
import { Icon, localClock, More, Problem, took, utc } from "@stationmaster/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { memo, useState } from "react";
import { pretty, summarise } from "../../frames";
import { framesQuery } from "../../queries";
import css from "./FrameLog.module.css";

const STEP = 20;

/** What the charger and we said to each other, newest first, in plain words; a click shows the JSON. */
export function FrameLog({ station }: { station: string }) {
  const [action, setAction] = useState<string | null>(null);
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const [held, hold] = useState<Frame[] | null>(null);
  const [visible, setVisible] = useState(STEP);
  const log = useInfiniteQuery(framesQuery(station, action));
  const fresh = log.data?.pages.flatMap((p) => p.items) ?? [];
  const frames = held ?? fresh;
  const unseen = held ? newer(fresh, held) : 0;

  const unknown = fresh.filter((f) => !seen.has(f.action)).map((f) => f.action);
  if (unknown.length > 0) setSeen(new Set([...seen, ...unknown]));

  const pauseWords = !held ? t`Pause` : unseen > 0 ? t`Go on (${unseen} new)` : t`Go on`;
  return (
    <section className={`${css.log} card`} aria-label={t`Messages`}>
      <div className={css.bar}>
        <h2>
          <Trans>Messages</Trans>
        </h2>
        {unseen > 0 && (
          <span className="small dim">
            <Plural value={unseen} one="# new" other="# new" />
          </span>
        )}
        <Select
          size="xs"
          className={css.filter ?? ""}
          aria-label={t`Filter by action`}
          placeholder={t`All actions`}
          data={[...seen].sort()}
          value={action}
          onChange={(value) => {
            setAction(value);
            hold(null);
            setVisible(STEP);
          }}
          clearable
          searchable
        />
        <Tooltip label={pauseWords}>
          <ActionIcon
            variant={held ? "light" : "subtle"}
            color={held ? "volt" : "gray"}
            aria-label={pauseWords}
            aria-pressed={held !== null}
            onClick={() => {
              hold(held ? null : fresh);
            }}
          >
            <Icon name={held ? "play" : "pause"} size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {log.error && <Problem error={log.error} retry={() => void log.refetch()} />}
      <ol className={css.frames} data-testid="frame-log">
        {frames.slice(0, visible).map((frame) => (
          <Row key={frame.id} frame={frame} />
        ))}
      </ol>
      {frames.length === 0 && !log.isPending && (
        <p className={`${css.none} dim small`}>{action ? <Trans>No messages of this kind yet.</Trans> : <Trans>No messages yet.</Trans>}</p>
      )}
      {(frames.length > visible || (!held && log.hasNextPage)) && (
        <More
          busy={log.isFetchingNextPage}
          onClick={() => {
            setVisible(visible + STEP);
            if (frames.length < visible + STEP && log.hasNextPage && !held) void log.fetchNextPage();
          }}
        />
      )}
    </section>
  );
}

function newer(fresh: Frame[], held: Frame[]): number {
  const known = held[0]?.id;
  const at = fresh.findIndex((f) => f.id === known);
  return at < 0 ? fresh.length : at;
}

const Row = memo(function Row({ frame }: { frame: Frame }) {
  const [open, setOpen] = useState(false);
  const from = frame.direction === "in";
  const way = from ? t`from the charger` : t`to the charger`;
  const odd = frame.outcome !== "ok";
  return (
    <li className={css.frame} data-odd={odd || undefined}>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => {
          setOpen(!open);
        }}
      >
        <time className="num dim" dateTime={frame.at} title={utc(frame.at)}>
          {localClock(frame.at)}
        </time>
        <span className={css.arrow} data-from={from || undefined} title={way}>
          <Icon name={from ? "in" : "sent"} size={15} />
          <span className="visually-hidden">{way}</span>
        </span>
        <span className={css.action}>{frame.action}</span>
        <Words frame={frame} />
        <span className={css.result}>
          {frame.remarks.length > 0 && <span className={css.remark}>{plural(frame.remarks.length, { one: "remark", other: "# remarks" })}</span>}
          {odd && <span className={css.odd}>{frame.outcome}</span>}
          <span className="num dim">{frame.took_ms === null ? "" : took(frame.took_ms)}</span>
        </span>
      </button>
      {open && <Details frame={frame} />}
    </li>
  );
});

/** The summary; when room is short, what was asked is cut before what was answered. */
function Words({ frame }: { frame: Frame }) {
  const words = summarise(frame.action, frame.request, frame.response);
  const at = words.lastIndexOf(" → ");
  return (
    <span className={css.words} title={words}>
      <span className="clip">{at < 0 ? words : words.slice(0, at)}</span>
      {at >= 0 && <span className={css.answer}>{words.slice(at)}</span>}
    </span>
  );
}

function Details({ frame }: { frame: Frame }) {
  return (
    <div className={css.details}>
      {frame.remarks.map((remark) => (
        <p key={remark} className="small hostile">
          {remark}
        </p>
      ))}
      <div className={css.pair}>
        <div>
          <div className="small dim">
            <Trans>Request · {frame.message_id}</Trans>
          </div>
          <pre>{pretty(frame.request)}</pre>
        </div>
        <div>
          <div className="small dim">
            <Trans>Answer</Trans>
            {frame.outcome !== "ok" && ` · ${frame.outcome}`}
          </div>
          <pre>{frame.response === null ? "–" : pretty(frame.response)}</pre>
        </div>
      </div>
    </div>
  );
}
