import { plural, t } from "@lingui/core/macro";
import type { Structure, Tariff } from "@stationmaster/api";
import { money, unitPrice } from "@stationmaster/ui";

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

/** What holds for a whole session, in words. */
export function limitWords(structure: Structure, currency: string): string[] {
  const { min_price: least, max_price: most, grace_minutes: grace = 0, holidays } = structure;
  return [
    least?.after_taxes && t`At least ${money(least.after_taxes, currency)} with tax`,
    least?.before_taxes && t`At least ${money(least.before_taxes, currency)} without tax`,
    most?.after_taxes && t`At most ${money(most.after_taxes, currency)} with tax`,
    most?.before_taxes && t`At most ${money(most.before_taxes, currency)} without tax`,
    grace > 0 && plural(grace, { one: "Standing is free for the first minute", other: "Standing is free for the first # minutes" }),
    holidays && t`Public holidays are those of ${holidays}`,
    taxesWord(structure),
  ].filter((word) => typeof word === "string" && word !== "") as string[];
}

function taxesWord({ elements, tax_included: included }: Structure): string {
  const taxes = [...new Set(elements.flatMap((one) => one.price_components).flatMap(({ taxes: due = [] }) => due.map(({ name, percent }) => `${name} ${percent} %`)))];
  if (taxes.length === 0) return t`Without tax`;
  return included ? t`The prices are with ${taxes.join(", ")}` : t`${taxes.join(", ")} comes on top`;
}

export function removeAbout(name: string): string {
  return t`${name} leaves the list, and can be restored there. A tariff that a site, a charger or a connector names, or that holds everywhere, can't be removed.`;
}
