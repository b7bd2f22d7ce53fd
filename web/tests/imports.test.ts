import { describe, expect, it } from "vitest";
import { canBeTaken, isCut, linesOf } from "../operator/src/imports/lines";

const MADE_OF = { code: "x", values: {} };
const REPORT = { dry_run: true, rows: 4, new: 1, changed: 1, unchanged: 0, doubled: 0, bad: 2, secrets: {} };

describe("what would come of a file", () => {
  it("is told row by row, with what is wrong first", () => {
    const lines = linesOf({
      problems: [{ row: 4, field: "expires_at", reason: "must be a time", ...MADE_OF }, { row: 5, field: null, reason: "is the same card as in row 6", ...MADE_OF }],
      outcomes: [{ row: 2, id: "0004A2", changed: null }, { row: 3, id: "B", changed: ["label", "group"] }],
    });
    expect(lines.map(({ row, outcome, columns }) => [row, outcome, columns.join()])).toEqual([
      [4, "wrong", "expires_at"],
      [5, "wrong", ""],
      [2, "new", ""],
      [3, "changed", "label,group"],
    ]);
    expect(lines[2]?.id).toBe("0004A2");
  });

  it("can be taken when nothing is wrong and something is to be done", () => {
    expect(canBeTaken({ new: 1, changed: 0, bad: 0, doubled: 0 })).toBe(true);
    expect(canBeTaken({ new: 0, changed: 1, bad: 0, doubled: 0 })).toBe(true);
    expect(canBeTaken({ new: 0, changed: 0, bad: 0, doubled: 0 })).toBe(false);
    expect(canBeTaken({ new: 9, changed: 9, bad: 1, doubled: 0 })).toBe(false);
    expect(canBeTaken({ new: 9, changed: 9, bad: 0, doubled: 2 })).toBe(false);
  });

  it("says whether rows are left out", () => {
    const outcomes = [{ row: 2, id: "A", changed: null }, { row: 3, id: "B", changed: ["label"] }];
    const problems = [{ row: 4, field: "label", reason: "x", ...MADE_OF }, { row: 4, field: "group", reason: "y", ...MADE_OF }, { row: 5, field: null, reason: "z", ...MADE_OF }];
    expect(isCut({ ...REPORT, outcomes, problems })).toBe(false);
    expect(isCut({ ...REPORT, new: 2, outcomes, problems })).toBe(true);
    expect(isCut({ ...REPORT, bad: 3, outcomes, problems })).toBe(true);
  });
});
