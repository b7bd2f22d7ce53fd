import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ImportReport } from "@stationmaster/api";
import { Badge, DataTable, Note, number, type Column, type TableState } from "@stationmaster/ui";
import { useMemo, useState } from "react";
import css from "./imports.module.css";
import { isCut, linesOf, wrongIn, type Line } from "./lines";

/** What would come of a file, in numbers and row by row. */
export function Report({ report }: { report: ImportReport }) {
  const [state, setState] = useState<TableState>({});
  const lines = useMemo(() => linesOf(report), [report]);
  const columns = useMemo(() => lineColumns(), []);
  const wrong = wrongIn(report);
  return (
    <>
      <dl className={css.counts} data-testid="import-counts">
        {(
          [
            [t`New`, report.new],
            [t`Changed`, report.changed],
            [t`As it is`, report.unchanged],
            [t`Wrong`, wrong],
          ] as const
        ).map(([word, count]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd className="num">{number(count)}</dd>
          </div>
        ))}
      </dl>
      {wrong > 0 && (
        <Note tone="faulted">
          <Trans>Nothing is imported while a row is wrong. Mend the file, then choose it again.</Trans>
        </Note>
      )}
      {wrong === 0 && lines.length === 0 && (
        <p className="dim">
          <Trans>All of it is here already, just so. There is nothing to do.</Trans>
        </p>
      )}
      {lines.length > 0 && (
        <div className={css.lines}>
          <DataTable
            label={t`Rows of the file`}
            columns={columns}
            rows={lines}
            rowId={({ row, outcome, columns: named }) => `${row} ${outcome} ${named.join()}`}
            state={state}
            onState={setState}
          />
        </div>
      )}
      {isCut(report) && (
        <p className="dim small">
          <Trans>Of each kind the first 200 rows are shown.</Trans>
        </p>
      )}
    </>
  );
}

function lineColumns(): Column<Line>[] {
  return [
    { id: "row", head: t`Row`, value: (line) => line.row, cell: (line) => <span className="num">{line.row}</span>, width: "4.5rem" },
    {
      id: "outcome",
      head: t`Outcome`,
      card: "side",
      value: (line) => outcomeWord(line),
      cell: (line) => <Badge tone={line.outcome === "wrong" ? "faulted" : line.outcome === "new" ? "good" : "busy"} plain>{outcomeWord(line)}</Badge>,
    },
    { id: "id", head: t`Id`, value: (line) => line.id, cell: (line) => line.id && <span className="mono hostile">{line.id}</span> },
    { id: "columns", head: t`Columns`, value: (line) => line.columns.join(", "), cell: (line) => line.columns.length > 0 && <span className="mono hostile">{line.columns.join(", ")}</span> },
    { id: "reason", head: t`Reason`, value: (line) => line.reason, card: "wide" },
  ];
}

function outcomeWord({ outcome }: Line): string {
  if (outcome === "wrong") return t`Wrong`;
  return outcome === "new" ? t`New` : t`Changed`;
}
