import { speak } from "@stationmaster/ui/language";
import { catalogues } from "../locales";

/** All that somebody needs who has come in: the pages and their words. */
export type Rest = typeof import("../app");

let fetched: Promise<Rest> | null = null;

/** Fetched once; what failed is tried anew when it is asked for again. */
export function rest(): Promise<Rest> {
  // The styles of the components first, in the document too: the pages change them here and there.
  fetched ??= Promise.all([import("@stationmaster/ui/mantine"), import("../app"), speak(catalogues)]).then(
    ([, app]) => app,
    (error: unknown) => {
      fetched = null;
      throw error;
    },
  );
  return fetched;
}

/** Fetches it while nobody waits for it. */
export function restWhenIdle(): () => void {
  const fetchIt = () => { rest().catch(() => undefined); };
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(fetchIt, SOON_MS);
    return () => { clearTimeout(timer); };
  }
  const idle = requestIdleCallback(fetchIt, { timeout: SOON_MS });
  return () => { cancelIdleCallback(idle); };
}

const SOON_MS = 1_000;
const KEY = "stationmaster-in";

/** Whether somebody was signed in here when this browser was last used: the pages are fetched while the server is asked. */
export function wasIn(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

export function keepIn(is: boolean): void {
  try {
    if (is) localStorage.setItem(KEY, "1");
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is switched off: the pages are fetched once the server has answered.
  }
}
