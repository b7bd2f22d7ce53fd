import { t } from "@lingui/core/macro";
import { MultiSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { foundQuery, type Resource, type Thing } from "./resource";

interface Props<T extends Thing> {
  resource: Pick<Resource<T>, "key" | "list">;
  label: string;
  description?: string;
  /** Shown while none is chosen. */
  placeholder: string;
  required?: boolean;
  testid?: string;
  value?: string[];
  onChange?: (names: string[]) => void;
  error?: ReactNode;
}

/** Several of a kind, by their names. The server finds them while one types, since there may be more than a list can hold. */
export function NamesInput<T extends Thing>({ resource, placeholder, testid, value = [], ...props }: Props<T>) {
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed.trim(), 250);
  const { data, isFetching } = useQuery({ ...foundQuery(resource, text), placeholderData: keepPreviousData });
  return (
    <MultiSelect
      {...props}
      value={value}
      placeholder={value.length > 0 ? "" : placeholder}
      data={[...new Set(data?.map((one) => one.name))]}
      // The server has chosen what fits, also by an address or a city.
      filter={({ options }) => options}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage={isFetching || typed.trim() !== text ? t`Looking…` : t`Nothing matches`}
      hidePickedOptions
      clearable
      clearButtonProps={{ "aria-label": t`Clear` }}
      data-testid={testid}
    />
  );
}
