import { t } from "@lingui/core/macro";
import { answered, client, type Adjustment } from "@stationmaster/api";
import { At, DataTable, listCss, money, notify, type Column, type TableState } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useList } from "../../lists";
import { RowButton } from "../../managed/RowButton";
import { adjustmentsQuery } from "../../money/queries";
import { useMay, useUser } from "../../user";

/** Large corrections of wallets that wait for a second person; nothing where none does. */
export function WaitingCorrections() {
  const list = useList<Adjustment>(adjustmentsQuery());
  const [state, setState] = useState<TableState>({});
  const may = useMay("handle_money");
  const columns = useMemo(() => adjustmentColumns(may), [may]);
  if (list.rows.length === 0) return null;
  const title = t`Corrections that wait for a second person`;
  return <DataTable label={title} title={title} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} />;
}

function adjustmentColumns(may: boolean): Column<Adjustment>[] {
  const acting: Column<Adjustment> = { id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null, cell: (one) => <Decide one={one} /> };
  return [
    { id: "at", head: t`When`, value: (one) => one.asked_at, cell: (one) => <At at={one.asked_at} /> },
    { id: "who", head: t`Who`, value: (one) => one.customer, cell: (one) => <Link to="/customers/$id" params={{ id: one.customer }} className="hostile">{one.customer}</Link> },
    { id: "why", head: t`Why`, value: (one) => one.reason, cell: (one) => <span className="hostile">{one.reason}</span> },
    { id: "by", head: t`Asked by`, value: (one) => one.asked_by, cell: (one) => <span className="hostile">{one.asked_by}</span> },
    { id: "purse", head: t`Of what`, card: "hidden", value: (one) => (one.purse === "bonus" ? t`Bonus` : t`Wallet`) },
    { id: "amount", head: t`Amount`, right: true, value: (one) => one.amount, cell: (one) => <span className="num">{money(one.amount, one.currency)}</span> },
    ...(may ? [acting] : []),
  ];
}

function Decide({ one }: { one: Adjustment }) {
  const queries = useQueryClient();
  const me = useUser();
  const decide = useMutation({
    mutationFn: (what: "confirm" | "refuse") => answered(client.POST(`/api/v1/wallet-adjustments/{adjustment_id}/${what}`, { params: { path: { adjustment_id: one.id } } })),
    onSuccess: (_, what) => { notify.done(what === "confirm" ? t`Booked` : t`It is not booked`); },
    onError: notify.failed,
    onSettled: () => Promise.all(["adjustments", "wallet"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
  const amount = money(one.amount, one.currency);
  return (
    <div className={listCss.row}>
      {one.asked_by !== me.email && <RowButton label={t`Confirm ${amount} for ${one.customer}`} busy={decide.isPending} run={() => { decide.mutate("confirm"); }}>{t`Confirm`}</RowButton>}
      <RowButton label={t`Refuse ${amount} for ${one.customer}`} busy={decide.isPending} run={() => { decide.mutate("refuse"); }}>{t`Refuse`}</RowButton>
    </div>
  );
}
