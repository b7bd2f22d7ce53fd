import { describe, expect, it } from "vitest";
import { pretty, summarise } from "../operator/src/frames";

const say = (action: string, request: unknown, response: unknown = null) =>
  summarise(action, JSON.stringify(request), response === null ? null : JSON.stringify(response));

describe("frames in words", () => {
  it("tells of a boot", () => {
    const words = say("BootNotification", { chargePointVendor: "Alfen", chargePointModel: "Eve", firmwareVersion: "6.4" }, { status: "Accepted", interval: 300 });
    expect(words).toBe("Alfen Eve, firmware 6.4 → Accepted, every 300 s");
  });
  it("tells of a start and its transaction", () => {
    const words = say("StartTransaction", { connectorId: 1, idTag: "CARD1", meterStart: 50_000 }, { transactionId: 7, idTagInfo: { status: "Accepted" } });
    expect(words).toBe("card CARD1 · Connector 1 · meter 50.000 kWh → Accepted, transaction 7");
  });
  it("reads meter values in either unit, without the phases", () => {
    const sampledValue = [
      { value: "12.5", unit: "kWh" },
      { value: "7400", measurand: "Power.Active.Import", unit: "W" },
      { value: "10.7", measurand: "Current.Import", phase: "L1" },
      { value: "64", measurand: "SoC" },
    ];
    expect(say("MeterValues", { connectorId: 2, meterValue: [{ sampledValue }] })).toBe("Connector 2 · 12.500 kWh · 7.4 kW · 64 %");
  });
  it("shows what it has no words for as it came, cut short", () => {
    expect(say("NewInTheNextVersion", { a: 1 })).toBe('{"a":1}');
    expect(say("DataTransfer", { vendorId: "x".repeat(500) }).length).toBe(140);
  });
  it.each(["StatusNotification", "MeterValues", "StartTransaction", "BootNotification", "TransactionEvent", "GetConfiguration"])(
    "%s survives any payload",
    (action) => {
      for (const payload of ["", "not json", "null", "[1,2]", '"text"', '{"meterValue":[null,{"sampledValue":5}],"status":{},"key":{},"connectorId":"one","chargingStation":null}']) {
        expect(typeof summarise(action, payload, payload)).toBe("string");
      }
    },
  );
  it("indents JSON and leaves other text alone", () => {
    expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(pretty("<b>{")).toBe("<b>{");
  });
});
