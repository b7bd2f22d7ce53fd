import { t } from "@lingui/core/macro";
import { Finder as Search, Icon } from "@stationmaster/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { foundStationsQuery } from "../queries";
import { navigation } from "./navigation";

export { openFinder } from "@stationmaster/ui";

/** Ctrl+K: any charger by its name, id, site or make, and every page. */
export function Finder() {
  const navigate = useNavigate();
  const [wanted, setWanted] = useState("");
  const text = wanted.trim();
  const { data } = useQuery({
    ...foundStationsQuery(text),
    enabled: text !== "",
    placeholderData: keepPreviousData,
  });
  const pages = navigation()
    .flatMap((group) => group.entries)
    .filter((entry) => entry.name.toLowerCase().includes(text.toLowerCase()))
    .map((entry) => ({
      id: entry.to,
      label: entry.name,
      icon: <Icon name={entry.icon} />,
      onClick: () => void navigate({ to: entry.to }),
    }));
  const chargers = (text ? (data?.items ?? []) : []).map((station) => ({
    id: `charger ${station.id}`,
    label: station.name ?? station.id,
    description: [station.name ? station.id : null, station.site].filter(Boolean).join(" · "),
    icon: <Icon name="fleet" />,
    onClick: () => void navigate({ to: "/chargers/$id", params: { id: station.id } }),
  }));
  return (
    <Search
      query={wanted}
      onQuery={setWanted}
      placeholder={t`Find a charger or a page`}
      nothing={t`Nothing is called so`}
      groups={[
        { title: t`Chargers`, actions: chargers },
        { title: t`Pages`, actions: pages },
      ]}
    />
  );
}
