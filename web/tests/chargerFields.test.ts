import type { Station } from "@stationmaster/api";
import * as v from "valibot";
import { expect, test } from "vitest";
import { connectorFacts, facts, nextConnector, schema, typed } from "../operator/src/features/chargers/chargerFields";
import { connector as aConnector, station as aStation } from "./factories";

const record = (changes: Partial<Station> = {}) => typed(aStation(changes));

function complaints(values: ReturnType<typeof record>): string[] {
  const { issues } = v.safeParse(schema(), values);
  return issues?.map((issue) => `${v.getDotPath(issue) ?? ""}: ${issue.message}`) ?? [];
}

test("a record is sent back as it came", () => {
  const station = aStation({ max_power_w: 22_500, manufacturer: "Acme", connectors: [aConnector({ max_power_w: 11_000, max_current_a: 16, type: "type2" })] });
  const values = typed(station);
  expect(complaints(values)).toEqual([]);
  expect(facts(values)).toMatchObject({ max_power_w: 22_500, manufacturer: "Acme", name: station.name });
  expect(values.connectors.map(connectorFacts)).toEqual([{ type: "type2", max_current_a: 16, max_power_w: 11_000 }]);
});

test("what nobody knows is null, and never nought", () => {
  const values = { ...record(), max_power: " ", manufacturer: " " };
  expect(complaints(values)).toEqual([]);
  expect(facts(values)).toMatchObject({ max_power_w: null, manufacturer: null });
});

test.each([
  ["0.4", "From 0.5 to 4,000 kW"],
  ["4001", "From 0.5 to 4,000 kW"],
  ["many", "A number of kW, such as 22"],
])("a power of %s kW is refused as the server would", (max_power, why) => {
  expect(complaints({ ...record(), max_power })).toContain(`max_power: ${why}`);
});

test("two connectors with one number are told at the second", () => {
  const one = record({ connectors: [aConnector({ evse: 1, connector: 1 })] });
  const twice = { ...nextConnector(one.connectors), evse: "01" };
  expect(complaints({ ...one, connectors: [...one.connectors, twice] })).toEqual(["connectors.1.connector: There is this one already"]);
  expect(complaints({ ...one, connectors: [...one.connectors, nextConnector(one.connectors)] })).toEqual([]);
});
