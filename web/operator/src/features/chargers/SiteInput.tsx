import { t } from "@lingui/core/macro";
import { Autocomplete } from "@mantine/core";
import { answered, ApiError, client } from "@stationmaster/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { allQuery, refresh } from "../../managed/resource";
import { sites } from "../sites/resource";

interface Props {
  value?: string;
  onChange?: (value: string) => void;
  error?: ReactNode;
}

/** The name of a site: one that is there, or a new one. */
export function SiteInput({ value = "", onChange, error }: Props) {
  const all = useQuery(allQuery(sites));
  const names = (all.data ?? []).map((site) => site.name).sort((a, b) => a.localeCompare(b));
  // With a site chosen, the list still shows the others.
  const shown = names.includes(value) ? names : names.filter((name) => name.toLowerCase().includes(value.trim().toLowerCase()));
  return (
    <Autocomplete
      label={t`Site`}
      placeholder={t`Choose, or type a new one`}
      data={shown}
      filter={({ options }) => options}
      limit={50}
      value={value}
      onChange={(next) => onChange?.(next)}
      error={error}
      clearable
    />
  );
}

/** Makes the site when there is none of this name yet. */
export function useEnsuredSite(): (name: string) => Promise<void> {
  const queries = useQueryClient();
  return async (name) => {
    if (!name) return;
    const known = await queries.ensureQueryData(allQuery(sites));
    if (known.some((site) => site.name === name)) return;
    try {
      await answered(client.POST("/api/v1/sites", { body: { name } }));
    } catch (wrong) {
      // A site's name is at fault here under the field's own name; that somebody else was quicker is none.
      if (!(wrong instanceof ApiError)) throw wrong;
      if (wrong.status !== 409) {
        throw new ApiError(wrong.status, wrong.message, wrong.fields.map(({ reason }) => ({ field: "site", reason })));
      }
    }
    void refresh(queries, sites);
  };
}
