import { plural, t } from "@lingui/core/macro";
import type { Structure } from "@stationmaster/api";
import { lasting, money, unitPrice } from "@stationmaster/ui/format";
import { DAYS } from "../sites/hours";
import type { Component, Day, Restrictions } from "./structures";

export function shortDay(day: Day): string {
  const words: Record<Day, string> = { monday: t`Mon`, tuesday: t`Tue`, wednesday: t`Wed`, thursday: t`Thu`, friday: t`Fri`, saturday: t`Sat`, sunday: t`Sun` };
  return words[day];
}

/** When an element holds: "Mon–Fri, 08:00–20:00". */
export function whenWords(when: Restrictions): string {
  const parts = [
    when.reservation === "reservation" ? t`While a place is reserved` : when.reservation === "reservation_expires" ? t`When nobody comes for a reservation` : null,
    daysWord(when.day_of_week ?? []),
    between(when.start_time, when.end_time === "00:00" ? "24:00" : when.end_time, (from, to) => t`${from}–${to}`, (from) => t`from ${from} on`, (to) => t`until ${to}`),
    between(when.start_date, when.end_date, (from, to) => t`from ${from} until before ${to}`, (from) => t`from ${from} on`, (to) => t`until before ${to}`),
    when.public_holiday === true ? t`on public holidays` : when.public_holiday === false ? t`not on public holidays` : null,
    range(when.min_kwh, when.max_kwh, "kWh"),
    range(when.min_power, when.max_power, "kW"),
    between(time(when.min_duration), time(when.max_duration), (from, to) => t`from ${from} to ${to} of the session`, (from) => t`after ${from}`, (to) => t`in the first ${to}`),
  ].filter((part) => part !== null);
  const words = parts.join(", ");
  return words ? words.charAt(0).toUpperCase() + words.slice(1) : t`Always`;
}

function range(low: string | null | undefined, high: string | null | undefined, unit: string): string | null {
  const told = (value: string | null | undefined) => (value === null || value === undefined || Number.isNaN(Number(value)) ? null : `${Number(value)} ${unit}`);
  return between(told(low), told(high), (from, to) => t`from ${from} to ${to}`, (from) => t`from ${from} on`, (to) => t`below ${to}`);
}

function between(
  from: string | null | undefined, to: string | null | undefined,
  both: (from: string, to: string) => string, since: (from: string) => string, until: (to: string) => string,
): string | null {
  if (from && to) return both(from, to);
  if (from) return since(from);
  return to ? until(to) : null;
}

function time(seconds: number | null | undefined): string | null {
  return typeof seconds === "number" && !Number.isNaN(seconds) ? lasting(seconds) : null;
}

/** "Mon–Fri", "Sat, Sun"; nothing for every day. */
export function daysWord(days: readonly Day[]): string | null {
  if (days.length === 0 || days.length === DAYS.length) return null;
  const places = DAYS.map((day, index) => (days.includes(day) ? index : -1)).filter((index) => index >= 0);
  const first = places[0] ?? 0;
  const last = places.at(-1) ?? 0;
  const name = (index: number) => shortDay(DAYS[index] ?? "monday");
  if (places.length > 2 && last - first === places.length - 1) return `${name(first)}–${name(last)}`;
  return places.map(name).join(", ");
}

/** "€0.49 a kWh", "€0.10 a minute of standing, €12.00 at most". */
export function componentWord({ type, price, per, step_size, max_price }: Component, currency: string): string {
  const each = unitPrice(price, currency);
  const minute = per === "minute";
  const words = {
    energy: t`${each} a kWh`,
    time: minute ? t`${each} a minute of charging` : t`${each} an hour of charging`,
    parking_time: minute ? t`${each} a minute of standing` : t`${each} an hour of standing`,
    flat: t`${each} once`,
  }[type];
  const step = type === "energy" ? t`${step_size ?? 1} Wh` : lasting(step_size ?? 1);
  const asides = [(step_size ?? 1) > 1 && t`in steps of ${step}`, max_price && t`${money(max_price, currency)} at most`].filter(Boolean);
  return [words, ...asides].join(", ");
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
