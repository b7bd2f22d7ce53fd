import { describe, expect, it } from "vitest";
import { lastMonths, monthWord } from "../operator/src/money/months";

describe("months of the books", () => {
  it("are counted back over the turn of a year, also on a day that other months have not", () => {
    expect(lastMonths(3, new Date("2027-01-31T23:30:00Z"))).toEqual(["2027-01", "2026-12", "2026-11"]);
  });
  it("are written out; what is none stays as it is", () => {
    expect(monthWord("2026-11")).toBe("November 2026");
    expect(monthWord("2026-13")).toBe("2026-13");
  });
});
