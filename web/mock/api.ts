import type { IncomingMessage, ServerResponse } from "node:http";
import type { Command, Connector, Station } from "../src/api/types.ts";
import { now, World } from "./world.ts";

const TOKEN = "mock-access-token";
const COOKIE = "stationmaster_refresh=mock";
const USER = { id: "1", email: "operator@example.com", role: "administrator" };
const LOGIN = { access_token: TOKEN, token_type: "bearer", expires_in: 900, user: USER };

type Body = Record<string, unknown>;

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail = "",
  ) {
    super(title);
  }
}

/** The API in memory. Any e-mail with the password "mock" signs in; MOCK_CHARGERS sets the size of the fleet. */
export class MockApi {
  private readonly listeners = new Map<ServerResponse, string | null>();
  private eventId = 0;
  private readonly started = Date.now();
  readonly world = new World(Number(process.env.MOCK_CHARGERS ?? 48), (type, data) => {
    this.tell(type, data);
  });

  constructor() {
    setInterval(() => {
      if (this.world.stations.size > 0) this.world.tick();
    }, 1000).unref();
    setInterval(() => {
      for (const response of this.listeners.keys()) response.write(": keep-alive\n\n");
    }, 15_000).unref();
  }

  private tell(type: string, data: Body): void {
    this.eventId += 1;
    const text = `event: ${type}\nid: ${this.eventId}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const [response, station] of this.listeners) {
      if (station === null ? type !== "message" && type !== "command" : data.station === station) response.write(text);
    }
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://mock");
    const path = url.pathname.replace("/api/v1", "");
    const send = (status: number, body?: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { "Content-Type": status >= 400 ? "application/problem+json" : "application/json", ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    try {
      const body = await read(request);
      const method = request.method ?? "GET";
      if (path === "/auth/login") {
        if (body.password !== "mock") throw new Refusal(401, "Unauthorized", "E-mail or password is wrong.");
        send(200, LOGIN, { "Set-Cookie": `${COOKIE}; HttpOnly; SameSite=Strict; Path=/api/v1/auth` });
        return;
      }
      if (path === "/auth/refresh") {
        if (!request.headers.cookie?.includes(COOKIE)) throw new Refusal(401, "Unauthorized", "Please sign in.");
        send(200, LOGIN);
        return;
      }
      if (path === "/auth/logout") {
        send(204, undefined, { "Set-Cookie": "stationmaster_refresh=; Max-Age=0; Path=/api/v1/auth" });
        return;
      }
      if (request.headers.authorization !== `Bearer ${TOKEN}`) throw new Refusal(401, "Unauthorized");
      if (path === "/events") {
        this.stream(response, url.searchParams.get("station"));
        return;
      }
      const [status, answer] = await this.answer(method, path.split("/").slice(1).map(decodeURIComponent), url.searchParams, body);
      send(status, answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(error.status, { type: "about:blank", title: error.title, status: error.status, detail: error.detail, errors: [] });
    }
  }

  private stream(response: ServerResponse, station: string | null): void {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(`event: hello\nid: 0\ndata: ${JSON.stringify({ at: now() })}\n\n`);
    this.listeners.set(response, station);
    response.on("close", () => this.listeners.delete(response));
  }

  private async answer(method: string, path: string[], search: URLSearchParams, body: Body): Promise<[number, unknown]> {
    const { world } = this;
    const [resource, id, sub, name] = path;
    if (resource === "auth") return [200, USER];
    if (resource === "status") return [200, this.status()];
    if (resource === "stations" && !id) {
      if (method === "GET") return [200, page([...world.stations.values()], search)];
      if (world.stations.has(String(body.id))) throw new Refusal(409, "Already there", `A charger ${String(body.id)} is registered already.`);
      const made = world.newStation(String(body.id), text(body.name), text(body.site));
      return [201, { ...made, secret: "k7Qm-2xTz-9WcF-pL4v-Hs8d" }];
    }
    if (resource === "stations" && id) {
      const station = world.stations.get(id);
      if (!station) throw new Refusal(404, "Not found", `No charger is registered as ${id}.`);
      if (sub === "messages") return [200, page((world.frames.get(id) ?? []).filter((f) => !search.get("action") || f.action === search.get("action")), search)];
      if (sub === "secret") return [200, { id, secret: "n3Vb-8sYk-1RtG-wQ6j-Xe2p" }];
      if (sub === "call") return [200, { type: "CALLRESULT", payload: { status: "Accepted", echo: body.payload }, took_ms: 61.4 }];
      if (sub === "commands" && method === "GET") return [200, page(world.commands.get(id) ?? [], search)];
      if (sub === "commands" && name) return [200, await this.command(station, name, body)];
      if (method === "DELETE") {
        world.stations.delete(id);
        return [204, undefined];
      }
      if (method === "PATCH") Object.assign(station, body);
      return [200, station];
    }
    if (resource === "sessions" && !id) {
      const all = [...world.sessions.values()].sort((a, b) => String(b.started_at).localeCompare(String(a.started_at)));
      const wanted = all.filter((s) => ["station", "token", "status"].every((k) => !search.get(k) || search.get(k) === s[k as "station"]) && (!search.get("review") || s.review));
      return [200, page(wanted.map((s) => ({ ...s, meter_values: undefined })), search)];
    }
    if (resource === "sessions" && id) {
      const session = world.sessions.get(id);
      if (!session) throw new Refusal(404, "Not found");
      if (sub === "reviewed") session.review = false;
      return [200, session];
    }
    if (resource === "tokens") return this.tokens(method, id, search, body);
    if (resource === "refused-connections") return [200, page(world.refused, search)];
    if (resource === "alarms" || resource === "quarantine") return [200, page([], search)];
    if (resource === "sites") return [200, page([...new Set([...world.stations.values()].map((s) => s.site))].filter(Boolean).map((name) => ({ name })), search)];
    throw new Refusal(404, "Not found");
  }

  private tokens(method: string, id: string | undefined, search: URLSearchParams, body: Body): [number, unknown] {
    const { tokens } = this.world;
    if (!id) return method === "GET" ? [200, page([...tokens.values()], search)] : [201, this.world.addToken(String(body.uid), text(body.label))];
    const token = tokens.get(id);
    if (!token) throw new Refusal(404, "Not found");
    if (method === "DELETE") {
      tokens.delete(id);
      return [204, undefined];
    }
    return [200, Object.assign(token, body)];
  }

  private status() {
    const stations = [...this.world.stations.values()];
    return {
      version: "mock",
      started_at: new Date(this.started).toISOString(),
      uptime_s: (Date.now() - this.started) / 1000,
      database: { kind: "sqlite", ok: true },
      stations: { total: stations.length, connected: stations.filter((s) => s.connected).length },
      sessions: { active: 0 },
      review: { sessions: [...this.world.sessions.values()].filter((s) => s.review).length, alarms: 0, quarantine: 0 },
      power_w: 0,
      chargers_port: 9000,
      messages: { received: this.eventId, sent: 0, refused_connections: 4 },
    };
  }

  private async command(station: Station, name: string, body: Body): Promise<Command> {
    if (!station.connected) throw new Refusal(409, "Not connected", `${station.id} is not connected.`);
    await new Promise((resolve) => setTimeout(resolve, 350));
    const command: Command = {
      id: this.world.id(), name, arguments: body, status: "accepted", response: { status: "Accepted" }, detail: null,
      asked_by: USER.email, asked_at: now(), finished_at: now(), took_ms: 84.2,
    };
    const at = (evse: unknown): Connector | undefined => station.connectors.find((c) => c.evse === evse) ?? station.connectors.find((c) => c.status === "Available");
    if (name === "remote-start") {
      const connector = at(body.evse);
      this.world.frame(station, "out", "RemoteStartTransaction", { connectorId: connector?.evse, idTag: body.token }, { status: connector?.status === "Available" ? "Accepted" : "Rejected" });
      if (connector?.status === "Available") setTimeout(() => this.world.startSession(station, connector, String(body.token)), 900);
      else Object.assign(command, { status: "rejected", response: { status: "Rejected" } });
    } else if (name === "remote-stop") {
      const connector = station.connectors.find((c) => c.session?.id === body.session);
      if (connector) setTimeout(() => { this.world.stopSession(station, connector, "Remote"); }, 900);
    } else if (name === "reset") {
      setTimeout(() => { this.world.frame(station, "out", "Reset", { type: "Soft" }, null, "timeout"); }, 100);
      Object.assign(command, { status: "timeout", response: null, took_ms: null, detail: "The charger did not answer within 30 s." });
    } else if (name === "get-configuration") {
      command.response = { configurationKey: [["HeartbeatInterval", "300"], ["MeterValueSampleInterval", "60"], ["NumberOfConnectors", "2", true], ["LocalPreAuthorize", "true"], ["SupportedFeatureProfiles", "Core,SmartCharging,RemoteTrigger", true]].map(([key, value, readonly = false]) => ({ key, value, readonly })) };
    } else if (name === "change-configuration") {
      command.response = { status: "RebootRequired" };
    }
    const log = this.world.commands.get(station.id) ?? [];
    this.world.commands.set(station.id, [command, ...log]);
    this.tell("command", { station: station.id, ...command });
    return command;
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function page<T>(items: T[], search: URLSearchParams): { items: T[]; next: string | null } {
  const from = Number(search.get("cursor") ?? 0);
  const limit = Number(search.get("limit") ?? 50);
  return { items: items.slice(from, from + limit), next: from + limit < items.length ? String(from + limit) : null };
}

async function read(request: IncomingMessage): Promise<Body> {
  let text = "";
  for await (const piece of request) text += String(piece);
  return text ? (JSON.parse(text) as Body) : {};
}
