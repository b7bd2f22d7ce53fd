import { describe, expect, it } from "vitest";
import { priceWord } from "../operator/src/features/tariffs/words";

const priced = (currency: string, kwh: string | null, minute: string | null = null, session: string | null = null) =>
  priceWord({ currency, price_per_kwh: kwh, price_per_minute: minute, price_per_session: session });

describe("a price", () => {
  it("has as many decimals as its currency, and more where it has more", () => {
    expect(priced("EUR", "0.5")).toBe("0.50 EUR a kWh");
    expect(priced("EUR", "0.350001")).toBe("0.350001 EUR a kWh");
    expect(priced("EUR", "10")).toBe("10.00 EUR a kWh");
    expect(priced("JPY", "40")).toBe("40 JPY a kWh");
    expect(priced("JPY", "40.5")).toBe("40.5 JPY a kWh");
    expect(priced("KWD", "0.1")).toBe("0.100 KWD a kWh");
  });

  it("names all that it has, and 0 too", () => {
    expect(priced("EUR", "0.39", "0.02", "0")).toBe("0.39 EUR a kWh + 0.02 EUR a minute + 0.00 EUR a session");
    expect(priced("EUR", null, "0.02")).toBe("0.02 EUR a minute");
    expect(priced("EUR", null)).toBe("Free");
  });

  it("is never called free where it has a structure", () => {
    const structure = { elements: [{ price_components: [{ type: "energy" as const, price: "0.30" }] }] };
    expect(priceWord({ currency: "EUR", price_per_kwh: null, price_per_minute: null, price_per_session: null, structure })).toBe("By time and use, in EUR");
  });
});
