import { t } from "@lingui/core/macro";
import type { Tariff } from "@stationmaster/api";
import { unitPrice } from "@stationmaster/ui";

export const STATUSES = ["active", "inactive"] as const;

export function tariffWord(status: Tariff["status"]): string {
  return status === "active" ? t`In use` : t`Not in use`;
}

type Priced = Pick<Tariff, "currency" | "price_per_kwh" | "price_per_minute" | "price_per_session"> & { structure?: Tariff["structure"] };

/** What charging costs, in words: each price of a tariff. */
export function prices({ currency, price_per_kwh, price_per_minute, price_per_session, structure }: Priced): string[] {
  if (structure) return [t`By time and use, in ${currency}`];
  const each = (amount: string | null) => amount && unitPrice(amount, currency);
  const kwh = each(price_per_kwh);
  const minute = each(price_per_minute);
  const session = each(price_per_session);
  const parts = [kwh && t`${kwh} a kWh`, minute && t`${minute} a minute`, session && t`${session} a session`].filter((part) => part !== null);
  return parts.length > 0 ? parts : [t`Free`];
}

export function priceWord(priced: Priced): string {
  return prices(priced).join(" + ");
}

/** A structure has the taxes of each of its prices. */
export function taxWord({ tax_percent: percent, structure }: Pick<Tariff, "tax_percent" | "structure">): string {
  if (structure) return t`Tax by price`;
  return percent === "0" ? t`No tax` : t`${percent} % tax`;
}

export function removeAbout(name: string): string {
  return t`${name} leaves the list, and can be restored there. A tariff that a site, a charger or a connector names, or that holds everywhere, can't be removed.`;
}
