import type { Structure } from "@stationmaster/api";
import { describe, expect, it } from "vitest";
import { draftOf, draftProblems, placeOf, structureFrom } from "../operator/src/features/tariffs/draft";
import type { Restrictions } from "../operator/src/features/tariffs/structures";
import { componentWord, whenWords } from "../operator/src/features/tariffs/elementWords";
import { daysOf, nextAt } from "../operator/src/features/tariffs/weekPicture";

const VAT = [{ name: "VAT", percent: "19" }];
const NIGHT: Structure = {
  elements: [
    {
      price_components: [
        { type: "flat", price: "0.50", taxes: VAT },
        { type: "energy", price: "0.29", step_size: 500, taxes: VAT },
      ],
      restrictions: { start_time: "22:00", end_time: "06:00", day_of_week: ["saturday", "sunday"], max_duration: 50, min_kwh: "1.5", public_holiday: false },
    },
    { price_components: [{ type: "parking_time", price: "0.10", per: "minute", max_price: "12.00", taxes: [] }, { type: "energy", price: "0.49", taxes: VAT }], restrictions: {} },
  ],
  tax_included: true,
  max_price: { after_taxes: "80" },
  grace_minutes: 15,
  holidays: "DE-BY",
  texts: [{ language: "de", text: "Nachts billiger" }],
};

describe("a tariff that is edited", () => {
  it("is what it was when nothing is changed", () => {
    const { elements, ...rest } = structureFrom(draftOf(NIGHT));
    expect(rest).toEqual({ tax_included: true, min_price: null, max_price: { after_taxes: "80" }, grace_minutes: 15, idle_below_w: 100, bill_from_wh: 100, holidays: "DE-BY", texts: NIGHT.texts });
    expect(elements.map((one) => one.restrictions)).toEqual(NIGHT.elements.map((one) => one.restrictions));
    expect(elements[0]?.price_components).toEqual([
      { type: "flat", price: "0.50", step_size: 1, taxes: VAT },
      { type: "energy", price: "0.29", step_size: 500, taxes: VAT },
    ]);
    expect(elements[1]?.price_components[0]).toEqual({ type: "parking_time", price: "0.10", per: "minute", step_size: 1, max_price: "12.00", taxes: [] });
  });

  it("marks what the server refuses at its field", () => {
    const draft = draftOf(NIGHT);
    const places = {
      "structure.elements[0].price_components[1].price": "elements.0.energy.price",
      "elements[0].price_components[1]": "elements.0.energy.price",
      "elements[0].price_components[0].taxes[0].percent": "taxes.0.percent",
      "elements[1].price_components[0].taxes[0].name": "elements.1.parking_time.taxes.0.name",
      "elements[1].restrictions.end_time": "elements.1.when.end_time",
      "elements[1].price_components": "elements.1.price_components",
      "min_price.after_taxes": "min_price.after_taxes",
      "texts[0].language": "texts.0.language",
      "structure.holidays": "holidays",
    };
    expect(Object.fromEntries(Object.keys(places).map((field) => [field, placeOf(field, draft)]))).toEqual(places);
  });

  it("says what is no number, and which element has no price", () => {
    const draft = draftOf(NIGHT);
    const [first, second] = draft.elements;
    if (!first || !second) throw new Error("two elements");
    first.prices = first.prices.map((one) => (one.type === "energy" ? { ...one, price: "0,2 9" } : one));
    second.prices = second.prices.map((one) => ({ ...one, price: "" }));
    draft.grace_minutes = "1.5";
    expect(Object.keys(draftProblems(draft))).toEqual(["elements.0.energy.price", "elements.1.price_components", "grace_minutes"]);
  });
});

describe("an element in words", () => {
  it.each<[Restrictions, string]>([
    [{}, "Always"],
    [{ day_of_week: ["monday", "tuesday", "wednesday", "thursday", "friday"], start_time: "08:00", end_time: "20:00" }, "Mon–Fri, 08:00–20:00"],
    [{ day_of_week: ["saturday", "sunday"], start_time: "22:00" }, "Sat, Sun, from 22:00 on"],
    [{ min_kwh: "10", max_power: "50.0", max_duration: 5400 }, "From 10 kWh on, below 50 kW, in the first 1 h 30 min"],
    [{ reservation: "reservation" }, "While a place is reserved"],
  ])("%j", (when, words) => {
    expect(whenWords(when)).toBe(words);
  });

  it("names price, step and maximum in the currency", () => {
    expect(componentWord({ type: "parking_time", price: "0.10", per: "minute", step_size: 600, max_price: "12" }, "EUR")).toBe("€0.10 a minute of standing, in steps of 10 min, €12.00 at most");
    expect(componentWord({ type: "energy", price: "40.5" }, "JPY")).toBe("¥40.5 a kWh");
  });
});

describe("a week", () => {
  const piece = (begins: string, ends: string, energy: number | null) => ({ day: "monday" as const, begins, ends, energy, time: null, parking_time: null, flat: null });
  it("has one span where neighbours have one price", () => {
    expect(daysOf([piece("00:00", "06:00", 0), piece("06:00", "20:00", 0), piece("20:00", "24:00", null)], "energy")).toEqual([
      { day: "monday", spans: [{ begins: "00:00", ends: "20:00", element: 0 }, { begins: "20:00", ends: "24:00", element: null }] },
    ]);
  });
  it("goes on to the next such day, over the end of a month", () => {
    const friday = new Date(2026, 10, 27, 12);
    expect(nextAt("friday", "18:00", friday)).toBe("2026-11-27T18:00");
    expect(nextAt("tuesday", "07:30", friday)).toBe("2026-12-01T07:30");
  });
});
