import type { PayTariff } from "@stationmaster/api";
import { describe, expect, it } from "vitest";
import { priceLines } from "../operator/src/features/tariffs/priceLines";
import { claimWords, plugWord, stateWords, sums, textOf } from "../operator/src/guest/guestWords";
import { forget, remember, remembered } from "../operator/src/guest/remembered";

class Store {
  private kept = new Map<string, string>();
  getItem(name: string) { return this.kept.get(name) ?? null; }
  setItem(name: string, value: string) { this.kept.set(name, value); }
  removeItem(name: string) { this.kept.delete(name); }
}

const broken = {
  getItem: (): string => { throw new Error("switched off"); },
  setItem: () => { throw new Error("switched off"); },
  removeItem: () => { throw new Error("switched off"); },
};

describe("a guest's browser", () => {
  it("D_03 says the same word in every tab, one for each place, and another one after the visit", () => {
    const store = new Store();
    let count = 0;
    const random = () => `word-${++count}`;
    expect(remembered("A", store, random)).toEqual({ once: "word-1", visit: null });
    remember("A", store, { once: "word-1", visit: "V" });
    expect(remembered("A", store, random)).toEqual({ once: "word-1", visit: "V" });
    expect(remembered("B", store, random).once).toBe("word-2");
    forget("A", store);
    expect(remembered("A", store, random)).toEqual({ once: "word-3", visit: null });
    store.setItem("stationmaster-pay-C", "{not json");
    expect(remembered("C", store, random).once).toBe("word-4");
  });
  it.each([["none", null], ["switched off", broken]])("charges with storage that is %s", (_, store) => {
    expect(remembered("A", store, () => "word")).toEqual({ once: "word", visit: null });
    forget("A", store);
  });
});

const tariff = (facts: Partial<PayTariff>): PayTariff => ({
  name: "Public", currency: "EUR", price_per_kwh: null, price_per_minute: null, price_per_session: null, tax_percent: "0", structure: null, ...facts,
});

describe("what a guest reads", () => {
  it("has the few prices without a time, and those by time with it", () => {
    expect(priceLines(tariff({ price_per_kwh: "0.49", tax_percent: "19" }))).toEqual([
      { when: null, prices: ["€0.49 a kWh"] },
      { when: null, prices: ["Tax 19 % comes on top"] },
    ]);
    const night = { price_components: [{ type: "energy" as const, price: "0.39" }], restrictions: { start_time: "22:00", end_time: "06:00" } };
    const kept = { price_components: [{ type: "flat" as const, price: "2" }], restrictions: { reservation: "reservation" as const } };
    const always = { price_components: [{ type: "energy" as const, price: "0.49" }] };
    expect(priceLines(tariff({ structure: { elements: [night, kept, always] } })).map(({ when }) => when)).toEqual(["22:00–06:00", "At all other times", null]);
  });
  it("is in their language, else in the first there is", () => {
    const structure = { elements: [], texts: [{ language: "en", text: "Hello" }, { language: "de", text: "Hallo" }] };
    expect(textOf(tariff({ structure }), ["de-AT", "en"])).toBe("Hallo");
    expect(textOf(tariff({ structure }), ["fi"])).toBe("Hello");
    expect(textOf(tariff({}), ["fi"])).toBeNull();
  });
  it("names plug and power", () => {
    const connector = { evse: 2, connector: 1, type: "type2" as const, max_power_w: 22_000, max_current_a: null, availability: "free" as const };
    expect(plugWord({ evse: 2, connectors: [connector] })).toBe("Type 2, up to 22 kW");
    expect(plugWord({ evse: 2, connectors: [{ ...connector, type: null, max_power_w: null }] })).toBe("Connector 2");
  });
  it("adds up to what was set aside, to the cent and beyond", () => {
    const over = { state: "over" as const, currency: "EUR", held: "50.00", paid: "49.69", given_back: null, pays_after: false };
    expect(sums(over).map(({ amount }) => amount)).toEqual(["€50.00", "€49.69", "€0.31"]);
    expect(sums({ ...over, currency: "JPY", held: "5000", paid: null }).map(({ amount }) => amount)).toEqual(["¥5,000", "¥0", "¥5,000"]);
    expect(sums({ ...over, paid: "9.69", given_back: "40.31" }).map(({ what }) => what)).toEqual(["Paid", "Comes back to you"]);
    expect(sums({ ...over, pays_after: true, paid: "18.09" })).toEqual([{ what: "Paid", amount: "€18.09" }]); // and nothing was set aside
    expect(sums({ ...over, pays_after: true, state: "charging" })).toEqual([{ what: "At the most", amount: "€50.00" }]);
  });
  it("says what to do, and why a payment was refused", () => {
    const before = { pays_after: false, due: null };
    expect(stateWords({ state: "starting", outcome: null, sentence: null, ...before }, false).title).toBe("Plug in the cable now");
    expect(stateWords({ state: "starting", outcome: null, sentence: null, ...before }, true).title).toBe("The charger is starting");
    expect(stateWords({ state: "paying", outcome: null, sentence: "The bank has refused.", ...before }, true).about).toBe("The bank has refused.");
    expect(stateWords({ state: "over", outcome: "not_started", sentence: "No car was plugged in.", ...before }, false)).toEqual({ title: "Charging has not begun", about: "No car was plugged in." });
    const after = { state: "to_pay" as const, outcome: null, sentence: null, pays_after: true };
    expect(stateWords({ ...after, due: null }, true).about).toBe("Your bill is being written.");
    expect(stateWords({ ...after, due: "18.09" }, true).about).toBe("Pay it now, and your cable is released.");
  });
  it("says what is owed and why, and that it was paid", () => {
    expect(claimWords({ state: "open", reason: "The card was declined." })).toEqual({ title: "A payment is still due", about: "The card was declined.", amount: "To pay" });
    expect(claimWords({ state: "paid", reason: "The card was declined." })).toEqual({ title: "Paid, thank you", about: null, amount: "Paid" });
  });
});
