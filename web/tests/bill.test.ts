import type { PriceLine } from "@stationmaster/api";
import { lasting, money, timesThere, unitPrice } from "@stationmaster/ui";
import { describe, expect, it } from "vitest";
import { lineAsides, lineName, lineSum } from "../operator/src/money/words";

const line = (facts: Partial<PriceLine>): PriceLine => ({
  type: "energy", element: 0, reservation: false, begins_at: "2026-10-24T20:00:00Z", ends_at: "2026-10-25T03:00:00Z", quantity: 18_735, added: 0,
  unit: "kwh", unit_price: "0.39", taxes: ["VAT 19 %"], amount: "7.31", capped: false, parts: [], ...facts,
});

describe("money", () => {
  it.each([
    ["12.5", "EUR", "€12.50"],
    ["403", "JPY", "¥403"],
    ["0.329", "KWD", "KWD 0.329"],
    ["-1234567.89", "USD", "-$1,234,567.89"],
    ["99999999999999.99", "INR", "₹99,999,999,999,999.99"], // more than a float can hold
    ["1", "E", "¤1.00"],
  ])("%s %s", (amount, currency, words) => {
    expect(money(amount, currency).replaceAll("\u00a0", " ")).toBe(words);
  });
  it("has the decimals of a price for one unit", () => {
    expect(unitPrice("0.350001", "EUR")).toBe("€0.350001");
    expect(unitPrice("0.5", "EUR")).toBe("€0.50");
  });
});

describe("a line of a bill", () => {
  it("says how it comes to its amount", () => {
    expect(lineSum(line({}), "EUR")).toBe("18.735 kWh × €0.39 a kWh");
    expect(lineSum(line({ type: "time", unit: "minute", quantity: 2820, unit_price: "0.03" }), "EUR")).toBe("47 min × €0.03 a minute");
    expect(lineSum(line({ type: "parking_time", unit: "hour", quantity: 5430, unit_price: "6" }), "EUR")).toBe("1 h 30 min 30 s × €6.00 an hour");
    expect(lineSum(line({ type: "flat", unit: "session" }), "EUR")).toBeNull();
  });
  it("names what it is for, and what a reservation was", () => {
    expect(lineName(line({ type: "flat" }))).toBe("Fee for the session");
    expect(lineName(line({ type: "flat", reservation: true }))).toBe("Fee for the reservation");
    expect(lineName(line({ type: "time", reservation: true }))).toBe("Reserved time");
  });
  it("D_04 has the times of the site, and says what is more", () => {
    const one = line({ added: 265, capped: true });
    const other = line({ type: "flat", unit: "session", taxes: [] });
    expect(lineAsides(one, { lines: [one, other], currency: "EUR" }, "Europe/Berlin")).toEqual([
      "24 Oct, 22:00 – 25 Oct, 04:00", "with 0.265 kWh that the price rounds up to a whole step", "this price has reached its maximum", "VAT 19 %",
    ]);
    expect(lineAsides(other, { lines: [one, other], currency: "EUR" }, "Europe/Berlin")).toEqual(["without tax"]);
  });
});

it("times are told exactly", () => {
  expect([0, 45, 60, 90, 3600, 3900, 3605].map(lasting)).toEqual(["0 min", "45 s", "1 min", "1 min 30 s", "1 h", "1 h 05 min", "1 h 00 min 5 s"]);
  expect(timesThere("2026-11-26T17:04:00Z", "2026-11-26T18:20:00Z", "Europe/Berlin")).toBe("18:04–19:20");
});
