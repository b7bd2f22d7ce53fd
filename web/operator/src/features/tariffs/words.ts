import { t } from "@lingui/core/macro";
import type { Tariff } from "@stationmaster/api";

type Priced = Pick<Tariff, "currency" | "price_per_kwh" | "price_per_minute" | "price_per_session">;

/** What charging costs, in words: amounts as they are kept, exactly. */
export function priceWord({ currency, price_per_kwh: kwh, price_per_minute: minute, price_per_session: session }: Priced): string {
  const parts = [];
  if (kwh !== null) parts.push(t`${kwh} ${currency} a kWh`);
  if (minute !== null) parts.push(t`${minute} ${currency} a minute`);
  if (session !== null) parts.push(t`${session} ${currency} a session`);
  return parts.join(" + ") || t`Free`;
}
