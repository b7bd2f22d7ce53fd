import { i18n } from "@lingui/core";
import "dayjs/locale/de";
import "dayjs/locale/en-gb";
import "dayjs/locale/es";
import "dayjs/locale/fr";
import "dayjs/locale/hi";

/** The names of days and months in calendars. Calendars come late, so all languages are small enough to come along. */
export function calendarLanguage(): string {
  return i18n.locale === "en" ? "en-gb" : i18n.locale;
}

/** How a day is written in a field, and typed into it. */
export function dayFormat(): string {
  const valueFormat = i18n.locale === "de" ? "D. MMM YYYY" : "D MMM YYYY";
  return valueFormat;
}
