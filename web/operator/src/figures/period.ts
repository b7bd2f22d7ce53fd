import { t } from "@lingui/core/macro";

/** Days of the address, by the reader's calendar. */
export const PERIODS = ["7", "30", "90", "month", "last-month", "year"] as const;
export type Period = (typeof PERIODS)[number];

export const USUAL: Period = "30";

export function isPeriod(value: unknown): value is Period {
  return PERIODS.some((each) => each === value);
}

export function periodWord(period: Period): string {
  const words: Record<Period, string> = {
    "7": t`Last 7 days`,
    "30": t`Last 30 days`,
    "90": t`Last 90 days`,
    month: t`This month`,
    "last-month": t`Last month`,
    year: t`This year`,
  };
  return words[period];
}

/** From the first day until before the other. Today is a part of it, but for months that are over. */
export function daysOf(period: Period, today: Date): { from: string; to: string } {
  const [year, month, day] = [today.getFullYear(), today.getMonth(), today.getDate()];
  const tomorrow = new Date(year, month, day + 1);
  switch (period) {
    case "month":
      return { from: iso(new Date(year, month, 1)), to: iso(tomorrow) };
    case "last-month":
      return { from: iso(new Date(year, month - 1, 1)), to: iso(new Date(year, month, 1)) };
    case "year":
      return { from: iso(new Date(year, 0, 1)), to: iso(tomorrow) };
    default:
      return { from: iso(new Date(year, month, day + 1 - Number(period))), to: iso(tomorrow) };
  }
}

function iso(day: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** "2026-11-25" after some days. */
export function dayAfter(day: string, days: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return iso(new Date(year, month - 1, date + days));
}
