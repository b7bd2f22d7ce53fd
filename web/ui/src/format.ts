import { plural, t } from "@lingui/core/macro";
import { perLanguage } from "./language";

/** How numbers and times are written on every page: as the reader's language writes them. */

const NONE = "–";
const oneDecimal = perLanguage((tag) => new Intl.NumberFormat(tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
const twoDecimals = perLanguage((tag) => new Intl.NumberFormat(tag, { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
const threeDecimals = perLanguage((tag) => new Intl.NumberFormat(tag, { minimumFractionDigits: 3, maximumFractionDigits: 3 }));
const upToOne = perLanguage((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }));
const whole = perLanguage((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }));

/** Wh as kWh: three decimals below 100 kWh, where a watt-hour can still be seen, two above. */
export function kwh(wh: number | null | undefined): string {
  if (wh === null || wh === undefined) return NONE;
  const value = wh / 1000;
  return `${(Math.abs(value) < 100 ? threeDecimals : twoDecimals)().format(value)} kWh`;
}

/** A meter's register in kWh: always to the watt-hour, however far the meter has come. */
export function meter(wh: number | null | undefined): string {
  return wh === null || wh === undefined ? NONE : `${threeDecimals().format(wh / 1000)} kWh`;
}

/** W as kW with one decimal. */
export function kw(w: number | null | undefined): string {
  if (w === null || w === undefined) return NONE;
  return `${oneDecimal().format(w / 1000)} kW`;
}

/** 22 kW, 7.4 kW: what something can deliver. */
export function ratedKw(w: number): string {
  return `${upToOne().format(w / 1000)} kW`;
}

export function number(value: number | null | undefined, unit = "", decimals: 0 | 1 = 0): string {
  if (value === null || value === undefined) return NONE;
  const text = (decimals ? oneDecimal : whole)().format(value);
  return unit ? `${text} ${unit}` : text;
}

export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : `${whole().format(value)} %`;
}

/** 16 A, 11,000 W: a limit as it was asked for. */
export function limit(value: number, unit: string): string {
  return `${upToOne().format(value)} ${unit}`;
}

/** 812 B, 4.0 kB, 12.3 MB. */
export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return NONE;
  if (size < 1000) return `${whole().format(size)} B`;
  return size < 1_000_000 ? `${oneDecimal().format(size / 1000)} kB` : `${oneDecimal().format(size / 1_000_000)} MB`;
}

/** 84 ms, 1.2 s. */
export function took(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NONE;
  if (ms < 10) return `${oneDecimal().format(ms)} ms`;
  return ms < 1000 ? `${whole().format(ms)} ms` : `${oneDecimal().format(ms / 1000)} s`;
}

/** "just now", "3 min ago", "in 2 h", "5 days ago". */
export function relative(at: string | null | undefined, now: number): string {
  if (!at) return t`never`;
  const seconds = (now - Date.parse(at)) / 1000;
  if (Number.isNaN(seconds)) return NONE;
  // Clocks of two machines differ a little; a second or two ahead is still now.
  if (Math.abs(seconds) < 10) return t`just now`;
  const words = span(Math.abs(seconds));
  return seconds > 0 ? t`${words} ago` : t`in ${words}`;
}

function span(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return plural(Math.floor(seconds / 86_400), { one: "# day", other: "# days" });
}

/** "45 s", "12 min", "1 h 05 min", "2 d 3 h". */
export function duration(from: string | null | undefined, to: string | number | null | undefined): string {
  if (!from || !to) return NONE;
  // From whole seconds, as times are shown: 09:00:00.9 to 09:06:00.1 are six minutes.
  const second = (at: string | number) => Math.floor((typeof at === "number" ? at : Date.parse(at)) / 1000);
  const seconds = second(to) - second(from);
  if (Number.isNaN(seconds)) return NONE;
  if (seconds < 60) return `${Math.max(0, seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = String(minutes % 60).padStart(2, "0");
  if (hours < 24) return t`${hours} h ${rest} min`;
  const days = Math.floor(hours / 24);
  const left = hours % 24;
  return t`${days} d ${left} h`;
}

// The 24 hours everywhere: tariffs and opening hours are said in them, and columns stay narrow.
function times(options: Intl.DateTimeFormatOptions): () => Intl.DateTimeFormat {
  return perLanguage((tag) => new Intl.DateTimeFormat(tag === "en" ? "en-GB" : tag, { ...options, ...(options.hour && { hourCycle: "h23" }) }));
}

const dateTime = times({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const clock = times({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = times({ hour: "2-digit", minute: "2-digit" });

/** In the reader's own zone. */
export function local(at: string | null | undefined): string {
  if (!at || Number.isNaN(Date.parse(at))) return NONE;
  return dateTime().format(new Date(at));
}

export function localClock(at: string | null | undefined): string {
  if (!at || Number.isNaN(Date.parse(at))) return NONE;
  return clock().format(new Date(at));
}

/** What a field for day and time holds, as a moment; null for an empty one. */
export function moment(field: string): string | null {
  return field === "" || Number.isNaN(Date.parse(field)) ? null : new Date(field).toISOString();
}

/** Whether what such a field holds is still to come. */
export function isToCome(field: string): boolean {
  return Date.parse(field) > Date.now();
}

/** A moment as such a field holds it: "2026-11-25T18:05", in the reader's own zone. */
export function momentField(at: number): string {
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** 17:53 */
export function localMinute(at: number): string {
  return minute().format(at);
}

/** 2025-11-21 09:20:05 UTC */
export function utc(at: string | null | undefined): string {
  if (!at || Number.isNaN(Date.parse(at))) return "";
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** "€12.50", "¥403", "KWD 0.329": an exact amount, with all the decimals of its currency. */
export function money(amount: string | null | undefined, currency: string): string {
  return amount === null || amount === undefined ? NONE : inCurrency(currency, 0).format(amount as `${number}`);
}

/** "€0.39", "€0.350001": what one unit costs, with the decimals it has. */
export function unitPrice(amount: string, currency: string): string {
  return inCurrency(currency, 6).format(amount as `${number}`);
}

const NO_CURRENCY = "xxx";
const formats = perLanguage((tag) => ({ tag, made: new Map<string, Intl.NumberFormat>() }));

/** A currency that nobody knows is written by its code. */
function inCurrency(currency: string, decimals: number): Intl.NumberFormat {
  const key = `${currency} ${decimals}`;
  const { tag, made } = formats();
  let format = made.get(key);
  if (!format) {
    const usual = { style: "currency", currency: /^[A-Za-z]{3}$/.test(currency) ? currency : NO_CURRENCY } as const;
    const { minimumFractionDigits = 2 } = new Intl.NumberFormat(tag, usual).resolvedOptions();
    format = new Intl.NumberFormat(tag, { ...usual, maximumFractionDigits: Math.max(minimumFractionDigits, decimals) });
    made.set(key, format);
  }
  return format;
}

/** "45 s", "47 min", "47 min 30 s", "1 h 05 min": exactly. */
export function lasting(seconds: number): string {
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  const parts = [hours > 0 && `${hours} h`, (minutes > 0 || (hours > 0 && rest > 0)) && `${hours > 0 ? String(minutes).padStart(2, "0") : minutes} min`, rest > 0 && `${rest} s`];
  return parts.filter(Boolean).join(" ") || `${minutes} min`;
}

/** "18:04–19:20", "24 Oct, 22:00 – 25 Oct, 04:00": by the clock on the wall of a site. */
export function timesThere(begin: string, end: string, zone: string): string {
  const day = times({ timeZone: zone, day: "numeric", month: "short" })();
  const clock = times({ timeZone: zone, hour: "2-digit", minute: "2-digit" })();
  const [from, to] = [new Date(begin), new Date(end)];
  if (day.format(from) === day.format(to)) return `${clock.format(from)}–${clock.format(to)}`;
  return `${day.format(from)}, ${clock.format(from)} – ${day.format(to)}, ${clock.format(to)}`;
}
