import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import type { AlertNotice } from "@stationmaster/api";
import { Ago, At, Badge, DataTable, Empty, listCss, number, Problem, Waiting, type Column } from "@stationmaster/ui";
import { useMemo, useState } from "react";
import { useList, useSearched, useTableState } from "../../lists";
import { noticesQuery, type NoticeFilters } from "./queries";
import { channelWord, noticeState, noticeWord, onItsWay } from "./words";

const STATES = ["waiting", "sent", "failed", "not_sent"] as const;

/** What was sent to whom, and what was not, and why: of all alerts, or about one. */
export function Messages({ title, about }: { title?: string; about?: string }) {
  const [only, setOnly] = useState<NoticeFilters["state"]>();
  const [state, setState] = useTableState();
  const { search, typing } = useSearched(state);
  const list = useList<AlertNotice>(noticesQuery({ alert: about, state: only, search }), { typing, underWay: onItsWay });
  const columns = useMemo(() => noticeColumns(), []);
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (list.isPending) return <Waiting />;
  const whole = about === undefined;
  return (
    <DataTable
      label={title ?? t`Messages`} {...(title !== undefined && { title })} columns={columns} rows={list.rows} rowId={(notice) => notice.id} state={state} onState={setState} pages={list.pages}
      rowHeight={64} sortable={[]} searchedByServer
      {...(whole && {
        search: t`Search receiver, subject…`,
        filters: (
          <Select
            className={listCss.filter ?? ""} aria-label={t`State`} placeholder={t`Any state`} value={only ?? null} clearable clearButtonProps={{ "aria-label": t`Clear` }}
            data={STATES.map((value) => ({ value, label: noticeState(value).word }))} onChange={(value) => { setOnly(STATES.find((each) => each === value)); }}
          />
        ),
      })}
      empty={
        only !== undefined || search !== undefined ? (
          <Empty title={t`Nothing matches`} />
        ) : (
          <Empty title={whole ? t`Nobody has been told anything yet` : t`Nobody was sent a message`}>
            <p>
              {whole ? <Trans>Every message about an alert stands here, with what came of it.</Trans> : <Trans>Its rule names nobody who gets one. It stands here and in the bell all the same.</Trans>}
            </p>
          </Empty>
        )
      }
    />
  );
}

function noticeColumns(): Column<AlertNotice>[] {
  return [
    {
      id: "subject", head: t`Message`, width: "38%", value: (notice) => notice.subject,
      cell: (notice) => (
        <div className="hostile" title={notice.body}>
          {notice.subject}
          {notice.why !== null && notice.state !== "sent" && <div className="small dim">{notice.why}</div>}
        </div>
      ),
    },
    {
      id: "to", head: t`To`, value: (notice) => notice.receiver,
      cell: (notice) => (
        <div className="hostile">
          {notice.receiver}
          <div className="small dim">{channelWord(notice.channel)}</div>
        </div>
      ),
    },
    {
      id: "state", head: t`State`, value: (notice) => noticeState(notice.state).word, card: "side",
      cell: (notice) => <Badge tone={noticeState(notice.state).tone}>{noticeState(notice.state).word}</Badge>,
    },
    { id: "at", head: t`Written`, value: (notice) => notice.at, cell: (notice) => <span className="dim num"><Ago at={notice.at} /></span> },
    { id: "way", head: t`Way`, value: (notice) => channelWord(notice.channel), extra: true, card: "hidden" },
    { id: "why", head: t`Why not`, value: (notice) => notice.why, extra: true, card: "hidden" },
    { id: "kind", head: t`About`, value: (notice) => noticeWord(notice.kind), extra: true, card: "hidden" },
    { id: "tries", head: t`Tries`, right: true, value: (notice) => notice.tries, extra: true, card: "hidden", cell: (notice) => <span className="num">{number(notice.tries)}</span> },
    { id: "sent", head: t`Sent`, value: (notice) => notice.sent_at, extra: true, card: "hidden", cell: (notice) => <At at={notice.sent_at} /> },
  ];
}
