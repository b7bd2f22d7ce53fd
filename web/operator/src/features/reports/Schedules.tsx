import { t } from "@lingui/core/macro";
import { answered, client, type ReportSchedule } from "@stationmaster/api";
import { Badge, Note, notify, type Column } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ManagedPart } from "../../managed/ManagedPage";
import { RowButton } from "../../managed/RowButton";
import { reportPeriodWord } from "./periods";
import { schedules } from "./resource";
import { ScheduleForm } from "./ScheduleForm";
import { formatWord, kindWord, rhythmWord } from "./words";

const MAILED_MS = 3_000;

/** Reports that go out by themselves. */
export function Schedules() {
  return (
    <ManagedPart
      resource={schedules}
      testid="schedule"
      columns={scheduleColumns}
      form={(props) => <ScheduleForm {...props} />}
      buttons={sendButton}
      words={{
        title: t`Sent by mail`,
        add: t`Add schedule`,
        addTitle: t`Send a report by mail`,
        editTitle: t`Edit this schedule`,
        noMatch: t`No schedule matches`,
        none: t`No report is sent by itself yet`,
        noneAbout: t`A schedule mails a report to whom you name after each month or week. A mail that fails is tried again for a day; what went wrong stands here.`,
        removeTitle: t`Remove this schedule?`,
        removeAbout: (name) => t`${name} is sent no more. What was sent stays where it is.`,
      }}
    />
  );
}

function sendButton(one: ReportSchedule) {
  return <SendNow one={one} />;
}

function SendNow({ one: { id, name } }: { one: ReportSchedule }) {
  const queries = useQueryClient();
  const send = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/report-schedules/{schedule_id}/send", { params: { path: { schedule_id: id } } })),
    onSuccess: ({ period }) => { notify.done(t`The report of ${reportPeriodWord(period)} is on its way`); },
    onError: notify.failed,
    onSettled: () => {
      // A mail takes a moment.
      setTimeout(() => void queries.invalidateQueries({ queryKey: [schedules.key] }), MAILED_MS);
    },
  });
  return <RowButton label={t`Send ${name} now`} busy={send.isPending} run={() => { send.mutate(); }}>{t`Send now`}</RowButton>;
}

function To({ one: { receivers, error } }: { one: ReportSchedule }) {
  return (
    <>
      <span className="hostile">{receivers.join(", ")}</span>
      {error !== null && <Note tone="faulted"><span className="hostile">{error}</span></Note>}
    </>
  );
}

function scheduleColumns(): Column<ReportSchedule>[] {
  return [
    { id: "name", head: t`Schedule`, value: (one) => one.name, cell: (one) => <strong className="hostile">{one.name}</strong> },
    { id: "report", head: t`Report`, value: (one) => kindWord(one.report), cell: (one) => (one.site === null ? kindWord(one.report) : <>{kindWord(one.report)} · <span className="hostile">{one.site}</span></>) },
    { id: "to", head: t`Goes to`, value: (one) => one.receivers.join(", "), cell: (one) => <To one={one} /> },
    { id: "when", head: t`When`, value: (one) => rhythmWord(one.rhythm), cell: (one) => `${rhythmWord(one.rhythm)} · ${formatWord(one.format)}` },
    { id: "sent", head: t`Done up to`, card: "hidden", value: (one) => one.sent_for, cell: (one) => reportPeriodWord(one.sent_for) },
    {
      id: "state", head: t`State`, card: "side", value: (one) => (one.active ? t`On` : t`Paused`),
      cell: (one) => <Badge tone={one.active ? "good" : "unavailable"}>{one.active ? t`On` : t`Paused`}</Badge>,
    },
  ];
}
