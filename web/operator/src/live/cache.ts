import { hashKey, type InfiniteData, type Query, type QueryClient, type QueryKey } from "@tanstack/react-query";
import {
  applyToStation,
  stream,
  type Command,
  type Frame,
  type LiveEvent,
  type MeterValue,
  type Page,
  type SessionDetail,
  type Station,
} from "@stationmaster/api";

/** How many frames a page that stays open may gather. */
const FRAMES_KEPT = 1_000;

/** What a charger tells of an update, a log, a limit or its display without being asked each time. */
const TELLING = new Set([
  "FirmwareStatusNotification",
  "SignedFirmwareStatusNotification",
  "DiagnosticsStatusNotification",
  "LogStatusNotification",
  "NotifyChargingLimit",
  "ClearedChargingLimit",
  "ReportChargingProfiles",
  "NotifyDisplayMessages",
]);

/** Lets the event stream write into what pages have already fetched, so that open pages stay true by themselves. */
export function keepFresh(queries: QueryClient): void {
  // What was told while something is being fetched: the answer may have been written before, and come after.
  const meanwhile = new Map<string, LiveEvent[]>();
  queries.getQueryCache().subscribe((change) => {
    if (change.type !== "updated" || (change.action.type === "success" && change.action.manual)) return;
    const { query, action } = change;
    if (action.type === "fetch") meanwhile.set(query.queryHash, []);
    if (action.type !== "success" && action.type !== "error") return;
    const told = meanwhile.get(query.queryHash);
    meanwhile.delete(query.queryHash);
    if (action.type === "success") told?.forEach((event) => write(queries, event, query));
  });
  stream.listen((events) => {
    if (events.some((e) => e.type === "hello")) void queries.invalidateQueries();
    for (const told of meanwhile.values()) told.push(...events);
    const stale = new Set<string>();
    for (const event of events) {
      write(queries, event);
      mark(event, stale);
    }
    for (const key of stale) void queries.invalidateQueries({ queryKey: key.split("\n") });
  });
}

/** Writes one event into all that was fetched, or only into one. Written twice it is the same. */
function write(queries: QueryClient, event: LiveEvent, only?: Query): void {
  if (!("station" in event)) return;
  const { station } = event;
  function into<T>(queryKey: QueryKey, change: (old: T) => T | undefined) {
    if (only === undefined || only.queryHash === hashKey(queryKey)) queries.setQueryData<T>(queryKey, (old) => old && change(old));
  }
  function intoAll<T>(queryKey: QueryKey, change: (old: T) => T | undefined, fits: (query: Query) => boolean = () => true) {
    const predicate = (query: Query) => (only === undefined || query === only) && fits(query);
    queries.setQueriesData<T>({ queryKey, predicate }, (old) => old && change(old));
  }
  intoAll<InfiniteData<Page<Station>>>(["stations"], (old) => withStation(old, event));
  into<Station>(["station", station], (old) => applyToStation(old, event));
  if (event.type === "session_updated" && event.session) {
    into<SessionDetail>(["session", event.session], (old) => withReading(old, event));
  }
  if (event.type === "message") {
    // The third part of the key is the action a log is filtered by.
    const fits = ({ queryKey: [, , action] }: Query) => !action || action === event.action;
    intoAll<InfiniteData<Page<Frame>>>(["messages", station], (old) => withFrame(old, event), fits);
  }
  if (event.type === "command") into<Page<Command>>(["commands", station], (old) => withCommand(old, event));
}

/** Adds the keys of what has to be fetched anew after an event, joined by line ends. */
function mark(event: LiveEvent, stale: Set<string>): void {
  if (event.type === "connection_refused") stale.add("refused");
  if (event.type === "alert") for (const key of ["alerts", "overview"]) stale.add(key);
  if (!("station" in event)) return;
  const { station } = event;
  switch (event.type) {
    case "station_changed":
      stale.add(`station\n${station}`);
      stale.add("stations");
      break;
    case "connector_status":
    case "station_connected":
    case "station_disconnected":
      stale.add(`states\n${station}`);
      break;
    case "session_started":
    case "session_ended":
    case "session_reviewed":
      stale.add("sessions");
      stale.add(`session\n${event.session.id}`);
      if (event.session.review || event.type === "session_reviewed") stale.add("status");
      break;
    case "alarm":
      for (const key of ["alarms", "quarantine", "status"]) stale.add(key);
      break;
    case "reservation":
      stale.add("reservations");
      break;
    case "message":
      if (event.action !== null && TELLING.has(event.action)) stale.add(`parts\n${station}`);
      break;
    case "command":
      stale.add(`parts\n${station}`);
      break;
  }
}

/** A list of chargers after one event; the same list when it has not this charger. */
function withStation(old: InfiniteData<Page<Station>>, event: LiveEvent & { station: string }): InfiniteData<Page<Station>> {
  if (!old.pages.some((page) => page.items.some((each) => each.id === event.station))) return old;
  const changed = (each: Station) => (each.id === event.station ? applyToStation(each, event) : each);
  return { ...old, pages: old.pages.map((page) => ({ ...page, items: page.items.map(changed) })) };
}

function withReading(old: SessionDetail, event: LiveEvent & { type: "session_updated" }): SessionDetail {
  const value: MeterValue = {
    at: event.at,
    context: null,
    energy_wh: event.energy_wh,
    power_w: event.power_w,
    current_a: null,
    voltage_v: null,
    soc_percent: event.soc_percent,
    samples: [],
  };
  const earlier = old.meter_values.filter((v) => v.at !== event.at);
  const last = earlier.at(-1);
  // A reading that arrives late belongs where its time says; the next fetch sorts it in.
  if (last && Date.parse(last.at) > Date.parse(event.at)) return old;
  return {
    ...old,
    energy_wh: event.session_energy_wh ?? old.energy_wh,
    power_w: event.power_w ?? old.power_w,
    soc_percent: event.soc_percent ?? old.soc_percent,
    meter_values: [...earlier, value],
    series:
      event.session_energy_wh === null ? old.series : [...old.series.filter((point) => point.at !== event.at), { at: event.at, energy_wh: event.session_energy_wh }],
  };
}

/** A frame is told when it comes and may be told again with its answer: the newer telling replaces the older. */
export function withFrame(old: InfiniteData<Page<Frame>> | undefined, frame: Frame): InfiniteData<Page<Frame>> | undefined {
  const first = old?.pages[0];
  if (!old || !first) return old;
  if (old.pages.some((page) => page.items.some((f) => f.id === frame.id))) {
    const pages = old.pages.map((page) => ({ ...page, items: page.items.map((f) => (f.id === frame.id ? frame : f)) }));
    return { ...old, pages };
  }
  const items = [frame, ...first.items];
  if (items.length <= FRAMES_KEPT) return { ...old, pages: [{ ...first, items }, ...old.pages.slice(1)] };
  // Trimmed, so the cursors no longer meet what is kept: end the list here rather than show it with a hole.
  return { pages: [{ items: items.slice(0, FRAMES_KEPT), next: null }], pageParams: old.pageParams.slice(0, 1) };
}

function withCommand(old: Page<Command>, command: Command): Page<Command> {
  const known = old.items.some((c) => c.id === command.id);
  return {
    ...old,
    items: known ? old.items.map((c) => (c.id === command.id ? command : c)) : [command, ...old.items].slice(0, 50),
  };
}
