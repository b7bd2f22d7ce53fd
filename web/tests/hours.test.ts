import { describe, expect, it } from "vitest";
import { clockAt, isOpen } from "../operator/src/features/sites/hours";

const site = (facts: Partial<Parameters<typeof isOpen>[0]>) => ({
  time_zone: "Europe/Berlin", working_days: null, opening_time: null, closing_time: null, ...facts,
});
const at = (text: string) => Date.parse(text);

describe("whether a site is open", () => {
  it("goes by the clock that hangs there", () => {
    expect(clockAt("Europe/Berlin", at("2026-03-29T00:30:00Z"))).toEqual({ day: "sunday", time: "01:30" });
    expect(clockAt("Europe/Berlin", at("2026-03-29T01:00:00Z"))).toEqual({ day: "sunday", time: "03:00" }); // summer time has begun
    expect(clockAt("Pacific/Auckland", at("2026-11-25T12:00:00Z"))).toEqual({ day: "thursday", time: "01:00" });
  });
  it.each([
    ["2026-11-25T06:29:00Z", false],
    ["2026-11-25T06:30:00Z", true],
    ["2026-11-25T20:59:00Z", true],
    ["2026-11-25T21:00:00Z", false],
    ["2026-11-29T12:00:00Z", false], // a Sunday
  ])("on working days from 7:30 to 22:00, at %s", (moment, open) => {
    expect(isOpen(site({ working_days: ["monday", "wednesday"], opening_time: "07:30", closing_time: "22:00" }), at(moment))).toBe(open);
  });
  it.each([
    ["2026-11-28T20:59:00Z", false],
    ["2026-11-28T21:00:00Z", true], // Saturday, 22:00
    ["2026-11-29T02:59:00Z", true], // the night of Saturday, on Sunday
    ["2026-11-29T03:00:00Z", false],
    ["2026-11-29T21:30:00Z", false], // the night of Sunday is none
  ])("over midnight the night belongs to the day on which it begins, at %s", (moment, open) => {
    expect(isOpen(site({ working_days: ["saturday"], opening_time: "22:00", closing_time: "04:00" }), at(moment))).toBe(open);
  });
  it("to midnight is the same as 24:00 and as 00:00, and without hours it is the whole day", () => {
    for (const closing_time of ["24:00", "00:00"]) {
      expect(isOpen(site({ opening_time: "08:00", closing_time }), at("2026-11-25T22:59:00Z"))).toBe(true);
      expect(isOpen(site({ opening_time: "08:00", closing_time }), at("2026-11-25T23:00:00Z"))).toBe(false);
    }
    expect(isOpen(site({ working_days: ["wednesday"] }), at("2026-11-25T22:59:00Z"))).toBe(true);
    expect(isOpen(site({ working_days: ["wednesday"] }), at("2026-11-25T23:00:00Z"))).toBe(false);
  });
});
