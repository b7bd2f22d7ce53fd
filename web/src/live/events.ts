import type { Command, ConnectorStatus, Frame, Session } from "../api/types";

/** What the server tells on GET /events. */
export type LiveEvent =
  | { type: "hello"; at: string }
  | { type: "lost" }
  | { type: "station_connected"; station: string; at: string }
  | { type: "station_disconnected"; station: string; at: string }
  | { type: "station_booted"; station: string; vendor: string | null; model: string | null; firmware: string | null; at: string }
  | { type: "station_changed"; station: string; at: string }
  | {
      type: "connector_status";
      station: string;
      /** 0 is the charger itself. */
      evse: number;
      connector: number;
      status: ConnectorStatus | null;
      error_code: string | null;
      info: string | null;
      at: string;
    }
  | { type: "session_started"; station: string; evse: number; session: Session }
  | {
      type: "session_updated";
      station: string;
      evse: number;
      session: string | null;
      transaction_id: string | number | null;
      at: string;
      /** The register reading, not what this session took. */
      energy_wh: number | null;
      power_w: number | null;
      soc_percent: number | null;
    }
  | { type: "session_ended"; station: string; evse: number; session: Session }
  | { type: "session_reviewed"; station: string; evse: number; session: Session }
  | ({ type: "message"; station: string } & Frame)
  | ({ type: "command"; station: string } & Command)
  | { type: "alarm"; station: string; kind: string; detail: string; at: string }
  | { type: "connection_refused"; identity: string | null; reason: string; at: string };

const TYPES = new Set<string>([
  "hello",
  "lost",
  "station_connected",
  "station_disconnected",
  "station_booted",
  "station_changed",
  "connector_status",
  "session_started",
  "session_updated",
  "session_ended",
  "session_reviewed",
  "message",
  "command",
  "alarm",
  "connection_refused",
]);

/**
 * Cuts a text/event-stream into events. Text may arrive in any pieces; an event is told once its blank
 * line has come. Types this page does not know are passed over, so that a newer server may say more.
 */
export class EventParser {
  private rest = "";
  private type = "";
  private data: string[] = [];

  push(text: string): LiveEvent[] {
    const events: LiveEvent[] = [];
    const lines = (this.rest + text).split(/\r?\n/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        const event = this.finish();
        if (event) events.push(event);
      } else if (line.startsWith("event:")) {
        this.type = line.slice(6).trim();
      } else if (line.startsWith("data:")) {
        this.data.push(line.slice(5).trimStart());
      }
    }
    return events;
  }

  private finish(): LiveEvent | null {
    const { type, data } = this;
    this.type = "";
    this.data = [];
    if (!TYPES.has(type)) return null;
    try {
      return { ...(JSON.parse(data.join("\n") || "{}") as object), type } as LiveEvent;
    } catch {
      return null;
    }
  }
}
