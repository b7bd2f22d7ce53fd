/** The parts of a charger's page beside the overview, as they stand in its address. */
export const PARTS = ["reservations", "limits", "cards", "display", "firmware"] as const;
export type Part = (typeof PARTS)[number];
