import type { WeekPiece } from "@stationmaster/api";
import { DAYS } from "../sites/hours";
import type { Dimension } from "./structures";

export interface Span {
  begins: string;
  ends: string;
  element: number | null;
}

/** Each day with what holds for one dimension; neighbours with the same price are one. */
export function daysOf(pieces: WeekPiece[], dimension: Dimension): { day: WeekPiece["day"]; spans: Span[] }[] {
  const days: { day: WeekPiece["day"]; spans: Span[] }[] = [];
  for (const piece of pieces) {
    if (days.at(-1)?.day !== piece.day) days.push({ day: piece.day, spans: [] });
    const spans = days.at(-1)?.spans ?? [];
    const before = spans.at(-1);
    const element = piece[dimension];
    if (before && before.ends === piece.begins && before.element === element) before.ends = piece.ends;
    else spans.push({ begins: piece.begins, ends: piece.ends, element });
  }
  return days;
}

/** Those that some time of the week has a price for, in the order of the pictures. */
export function pricedDimensions(pieces: WeekPiece[], all: readonly Dimension[]): Dimension[] {
  return all.filter((dimension) => pieces.some((piece) => piece[dimension] !== null));
}

export function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}

/** The next such day from now on, as the example needs it: "2026-11-30T18:00". */
export function nextAt(day: WeekPiece["day"], clock: string, now: Date): string {
  const ahead = (DAYS.indexOf(day) - ((now.getDay() + 6) % 7) + 7) % 7;
  const then = new Date(now.getFullYear(), now.getMonth(), now.getDate() + ahead);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}T${clock}`;
}

/** Today's day of the week. */
export function dayOf(now: Date): WeekPiece["day"] {
  return DAYS[(now.getDay() + 6) % 7] ?? "monday";
}
