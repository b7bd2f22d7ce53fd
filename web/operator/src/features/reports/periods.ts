import { t } from "@lingui/core/macro";
import { lastMonths, monthWord } from "../../money/months";

const MONTHS = 24;
const WEEKS = 26;
const DAY_MS = 86_400_000;

/** Months and weeks up to now, the newest first, as the server names them. */
export function lastPeriods(now = new Date()): { months: string[]; weeks: string[] } {
  return { months: lastMonths(MONTHS, now), weeks: Array.from({ length: WEEKS }, (_, back) => weekOf(new Date(now.getTime() - back * 7 * DAY_MS))) };
}

/** The week of a day by ISO 8601, as in 2026-W48: that of its Thursday. */
export function weekOf(day: Date): string {
  const thursday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + 4 - (day.getUTCDay() || 7)));
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - first) / DAY_MS / 7) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}

/** November 2026, Week 48, 2026 */
export function reportPeriodWord(period: string): string {
  const [year = "", week] = period.split("-W");
  return week === undefined ? monthWord(period) : t`Week ${Number(week)}, ${year}`;
}
