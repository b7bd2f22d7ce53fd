import type { FormField } from "@stationmaster/api";
import { isObject } from "../../frames";

/** What is entered in the fields of a form that is made from a command: a text each; empty is left out. */
export type Entered = Record<string, string>;

export function emptyForm(fields: FormField[]): Entered {
  return Object.fromEntries(fields.map((field) => [field.name, field.required && field.kind === "json" ? JSON.stringify(field.example, null, 2) : ""]));
}

/** The body of the command; and the names of fields that cannot be read, or must not be empty. */
export function bodyOf(fields: FormField[], entered: Entered): { body: Record<string, unknown>; missing: string[]; unreadable: string[] } {
  const body: Record<string, unknown> = {};
  const missing: string[] = [];
  const unreadable: string[] = [];
  for (const field of fields) {
    const text = (entered[field.name] ?? "").trim();
    if (text === "") {
      if (field.required) missing.push(field.name);
      continue;
    }
    const value = valueOf(field, text);
    if (value === undefined) unreadable.push(field.name);
    else body[field.name] = value;
  }
  return { body, missing, unreadable };
}

function valueOf(field: FormField, text: string): unknown {
  switch (field.kind) {
    case "number": {
      const number = Number(text.replace(",", "."));
      return Number.isFinite(number) ? number : undefined;
    }
    case "flag":
      return text === "true";
    case "json":
      return parsed(text);
    default:
      return text;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The payload that a raw call is offered with an action; what somebody has typed is left alone. */
export function offeredPayload(actions: Record<string, unknown>, action: string, typed: string): string {
  const untouched = !isObject(typed) ? typed.trim() === "" : ["{}", ...Object.values(actions).map(short)].includes(short(JSON.parse(typed)));
  return untouched && action in actions ? JSON.stringify(actions[action], null, 2) : typed;
}

function short(value: unknown): string {
  return JSON.stringify(value);
}
