import { t } from "@lingui/core/macro";
import { answered, client, problemsInWords, type ImportReport } from "@stationmaster/api";
import type { Permission } from "../user";

/** What can be brought as a table, as the API calls it. */
export type Kind = "sites" | "stations" | "tokens" | "customers" | "vehicles";

/** The server reads no more than this. */
export const MAX_BYTES = 8 * 1024 * 1024;

export const MAY: Record<Kind, Permission> = {
  sites: "administer",
  stations: "administer",
  tokens: "operate",
  customers: "manage_customers",
  vehicles: "manage_customers",
};

/** The first parts of the keys of what shows them. */
export const SHOWN_BY: Record<Kind, string[]> = {
  sites: ["sites"],
  stations: ["stations"],
  tokens: ["cards"],
  customers: ["customers", "cards"],
  vehicles: ["vehicles", "customers"],
};

/** The name of the file that has what is there now. */
export const FILES: Record<Kind, string> = {
  sites: "sites.csv",
  stations: "chargers.csv",
  tokens: "cards.csv",
  customers: "customers.csv",
  vehicles: "vehicles.csv",
};

export function kindWords(kind: Kind): { title: string; key: string } {
  if (kind === "sites") return { title: t`Import sites`, key: "id" };
  if (kind === "stations") return { title: t`Import chargers`, key: "id" };
  if (kind === "tokens") return { title: t`Import cards`, key: "uid" };
  if (kind === "vehicles") return { title: t`Import vehicles`, key: "id" };
  return { title: t`Import customers`, key: "id" };
}

/** Brings a file, all of it or nothing; `dry_run` says what would come of it. */
export async function bring(kind: Kind, file: Blob, dry_run: boolean): Promise<ImportReport> {
  const sent = {
    params: { query: { dry_run } },
    // The body is the file as it is, which the description of the API has no shape for.
    body: file as never,
    bodySerializer: (body: unknown) => body as Blob,
    headers: { "Content-Type": "text/csv" },
  };
  return problemsInWords(await answered(client.POST(`/api/v1/imports/${kind}`, sent)));
}

/** All there are now, as a file that reads back without a change. */
export async function fetchAll(kind: Kind): Promise<Blob> {
  const as = { parseAs: "blob" } as const;
  if (kind === "sites") return (await answered(client.GET("/api/v1/exports/sites", as))) as Blob;
  if (kind === "stations") return (await answered(client.GET("/api/v1/exports/stations", as))) as Blob;
  if (kind === "tokens") return (await answered(client.GET("/api/v1/exports/tokens", as))) as Blob;
  if (kind === "vehicles") return (await answered(client.GET("/api/v1/exports/vehicles", as))) as Blob;
  return (await answered(client.GET("/api/v1/exports/customers", as))) as Blob;
}
