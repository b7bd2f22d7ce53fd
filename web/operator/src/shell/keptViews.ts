interface KeptView {
  page: string;
  name: string;
  search: string;
}

/** The views that a browser kept by itself for one person, by page, name and address; and how they are removed there. */
export function readKept(storage: Pick<Storage, "getItem" | "removeItem">, user: string): { views: KeptView[]; forget: () => void } {
  const key = `stationmaster-views ${user}`;
  const forget = () => { storage.removeItem(key); };
  try {
    const found: unknown = JSON.parse(storage.getItem(key) ?? "{}");
    const views = entries(found).flatMap(([page, named]) =>
      entries(named).flatMap(([name, search]) => (typeof search === "string" ? [{ page, name, search }] : [])),
    );
    return { views, forget };
  } catch {
    // Whatever else has written there, or a browser that keeps nothing: there are no views.
    return { views: [], forget };
  }
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
