/** A card that is valid until a day is so to its end, here. */
export function endOf(day: string | null): string | null {
  return day === null ? null : new Date(`${day}T23:59:59`).toISOString();
}

/** The last day on which a card is valid, here: one that ends at midnight has it the day before. */
export function dayOf(end: string | null): string | null {
  if (end === null) return null;
  const last = new Date(Date.parse(end) - 1);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${last.getFullYear()}-${two(last.getMonth() + 1)}-${two(last.getDate())}`;
}
