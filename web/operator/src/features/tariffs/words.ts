import { t } from "@lingui/core/macro";
import type { Tariff } from "@stationmaster/api";

export const STATUSES = ["active", "inactive"] as const;

export function tariffWord(status: Tariff["status"]): string {
  return status === "active" ? t`In use` : t`Not in use`;
}

type Priced = Pick<Tariff, "currency" | "price_per_kwh" | "price_per_minute" | "price_per_session"> & { structure?: Tariff["structure"] };

/** What charging costs, in words: each price of a tariff. */
export function prices({ currency, price_per_kwh, price_per_minute, price_per_session, structure }: Priced): string[] {
  if (structure) return [t`By time and use, in ${currency}`];
  const kwh = money(price_per_kwh, currency);
  const minute = money(price_per_minute, currency);
  const session = money(price_per_session, currency);
  const parts = [kwh && t`${kwh} a kWh`, minute && t`${minute} a minute`, session && t`${session} a session`].filter((part) => part !== null);
  return parts.length > 0 ? parts : [t`Free`];
}

export function priceWord(priced: Priced): string {
  return prices(priced).join(" + ");
}

/** The amount as it is kept, exactly, with as many decimals as its currency has at least: 0.50 EUR, 0.350001 EUR, 40 JPY. */
function money(amount: string | null, currency: string): string | null {
  if (amount === null) return null;
  const [whole = "", fraction = ""] = amount.split(".");
  const { minimumFractionDigits = 0 } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  const decimals = fraction.padEnd(minimumFractionDigits, "0");
  return `${whole}${decimals && "."}${decimals} ${currency}`;
}

/** A structure has the taxes of each of its prices. */
export function taxWord({ tax_percent: percent, structure }: Pick<Tariff, "tax_percent" | "structure">): string {
  if (structure) return t`Tax by price`;
  return percent === "0" ? t`No tax` : t`${percent} % tax`;
}
