import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { HostLine } from "@stationmaster/api";
import { DataTable, money, Problem, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { hostStatementQuery } from "../../money/queries";
import thing from "../../thing.module.css";

/** What is a host's for a month: a line for each bill, and for each correction. */
export function HostStatement({ site, month }: { site: string; month: string }) {
  const { data, error } = useQuery(hostStatementQuery(site, month));
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(() => lineColumns(), []);
  if (error) return <Problem error={error} />;
  if (!data) return <Waiting />;
  return (
    <div className={thing.columns}>
      <p>
        <Trans>
          <b className="hostile">{data.host ?? "–"}</b> gets {Object.entries(data.shares).map(([currency, share]) => money(share, currency)).join(", ")}
        </Trans>
      </p>
      <DataTable label={t`Lines of the statement`} columns={columns} rows={data.lines} rowId={(one) => `${one.session} ${one.booked_on} ${one.net}`} state={state} onState={setState} />
    </div>
  );
}

function lineColumns(): Column<HostLine>[] {
  return [
    { id: "day", head: t`Booked on`, value: (one) => one.booked_on, cell: (one) => <Link to="/sessions/$id" params={{ id: one.session }}>{one.booked_on}</Link> },
    { id: "net", head: t`Net`, right: true, value: (one) => one.net, cell: (one) => <span className="num">{money(one.net, one.currency)}</span> },
    { id: "share", head: t`Share`, right: true, value: (one) => one.share, cell: (one) => <span className="num">{money(one.share, one.currency)}</span> },
  ];
}
