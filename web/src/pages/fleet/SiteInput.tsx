import { Autocomplete } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, post } from "../../api/client";
import { sitesQuery } from "../../api/queries";

/** The name of a site: one that is there, or a new one. */
export function SiteInput({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const sites = useQuery(sitesQuery());
  const names = (sites.data?.items ?? []).map((site) => site.name).sort((a, b) => a.localeCompare(b));
  // With a site chosen, the list still shows the others.
  const shown = names.includes(value) ? names : names.filter((name) => name.toLowerCase().includes(value.trim().toLowerCase()));
  return (
    <Autocomplete
      label="Site"
      placeholder="Choose, or type a new one"
      data={shown}
      filter={({ options }) => options}
      limit={50}
      value={value}
      onChange={onChange}
      clearable
    />
  );
}

/** Makes the site when there is none of this name yet. */
export function useEnsuredSite(): (name: string) => Promise<void> {
  const queries = useQueryClient();
  return async (name) => {
    if (!name) return;
    const known = await queries.ensureQueryData(sitesQuery());
    if (known.items.some((site) => site.name === name)) return;
    try {
      await post("/sites", { name });
    } catch (wrong) {
      if (!(wrong instanceof ApiError) || wrong.status !== 409) throw wrong; // somebody else was quicker
    }
    void queries.invalidateQueries({ queryKey: ["sites"] });
  };
}
