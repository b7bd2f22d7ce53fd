import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { DataTable, Problem, Waiting, type TableState } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import thing from "../../thing.module.css";
import { termsColumns } from "./columns";
import { tariffTermsQuery } from "./queries";

/** Every price that a tariff has had: a session has the one that was in force when it began. */
export function Terms({ id }: { id: string }) {
  const { data, error } = useQuery(tariffTermsQuery(id));
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(() => termsColumns(), []);
  if (error) return <Problem error={error} />;
  if (!data) return <Waiting />;
  return (
    <>
      <p className={`dim small ${thing.above}`}>
        <Trans>A session has the price that was in force when it began.</Trans>
      </p>
      <DataTable label={t`Prices of this tariff`} columns={columns} rows={data.items} rowId={(one) => String(one.number)} state={state} onState={setState} />
    </>
  );
}
