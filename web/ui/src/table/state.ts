/** What a reader has chosen in a table. It lives in the address, so that a link, a reload and the back button keep it. */
export interface TableState {
  /** What is searched for in the rows. */
  q?: string | undefined;
  /** The column the rows are sorted by; "-energy" is downwards. */
  sort?: string | undefined;
  /** Columns shown in place of the usual ones: "started,energy". */
  columns?: string | undefined;
}

/** The table's part of a page's search parameters. Addresses are typed by people: what makes no sense is left out. */
export function tableState(search: Record<string, unknown>): TableState {
  const state: TableState = {};
  for (const key of ["q", "sort", "columns"] as const) {
    const value = search[key];
    if (typeof value === "string" && value !== "") state[key] = value;
  }
  return state;
}
