/** What fields hold, as the API is told. */

/** Text, or nothing where there is none. */
export function orNull(text: string): string | null {
  return text.trim() || null;
}

/** A decimal as people type it, with a point or a comma, as exact text: never by way of a float. */
export function sentDecimal(text: string): string {
  return text.trim().replace(",", ".");
}

/** What is not as it was before: only that is sent, so that nobody's change to something else is undone. */
export function changed<T extends object>(before: T, after: T): Partial<T> {
  const differs = (key: keyof T) => JSON.stringify(before[key]) !== JSON.stringify(after[key]);
  return Object.fromEntries(Object.entries(after).filter(([key]) => differs(key as keyof T))) as Partial<T>;
}
