import type { LiveEvent, OwnLiveEvent } from "./shapes";

/** Every kind the OpenAPI document knows; a new one is missed here by the compiler. */
const KINDS: Record<LiveEvent["type"] | OwnLiveEvent["type"], true> = {
  hello: true,
  lost: true,
  station_connected: true,
  station_disconnected: true,
  station_booted: true,
  station_changed: true,
  connector_status: true,
  session_started: true,
  session_updated: true,
  session_ended: true,
  session_reviewed: true,
  reservation: true,
  message: true,
  command: true,
  alarm: true,
  alert: true,
  connection_refused: true,
  session: true,
  session_limit_near: true,
};

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
    if (!(type in KINDS)) return null;
    try {
      return { ...(JSON.parse(data.join("\n") || "{}") as object), type } as LiveEvent;
    } catch {
      return null;
    }
  }
}
