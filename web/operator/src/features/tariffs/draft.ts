import { t } from "@lingui/core/macro";
import type { Structure } from "@stationmaster/api";
import { sentDecimal } from "../../fields";
import type { Component, Day, Dimension, Restrictions } from "./structures";

/** A tariff as it is being written: what the fields hold, as text. */
export interface Draft {
  elements: DraftElement[];
  /** Due on every price that has none of its own. */
  taxes: DraftTax[];
  tax_included: boolean;
  min_price: DraftLimit;
  max_price: DraftLimit;
  grace_minutes: string;
  idle_below_w: string;
  bill_from_wh: string;
  holidays: string;
  texts: { language: string; text: string }[];
}

export interface DraftElement {
  /** Stays with an element that is moved. */
  key: number;
  /** One for each dimension; those without a price are none. */
  prices: DraftPrice[];
  when: When;
}

export interface DraftPrice {
  type: Dimension;
  price: string;
  per: "hour" | "minute";
  step_size: string;
  max_price: string;
  /** Null: those of the tariff. */
  taxes: DraftTax[] | null;
}

export interface DraftTax {
  name: string;
  percent: string;
}

interface DraftLimit {
  before_taxes: string;
  after_taxes: string;
}

/** Restrictions; durations are in minutes. */
export interface When {
  start_time: string;
  end_time: string;
  day_of_week: Day[];
  start_date: string;
  end_date: string;
  public_holiday: "" | "yes" | "no";
  min_kwh: string;
  max_kwh: string;
  min_power: string;
  max_power: string;
  min_duration: string;
  max_duration: string;
  reservation: "" | "reservation" | "reservation_expires";
}

export const DIMENSIONS: readonly Dimension[] = ["energy", "time", "parking_time", "flat"];

let keys = 0;

export function newElement(): DraftElement {
  return { key: ++keys, prices: DIMENSIONS.map(noPrice), when: whenOf({}) };
}

function noPrice(type: Dimension): DraftPrice {
  return { type, price: "", per: type === "flat" || type === "energy" ? "hour" : "minute", step_size: "1", max_price: "", taxes: null };
}

export function draftOf(structure: Structure): Draft {
  const common = commonTaxes(structure);
  const limit = (one: Structure["min_price"]): DraftLimit => ({ before_taxes: text(one?.before_taxes), after_taxes: text(one?.after_taxes) });
  return {
    elements: structure.elements.map(({ price_components: components, restrictions }) => ({
      key: ++keys,
      // In their order, which is that of the bill.
      prices: [...components.map((one) => priceOf(one, common)), ...DIMENSIONS.filter((type) => !components.some((one) => one.type === type)).map(noPrice)],
      when: whenOf(restrictions ?? {}),
    })),
    taxes: common,
    tax_included: structure.tax_included ?? false,
    min_price: limit(structure.min_price),
    max_price: limit(structure.max_price),
    grace_minutes: text(structure.grace_minutes ?? 0),
    idle_below_w: text(structure.idle_below_w ?? 100),
    bill_from_wh: text(structure.bill_from_wh ?? 100),
    holidays: structure.holidays ?? "",
    texts: (structure.texts ?? []).map((one) => ({ ...one })),
  };
}

function priceOf({ type, price, per, step_size, max_price, taxes = [] }: Component, common: DraftTax[]): DraftPrice {
  const own = taxes.map(taxOf);
  return { type, price: text(price), per: per ?? "hour", step_size: text(step_size ?? 1), max_price: text(max_price), taxes: same(own, common) ? null : own };
}

function whenOf(told: Restrictions): When {
  const minutes = (seconds: number | null | undefined) => (typeof seconds === "number" ? String(Math.round((seconds / 60) * 10_000) / 10_000) : "");
  return {
    start_time: told.start_time ?? "",
    end_time: told.end_time ?? "",
    day_of_week: [...(told.day_of_week ?? [])],
    start_date: told.start_date ?? "",
    end_date: told.end_date ?? "",
    public_holiday: told.public_holiday === true ? "yes" : told.public_holiday === false ? "no" : "",
    min_kwh: text(told.min_kwh),
    max_kwh: text(told.max_kwh),
    min_power: text(told.min_power),
    max_power: text(told.max_power),
    min_duration: minutes(told.min_duration),
    max_duration: minutes(told.max_duration),
    reservation: told.reservation ?? "",
  };
}

