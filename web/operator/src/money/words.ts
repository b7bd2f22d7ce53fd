import { t } from "@lingui/core/macro";
import type { Price, PriceLine, PriceNote } from "@stationmaster/api";
import { kwh, lasting, timesThere, unitPrice } from "@stationmaster/ui/format";

/** What one line of a bill is for. */
export function lineName({ type, reservation }: Pick<PriceLine, "type" | "reservation">): string {
  if (reservation) return type === "flat" ? t`Fee for the reservation` : t`Reserved time`;
  const words: Record<PriceLine["type"], string> = {
    energy: t`Energy`,
    time: t`Charging time`,
    parking_time: t`Standing without charging`,
    flat: t`Fee for the session`,
    min_price: t`Up to the lowest price of a session`,
    max_price: t`Down to the highest price of a session`,
  };
  return words[type];
}

/** "18.735 kWh × €0.39 a kWh": how a line comes to its amount; nothing where it is paid once. */
export function lineSum({ quantity, unit, unit_price }: Pick<PriceLine, "quantity" | "unit" | "unit_price">, currency: string): string | null {
  const each = unitPrice(unit_price, currency);
  if (unit === "kwh") return t`${kwh(quantity)} × ${each} a kWh`;
  if (unit === "hour") return t`${lasting(quantity)} × ${each} an hour`;
  if (unit === "minute") return t`${lasting(quantity)} × ${each} a minute`;
  return null;
}

/** What else there is to know of a line: when it was, what a step has added, that it has reached its maximum, its taxes where lines differ in them. */
export function lineAsides(line: PriceLine, bill: Pick<Price, "lines" | "currency">, zone: string): string[] {
  const asides: string[] = [];
  if (line.unit !== "session") {
    const times = timesThere(line.begins_at, line.ends_at, zone);
    asides.push(line.parts.length > 1 ? t`${times}, in ${line.parts.length} parts` : times);
  }
  if (line.added > 0) {
    const added = line.unit === "kwh" ? kwh(line.added) : lasting(line.added);
    asides.push(t`with ${added} that the price rounds up to a whole step`);
  }
  if (line.capped) asides.push(t`this price has reached its maximum`);
  const taxed = new Set(bill.lines.map(({ taxes }) => taxes.join()));
  if (taxed.size > 1) asides.push(line.taxes.length > 0 ? line.taxes.join(", ") : t`without tax`);
  return asides;
}

/** Notes that say something beside the lines; the others stand at their line. */
export function tellingNotes(notes: PriceNote[]): string[] {
  return notes.filter(({ note }) => note !== "step" && note !== "capped").map(({ sentence }) => sentence);
}

/** Who decided that a tariff holds. */
export function deciderWord(level: string): string {
  const words: Record<string, string> = {
    customer: t`named for the customer`,
    customer_group: t`named for the customer’s group`,
    connector: t`named by the connector`,
    station: t`named by the charger`,
    site: t`named by the site`,
    organization: t`the standard tariff`,
    setting: t`the one of the settings`,
  };
  return words[level] ?? level.replaceAll("_", " ");
}
