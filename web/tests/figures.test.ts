import { expect, it } from "vitest";
import { compared } from "../operator/src/features/home/compared";
import { dayAfter, daysOf } from "../operator/src/figures/period";
import { cell } from "../ui/src/table/xlsx";

it("a period has today in it, unless it is a month that is over", () => {
  const today = new Date(2026, 2, 31);
  expect(daysOf("7", today)).toEqual({ from: "2026-03-25", to: "2026-04-01" });
  expect(daysOf("month", today)).toEqual({ from: "2026-03-01", to: "2026-04-01" });
  expect(daysOf("last-month", today)).toEqual({ from: "2026-02-01", to: "2026-03-01" });
  expect(daysOf("year", new Date(2026, 0, 1))).toEqual({ from: "2026-01-01", to: "2026-01-02" });
  expect(daysOf("last-month", new Date(2026, 0, 31))).toEqual({ from: "2025-12-01", to: "2026-01-01" });
  expect(dayAfter("2026-03-01", -1)).toBe("2026-02-28");
});

it("today is compared with the weekday a week ago, and with none where there was nothing", () => {
  expect(compared(112, 100, "2026-11-19")).toBe("+12 % against last Thursday");
  expect(compared(50, 100, "2026-11-19")).toBe("−50 % against last Thursday");
  expect(compared(100.2, 100, "2026-11-19")).toBe("as last Thursday");
  expect(compared(3, 0, "2026-11-19")).toBe("last Thursday: none by now");
});

it("a workbook has numbers as numbers and text as text, whatever it begins with", () => {
  expect(cell(12.5)).toEqual({ type: Number, value: 12.5 });
  expect(cell("=1+1")).toEqual({ type: String, value: "=1+1" });
  expect(cell("0123")).toEqual({ type: String, value: "0123" });
  expect(cell("2026-11-25T18:05:00Z")).toMatchObject({ type: Date });
  expect(cell("2026-11-25")).toEqual({ type: String, value: "2026-11-25" });
  expect([cell(null), cell(undefined), cell("")]).toEqual([null, null, null]);
});
