import { t } from "@lingui/core/macro";
import type { ReportSchedule } from "@stationmaster/api";

export type Kind = ReportSchedule["report"];
export type Format = ReportSchedule["format"];
export type Rhythm = ReportSchedule["rhythm"];

export const KINDS: readonly Kind[] = ["site", "uptime", "revenue", "host"];
export const FORMATS: readonly Format[] = ["pdf", "xlsx", "csv"];

export function isKind(value: unknown): value is Kind {
  return KINDS.some((each) => each === value);
}

export function kindWord(kind: Kind): string {
  const words: Record<Kind, string> = { site: t`Site, day by day`, uptime: t`Uptime of ports`, revenue: t`Revenue and tax`, host: t`Statement for the host` };
  return words[kind];
}

export function rhythmWord(rhythm: Rhythm): string {
  const words: Record<Rhythm, string> = { monthly: t`Each month`, weekly: t`Each week` };
  return words[rhythm];
}

/** What each is called is the same everywhere. */
export function formatWord(format: Format): string {
  const words: Record<Format, string> = { pdf: "PDF", xlsx: "XLSX", csv: "CSV" };
  return words[format];
}
