import { expect, it } from "vitest";
import { compared } from "../operator/src/features/home/compared";
import { clusters } from "../operator/src/features/map/clusters";
import { isPlaced, matching, placed, placesOf, sitesByTone } from "../operator/src/features/map/places";
import { dayAfter, daysOf } from "../operator/src/figures/period";
import { cell } from "../ui/src/table/xlsx";
import { connector, station } from "./factories";

it("a period has today in it, unless it is a month that is over", () => {
  const today = new Date(2026, 2, 31);
  expect(daysOf("7", today)).toEqual({ from: "2026-03-25", to: "2026-04-01" });
  expect(daysOf("month", today)).toEqual({ from: "2026-03-01", to: "2026-04-01" });
  expect(daysOf("last-month", today)).toEqual({ from: "2026-02-01", to: "2026-03-01" });
  expect(daysOf("year", new Date(2026, 0, 1))).toEqual({ from: "2026-01-01", to: "2026-01-02" });
  expect(daysOf("last-month", new Date(2026, 0, 31))).toEqual({ from: "2025-12-01", to: "2026-01-01" });
  expect(dayAfter("2026-03-01", -1)).toBe("2026-02-28");
});

it("today is compared with the weekday a week ago, and with none where there was nothing", () => {
  expect(compared(112, 100, "2026-11-19")).toBe("+12 % against last Thursday");
  expect(compared(50, 100, "2026-11-19")).toBe("−50 % against last Thursday");
  expect(compared(100.2, 100, "2026-11-19")).toBe("as last Thursday");
  expect(compared(3, 0, "2026-11-19")).toBe("last Thursday: none by now");
});

it("a workbook has numbers as numbers and text as text, whatever it begins with", () => {
  expect(cell(12.5)).toEqual({ type: Number, value: 12.5 });
  expect(cell("=1+1")).toEqual({ type: String, value: "=1+1" });
  expect(cell("0123")).toEqual({ type: String, value: "0123" });
  expect(cell("2026-11-25T18:05:00Z")).toMatchObject({ type: Date });
  expect(cell("2026-11-25")).toEqual({ type: String, value: "2026-11-25" });
  expect([cell(null), cell(undefined), cell("")]).toEqual([null, null, null]);
});

const site = (name: string, at: [number, number] | null = null) => ({ id: name, name, city: "Hamburg", longitude: at?.[0] ?? null, latitude: at?.[1] ?? null }) as never;
const at = (id: string, site: string, statuses: string[], connected = true) => station({ id, site, connected, connectors: statuses.map((status) => connector({ status })) });

it("a site is faulted when one connector is, and offline when all are", () => {
  const places = placesOf(
    [site("Quay"), site("Harbour"), site("Empty")],
    [at("A", "Harbour", ["Faulted", "Available"]), at("B", "Harbour", ["Charging"]), at("C", "Quay", ["Available", "Faulted"], false), at("D", "Quay", ["Charging"]), at("E", "Elsewhere", ["Faulted"])],
  );
  expect(places.map(({ site, tone, counts }) => [site.name, tone, counts])).toEqual([
    ["Empty", "unavailable", []],
    ["Harbour", "faulted", [["faulted", 1], ["charging", 1], ["available", 1]]],
    ["Quay", "charging", [["offline", 2], ["charging", 1]]],
  ]);
  expect(placesOf([site("Quay")], [at("C", "Quay", [], false)])[0]).toMatchObject({ tone: "offline", counts: [["offline", 1]] });
});

it("a map shows the sites that have a state and a position, and the list all that have the state", () => {
  const places = placesOf([site("Quay", [10, 53]), site("Harbour"), site("Mill", [0, 0])], [at("A", "Quay", ["Reserved"]), at("B", "Harbour", ["Preparing", "Available"])]);
  expect(matching(places, "", "busy").map((one) => one.site.name)).toEqual(["Harbour", "Quay"]);
  expect(matching(places, " hamburg ", "available").map((one) => one.site.name)).toEqual(["Harbour"]);
  expect([...sitesByTone(places)]).toEqual([["busy", 2], ["available", 1]]);
  expect(places.filter((one) => !isPlaced(one)).map((one) => one.site.name)).toEqual(["Harbour"]);
  expect(placed(places).map((one) => one.at)).toEqual([[0, 0], [10, 53]]);
});

it("sites that are near are one spot with the worst news, until one is near enough", () => {
  const near = Array.from({ length: 3_000 }, (_, n) => site(`S${String(n)}`, [10 + n / 1e5, 53]));
  const find = clusters(placed(placesOf([...near, site("Far", [77, 28])], [at("A", "S7", ["Faulted"]), at("B", "S8", ["Charging"])])), 19);
  const world = find([-180, -85, 180, 85], 2);
  expect(world.map((spot) => ["sites" in spot ? spot.sites : spot.place.site.name, spot.tone])).toEqual([["Far", "unavailable"], [3_000, "faulted"]]);
  expect(find([9.9, 52.9, 10.0001, 53.1], 19).every((spot) => "place" in spot)).toBe(true);
});
