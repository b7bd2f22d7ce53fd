import { t } from "@lingui/core/macro";
import type { Structure, Tariff } from "@stationmaster/api";

export type Element = Structure["elements"][number];
export type Component = Element["price_components"][number];
export type Restrictions = NonNullable<Element["restrictions"]>;
export type Dimension = Component["type"];
export type Day = NonNullable<Restrictions["day_of_week"]>[number];

/** The few prices of a short tariff as the one element that they are. */
export function structureOf(tariff: Pick<Tariff, "structure" | "price_per_kwh" | "price_per_minute" | "price_per_session" | "tax_percent">): Structure {
  if (tariff.structure) return tariff.structure;
  const taxes = Number(tariff.tax_percent) > 0 ? [{ name: t`Tax`, percent: tariff.tax_percent }] : [];
  const components: Component[] = [];
  if (tariff.price_per_session !== null) components.push({ type: "flat", price: tariff.price_per_session, taxes });
  if (tariff.price_per_kwh !== null) components.push({ type: "energy", price: tariff.price_per_kwh, taxes });
  if (tariff.price_per_minute !== null) components.push({ type: "time", price: tariff.price_per_minute, per: "minute", taxes });
  return { elements: [{ price_components: components }] };
}
