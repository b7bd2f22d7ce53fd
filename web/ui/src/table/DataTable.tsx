import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { Button, TextInput } from "@mantine/core";
import {
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type Row,
} from "@tanstack/react-table";
import { useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import { More } from "../bits";
import { Empty } from "../plain";
import { Icon } from "../icons";
import { Body } from "./Body";
import { compared, searchedText, shownColumns, type Column } from "./columns";
import { csv, download, type CsvValue } from "./csv";
import css from "./DataTable.module.css";
import type { TableState } from "./state";
import { useKeys } from "./useKeys";
import { ViewMenu } from "./ViewMenu";
import { saveWorkbook } from "./xlsx";

const features = tableFeatures({ rowSortingFeature, columnVisibilityFeature, sortedRowModel: createSortedRowModel() });
export type TableFeatures = typeof features;
export type TableRow<T extends object> = Row<TableFeatures, T>;

export type FileKind = "csv" | "xlsx";

const NONE: ReadonlySet<string> = new Set();

/** Rows that come in pages from the server. */
export interface Pages<T> {
  hasMore: boolean;
  /** The rows are those of the question before: the answer to this one is on its way. */
  outdated: boolean;
  busy: boolean;
  load: () => void;
  /** Fetches all that is left, up to a bound; answers everything there is then. */
  all: () => Promise<T[]>;
}

interface Props<T extends object> {
  /** What the rows are: the table's name for screen readers, and that of its file. */
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowId: (row: T) => string;
  state: TableState;
  onState: (next: TableState) => void;
  pages?: Pages<T>;
  /** The placeholder of the search field; without one there is none. */
  search?: string;
  /** The rows are what the server has found for the text: it knows of more than these rows, and of more than their columns. */
  searchedByServer?: boolean;
  /** Filters beside the search field. */
  filters?: ReactNode;
  /** A heading inside the table's card, for pages with several. */
  title?: string;
  about?: string;
  /** Beside the heading. */
  aside?: ReactNode;
  /** What is said when there is nothing at all. */
  empty?: ReactNode;
  testid?: ((row: T) => string) | undefined;
  /** The columns that the server sorts by: its order is kept as it comes, and other columns can't be sorted. */
  sortable?: readonly string[];
  /** Roughly, before it is measured. */
  rowHeight?: number;
  /** What can be done with several rows at once: rows can be chosen then, and these are the buttons. */
  bulk?: ((chosen: T[]) => ReactNode) | undefined;
}

/** The one table: sorted, searched, with chosen columns, totals and a file to take away; cards on a phone. */
export function DataTable<T extends object>({
  label, columns, rows, rowId, state, onState, pages, search, searchedByServer = false, filters, title, about, aside, empty, testid, sortable, rowHeight = 46, bulk,
}: Props<T>) {
  const wanted = searchedByServer ? "" : (state.q ?? "").trim().toLowerCase();
  const found = useMemo(
    () => (wanted ? rows.filter((row) => matches(searchedText(columns, row), wanted)) : rows),
    [rows, wanted, columns],
  );
  const sortedBy = columns.find((column) => !column.actions && column.id === state.sort?.replace(/^-/, ""));
  const sorting = useMemo(
    () => (sortedBy && !sortable ? [{ id: sortedBy.id, desc: state.sort?.startsWith("-") ?? false }] : []),
    [sortedBy, sortable, state.sort],
  );
  const visible = shownColumns(columns, state.columns);
  const visibility = useMemo(() => {
    const ids = new Set(shownColumns(columns, state.columns).map((column) => column.id));
    return Object.fromEntries(columns.map((column) => [column.id, ids.has(column.id)]));
  }, [columns, state.columns]);
  const definitions = useMemo(() => columns.map((column) => definition(column)), [columns]);
  const table = useTable({
    features,
    data: found,
    columns: definitions,
    getRowId: rowId,
    state: { sorting, columnVisibility: visibility },
    enableMultiSort: false,
  });

  const sort = (id: string) => {
    // Of a list that comes in pages only what is here can be sorted: so the rest is fetched first.
    if (pages?.hasMore && !sortable) void pages.all();
    onState({ ...state, sort: state.sort === id ? `-${id}` : state.sort === `-${id}` ? undefined : id });
  };
  const contents = async () => {
    const all = pages?.hasMore ? await pages.all() : rows;
    const kept = wanted ? all.filter((row) => matches(searchedText(columns, row), wanted)) : all;
    const saved = visible.filter((column) => !column.actions);
    const compare = sortedBy && !sortable && comparing(sortedBy.value, state.sort?.startsWith("-") ?? false);
    const lines = (compare ? kept.toSorted(compare) : kept).map((row) => saved.map((column) => column.value(row)));
    return { head: saved.map((column) => column.csvHead ?? column.head), lines };
  };
  const save = async (kind: FileKind) => {
    const { head, lines } = await contents();
    const name = `${label.toLowerCase().replaceAll(" ", "-")}.${kind}`;
    if (kind === "csv") download(name, csv(head, lines));
    else await saveWorkbook(name, label, head, lines);
  };

  const shown = table.getRowModel().rows;
  const originals = shown.map((row) => row.original);
  const part = title !== undefined;
  const box = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(NONE);
  // Only what is shown can be acted on: a row that a filter hides is not chosen any more.
  const acted = bulk ? shown.filter((row) => chosen.has(row.id)) : [];
  const toggle = useCallback((id: string) => {
    setChosen((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const all = () => { setChosen(acted.length === shown.length ? NONE : new Set(shown.map((row) => row.id))); };
  useKeys(box, part, (index) => {
    const row = shown[index];
    if (bulk && row) toggle(row.id);
  });
  const menu = <ViewMenu columns={columns} state={state} onState={onState} sortable={sortable} sort={sort} save={pages?.outdated ? null : (kind) => void save(kind)} views={!part} />;
  const tools = (
    <div className={css.tools}>
      {search && (
        <TextInput
          className={css.search ?? ""}
          type="search"
          aria-label={search}
          aria-keyshortcuts="/"
          placeholder={search}
          leftSection={<Icon name="search" size={16} />}
          value={state.q ?? ""}
          onChange={(event) => {
            onState({ ...state, q: event.currentTarget.value || undefined });
          }}
        />
      )}
      {filters}
      <div className={css.push} />
      {menu}
    </div>
  );
  return (
    <div ref={box}>
      {(search !== undefined || filters !== undefined) && tools}
      {bulk && acted.length > 0 && (
        <div className={css.bulk} role="group" aria-label={t`With those that are chosen`}>
          <strong className="num">
            <Plural value={acted.length} one="# chosen" other="# chosen" />
          </strong>
          {bulk(acted.map((row) => row.original))}
          <Button size="xs" variant="subtle" color="gray" onClick={() => { setChosen(NONE); }}>
            <Trans>Choose none</Trans>
          </Button>
        </div>
      )}
      <section className={`${css.box} card`} aria-label={title}>
        {title && (
          <div className={css.heading}>
            <h2>{title}</h2>
            {about && <p className="dim small">{about}</p>}
            {aside}
            {menu}
          </div>
        )}
        {rows.length === 0 && empty ? (
          empty
        ) : shown.length === 0 ? (
          <Empty title={t`Nothing matches`} />
        ) : (
          <>
            <Body
              label={label}
              visible={visible}
              rows={shown}
              sort={state.sort}
              onSort={sort}
              sortable={sortable}
              testid={testid}
              rowHeight={rowHeight}
              {...(bulk && { choosing: { chosen, toggle, all, every: acted.length === shown.length } })}
            />
            <Foot visible={visible} rows={originals} hasMore={pages?.hasMore ?? false} sorted={sortedBy !== undefined} complete={sortable !== undefined} />
          </>
        )}
        {pages?.hasMore && <More busy={pages.busy} onClick={pages.load} />}
      </section>
    </div>
  );
}

function definition<T extends object>(column: Column<T>): ColumnDef<TableFeatures, T> {
  return {
    id: column.id,
    accessorFn: column.value,
    enableSorting: !column.actions,
    sortFn: (a, b, id) => compared(a.getValue(id) as CsvValue, b.getValue(id) as CsvValue),
  };
}

function comparing<T>(value: (row: T) => CsvValue, down: boolean): (a: T, b: T) => number {
  return (a, b) => compared(value(a), value(b)) * (down ? -1 : 1);
}

/** Whether every word is somewhere in the row. */
function matches(text: string, wanted: string): boolean {
  return wanted.split(/\s+/).every((word) => text.includes(word));
}

/** How many there are, and what they come to. */
function Foot<T>({ visible, rows, hasMore, sorted, complete }: {
  visible: Column<T>[];
  rows: T[];
  hasMore: boolean;
  sorted: boolean;
  /** The order is that of all rows, not only of these. */
  complete: boolean;
}) {
  const totals = visible.filter((column) => column.total);
  return (
    <div className={`${css.foot} num`}>
      <span>
        {hasMore && sorted && complete ? (
          <Plural value={rows.length} one="The first one" other="The first #" />
        ) : hasMore ? (
          <Plural value={rows.length} one="The newest one" other="The newest #" />
        ) : (
          <Plural value={rows.length} one="# row" other="# rows" />
        )}
        {hasMore && sorted && !complete && (
          <span className="dim">
            {" "}
            <Trans>(sorted among these)</Trans>
          </span>
        )}
      </span>
      {totals.map((column) => (
        <span key={column.id}>
          <span className="dim">{column.head}</span> <strong>{column.total?.(rows)}</strong>
        </span>
      ))}
    </div>
  );
}
