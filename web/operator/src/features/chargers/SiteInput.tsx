import { t } from "@lingui/core/macro";
import { Autocomplete } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { answered, ApiError, client } from "@stationmaster/api";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { foundQuery, refresh } from "../../managed/resource";
import { sites } from "../sites/resource";

interface Props {
  placeholder?: string;
  value?: string;
  onChange?: (value: string) => void;
  error?: ReactNode;
}

/** The name of a site: one that is there, however many there are, or a new one. */
export function SiteInput({ placeholder = t`Choose, or type a new one`, value = "", onChange, error }: Props) {
  const [opened, setOpened] = useState(false);
  const [chosen, setChosen] = useState(value);
  const [typed] = useDebouncedValue(value.trim().slice(0, 100), 250);
  // With a site chosen, the list still shows the others.
  const found = useQuery({ ...foundQuery(sites, typed === chosen ? "" : typed), enabled: opened, placeholderData: keepPreviousData });
  const names = [...new Set((found.data ?? []).map((site) => site.name))];
  return (
    <Autocomplete
      label={t`Site`}
      placeholder={placeholder}
      data={names}
      filter={({ options }) => options}
      value={value}
      onChange={(next) => onChange?.(next)}
      onOptionSubmit={setChosen}
      onDropdownOpen={() => { setOpened(true); }}
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
    const known = await queries.fetchQuery(foundQuery(sites, name.slice(0, 100)));
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