/** The taxes that most prices have: they are entered once. */
function commonTaxes(structure: Structure): DraftTax[] {
  const counts = new Map<string, { taxes: DraftTax[]; count: number }>();
  for (const { taxes = [] } of structure.elements.flatMap((one) => one.price_components)) {
    const own = taxes.map(taxOf);
    const key = JSON.stringify(own);
    counts.set(key, { taxes: own, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].reduce((most, one) => (one.count > most.count ? one : most), { taxes: [] as DraftTax[], count: 0 }).taxes;
}

function taxOf({ name, percent }: { name: string; percent: string }): DraftTax {
  return { name, percent: text(percent) };
}

/** What a draft is as a tariff. Only what is no number on the way has to be looked for before: `draftProblems`. */
export function structureFrom(draft: Draft): Structure {
  const taxes = (own: DraftTax[]) => own.filter(({ name, percent }) => name.trim() || percent.trim()).map(({ name, percent }) => ({ name: name.trim(), percent: sentDecimal(percent) || "0" }));
  const limit = (one: DraftLimit) => {
    const given = { ...amount("before_taxes", one.before_taxes), ...amount("after_taxes", one.after_taxes) };
    return Object.keys(given).length > 0 ? given : null;
  };
  return {
    elements: draft.elements.map(({ prices, when }) => ({
      price_components: priced(prices).map(({ type, price, per, step_size, max_price, taxes: own }) => ({
        type,
        price: sentDecimal(price),
        ...(isTime(type) && { per }),
        step_size: whole(step_size, 1),
        ...amount("max_price", max_price),
        taxes: taxes(own ?? draft.taxes),
      })),
      restrictions: restrictionsFrom(when),
    })),
    tax_included: draft.tax_included,
    min_price: limit(draft.min_price),
    max_price: limit(draft.max_price),
    grace_minutes: whole(draft.grace_minutes, 0),
    idle_below_w: whole(draft.idle_below_w, 0),
    bill_from_wh: whole(draft.bill_from_wh, 0),
    holidays: draft.holidays.trim() || null,
    texts: draft.texts.filter(({ text: words }) => words.trim()).map(({ language, text: words }) => ({ language: language.trim(), text: words.trim() })),
  };
}

export function isTime(type: Dimension): boolean {
  return type === "time" || type === "parking_time";
}

export function restrictionsFrom(when: When): Restrictions {
  const told = (name: "start_time" | "end_time" | "start_date" | "end_date") => (when[name] ? { [name]: when[name] } : {});
  const seconds = (name: "min_duration" | "max_duration") => (when[name].trim() ? { [name]: Math.round(Number(sentDecimal(when[name])) * 60) } : {});
  return {
    ...told("start_time"),
    ...told("end_time"),
    ...told("start_date"),
    ...told("end_date"),
    ...(when.day_of_week.length > 0 && { day_of_week: when.day_of_week }),
    ...(when.public_holiday && { public_holiday: when.public_holiday === "yes" }),
    ...amount("min_kwh", when.min_kwh),
    ...amount("max_kwh", when.max_kwh),
    ...amount("min_power", when.min_power),
    ...amount("max_power", when.max_power),
    ...seconds("min_duration"),
    ...seconds("max_duration"),
    ...(when.reservation && { reservation: when.reservation }),
  };
}

function amount<Name extends string>(name: Name, typed: string): { [key in Name]?: string } {
  return typed.trim() ? ({ [name]: sentDecimal(typed) } as { [key in Name]?: string }) : {};
}

function whole(typed: string, otherwise: number): number {
  return typed.trim() ? Number(sentDecimal(typed)) : otherwise;
}

export function priced(prices: DraftPrice[]): DraftPrice[] {
  return prices.filter(({ price }) => price.trim());
}

/** What is no number, by its place: `elements.0.energy.price`. The rest is for the server to say. */
export function draftProblems(draft: Draft): Record<string, string> {
  const problems: Record<string, string> = {};
  const number = (place: string, typed: string, { whole: isWhole = false } = {}) => {
    const pattern = isWhole ? /^\d+$/ : /^\d+([.,]\d+)?$/;
    if (typed.trim() && !pattern.test(typed.trim())) problems[place] = isWhole ? t`A whole number from 0 on` : t`A number from 0 on`;
  };
  draft.elements.forEach(({ prices, when }, index) => {
    if (priced(prices).length === 0) problems[`elements.${index}.price_components`] = t`Enter one price at least`;
    for (const one of prices) {
      const place = `elements.${index}.${one.type}`;
      number(`${place}.price`, one.price);
      number(`${place}.max_price`, one.max_price);
      number(`${place}.step_size`, one.step_size, { whole: true });
      one.taxes?.forEach(({ percent }, each) => { number(`${place}.taxes.${each}.percent`, percent); });
    }
    for (const name of ["min_kwh", "max_kwh", "min_power", "max_power", "min_duration", "max_duration"] as const) {
      number(`elements.${index}.when.${name}`, when[name]);
    }
  });
  draft.taxes.forEach(({ percent }, index) => { number(`taxes.${index}.percent`, percent); });
  for (const name of ["min_price", "max_price"] as const) {
    number(`${name}.before_taxes`, draft[name].before_taxes);
    number(`${name}.after_taxes`, draft[name].after_taxes);
  }
  for (const name of ["grace_minutes", "idle_below_w", "bill_from_wh"] as const) number(name, draft[name], { whole: true });
  return problems;
}

/** Where a field of the server's stands in the draft: `elements[0].price_components[1].price` is `elements.0.flat.price`. */
export function placeOf(field: string, draft: Draft): string {
  const [, index, rest] = /^(?:structure\.)?elements\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
  if (index === undefined || rest === undefined) return field.replace(/^structure\./, "").replace(/\[(\d+)\]/g, ".$1");
  const element = draft.elements[Number(index)];
  const [, position, name] = /^price_components\[(\d+)\]\.?(.*)$/.exec(rest) ?? [];
  if (position === undefined) return `elements.${index}.${rest.replace(/^restrictions/, "when") || "price_components"}`;
  const component = element && priced(element.prices)[Number(position)];
  const tax = /^taxes\[(\d+)\]\.(.*)$/.exec(name ?? "");
  if (tax && component?.taxes === null) return `taxes.${tax[1]}.${tax[2]}`;
  const inside = (name ?? "").replace(/\[(\d+)\]/g, ".$1");
  // A price that never holds, or is there twice, is marked at the price itself.
  return `elements.${index}.${component?.type ?? "price_components"}.${inside === "" || inside === "type" ? "price" : inside}`;
}

function text(value: string | number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
