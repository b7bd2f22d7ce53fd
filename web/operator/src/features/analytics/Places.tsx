import { t } from "@lingui/core/macro";
import { SegmentedControl } from "@mantine/core";
import type { FiguresRow } from "@stationmaster/api";
import { DataTable, Empty, type TableState } from "@stationmaster/ui";
import { useQuery, keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useAsked } from "../../figures/Asking";
import { figuresColumns } from "../../figures/columns";
import { figuresQuery } from "../../figures/queries";
import { Found, Part } from "./Part";

type Kind = "site" | "station" | "model" | "firmware";

/** Sites beside each other, the ones that bring most first; of one site its chargers. */
export function Places() {
  const { asked } = useAsked();
  const [chosen, choose] = useState<Kind | null>(null);
  const [table, setTable] = useState<TableState>({ sort: "-energy" });
  const by = chosen ?? (asked.site === undefined ? "site" : "station");
  const found = useQuery({ ...figuresQuery(by, asked), placeholderData: keepPreviousData });
  const words = useMemo<Record<Kind, string>>(() => ({ site: t`Site`, station: t`Charger`, model: t`Model`, firmware: t`Firmware` }), []);
  const columns = useMemo(() => figuresColumns({ head: words[by], name: nameOf, open: (row) => <Opened row={row} by={by} /> }), [by, words]);
  return (
    <Part
      id="places"
      title={t`Best and worst`}
      aside={
        <SegmentedControl
          size="xs"
          aria-label={t`A row is for`}
          data={(Object.keys(words) as Kind[]).map((value) => ({ value, label: words[value] }))}
          value={by}
          onChange={(value) => { choose(value as Kind); }}
        />
      }
    >
      <Found of={found}>
        {(data) => (
        <DataTable
          label={t`Best and worst`}
          title={words[by]}
          columns={columns}
          rows={data.rows}
          rowId={(row) => row.key}
          state={table}
          onState={setTable}
          empty={<Empty title={t`Nothing in this time`} />}
        />
        )}
      </Found>
    </Part>
  );
}

function nameOf(row: FiguresRow): string {
  return row.name ?? (row.key || t`At no site`);
}

/** The name leads to the same page, of that one alone. */
function Opened({ row, by }: { row: FiguresRow; by: Kind }) {
  if ((by !== "site" && by !== "station") || !row.key) return <span className="hostile">{nameOf(row)}</span>;
  return (
    <Link to="." search={((old: Record<string, unknown>) => ({ ...old, [by]: row.key })) as never} className="hostile">
      {nameOf(row)}
    </Link>
  );
}
