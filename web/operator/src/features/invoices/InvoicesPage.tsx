import { t } from "@lingui/core/macro";
import { Select } from "@mantine/core";
import type { Invoice } from "@stationmaster/api";
import { At, DataTable, Empty, listCss, money, PageHead, Problem, tableCss, Waiting, type Column } from "@stationmaster/ui";
import { useMemo, useState } from "react";
import { FormModal } from "../../FormModal";
import { useChosen, useList, useSearched, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { RowButton } from "../../managed/RowButton";
import { InvoicePdf } from "../../money/InvoicePdf";
import { invoiceWord } from "../../money/ledgerWords";
import { monthWord } from "../../money/months";
import { allInvoicesQuery } from "../../money/queries";
import { knownSort } from "../../queries";
import { useMay } from "../../user";
import { payerColumn } from "../payments/payerColumn";
import { KINDS, SORTS } from "./kinds";
import { TakeBack } from "./TakeBack";

/** Every receipt, invoice and credit note there is, by its number. */
export function InvoicesPage() {
  useFocus(null);
  const [chosen, choose] = useChosen("state");
  const kind = KINDS.find((each) => each === chosen);
  const [state, setState] = useTableState();
  const { search, typing } = useSearched(state);
  const list = useList<Invoice>(allInvoicesQuery({ search, kind, sort: knownSort(SORTS, state.sort) }), { typing });
  const [taking, take] = useState<Invoice | null>(null);
  const may = useMay("handle_money");
  const columns = useMemo(() => invoiceColumns(may ? take : null), [may]);
  const narrowed = kind !== undefined || search !== undefined;
  return (
    <>
      <PageHead title={t`Invoices`} />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Receipts and invoices`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages}
          sortable={SORTS} searchedByServer search={t`Search by number…`}
          filters={
            <Select
              className={listCss.filter ?? ""} aria-label={t`What`} placeholder={t`All there are`} value={kind ?? null} onChange={choose} clearable
              data={KINDS.map((value) => ({ value, label: invoiceWord(value) }))} clearButtonProps={{ "aria-label": t`Clear` }}
            />
          }
          empty={
            <Empty title={narrowed ? t`Nothing matches` : t`Nothing was issued yet`}>
              <p>{t`A receipt is issued when a session is paid, and the invoices of a month when it is over.`}</p>
            </Empty>
          }
        />
      )}
      <FormModal opened={taking !== null} onClose={() => { take(null); }} title={t`Take back ${taking?.number ?? ""}?`}>
        {taking && <TakeBack invoice={taking} onDone={() => { take(null); }} />}
      </FormModal>
    </>
  );
}

function invoiceColumns(take: ((invoice: Invoice) => void) | null): Column<Invoice>[] {
  const amount = (one: Invoice, text: string) => <span className="num">{money(text, one.currency)}</span>;
  return [
    { id: "number", head: t`Number`, value: (one) => one.number, cell: (one) => <strong className="num">{one.number}</strong> },
    { id: "kind", head: t`What`, card: "side", value: (one) => invoiceWord(one.kind) },
    { id: "issued", head: t`Issued`, value: (one) => one.issued_at, cell: (one) => <At at={one.issued_at} /> },
    payerColumn(),
    { id: "month", head: t`Month`, card: "hidden", extra: true, value: (one) => one.month, cell: (one) => (one.month === null ? "–" : monthWord(one.month)) },
    { id: "net", head: t`Net`, right: true, card: "hidden", value: (one) => one.net, cell: (one) => amount(one, one.net) },
    { id: "tax", head: t`Tax`, right: true, card: "hidden", value: (one) => one.tax, cell: (one) => amount(one, one.tax) },
    { id: "total", head: t`Total`, right: true, value: (one) => one.total, cell: (one) => amount(one, one.total) },
    { id: "sha256", head: t`SHA-256`, extra: true, value: (one) => one.sha256, cell: (one) => <span className="mono hostile">{one.sha256}</span> },
    {
      id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null,
      cell: (one) => (
        <div className={`${listCss.row} ${tableCss.above}`}>
          <InvoicePdf invoice={one} />
          {take && one.kind !== "credit_note" && <RowButton label={t`Take back ${one.number}`} run={() => { take(one); }}>{t`Take back…`}</RowButton>}
        </div>
      ),
    },
  ];
}
