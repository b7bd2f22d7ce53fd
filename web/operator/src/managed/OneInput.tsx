import { t } from "@lingui/core/macro";
import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { foundQuery, oneQuery, type Resource, type Thing } from "./resource";

interface Props<T extends Thing> {
  resource: Pick<Resource<T>, "key" | "list" | "get">;
  label: string;
  description?: string;
  /** Shown while none is chosen. */
  placeholder: string;
  testid?: string;
  /** The id of the one that is chosen. */
  value?: string | null;
  onChange?: (id: string | null) => void;
  error?: ReactNode;
}

/** One of a kind, by its id. The server finds them while one types, since there may be more than a list can hold. */
export function OneInput<T extends Thing>({ resource, testid, value = null, ...props }: Props<T>) {
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed.trim(), 250);
  const chosen = useQuery({ ...oneQuery(resource, value ?? ""), enabled: value !== null }).data?.value;
  // The name of the one that is chosen stands in the field, and nobody looks for it.
  const wanted = text === chosen?.name ? "" : text;
  const { data, isFetching } = useQuery({ ...foundQuery(resource, wanted), placeholderData: keepPreviousData });
  const offered = new Map([...(chosen ? [chosen] : []), ...(data ?? [])].map((one) => [one.id, one.name]));
  return (
    <Select
      {...props}
      value={value}
      data={[...offered].map(([id, name]) => ({ value: id, label: name }))}
      // The server has chosen what fits, also by a phone number or a card.
      filter={({ options }) => options}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage={isFetching ? t`Looking…` : t`Nothing matches`}
      clearable
      clearButtonProps={{ "aria-label": t`Clear` }}
      data-testid={testid}
    />
  );
}
