import { describe, expect, it } from "vitest";
import { EventParser } from "@stationmaster/api";

describe("the event stream", () => {
  it("gives the same events however the text is cut", () => {
    const text =
      'event: hello\nid: 1\ndata: {"at":"2026-01-01T00:00:00Z"}\n\n: keep-alive\n\nevent: station_connected\r\nid: 2\r\ndata: {"station":"CP-1","at":"x"}\r\n\r\nevent: lost\ndata: {}\n\n';
    const whole = new EventParser().push(text);
    expect(whole.map((e) => e.type)).toEqual(["hello", "station_connected", "lost"]);
    const parser = new EventParser();
    expect([...text].flatMap((letter) => parser.push(letter))).toEqual(whole);
  });

  it("passes over what it does not know or can't read", () => {
    const parser = new EventParser();
    expect(parser.push('event: from_the_future\ndata: {}\n\nevent: hello\ndata: {"at":\n\nevent: hello\ndata: {"at":"y"}\n\n')).toEqual([{ type: "hello", at: "y" }]);
  });

  it("does not let the data name another type", () => {
    expect(new EventParser().push('event: hello\ndata: {"type":"lost","at":"y"}\n\n')).toEqual([{ type: "hello", at: "y" }]);
  });
});
