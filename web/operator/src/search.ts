/** The words on the browser's tab. */
export function nameTab(title: string): void {
  document.title = [title, "Stationmaster"].filter(Boolean).join(" · ");
}

/** Search parameters as text, or nothing. Addresses are typed by people: anything else is left out. */
export function texts<K extends string>(search: Record<string, unknown>, ...keys: K[]): { [key in K]?: string } {
  const given: { [key in K]?: string } = {};
  for (const key of keys) {
    const value = search[key];
    if (typeof value === "string" && value !== "") given[key] = value;
  }
  return given;
}
