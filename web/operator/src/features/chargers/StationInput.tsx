import { t } from "@lingui/core/macro";
import { Autocomplete } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { foundStationsQuery } from "../../queries";

interface Props {
  placeholder?: string;
  testid?: string;
  value?: string;
  onChange?: (value: string) => void;
  error?: ReactNode;
}

/** The id of a charger, found by its id, name or site. */
export function StationInput({ placeholder, testid, value = "", onChange, error }: Props) {
  const [opened, setOpened] = useState(false);
  const [text] = useDebouncedValue(value.trim().slice(0, 100), 250);
  const { data } = useQuery({
    ...foundStationsQuery(text),
    enabled: opened,
    placeholderData: keepPreviousData,
  });
  const found = new Map(data?.items.map((station) => [station.id, [station.name, station.site].filter(Boolean).join(" · ")]));
  return (
    <Autocomplete
      label={t`Charger`} placeholder={placeholder} data={[...found.keys()]} filter={({ options }) => options} value={value} onChange={(next) => onChange?.(next)}
      onDropdownOpen={() => { setOpened(true); }} error={error} clearable clearButtonProps={{ "aria-label": t`Clear` }} data-testid={testid}
      renderOption={({ option }) => (
        <span className="hostile">
          {option.value} <span className="dim small">{found.get(option.value)}</span>
        </span>
      )}
    />
  );
}
