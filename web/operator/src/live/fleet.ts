import { answered, ApiError, applyEvents, applyToStation, client, needsFetch, stream, type Fleet, type LiveEvent, type Page, type Station } from "@stationmaster/api";

const PAGE = 200;
/** More unclear stations than this: one sweep is kinder to the server than many questions. */
const MANY = 20;
/** Questions are gathered this long first: a restarted server is told of by every charger at once. */
const ASK_AFTER_MS = 1_000;

/** The fleet as the fleet page shows it: a snapshot from the API, kept fresh by the event stream. */
class FleetStore {
  fleet: Fleet = new Map();
  loaded = false;
  error: Error | null = null;
  private loading: AbortController | null = null;
  /** Set when something may have been missed while no page was looking. */
  private stale = true;
  /** Events heard by each question that is under way; they may be newer than its answer. */
  private readonly heard = new Set<LiveEvent[]>();
  /** Stations whose news the events did not tell in full. */
  private readonly unclear = new Set<string>();
  private asking: ReturnType<typeof setTimeout> | null = null;
  private readonly watchers = new Set<() => void>();

  constructor() {
    stream.listen((events) => {
      this.hear(events);
    });
    stream.watchState(() => {
      // Without a stream there is no `hello` to wait for: show what the API has.
      if (stream.state === "waiting" && !this.loaded && this.watchers.size > 0) void this.load();
    });
  }

  /** A page begins to look at all chargers. The stream's next `hello` loads them; if it has been, this does. */
  open(): void {
    stream.focus(null);
    if (this.stale && stream.state !== "connecting") void this.load();
  }

  readonly watch = (f: () => void): (() => void) => {
    this.watchers.add(f);
    return () => this.watchers.delete(f);
  };

  readonly current = (): Fleet => this.fleet;

  clear(): void {
    this.loading?.abort();
    this.fleet = new Map();
    this.loaded = false;
    this.stale = true;
    this.error = null;
    this.tell();
  }

  /** Fetches everything anew. The first time, pages show as they come; later the old picture stays till the end. */
  async load(): Promise<void> {
    this.loading?.abort();
    const abort = new AbortController();
    this.loading = abort;
    this.stale = false;
    const heard: LiveEvent[] = [];
    this.heard.add(heard);
    const stations = new Map<string, Station>();
    try {
      let cursor: string | null = null;
      do {
        const page: Page<Station> = await answered(
          client.GET("/api/v1/stations", { params: { query: { limit: PAGE, cursor } }, signal: abort.signal }),
        );
        for (const station of page.items) stations.set(station.id, station);
        if (!this.loaded) this.show(new Map(stations), heard);
        cursor = page.next;
      } while (cursor);
      this.loaded = true;
      this.error = null;
      this.show(stations, heard);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.error = error as Error;
      this.stale = true;
      this.tell();
    } finally {
      this.heard.delete(heard);
      if (this.loading === abort) this.loading = null;
    }
  }

  /** Fetches one station anew, or forgets it if it is gone. */
  async reload(id: string): Promise<void> {
    const heard: LiveEvent[] = [];
    this.heard.add(heard);
    try {
      const station = await answered(client.GET("/api/v1/stations/{station_id}", { params: { path: { station_id: id } } }));
      this.put(heard.filter((event) => "station" in event && event.station === id).reduce(applyToStation, station));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.remove(id);
    } finally {
      this.heard.delete(heard);
    }
  }

  put(station: Station): void {
    this.fleet = new Map(this.fleet).set(station.id, station);
    this.tell();
  }

  private remove(id: string): void {
    const stations = new Map(this.fleet);
    if (!stations.delete(id)) return;
    this.fleet = stations;
    this.tell();
  }

  private hear(events: LiveEvent[]): void {
    if (events.some((e) => e.type === "hello")) {
      this.stale = true;
      if (this.watchers.size > 0) void this.load();
    }
    if (this.watchers.size === 0 && this.stale) return;
    for (const heard of this.heard) heard.push(...events);
    const before = this.fleet;
    this.fleet = applyEvents(before, events);
    if (this.fleet !== before) this.tell();
    for (const event of events) {
      const id = needsFetch(before, event);
      if (id !== null) this.unclear.add(id);
    }
    if (this.unclear.size > 0) this.askSoon();
  }

  private askSoon(): void {
    this.asking ??= setTimeout(() => {
      this.asking = null;
      if (this.loading) {
        // The sweep under way may have passed them already.
        this.askSoon();
        return;
      }
      const ids = [...this.unclear];
      this.unclear.clear();
      if (this.watchers.size === 0) this.stale = true;
      else if (ids.length > MANY) void this.load();
      else for (const id of ids) void this.reload(id);
    }, ASK_AFTER_MS);
  }

  private show(fleet: Fleet, heard: LiveEvent[]): void {
    this.fleet = applyEvents(fleet, heard);
    this.tell();
  }

  private tell(): void {
    for (const f of this.watchers) f();
  }
}

export const fleetStore = new FleetStore();
