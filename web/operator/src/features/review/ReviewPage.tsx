import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal } from "@mantine/core";
import { answered, client, type Alarm, type Quarantined, type Session } from "@stationmaster/api";
import { Ago, Badge, DataTable, Empty, notify, number, PageHead, Problem, Waiting, type Column } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { alarmsQuery, quarantineQuery, knownSort, SESSION_SORTS, sessionsQuery } from "../../queries";
import { Only } from "../../user";
import { sessionColumns } from "../sessions/columns";
import { AllSeen } from "./AllSeen";
import { Repair } from "./Repair";
import css from "./Review.module.css";

/** What a person should look at: odd events, messages that fit nothing, sessions whose figures are in doubt. */
export function ReviewPage() {
  useFocus(null);
  const alarms = useList<Alarm>(alarmsQuery());
  const quarantine = useList<Quarantined>(quarantineQuery());
  const [held, setHeld] = useTableState("sessions");
  const sessions = useList<Session>(sessionsQuery({ review: true, sort: knownSort(SESSION_SORTS, held.sort) }));
  const lists = [alarms, quarantine, sessions];
  const error = lists.find((list) => list.error)?.error;
  const [events, setEvents] = useTableState("events");
  const [kept, setKept] = useTableState("messages");
  const [repairing, setRepairing] = useState<Quarantined | null>(null);
  const columns = useMemo(() => ({ events: eventColumns(), sessions: sessionColumns(), messages: messageColumns(setRepairing) }), []);
  const stop = () => { setRepairing(null); };
  if (error) {
    return <Problem error={error} retry={() => { for (const list of lists) list.retry(); }} />;
  }
  if (lists.some((list) => list.isPending)) return <Waiting />;
  return (
    <>
      <PageHead title={t`To review`} />
      <div className={css.parts}>
        {lists.every((list) => list.rows.length === 0) && (
          <div className="card">
            <Empty title={t`Nothing waits for you`}>
              <p>
                <Trans>
                  Sessions with doubtful readings, messages that fit nothing and odd events at a charger are gathered here until somebody has
                  looked at them.
                </Trans>
              </p>
            </Empty>
          </div>
        )}
        {alarms.rows.length > 0 && (
          <DataTable
            label={t`Odd events`} title={t`Odd events`} columns={columns.events} rows={alarms.rows} rowId={(alarm) => alarm.id}
            state={events} onState={setEvents} pages={alarms.pages} rowHeight={64}
            aside={alarms.rows.length > 1 && <AllSeen of="alarms" />}
          />
        )}
        {sessions.rows.length > 0 && (
          <DataTable
            label={t`Sessions to check`} title={t`Sessions to check`}
            about={t`Open one to see what is in doubt, and to say that you have looked at it.`}
            columns={columns.sessions} rows={sessions.rows} rowId={(session) => session.id} state={held} onState={setHeld} pages={sessions.pages}
            sortable={SESSION_SORTS}
          />
        )}
        {quarantine.rows.length > 0 && (
          <DataTable
            label={t`Messages that fit nothing`} title={t`Messages that fit nothing`}
            about={t`They were answered, so the charger goes on, and are kept here as they came.`}
            columns={columns.messages} rows={quarantine.rows} rowId={(entry) => entry.id} state={kept} onState={setKept} pages={quarantine.pages}
            rowHeight={86}
            aside={quarantine.rows.length > 1 && <AllSeen of="quarantine" />}
          />
        )}
      </div>
      <Modal opened={repairing !== null} onClose={stop} title={t`Put right what it said`} size="lg" centered>
        {repairing && <Repair entry={repairing} onDone={stop} />}
      </Modal>
    </>
  );
}

function kindWord(kind: string): string {
  const words: Record<string, string> = {
    takeovers: t`Two devices with one id?`,
    hardware_changed: t`Another device`,
    certificate_wanted: t`It wants a certificate`,
    certificate_of_another: t`Another charger's certificate`,
    not_upgraded: t`Not gone up to its security profile`,
    meter_fault: t`Its meter is broken`,
    meter_unfit: t`A meter that is called unfit`,
    foreign_transaction: t`Another charger's transaction`,
  };
  if (kind.startsWith("security:")) {
    const event = kind.slice("security:".length).replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
    return t`Security: ${event}`;
  }
  return words[kind] ?? kind.replaceAll("_", " ");
}

