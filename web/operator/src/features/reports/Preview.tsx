import { Plural, Trans } from "@lingui/react/macro";
import { t } from "@lingui/core/macro";
import type { ReportSheet } from "@stationmaster/api";
import { DataTable, Empty, Facts, Problem, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import thing from "../../thing.module.css";
import { isWhole, previewQuery, type Asked } from "./asked";
import css from "./Reports.module.css";

type Sheet = Pick<ReportSheet, "title" | "period" | "head" | "right" | "rows" | "summed" | "left_out">;

interface Row {
  number: number;
  cells: string[];
}

/** What a report says, as it will stand in its file. */
export function Preview({ asked }: { asked: Asked }) {
  const { data, error, isPlaceholderData, refetch } = useQuery({ ...previewQuery(asked), placeholderData: keepPreviousData });
  if (!isWhole(asked)) {
    return (
      <Empty title={t`Which site?`}>
        <p>
          <Trans>This report is about one site. Choose it above.</Trans>
        </p>
      </Empty>
    );
  }
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Waiting />;
  return (
    <div className={thing.columns} aria-busy={isPlaceholderData} data-testid="report-preview">
      <section className={`${thing.panel} card`} aria-labelledby="report-title">
        <div className={thing.spread}>
          <h2 id="report-title">{data.title}</h2>
          <span className="dim hostile">{data.seller[0]}</span>
        </div>
        <div className={css.facts}>
          <Facts items={data.facts.map(([label = "", value]) => [label, <span key={label} className="hostile">{value}</span>])} />
        </div>
        <p className="dim small">{data.notes.join(" ")}</p>
      </section>
      <Table sheet={data} />
    </div>
  );
}

function Table({ sheet }: { sheet: Sheet }) {
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(() => sheetColumns(sheet), [sheet]);
  const rows = useMemo(() => sheet.rows.map((cells, number) => ({ number, cells })), [sheet]);
  return (
    <div>
      <DataTable
        label={sheet.title} columns={columns} rows={rows} rowId={(row) => String(row.number)} state={state} onState={setState} sortable={[]}
        empty={<Empty title={t`There is nothing in ${sheet.period}`} />}
      />
      {sheet.left_out > 0 && (
        <p className={`${css.leftOut} dim`}>
          <Plural value={sheet.left_out} one="… and # more row, which the file has." other="… and # more rows, which the file has." />
        </p>
      )}
    </div>
  );
}

/** The words are the server's; a number stays as it is written, so nothing is sorted by it. */
function sheetColumns({ head, right, rows, summed }: Sheet): Column<Row>[] {
  const last = rows.length - 1;
  return head.map((word, at) => ({
    id: String(at),
    head: word,
    right: right[at] ?? false,
    ...(at > 4 && { card: "hidden" as const }),
    value: ({ cells }) => cells[at] ?? "",
    cell: ({ cells, number }) => {
      const text = (
        <>
          {cells[at] !== "" && <span className={css.label}>{word} </span>}
          <span className={right[at] ? "num" : "hostile"}>{cells[at]}</span>
        </>
      );
      return summed && number === last ? <strong>{text}</strong> : text;
    },
  }));
}
