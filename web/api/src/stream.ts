import { client } from "./client";
import { EventParser } from "./events";
import type { LiveEvent, OwnLiveEvent } from "./shapes";

export type StreamState = "connecting" | "live" | "waiting" | "paused";

type Listener = (events: LiveEvent[]) => void;
type OwnListener = (events: OwnLiveEvent[]) => void;

const FIRST_WAIT_MS = 500;
/** A server that comes back is noticed within three seconds; a refused connection costs it next to nothing. */
const LONGEST_WAIT_MS = 2_000;
/** A server that does not even begin to answer is away. */
const ANSWER_MS = 5_000;
/** The server says something at least every 15 s; three times that and the line is dead. */
const SILENCE_MS = 45_000;
/** Events are handed on in bundles: the eye can't use more, and a busy fleet sends thousands a second. */
const BUNDLE_MS = 120;
const HIDDEN_GRACE_MS = 30_000;

/**
 * The one event stream of this tab. Browsers allow six connections to a server, so a tab holds a single
 * stream, narrowed to one station while its page is open, and none while the tab has been out of sight.
 */
export class Stream {
  state: StreamState = "connecting";
  /** The last sign of life when the server has gone, in ms; null while it is there, or was never. What pages show is that old. */
  awaySince: number | null = null;
  private heardAt: number | null = null;
  private station: string | null = null;
  /** Whether it tells of one's own sessions alone: for drivers, who see no charger. */
  private own = false;
  /** Counts starts and stops; a loop that finds another number has been replaced. Odd while running. */
  private turn = 0;
  private abort: AbortController | null = null;
  private bundle: LiveEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private hidden: ReturnType<typeof setTimeout> | null = null;
  private wake: (() => void) | null = null;
  private readonly listeners = new Set<Listener>();
  private readonly ownListeners = new Set<OwnListener>();
  private readonly watchers = new Set<() => void>();

  /** Hears bundles of events. `hello` in a bundle means: what was told before may have holes, fetch again. */
  readonly listen = (f: Listener): (() => void) => {
    this.listeners.add(f);
    return () => this.listeners.delete(f);
  };

  /** The same for what drivers hear. Listeners of all hear of `hello` and `lost` then, and of nothing else. */
  readonly listenOwn = (f: OwnListener): (() => void) => {
    this.ownListeners.add(f);
    return () => this.ownListeners.delete(f);
  };

  readonly watchState = (f: () => void): (() => void) => {
    this.watchers.add(f);
    return () => this.watchers.delete(f);
  };

  start({ own = false } = {}): void {
    if (this.turn % 2 === 1) return;
    this.turn += 1;
    this.own = own;
    document.addEventListener("visibilitychange", this.onVisibility);
    window.addEventListener("pagehide", this.onLeave);
    window.addEventListener("pageshow", this.onVisibility);
    void this.run(this.turn);
  }

  stop(): void {
    if (this.turn % 2 === 0) return;
    this.turn += 1;
    document.removeEventListener("visibilitychange", this.onVisibility);
    window.removeEventListener("pagehide", this.onLeave);
    window.removeEventListener("pageshow", this.onVisibility);
    if (this.hidden) clearTimeout(this.hidden);
    this.abort?.abort();
    this.wake?.();
  }

  /** Narrows the stream to one station, or widens it to all. */
  focus(station: string | null): void {
    if (station === this.station) return;
    this.station = station;
    if (this.own) return;
    this.restart();
  }

  private restart(): void {
    this.set("connecting");
    this.abort?.abort("restart");
    this.wake?.();
  }

  private async run(turn: number): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (turn === this.turn) {
      this.set("connecting");
      let outcome = await this.readOnce();
      if (turn !== this.turn) return;
      if (outcome === "restart") continue;
      if (outcome === "heard" && this.awaySince === null) {
        // It may only have let go of us: a server that is there answers at once.
        wait = FIRST_WAIT_MS;
        await this.sleep(FIRST_WAIT_MS / 4);
        outcome = await this.readOnce();
        if (turn !== this.turn) return;
        if (outcome === "restart" || outcome === "heard") continue;
      }
      if (outcome === "paused") {
        this.set("paused");
        await this.sleep(null);
        continue;
      }
      wait = outcome === "heard" ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
      this.awaySince ??= this.heardAt ?? Date.now();
      this.set("waiting");
      // Some jitter, so that a restarted server does not get all its viewers in one instant.
      await this.sleep(wait * (0.75 + Math.random() / 2));
    }
  }

  /** Reads until the stream ends. "heard" when it worked at least once. */
  private async readOnce(): Promise<"heard" | "failed" | "restart" | "paused"> {
    const abort = new AbortController();
    this.abort = abort;
    let heard = false;
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const within = (ms: number) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        abort.abort("silence");
      }, ms);
    };
    try {
      within(ANSWER_MS);
      const asked = { parseAs: "stream", signal: abort.signal } as const;
      const { data, response } = await (this.own
        ? client.GET("/api/v1/me/events", asked)
        : client.GET("/api/v1/events", { params: { query: this.station === null ? {} : { station: this.station } }, ...asked }));
      if (!response.ok || !data) return "failed";
      const parser = new EventParser();
      const text = data.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await text.read();
        if (done) break;
        within(SILENCE_MS);
        this.heardAt = Date.now();
        if (!heard) {
          heard = true;
          this.awaySince = null;
          this.set("live");
        }
        const events = parser.push(value);
        const lost = events.some((e) => e.type === "lost");
        if (events.length > 0) this.collect(events);
        // The server let go of us: start again, whose `hello` makes every page fetch anew.
        if (lost) return "heard";
      }
    } catch {
      if (abort.signal.reason === "restart") return "restart";
      if (abort.signal.reason === "paused") return "paused";
    } finally {
      clearTimeout(watchdog);
      abort.abort("done");
    }
    return heard ? "heard" : "failed";
  }

  private collect(events: LiveEvent[]): void {
    this.bundle.push(...events);
    this.timer ??= setTimeout(() => {
      const bundle = this.bundle;
      this.bundle = [];
      this.timer = null;
      if (this.own) {
        for (const f of this.ownListeners) f(bundle as OwnLiveEvent[]);
        const common = bundle.filter(({ type }) => type === "hello" || type === "lost");
        if (common.length > 0) for (const f of this.listeners) f(common);
      } else for (const f of this.listeners) f(bundle);
    }, BUNDLE_MS);
  }

  private sleep(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(resolve, ms);
      this.wake = () => {
        if (timer) clearTimeout(timer);
        resolve();
      };
    });
  }

  private readonly onVisibility = () => {
    if (this.hidden) clearTimeout(this.hidden);
    this.hidden = null;
    if (document.hidden) {
      this.hidden = setTimeout(() => this.abort?.abort("paused"), HIDDEN_GRACE_MS);
    } else if (this.state !== "live") {
      this.wake?.();
    }
  };

  /** A page that is left may be kept for the back button: six of those would hold every connection a browser allows. */
  private readonly onLeave = () => {
    this.abort?.abort("paused");
  };

  private set(state: StreamState): void {
    if (state === this.state) return;
    this.state = state;
    for (const f of this.watchers) f();
  }
}

export const stream = new Stream();
