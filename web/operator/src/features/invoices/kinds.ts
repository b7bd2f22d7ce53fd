/** What is issued. */
export const KINDS = ["receipt", "invoice", "credit_note"] as const;

export const SORTS = ["issued", "number", "total"] as const;
