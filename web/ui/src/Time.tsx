import { Trans } from "@lingui/react/macro";
import { useSyncExternalStore } from "react";
import { duration, local, relative, utc } from "./format";

/** One clock for the whole page, so that a thousand "3 min ago" cost one timer. */
class Ticker {
  now = Date.now();
  private timer: ReturnType<typeof setInterval> | null = null;
  private readonly watchers = new Set<() => void>();
  constructor(private readonly everyMs: number) {}

  readonly watch = (f: () => void): (() => void) => {
    this.watchers.add(f);
    if (!this.timer) this.tick();
    this.timer ??= setInterval(() => {
      this.tick();
    }, this.everyMs);
    return () => {
      this.watchers.delete(f);
      if (this.watchers.size === 0 && this.timer) {
        clearInterval(this.timer);
        this.timer = null;
      }
    };
  };
  readonly read = (): number => this.now;

  tick(): void {
    this.now = stoppedAt ?? Date.now();
    for (const f of this.watchers) f();
  }
}

let stoppedAt: number | null = null;
const slow = new Ticker(10_000);
const fast = new Ticker(1_000);

/** While what is shown is old, every "3 min ago" and running timer stands where it was true; null lets them run again. */
export function stopClocks(at: number | null): void {
  stoppedAt = at;
  slow.tick();
  fast.tick();
}

export function useNow(): number {
  return useSyncExternalStore(slow.watch, slow.read);
}

/** "3 min ago"; the exact time, local and UTC, on hover. */
export function Ago({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (!at) {
    return (
      <span className="dim">
        <Trans>never</Trans>
      </span>
    );
  }
  return (
    <time dateTime={at} title={`${local(at)} · ${utc(at)}`}>
      {relative(at, now)}
    </time>
  );
}

/** A local date and time; UTC on hover. */
export function At({ at }: { at: string | null | undefined }) {
  if (!at) return <span className="dim">–</span>;
  return (
    <time dateTime={at} title={utc(at)} className="num">
      {local(at)}
    </time>
  );
}

/** How long from one moment to another, or until now; `ticking` counts the seconds of the first minute. */
export function Lasting({ from, to, ticking = false }: { from: string | null; to: string | null; ticking?: boolean }) {
  const clock = ticking ? fast : slow;
  const now = useSyncExternalStore(clock.watch, clock.read);
  return <span className="num">{duration(from, to ?? now)}</span>;
}
