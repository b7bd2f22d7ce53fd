import { t } from "@lingui/core/macro";
import { Select } from "@mantine/core";
import type { Payment } from "@stationmaster/api";
import { At, Badge, DataTable, Empty, listCss, money, PageHead, Problem, tableCss, Waiting, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { FormModal } from "../../FormModal";
import { useChosen, useList, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { RowButton } from "../../managed/RowButton";
import { isNothing } from "../../money/ledgerWords";
import { paymentsQuery } from "../../money/queries";
import thing from "../../thing.module.css";
import { useMay } from "../../user";
import { Books } from "./Books";
import { Claims } from "./Claims";
import { Refund } from "./Refund";
import { WaitingCorrections } from "./Waiting";
import { payerColumn } from "./payerColumn";
import { paymentWords, purposeWord, STATES, wayWord } from "./words";

/** What was paid, by whom and how; what is owed; and whether the providers' books say the same as ours. */
export function PaymentsPage() {
  useFocus(null);
  const [chosen, choose] = useChosen("state");
  const wanted = STATES.find((each) => each === chosen);
  const list = useList<Payment>(paymentsQuery(wanted));
  const [state, setState] = useTableState();
  const [refunding, setRefunding] = useState<Payment | null>(null);
  const may = useMay("handle_money");
  const columns = useMemo(() => paymentColumns(may ? setRefunding : null), [may]);
  return (
    <>
      <PageHead title={t`Payments`} />
      <div className={thing.columns}>
        <WaitingCorrections />
        <Claims />
        {list.error ? (
          <Problem error={list.error} retry={list.retry} />
        ) : list.isPending ? (
          <Waiting />
        ) : (
          <DataTable
            label={t`Payments`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} search={t`Search payments…`}
            filters={
              <Select
                className={listCss.filter ?? ""} aria-label={t`State`} placeholder={t`Any state`} value={wanted ?? null} onChange={choose} clearable
                data={STATES.map((value) => ({ value, label: paymentWords(value).word }))} clearButtonProps={{ "aria-label": t`Clear` }}
              />
            }
            empty={<Empty title={wanted ? t`No payment matches` : t`No payments yet`}><p>{t`What guests and customers pay stands here.`}</p></Empty>}
          />
        )}
        <Books />
      </div>
      <FormModal opened={refunding !== null} onClose={() => { setRefunding(null); }} title={t`Give money back`}>
        {refunding && <Refund payment={refunding} onDone={() => { setRefunding(null); }} />}
      </FormModal>
    </>
  );
}

function paymentColumns(refund: ((payment: Payment) => void) | null): Column<Payment>[] {
  const amount = (one: Payment, text: string) => <span className="num">{isNothing(text) ? "–" : money(text, one.currency)}</span>;
  const acting: Column<Payment> = {
    id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null,
    cell: (one) =>
      refund && one.state === "paid" && one.captured !== one.refunded ? (
        <div className={tableCss.above}>
          <RowButton label={t`Give back payment ${one.id}`} run={() => { refund(one); }}>{t`Give back…`}</RowButton>
        </div>
      ) : null,
  };
  return [
    { id: "at", head: t`When`, value: (one) => one.made_at, cell: (one) => <At at={one.made_at} /> },
    {
      id: "state", head: t`State`, value: (one) => paymentWords(one.state).word,
      cell: (one) => <Badge tone={paymentWords(one.state).tone} title={one.reason ?? undefined}>{paymentWords(one.state).word}</Badge>,
    },
    payerColumn(),
    {
      id: "what", head: t`For`, value: (one) => purposeWord(one.purpose),
      cell: (one) => (one.session === null ? purposeWord(one.purpose) : <Link to="/sessions/$id" params={{ id: one.session }}>{purposeWord(one.purpose)}</Link>),
    },
    { id: "way", head: t`How`, card: "hidden", value: (one) => wayWord(one.provider) },
    { id: "asked", head: t`Asked`, right: true, card: "hidden", value: (one) => one.amount, cell: (one) => amount(one, one.amount) },
    { id: "captured", head: t`Taken`, right: true, value: (one) => one.captured, cell: (one) => amount(one, one.captured) },
    { id: "refunded", head: t`Given back`, right: true, card: "hidden", value: (one) => one.refunded, cell: (one) => amount(one, one.refunded) },
    { id: "reference", head: t`Reference`, extra: true, value: (one) => one.reference },
    ...(refund ? [acting] : []),
  ];
}
