import { t } from "@lingui/core/macro";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { Icon } from "../icons";
import type { Column } from "./columns";
import type { TableRow } from "./DataTable";
import css from "./DataTable.module.css";

/** Below this all rows are in the page, where the browser's own search finds them. */
const VIRTUAL_FROM = 100;

interface Props<T extends object> {
  label: string;
  visible: Column<T>[];
  rows: TableRow<T>[];
  sort: string | undefined;
  onSort: (id: string) => void;
  sortable?: readonly string[] | undefined;
  testid?: ((row: T) => string) | undefined;
  rowHeight: number;
  choosing?: Choosing;
}

/** Which rows are chosen, by their ids. */
interface Choosing {
  chosen: ReadonlySet<string>;
  toggle: (id: string) => void;
  all: () => void;
  /** Whether all that are shown are chosen. */
  every: boolean;
}

export function Body<T extends object>(props: Props<T>) {
  return (
    <div className={css.wrap}>
      <table className={css.table} aria-label={props.label} aria-rowcount={props.rows.length + 1}>
        <thead>
          <tr>
            {props.choosing && (
              <th scope="col" data-choose>
                <Choice label={t`Choose all`} checked={props.choosing.every} onChange={props.choosing.all} />
              </th>
            )}
            {props.visible.map((column) => (
              <Head key={column.id} column={column} sort={props.sort} onSort={props.onSort} fixed={props.sortable?.includes(column.id) === false} />
            ))}
          </tr>
        </thead>
        {props.rows.length < VIRTUAL_FROM ? (
          <tbody>
            {props.rows.map((row, index) => (
              <Line key={row.id} {...props} row={row} index={index} />
            ))}
          </tbody>
        ) : (
          <VirtualLines {...props} />
        )}
      </table>
    </div>
  );
}

function Head<T>({ column, sort, onSort, fixed }: {
  column: Column<T>;
  sort: string | undefined;
  onSort: (id: string) => void;
  /** Not to be sorted by. */
  fixed: boolean;
}) {
  const right = column.right || undefined;
  if (column.actions) {
    return (
      <th scope="col" data-right={right}>
        <span className="visually-hidden">{column.head}</span>
      </th>
    );
  }
  if (fixed) {
    return (
      <th scope="col" data-right={right} data-fixed style={column.width ? { width: column.width } : undefined}>
        {column.head}
      </th>
    );
  }
  const order = sort === column.id ? "ascending" : sort === `-${column.id}` ? "descending" : undefined;
  return (
    <th scope="col" data-right={right} aria-sort={order} style={column.width ? { width: column.width } : undefined}>
      <button
        type="button"
        title={t`Sort by this`}
        onClick={() => {
          onSort(column.id);
        }}
      >
        {column.head}
        <span className={css.order} data-on={order !== undefined || undefined}>
          <Icon name={order === "descending" ? "down" : "up"} size={13} />
        </span>
      </button>
    </th>
  );
}

function Choice({ label, checked, onChange }: { label: string; checked: boolean; onChange: () => void }) {
  return <input type="checkbox" className={css.choice} aria-label={label} checked={checked} onChange={onChange} />;
}

function Line<T extends object>({ row, index, visible, testid, measure, choosing }: Props<T> & {
  row: TableRow<T>;
  index: number;
  measure?: (node: Element | null) => void;
}) {
  const item = row.original;
  return (
    <tr
      ref={measure}
      data-index={index}
      aria-rowindex={index + 2}
      tabIndex={-1}
      data-testid={testid?.(item)}
      data-choosing={choosing !== undefined || undefined}
      data-chosen={choosing?.chosen.has(row.id) || undefined}
    >
      {choosing && (
        <td data-choose>
          <Choice label={t`Choose this row`} checked={choosing.chosen.has(row.id)} onChange={() => { choosing.toggle(row.id); }} />
        </td>
      )}
      {visible.map((column) => {
        const shown = content(column, item);
        return (
          <td key={column.id} data-right={column.right || undefined} data-card={column.card} data-actions={column.actions || undefined} data-empty={shown === null || undefined}>
            {shown ?? (column.actions ? null : <span className="dim">–</span>)}
          </td>
        );
      })}
    </tr>
  );
}

/** What a cell shows; null when there is nothing. */
function content<T>(column: Column<T>, item: T): ReactNode {
  const shown = column.cell ? column.cell(item) : column.value(item);
  if (shown === null || shown === undefined || shown === "" || (shown === false && column.cell)) return null;
  return column.cell ? shown : <span className="hostile">{String(shown)}</span>;
}

/** Only the rows near the window are in the page, so that thousands scroll like ten. */
function VirtualLines<T extends object>(props: Props<T>) {
  const { rows, rowHeight } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (body.current) setTop(body.current.getBoundingClientRect().top + window.scrollY);
    };
    measure();
    window.addEventListener("resize", measure);
    return () => {
      window.removeEventListener("resize", measure);
    };
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <tbody ref={body}>
      {before > 0 && <tr aria-hidden="true" className={css.gap} style={{ height: before }} />}
      {items.map((item) => {
        const row = rows[item.index];
        return row && <Line key={row.id} {...props} row={row} index={item.index} measure={virtual.measureElement} />;
      })}
      {after > 0 && <tr aria-hidden="true" className={css.gap} style={{ height: after }} />}
    </tbody>
  );
}
