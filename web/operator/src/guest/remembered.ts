/** What this browser knows of a visit at a place: all of its tabs are one guest. */
export interface Remembered {
  once: string;
  visit: string | null;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const name = (place: string) => `stationmaster-pay-${place}`;

/** The visit that goes on, or a new word for one. Storage that is switched off is no reason not to charge. */
export function remembered(place: string, store: Store | null, random: () => string): Remembered {
  try {
    const kept: unknown = JSON.parse(store?.getItem(name(place)) ?? "null");
    if (typeof kept === "object" && kept !== null && "once" in kept && typeof kept.once === "string") {
      return { once: kept.once, visit: "visit" in kept && typeof kept.visit === "string" ? kept.visit : null };
    }
  } catch {
    // What cannot be read is as good as nothing.
  }
  const fresh = { once: random(), visit: null };
  remember(place, store, fresh);
  return fresh;
}

export function remember(place: string, store: Store | null, what: Remembered): void {
  try {
    store?.setItem(name(place), JSON.stringify(what));
  } catch {
    // Storage is full or switched off.
  }
}

/** After a visit is over the next one is another. */
export function forget(place: string, store: Store | null): void {
  try {
    store?.removeItem(name(place));
  } catch {
    // Storage is switched off.
  }
}

export function browserStore(): Store | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** 128 random bits. */
export function randomWord(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
