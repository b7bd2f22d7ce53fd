import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { AuditEntry } from "@stationmaster/api";
import { At, DataTable, Empty, PageHead, Problem, Waiting, type Column } from "@stationmaster/ui";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useList, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { auditQuery } from "../../queries";
import css from "./Audit.module.css";

const route = getRouteApi("/audit");

/** Everything that people and programs changed or sent: who, what, when, from where. */
export function AuditPage() {
  useFocus(null);
  const { subject, actor } = route.useSearch();
  const list = useList<AuditEntry>(auditQuery({ subject, actor }));
  const [state, setState] = useTableState();
  const columns = useMemo(() => auditColumns(), []);
  return (
    <>
      <PageHead title={t`Who did what`}>
        {(subject ?? actor) && (
          <Link to="/audit" className="small">
            <Trans>Show everything</Trans>
          </Link>
        )}
      </PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Who did what`}
          columns={columns}
          rows={list.rows}
          rowId={(entry) => entry.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search person, act, charger…`}
          empty={<Empty title={t`Nothing has been changed yet`}><p><Trans>As soon as somebody adds or changes something, it stands here with their name.</Trans></p></Empty>}
        />
      )}
    </>
  );
}

function auditColumns(): Column<AuditEntry>[] {
  return [
    { id: "at", head: t`When`, value: (entry) => entry.at, cell: (entry) => <At at={entry.at} /> },
    {
      id: "actor",
      head: t`Who`,
      value: (entry) => entry.actor.name,
      card: "side",
      cell: (entry) => (
        <Link to="/audit" search={{ actor: entry.actor.id }} className="hostile">
          {entry.actor.name}
        </Link>
      ),
    },
    { id: "action", head: t`Act`, value: (entry) => actWord(entry.action) },
    {
      id: "subject",
      head: t`Upon`,
      value: (entry) => `${entry.subject.kind} ${entry.subject.id}`,
      cell: (entry) => (
        <Link to="/audit" search={{ subject: `${entry.subject.kind}:${entry.subject.id}` }} className="hostile">
          {subjectWords(entry)}
        </Link>
      ),
    },
    {
      id: "change",
      head: t`Before and after`,
      card: "wide",
      value: (entry) => json(entry.before) + json(entry.after),
      cell: (entry) => <Difference entry={entry} />,
    },
    { id: "source", head: t`From`, value: (entry) => entry.source, card: "hidden", cell: (entry) => <span className="dim hostile">{entry.source}</span> },
    { id: "request", head: t`Request`, value: (entry) => entry.request_id, extra: true, card: "hidden" },
  ];
}

/** A person by their name where it is known: an id tells a reader nothing. */
function subjectWords({ subject, actor, after, before }: AuditEntry): string {
  const named = [after, before].map((side: unknown) => (typeof side === "object" && side !== null && "email" in side ? String(side.email) : null));
  const name = subject.kind === actor.kind && subject.id === actor.id ? actor.name : (named.find(Boolean) ?? subject.id);
  return `${actWord(subject.kind)} ${name}`;
}

function actWord(action: string): string {
  return action.replaceAll(/[._]/g, " ");
}

function Difference({ entry }: { entry: AuditEntry }) {
  if (!entry.before && !entry.after) return <span className="dim">–</span>;
  return (
    <details className={css.difference}>
      <summary>
        <Trans>Show</Trans>
      </summary>
      <pre className="mono hostile">{json(entry.before)}</pre>
      <pre className="mono hostile">{json(entry.after)}</pre>
    </details>
  );
}

function json(value: unknown): string {
  return value === null || value === undefined ? "" : JSON.stringify(value, null, 1);
}
