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
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
