import { t } from "@lingui/core/macro";
import { i18n } from "@lingui/core";
import { number } from "@stationmaster/ui";

/** "+12 % against Thursday": what today has brought so far, beside the same weekday a week ago until the same hour. */
export function compared(now: number, before: number, day: string): string {
  const weekday = new Intl.DateTimeFormat(i18n.locale, { weekday: "long", timeZone: "UTC" }).format(new Date(day));
  if (before === 0) return now === 0 ? t`as last ${weekday}` : t`last ${weekday}: none by now`;
  const change = Math.round((now / before - 1) * 100);
  if (change === 0) return t`as last ${weekday}`;
  return t`${(change > 0 ? "+" : "−") + number(Math.abs(change), "%")} against last ${weekday}`;
}
