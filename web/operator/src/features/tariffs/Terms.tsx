import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { TariffTerms } from "@stationmaster/api";
import { At, DataTable, Problem, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { tariffTermsQuery } from "./queries";
import { priceWord } from "./words";

/** Every price that a tariff has had: a session has the one that was in force when it began. */
export function Terms({ id }: { id: string }) {
  const { data, error } = useQuery(tariffTermsQuery(id));
  const [state, setState] = useState<TableState>({});
  if (error) return <Problem error={error} />;
  if (!data) return <Waiting />;
  const columns: Column<TariffTerms>[] = [
    { id: "from", head: t`In force from`, value: (one) => one.valid_from, cell: (one) => <At at={one.valid_from} /> },
    { id: "price", head: t`Price`, value: priceWord },
    { id: "tax", head: t`Tax`, value: (one) => `${one.tax_percent} %` },
    { id: "by", head: t`By`, value: (one) => one.made_by, cell: (one) => <span className="hostile">{one.made_by ?? "–"}</span> },
  ];
  return (
    <>
      <p className="dim">
        <Trans>A session has the price that was in force when it began.</Trans>
      </p>
      <DataTable label={t`Prices of this tariff`} columns={columns} rows={data.items} rowId={(one) => String(one.number)} state={state} onState={setState} />
    </>
  );
}
