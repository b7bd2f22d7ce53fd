import { describe, expect, it } from "vitest";
import { dayOf, endOf } from "../operator/src/features/cards/days";

describe("the last day of a card", () => {
  it("is read back as it was entered", () => {
    for (const day of ["2026-11-25", "2028-02-29", "2026-12-31"]) expect(dayOf(endOf(day))).toBe(day);
    expect(dayOf(endOf(null))).toBeNull();
  });

  it("is the day before, where it ends at midnight", () => {
    expect(dayOf(new Date("2027-01-01T00:00:00").toISOString())).toBe("2026-12-31");
    expect(dayOf(new Date("2027-01-01T00:00:01").toISOString())).toBe("2027-01-01");
  });
});
