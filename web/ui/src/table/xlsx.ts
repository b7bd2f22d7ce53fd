import type { CsvValue } from "./csv";
import { save } from "./csv";

/** A moment as the API writes it. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
// eslint-disable-next-line lingui/no-unlocalized-strings -- as workbooks write it
const TIME = "yyyy-mm-dd hh:mm:ss";
/** As many characters as a sheet's name may have, and those it may not. */
const NAME_MOST = 31;
const NOT_IN_NAMES = /[\\/*?:[\]]/g;

/** A cell of a workbook: numbers stay numbers, moments are times of the reader's clock, text is text and never a formula. */
export function cell(value: CsvValue) {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "number") return { type: Number, value };
  if (typeof value === "boolean") return { type: Boolean, value };
  if (MOMENT.test(value)) return { type: Date, value: clockOf(value), format: TIME };
  return { type: String, value };
}

/** The library that writes workbooks is fetched with the first one. */
export async function saveWorkbook(name: string, title: string, head: string[], rows: CsvValue[][]): Promise<void> {
  const { default: write } = await import("write-excel-file/universal");
  const heads = head.map((text) => ({ type: String, value: text, fontWeight: "bold" as const }));
  const sheet = title.replace(NOT_IN_NAMES, " ").slice(0, NAME_MOST);
  save(name, await write([heads, ...rows.map((row) => row.map(cell))], { sheet, stickyRowsCount: 1, columns: head.map(() => ({ width: 20 })) }).toBlob());
}

/** Workbooks know no zones, and the library writes UTC: so the clock of the reader is what is written as such. */
function clockOf(moment: string): Date {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
}
