import { t } from "@lingui/core/macro";
import { Autocomplete, type AutocompleteProps } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

/** Who made a charger: a name that is known here, so that one maker is not written in three ways, or a new one. */
export function ManufacturerInput(props: AutocompleteProps) {
  const [opened, setOpened] = useState(false);
  const known = useQuery({
    queryKey: ["manufacturers"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/manufacturers", { signal })),
    enabled: opened,
  });
  return (
    <Autocomplete
      label={t`Manufacturer`}
      data={known.data?.items ?? []}
      limit={50}
      onDropdownOpen={() => { setOpened(true); }}
      data-testid="edit-charger-manufacturer"
      {...props}
    />
  );
}
