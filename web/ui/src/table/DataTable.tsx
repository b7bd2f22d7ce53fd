import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import {
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type Row,
} from "@tanstack/react-table";
import { useMemo, type ReactNode } from "react";
import { Empty, More } from "../bits";
import { Icon } from "../icons";
import { Body } from "./Body";
import { compared, searchedText, shownColumns, type Column } from "./columns";
import { csv, download, type CsvValue } from "./csv";
import css from "./DataTable.module.css";
import type { TableState } from "./state";
import { ViewMenu } from "./ViewMenu";

const features = tableFeatures({ rowSortingFeature, columnVisibilityFeature, sortedRowModel: createSortedRowModel() });
export type TableFeatures = typeof features;
export type TableRow<T extends object> = Row<TableFeatures, T>;

/** Rows that come in pages from the server. */
export interface Pages<T> {
  hasMore: boolean;
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
}

/** The one table: sorted, searched, with chosen columns, totals and a file to take away; cards on a phone. */
export function DataTable<T extends object>({
  label, columns, rows, rowId, state, onState, pages, search, searchedByServer = false, filters, title, about, aside, empty, testid, sortable, rowHeight = 46,
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
  const save = async () => {
    const all = pages?.hasMore ? await pages.all() : rows;
    const kept = wanted ? all.filter((row) => matches(searchedText(columns, row), wanted)) : all;
    const saved = visible.filter((column) => !column.actions);
    const compare = sortedBy && !sortable && comparing(sortedBy.value, state.sort?.startsWith("-") ?? false);
    const lines = (compare ? kept.toSorted(compare) : kept).map((row) => saved.map((column) => column.value(row)));
    download(`${label.toLowerCase().replaceAll(" ", "-")}.csv`, csv(saved.map((column) => column.csvHead ?? column.head), lines));
  };

  const shown = table.getRowModel().rows;
  const originals = shown.map((row) => row.original);
  const menu = <ViewMenu columns={columns} state={state} onState={onState} sortable={sortable} sort={sort} save={() => void save()} />;
  const tools = (
    <div className={css.tools}>
      {search && (
        <TextInput
          className={css.search ?? ""}
          type="search"
          aria-label={search}
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
    <>
      {(search !== undefined || filters !== undefined) && tools}
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
            />
            <Foot visible={visible} rows={originals} hasMore={pages?.hasMore ?? false} sorted={sortedBy !== undefined} complete={sortable !== undefined} />
          </>
        )}
        {pages?.hasMore && <More busy={pages.busy} onClick={pages.load} />}
      </section>
    </>
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
