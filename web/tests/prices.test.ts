import { describe, expect, it } from "vitest";
import { priceWord } from "../operator/src/features/tariffs/words";

const priced = (currency: string, kwh: string | null, minute: string | null = null, session: string | null = null) =>
  priceWord({ currency, price_per_kwh: kwh, price_per_minute: minute, price_per_session: session });

describe("a price", () => {
  it("has as many decimals as its currency, and more where it has more", () => {
    expect(priced("EUR", "0.5")).toBe("€0.50 a kWh");
    expect(priced("EUR", "0.350001")).toBe("€0.350001 a kWh");
    expect(priced("EUR", "10")).toBe("€10.00 a kWh");
    expect(priced("JPY", "40")).toBe("¥40 a kWh");
    expect(priced("JPY", "40.5")).toBe("¥40.5 a kWh");
    expect(priced("KWD", "0.1")).toBe("KWD\u00a00.100 a kWh");
  });

  it("names all that it has, and 0 too", () => {
    expect(priced("EUR", "0.39", "0.02", "0")).toBe("€0.39 a kWh + €0.02 a minute + €0.00 a session");
    expect(priced("EUR", null, "0.02")).toBe("€0.02 a minute");
    expect(priced("EUR", null)).toBe("Free");
  });

  it("is never called free where it has a structure", () => {
    const structure = { elements: [{ price_components: [{ type: "energy" as const, price: "0.30" }] }] };
    expect(priceWord({ currency: "EUR", price_per_kwh: null, price_per_minute: null, price_per_session: null, structure })).toBe("By time and use, in EUR");
  });
});
