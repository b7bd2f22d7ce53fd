import { t } from "@lingui/core/macro";
import type { Connector, Station } from "@stationmaster/api";
import { DECIMAL, decimal, optional } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull } from "../../fields";

/** What people say of a connector, as it is typed. `told`: the charger itself speaks of it, so it can't be removed. */
export interface TypedConnector {
  evse: string;
  connector: string;
  type: string | null;
  amperes: string;
  kilowatts: string;
  told: boolean;
  isNew: boolean;
}

/** The record of a charger as it is typed. */
export function typed(station: Station) {
  return {
    name: station.name ?? "",
    site: station.site ?? "",
    registration: station.registration as string,
    pinned_version: station.pinned_version,
    strict: station.strict,
    charger_type: station.charger_type as string | null,
    phase: station.phase as string | null,
    manufacturer: station.manufacturer ?? "",
    max_power: kilowatts(station.max_power_w),
    connectors: station.connectors.map(typedConnector),
  };
}

export type Typed = ReturnType<typeof typed>;

function typedConnector(one: Connector): TypedConnector {
  return {
    evse: String(one.evse),
    connector: String(one.connector),
    type: one.type,
    amperes: one.max_current_a?.toString() ?? "",
    kilowatts: kilowatts(one.max_power_w),
    // One in a session, too: it is shown because something charges there.
    told: one.status !== null || one.session !== null,
    isNew: false,
  };
}

/** The next connector that a charger may have, to be filled in. */
export function nextConnector(connectors: TypedConnector[]): TypedConnector {
  const evse = Math.max(0, ...connectors.map((each) => Number(each.evse) || 0)) + 1;
  return { evse: String(evse), connector: "1", type: null, amperes: "", kilowatts: "", told: false, isNew: true };
}

/** What is sent of the charger itself. */
export function facts(values: Typed) {
  const { registration, pinned_version, strict, charger_type, phase } = values;
  return {
    registration, pinned_version, strict, charger_type, phase,
    name: orNull(values.name),
    site: orNull(values.site),
    manufacturer: orNull(values.manufacturer),
    max_power_w: watts(values.max_power),
  };
}

/** What is sent of a connector. */
export function connectorFacts({ type, amperes, kilowatts: power }: TypedConnector) {
  return { type: type as Connector["type"], max_current_a: amperes.trim() === "" ? null : Number(amperes), max_power_w: watts(power) };
}

const LEAST_W = 500;
const MOST_W = 4_000_000;
const MOST_A = 2_000;

export function schema() {
  return v.object({
    name: optional(),
    site: optional(),
    registration: v.string(),
    pinned_version: v.nullable(v.string()),
    strict: v.boolean(),
    charger_type: v.nullable(v.string()),
    phase: v.nullable(v.string()),
    manufacturer: optional(),
    max_power: power(),
    connectors: v.pipe(v.array(connectorSchema()), v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const places = dataset.value.map(placeOf);
      places.forEach((place, at) => {
        if (places.indexOf(place) === at) return;
        const input = dataset.value;
        const path = [
          { type: "array" as const, origin: "value" as const, input, key: at, value: input[at] },
          { type: "object" as const, origin: "value" as const, input: input[at] as unknown as Record<string, unknown>, key: "connector", value: input[at]?.connector },
        ];
        addIssue({ message: t`There is this one already`, path: path as never });
      });
    })),
  });
}

function connectorSchema() {
  const number = v.pipe(v.string(), v.trim(), v.regex(/^\d{1,4}$/, t`A whole number`), v.check((text) => Number(text) >= 1 && Number(text) <= 1000, t`From 1 to 1,000`));
  return v.object({
    evse: number,
    connector: number,
    type: v.nullable(v.string()),
    amperes: v.pipe(v.string(), v.trim(), v.check((text) => text === "" || (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_A), t`A whole number of A, up to 2,000`)),
    kilowatts: power(),
    told: v.boolean(),
    isNew: v.boolean(),
  });
}

function power() {
  return v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => text === "" || DECIMAL.test(text), t`A number of kW, such as 22`),
    v.check((text) => text === "" || within(watts(text)), t`From 0.5 to 4,000 kW`),
  );
}

function within(w: number | null): boolean {
  return w !== null && w >= LEAST_W && w <= MOST_W;
}

export function placeOf({ evse, connector }: TypedConnector): string {
  return `${Number(evse)}.${Number(connector)}`;
}

function kilowatts(w: number | null): string {
  return w === null ? "" : String(w / 1000);
}

function watts(text: string): number | null {
  return text.trim() === "" ? null : Math.round(decimal(text) * 1000);
}
