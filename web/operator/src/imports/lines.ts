import type { ImportReport } from "@stationmaster/api";

/** What becomes of one row of a file: it is wrong, or new, or changes something. */
export interface Line {
  row: number;
  outcome: "wrong" | "new" | "changed";
  /** Of what is new or changed. */
  id: string | null;
  /** The columns that are wrong, or change something. */
  columns: string[];
  reason: string | null;
}

/** The rows that something is to be said of: what is wrong first, each in the order of the file. */
export function linesOf({ problems, outcomes }: Pick<ImportReport, "problems" | "outcomes">): Line[] {
  const wrong = problems.map(({ row, field, reason }): Line => ({ row, outcome: "wrong", id: null, columns: field === null ? [] : [field], reason }));
  const good = outcomes.map(({ row, id, changed }): Line => ({ row, outcome: changed === null ? "new" : "changed", id, columns: changed ?? [], reason: null }));
  return [...wrong, ...good];
}

type Counts = Pick<ImportReport, "new" | "changed" | "bad" | "doubled">;

/** How many rows are wrong: a file with one of them is not taken. */
export function wrongIn({ bad, doubled }: Counts): number {
  return bad + doubled;
}

/** Whether there is something to take, and nothing against it. */
export function canBeTaken(report: Counts): boolean {
  return wrongIn(report) === 0 && report.new + report.changed > 0;
}

/** Whether the list of rows is not of all of them. */
export function isCut(report: ImportReport): boolean {
  return report.outcomes.length < report.new + report.changed || new Set(report.problems.map(({ row }) => row)).size < wrongIn(report);
}