function stationColumn<T extends { station: string }>(): Column<T> {
  return {
    id: "station",
    head: t`Charger`,
    width: "18%",
    value: (entry) => entry.station,
    cell: (entry) => (
      <Link to="/chargers/$id" params={{ id: entry.station }} className="hostile">
        {entry.station}
      </Link>
    ),
  };
}

function eventColumns(): Column<Alarm>[] {
  return [
    stationColumn(),
    {
      id: "what",
      head: t`What happened`,
      card: "wide",
      value: (alarm) => `${kindWord(alarm.kind)}. ${alarm.detail}`,
      cell: (alarm) => (
        <div className={css.what}>
          <Badge tone="busy">{kindWord(alarm.kind)}</Badge>
          <p className="hostile">{alarm.detail}</p>
        </div>
      ),
    },
    { id: "at", head: t`Last`, value: (alarm) => alarm.last_at, card: "side", cell: (alarm) => <span className="dim num"><Ago at={alarm.last_at} /></span> },
    { id: "count", head: t`Times`, right: true, card: "hidden", value: (alarm) => alarm.count, cell: (alarm) => <span className="num">{number(alarm.count)}</span> },
    { id: "actions", head: t`Actions`, value: () => null, actions: true, right: true, cell: (alarm) => <Seen id={alarm.id} of="alarms" /> },
  ];
}

function messageColumns(onRepair: (entry: Quarantined) => void): Column<Quarantined>[] {
  return [
    stationColumn(),
    {
      id: "what",
      head: t`Message`,
      card: "wide",
      value: (entry) => `${entry.action}: ${entry.reason}`,
      cell: (entry) => (
        <div className={css.what}>
          <Badge tone="busy">{entry.action}</Badge>
          <p className="hostile">{entry.reason}</p>
          <details className={css.content}>
            <summary>
              <Trans>What it said</Trans>
            </summary>
            <pre className="mono hostile">{entry.content}</pre>
          </details>
        </div>
      ),
    },
    { id: "at", head: t`When`, value: (entry) => entry.at, card: "side", cell: (entry) => <span className="dim num"><Ago at={entry.at} /></span> },
    { id: "content", head: t`Content`, value: (entry) => entry.content, extra: true, card: "hidden" },
    {
      id: "actions", head: t`Actions`, value: () => null, actions: true, right: true,
      cell: (entry) => (
        <div className={css.buttons}>
          <RepairButton entry={entry} onRepair={onRepair} />
          <Seen id={entry.id} of="quarantine" />
        </div>
      ),
    },
  ];
}

function RepairButton({ entry, onRepair }: { entry: Quarantined; onRepair: (entry: Quarantined) => void }) {
  const away = useAway() !== null;
  return (
    <Only may="correct_sessions">
      <Button size="compact-sm" variant="subtle" color="gray" disabled={away} onClick={() => { onRepair(entry); }}>
        <Trans>Repair…</Trans>
      </Button>
    </Only>
  );
}

/** Takes an entry off the list. */
function Seen({ id, of }: { id: string; of: "alarms" | "quarantine" }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const see = useMutation({
    mutationFn: () =>
      of === "alarms"
        ? answered(client.POST("/api/v1/alarms/{alarm_id}/resolve", { params: { path: { alarm_id: Number(id) } } }))
        : answered(client.POST("/api/v1/quarantine/{entry_id}/resolve", { params: { path: { entry_id: Number(id) } } })),
    onError: notify.failed,
    onSuccess: () =>
      Promise.all([queries.invalidateQueries({ queryKey: [of] }), queries.invalidateQueries({ queryKey: ["status"] })]),
  });
  return (
    <Only may="operate">
      <Button size="compact-sm" variant="default" disabled={away} loading={see.isPending} onClick={() => { see.mutate(); }}>
        <Trans>Seen</Trans>
      </Button>
    </Only>
  );
}
