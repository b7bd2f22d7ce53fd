import type { ReactNode } from "react";
import { natural } from "../language";
import type { CsvValue } from "./csv";

export interface Column<T> {
  id: string;
  head: string;
  /** What is sorted by, searched in and exported. */
  value: (row: T) => CsvValue;
  /** How it is shown, null where there is nothing to show; the value itself when left out. */
  cell?: (row: T) => ReactNode;
  /** What stands below the column, for the rows that are shown. */
  total?: (rows: T[]) => ReactNode;
  right?: boolean;
  /** On a phone, where rows are cards: on the right of its card, or not at all. */
  card?: "side" | "hidden" | "wide";
  /** Only there when asked for. */
  extra?: boolean;
  /** Buttons: no head, not sorted, not exported. */
  actions?: boolean;
  /** The head in a file, where it has to name the unit. */
  csvHead?: string;
  /** A width that its content can't widen, "34%". */
  width?: string;
}

/** The columns that are shown: those of the address, else the usual ones. Buttons are always there. */
export function shownColumns<T>(columns: Column<T>[], chosen: string | undefined): Column<T>[] {
  const named = chosen?.split(",").filter((id) => columns.some((column) => column.id === id));
  if (!named || named.length === 0) return columns.filter((column) => !column.extra);
  return columns.filter((column) => column.actions || named.includes(column.id));
}

export function searchedText<T>(columns: Column<T>[], row: T): string {
  return columns.map((column) => (column.actions ? "" : String(column.value(row) ?? ""))).join(" ").toLowerCase();
}

/** Numbers as numbers, "CP 10" after "CP 9"; what is not there comes first. */
export function compared(a: CsvValue, b: CsvValue): number {
  if (a === b) return 0;
  if (a === null || a === undefined || a === "") return -1;
  if (b === null || b === undefined || b === "") return 1;
  if (typeof a === "string" && typeof b === "string") return natural().compare(a, b);
  return Number(a) - Number(b);
}
