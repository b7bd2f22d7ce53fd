import { t } from "@lingui/core/macro";
import { answered, client, type MonthlyFile } from "@stationmaster/api";
import { At, Badge, bytes, DataTable, listCss, notify, type Column, type TableState } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useList } from "../../lists";
import { RowButton } from "../../managed/RowButton";
import { Download } from "../../money/download";
import { monthWord } from "../../money/months";
import { monthlyFilesQuery } from "../../money/queries";
import { useMay } from "../../user";

/** The files of whole months that went to the accountant; nothing where nobody gets one. */
export function MonthlyFiles() {
  const list = useList<MonthlyFile>(monthlyFilesQuery());
  const [state, setState] = useState<TableState>({});
  const may = useMay("handle_money");
  const columns = useMemo(() => fileColumns(may), [may]);
  if (list.rows.length === 0) return null;
  const title = t`Files for the accountant`;
  return <DataTable label={title} title={title} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} />;
}

function fileColumns(may: boolean): Column<MonthlyFile>[] {
  return [
    { id: "month", head: t`Month`, value: (one) => one.month, cell: (one) => monthWord(one.month) },
    { id: "to", head: t`To`, value: (one) => one.receiver, cell: (one) => <span className="hostile">{one.receiver}</span> },
    {
      id: "state", head: t`State`, card: "side", value: (one) => stateWord(one.state),
      cell: (one) => <Badge tone={TONES[one.state]} title={one.error ?? undefined}>{stateWord(one.state)}</Badge>,
    },
    { id: "sessions", head: t`Sessions`, right: true, card: "hidden", value: (one) => one.sessions, cell: (one) => <span className="num">{one.sessions}</span> },
    { id: "size", head: t`Size`, right: true, card: "hidden", value: (one) => one.size, cell: (one) => <span className="num">{bytes(one.size)}</span> },
    { id: "sent", head: t`Sent`, value: (one) => one.sent_at, cell: (one) => (one.sent_at === null ? "–" : <At at={one.sent_at} />) },
    { id: "sha256", head: t`SHA-256`, extra: true, value: (one) => one.sha256, cell: (one) => <span className="mono hostile">{one.sha256}</span> },
    {
      id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null,
      cell: (one) => (
        <div className={listCss.row}>
          <Csv file={one} />
          {may && <Again file={one} />}
        </div>
      ),
    },
  ];
}

const TONES = { waiting: "busy", sent: "good", failed: "faulted" } as const;

function stateWord(state: MonthlyFile["state"]): string {
  const words: Record<MonthlyFile["state"], string> = { waiting: t`On its way`, sent: t`Sent`, failed: t`Failed` };
  return words[state];
}

function Csv({ file: { id, month } }: { file: MonthlyFile }) {
  const params = { path: { file_id: id } };
  return (
    <Download label={t`Save the file of ${monthWord(month)}`} name={`sessions-${month}.csv`} fetch={() => answered(client.GET("/api/v1/monthly-files/{file_id}/file", { params, parseAs: "blob" }))}>
      {t`CSV`}
    </Download>
  );
}

function Again({ file: { id, month } }: { file: MonthlyFile }) {
  const queries = useQueryClient();
  const send = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/monthly-files/{file_id}/send", { params: { path: { file_id: id } } })),
    onSuccess: () => { notify.done(t`It is sent again, as it was`); },
    onError: notify.failed,
    onSettled: () => queries.invalidateQueries({ queryKey: ["monthly-files"] }),
  });
  return <RowButton label={t`Send the file of ${monthWord(month)} again`} busy={send.isPending} run={() => { send.mutate(); }}>{t`Send again`}</RowButton>;
}
