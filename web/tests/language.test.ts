import { i18n } from "@lingui/core";
import { afterEach, describe, expect, it } from "vitest";
import { kwh, languageFor, local, money, timesThere } from "@stationmaster/ui";

afterEach(() => { i18n.loadAndActivate({ locale: "en", messages: {} }); });

describe("the language of the pages", () => {
  it.each([
    [["de-AT", "en"], "de"],
    [["nl", "fr-CA"], "fr"],
    [["HI-in"], "hi"],
    [["nl"], "en"],
    [[], "en"],
    [["toString"], "en"],
  ])("for a browser that reads %s", (tags, language) => {
    expect(languageFor(tags)).toBe(language);
  });
});

describe("numbers, money and times", () => {
  const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");
  it.each([
    ["en", "12,345.68 kWh", "€1,234.50", "18:04–19:20"],
    ["de", "12.345,68 kWh", "1.234,50 €", "18:04–19:20"],
    ["es", "12.345,68 kWh", "1234,50 €", "18:04–19:20"],
    ["fr", "12 345,68 kWh", "1 234,50 €", "18:04–19:20"],
    ["hi", "12,345.68 kWh", "€1,234.50", "18:04–19:20"],
  ])("are written as %s writes them", (language, energy, price, times) => {
    i18n.loadAndActivate({ locale: language, messages: {} });
    expect(plain(kwh(12_345_678))).toBe(energy);
    expect(plain(money("1234.50", "EUR"))).toBe(price);
    expect(timesThere("2026-06-01T16:04:00Z", "2026-06-01T17:20:00Z", "Europe/Berlin")).toBe(times);
  });
  it("a month has its name in the reader's language", () => {
    i18n.loadAndActivate({ locale: "fr", messages: {} });
    expect(local("2026-08-01T12:00:00Z")).toContain("août");
  });
});
