/** What a spreadsheet would run as a formula is told to be text. */
const FORMULA = /^[=+\-@\t\r]/;

export type CsvValue = string | number | boolean | null | undefined;

/** RFC 4180, with the mark by which spreadsheets know UTF-8. */
export function csv(head: string[], rows: CsvValue[][]): string {
  return "\uFEFF" + [head, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

function field(value: CsvValue): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function download(name: string, text: string): void {
  save(name, new Blob([text], { type: "text/csv;charset=utf-8" }));
}

/** Hands a file to the browser, as if it had been fetched from an address. */
export function save(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
