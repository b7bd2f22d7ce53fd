import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { post } from "../api/client";
import { alarmsQuery, quarantineQuery, sessionsQuery } from "../api/queries";
import { Badge, Empty, More, PageHead, Problem, Waiting } from "../components/bits";
import { Ago } from "../components/Time";
import { useFocus } from "../live/useFocus";
import { Only } from "../user";
import { SessionTable } from "./sessions/SessionTable";
import css from "./Tokens.module.css";

const KINDS: Record<string, string> = {
  takeovers: "Two devices with one id?",
  hardware_changed: "Another device",
  foreign_transaction: "Another charger's transaction",
};

const TO_REVIEW = { review: "true" } as const;

/** What a person should look at: odd events, messages that fit nothing, sessions whose figures are in doubt. */
export function ReviewPage() {
  useFocus(null);
  const alarms = useInfiniteQuery(alarmsQuery());
  const quarantine = useInfiniteQuery(quarantineQuery());
  const sessions = useInfiniteQuery(sessionsQuery(TO_REVIEW));
  const lists = [alarms, quarantine, sessions] as const;
  const error = lists.find((list) => list.error)?.error;
  const raised = alarms.data?.pages.flatMap((p) => p.items) ?? [];
  const kept = quarantine.data?.pages.flatMap((p) => p.items) ?? [];
  const held = sessions.data?.pages.flatMap((p) => p.items) ?? [];
  if (error) {
    return <Problem error={error} retry={() => { for (const list of lists) void list.refetch(); }} />;
  }
  if (lists.some((list) => list.isPending)) return <Waiting />;
  return (
    <>
      <PageHead title="To review" />
      {raised.length + kept.length + held.length === 0 && (
        <div className={`${css.flush} card`}>
          <Empty title="Nothing waits for you">
            <p>Sessions with doubtful readings, messages that fit nothing and odd events at a charger are gathered here until somebody has looked at them.</p>
          </Empty>
        </div>
      )}
      {raised.length > 0 && (
        <Part title="Odd events">
          <ul className={css.list}>
            {raised.map(({ id, station, at, kind, detail }) => (
              <Entry key={id} station={station} at={at} badge={KINDS[kind] ?? kind.replaceAll("_", " ")} text={detail} seen={`/alarms/${id}/resolve`} of="alarms" />
            ))}
          </ul>
          {alarms.hasNextPage && <More busy={alarms.isFetchingNextPage} onClick={() => void alarms.fetchNextPage()} />}
        </Part>
      )}
      {held.length > 0 && (
        <Part title="Sessions to check" about="Open one to see what is in doubt, and to say that you have looked at it.">
          <SessionTable sessions={held} withStation />
          {sessions.hasNextPage && <More busy={sessions.isFetchingNextPage} onClick={() => void sessions.fetchNextPage()} />}
        </Part>
      )}
      {kept.length > 0 && (
        <Part title="Messages that fit nothing" about="They were answered, so the charger goes on, and are kept here as they came.">
          <ul className={css.list}>
            {kept.map(({ id, station, at, action, reason, content }) => (
              <Entry key={id} station={station} at={at} badge={action} text={reason} seen={`/quarantine/${id}/resolve`} of="quarantine">
                <details className={css.content}>
                  <summary>What it said</summary>
                  <pre className="mono hostile">{content}</pre>
                </details>
              </Entry>
            ))}
          </ul>
          {quarantine.hasNextPage && <More busy={quarantine.isFetchingNextPage} onClick={() => void quarantine.fetchNextPage()} />}
        </Part>
      )}
    </>
  );
}

function Part({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <section className={`${css.flush} ${css.part} card`} aria-label={title}>
      <div className={css.partHead}>
        <h2>{title}</h2>
        {about && <p className="dim small">{about}</p>}
      </div>
      {children}
    </section>
  );
}

function Entry({ station, at, badge, text, seen, of, children }: {
  station: string;
  at: string;
  badge: string;
  text: string;
  seen: string;
  of: "alarms" | "quarantine";
  children?: ReactNode;
}) {
  return (
    <li className={css.item}>
      <div className={css.itemHead}>
        <h3>
          <Link to="/chargers/$id" params={{ id: station }}>
            {station}
          </Link>
        </h3>
        <Badge tone="busy">{badge}</Badge>
        <Seen path={seen} of={of} />
      </div>
      <p className="hostile">{text}</p>
      {children}
      <div className={css.meta}>
        <Ago at={at} />
      </div>
    </li>
  );
}

/** Takes an entry off the list. */
function Seen({ path, of }: { path: string; of: "alarms" | "quarantine" }) {
  const queries = useQueryClient();
  const see = useMutation({
    mutationFn: () => post(path),
    onSuccess: () =>
      Promise.all([queries.invalidateQueries({ queryKey: [of] }), queries.invalidateQueries({ queryKey: ["status"] })]),
  });
  return (
    <Only may="operate">
      <Button size="compact-sm" variant="default" loading={see.isPending} onClick={() => { see.mutate(); }}>
        Seen
      </Button>
      <Problem error={see.error} />
    </Only>
  );
}
