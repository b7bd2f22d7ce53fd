import { t } from "@lingui/core/macro";
import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { foundQuery, oneQuery, type Resource, type Thing } from "./resource";

interface Props<T extends Thing> extends Omit<SelectProps, "resource" | "value" | "onChange" | "data"> {
  resource: Pick<Resource<T>, "key" | "list" | "get">;
  /** The id of the one that is chosen. */
  value?: string | null;
  onChange?: (id: string | null) => void;
  /** What tells apart those of one name. */
  detail?: (one: T) => string | null | undefined;
}

/** One of the things there are, however many: the server searches for what is typed. */
export function ThingSelect<T extends Thing>({ resource, value = null, onChange, detail, ...props }: Props<T>) {
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState("");
  const [typed] = useDebouncedValue(text.trim().slice(0, 100), 250);
  const one = useQuery({ ...oneQuery(resource, value ?? ""), enabled: value !== null, retry: false });
  const chosen = value === null ? undefined : one.data?.value;
  // With one chosen its name is what stands in the field: then the others are shown as well.
  const found = useQuery({ ...foundQuery(resource, typed === chosen?.name ? "" : typed), enabled: opened, placeholderData: keepPreviousData });
  const rows = found.data ?? [];
  const choices = rows.map((each) => ({ value: each.id, label: each.name }));
  if (value !== null && !choices.some((each) => each.value === value)) {
    // One that was removed has no name any more here.
    if (chosen || one.error) choices.unshift({ value, label: chosen?.name ?? value });
  }
  const details = new Map(detail && rows.map((each) => [each.id, detail(each)]));
  return (
    <Select
      searchable
      clearable
      clearButtonProps={{ "aria-label": t`Clear` }}
      data={choices}
      value={value}
      onChange={(next) => onChange?.(next)}
      searchValue={text}
      onSearchChange={setText}
      filter={({ options }) => options}
      onDropdownOpen={() => { setOpened(true); }}
      nothingFoundMessage={found.isFetching || typed !== text.trim().slice(0, 100) ? t`Looking…` : t`Nothing matches`}
      renderOption={({ option }) => (
        <span className="hostile">
          {option.label} <span className="dim small">{details.get(option.value)}</span>
        </span>
      )}
      {...props}
    />
  );
}
