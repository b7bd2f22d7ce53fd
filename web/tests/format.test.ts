import { describe, expect, it } from "vitest";
import { duration, kw, kwh, meter, relative, took, utc } from "@stationmaster/ui";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const before = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

describe("numbers", () => {
  it.each([
    [0, "0.000 kWh"],
    [1234, "1.234 kWh"],
    [99_999, "99.999 kWh"],
    [100_000, "100.00 kWh"],
    [12_345_678, "12,345.68 kWh"],
    [null, "–"],
  ])("energy of %s Wh", (wh, text) => {
    expect(kwh(wh)).toBe(text);
  });
  it("a meter to the watt-hour, power to the hundred watts", () => {
    expect(meter(12_345_678)).toBe("12,345.678 kWh");
    expect(kw(7360)).toBe("7.4 kW");
    expect(kw(undefined)).toBe("–");
  });
  it.each([[3.24, "3.2 ms"], [84.2, "84 ms"], [1240, "1.2 s"], [null, "–"]])("%s ms", (ms, text) => {
    expect(took(ms)).toBe(text);
  });
});

describe("times", () => {
  it.each([
    [3, "just now"],
    [-4, "just now"],
    [45, "45 s ago"],
    [185, "3 min ago"],
    [7300, "2 h ago"],
    [90_000, "1 day ago"],
    [300_000, "3 days ago"],
    [-7300, "in 2 h"],
  ])("%s seconds before", (seconds, words) => {
    expect(relative(before(seconds), NOW)).toBe(words);
  });
  it("never, and nonsense from a charger", () => {
    expect(relative(null, NOW)).toBe("never");
    expect(relative("yesterday-ish", NOW)).toBe("–");
    expect(utc("yesterday-ish")).toBe("");
  });
  it.each([[12, "12 s"], [750, "12 min"], [3900, "1 h 05 min"], [97_200, "1 d 3 h"], [-5, "0 s"]])("a duration of %s s", (seconds, words) => {
    expect(duration(before(seconds), NOW)).toBe(words);
  });
  it("a duration is that of the times as they are shown, without their fractions", () => {
    expect(duration("2026-12-01T09:00:00.900Z", "2026-12-01T09:06:00.100Z")).toBe("6 min");
    expect(duration("2026-12-01T09:00:00.100Z", Date.parse("2026-12-01T09:00:59.999Z"))).toBe("59 s");
  });
  it("UTC in full", () => {
    expect(utc("2026-01-01T13:00:05+01:00")).toBe("2026-01-01 12:00:05 UTC");
  });
});
