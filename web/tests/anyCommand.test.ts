import { ACTIONS, FORMS, type FormField } from "@stationmaster/api";
import { describe, expect, it } from "vitest";
import { bodyOf, emptyForm, offeredPayload } from "../operator/src/features/chargers/anyCommand";

const FIELDS: FormField[] = [
  { name: "token", required: true, kind: "text" },
  { name: "evse", required: false, kind: "number" },
  { name: "force", required: false, kind: "flag" },
  { name: "ids", required: true, kind: "json", example: [0] },
];

describe("a form made from a command", () => {
  it("begins with an example where JSON is needed, and with nothing elsewhere", () => {
    expect(emptyForm(FIELDS)).toEqual({ token: "", evse: "", force: "", ids: "[\n  0\n]" });
  });
  it("sends what was filled in, each value in its kind", () => {
    expect(bodyOf(FIELDS, { token: " A ", evse: "1,5", force: "false", ids: "[1]" })).toEqual({
      body: { token: "A", evse: 1.5, force: false, ids: [1] }, missing: [], unreadable: [],
    });
  });
  it("says what is missing, and what cannot be read", () => {
    const { missing, unreadable } = bodyOf(FIELDS, { token: "  ", evse: "two", force: "", ids: "[1" });
    expect([missing, unreadable]).toEqual([["token"], ["evse", "ids"]]);
  });
  it("is there for every version", () => {
    expect(FORMS.filter((form) => form.versions.includes("2.1")).length).toBeGreaterThan(50);
  });
});

describe("the payload of a raw call", () => {
  const actions = ACTIONS["1.6"] ?? {};
  it("is offered with the action, and changes with it", () => {
    const reset = offeredPayload(actions, "Reset", "{}");
    expect(JSON.parse(reset)).toEqual({ type: "Hard" });
    expect(JSON.parse(offeredPayload(actions, "ClearCache", reset))).toEqual({});
  });
  it("is left alone once somebody has typed, or for an action that this page does not know", () => {
    expect(offeredPayload(actions, "Reset", '{"type":"Soft"}')).toBe('{"type":"Soft"}');
    expect(offeredPayload(actions, "Reset", '{"type"')).toBe('{"type"');
    expect(offeredPayload(actions, "Rese", "{}")).toBe("{}");
  });
});
