import { expect, test } from "vitest";
import { lastPeriods, weekOf } from "../operator/src/features/reports/periods";

test.each([
  ["2026-01-01", "2026-W01"],
  ["2026-12-31", "2026-W53"],
  ["2027-01-03", "2026-W53"],
  ["2027-01-04", "2027-W01"],
  ["2024-12-30", "2025-W01"],
  ["2023-01-01", "2022-W52"],
])("the week of %s is %s", (day, week) => {
  expect(weekOf(new Date(`${day}T12:00:00Z`))).toBe(week);
});

test("weeks go back one by one, over the end of a year too", () => {
  expect(lastPeriods(new Date("2027-01-06T00:00:00Z")).weeks.slice(0, 3)).toEqual(["2027-W01", "2026-W53", "2026-W52"]);
});
