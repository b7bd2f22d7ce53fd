import { t } from "@lingui/core/macro";
import type { Invoice, WalletTransaction } from "@stationmaster/api";
import { At, money, type Column } from "@stationmaster/ui";
import type { ReactNode } from "react";
import { entryWord, invoiceWord } from "../money/ledgerWords";

/** What was booked on a wallet. */
export function entryColumns(): Column<WalletTransaction>[] {
  return [
    { id: "at", head: t`When`, value: (one) => one.created_at, cell: (one) => <At at={one.created_at} /> },
    { id: "what", head: t`What`, value: (one) => entryWord(one.booked_as) },
    { id: "description", head: t`About`, value: (one) => one.description ?? one.reference },
    {
      id: "amount", head: t`Amount`, right: true, value: (one) => signed(one),
      cell: (one) => <span className="num">{money(signed(one), one.currency)}</span>,
    },
    { id: "balance", head: t`Then in the wallet`, right: true, value: (one) => one.balance, cell: (one) => <span className="num">{money(one.balance, one.currency)}</span> },
  ];
}

function signed({ type, amount }: WalletTransaction): string {
  return type === "debit" && !amount.startsWith("-") ? `-${amount}` : amount;
}

/** Receipts and invoices, and the buttons that save each. */
export function invoiceColumns(files: (invoice: Invoice) => ReactNode): Column<Invoice>[] {
  return [
    { id: "number", head: t`Number`, value: (one) => one.number },
    { id: "kind", head: t`What`, value: (one) => invoiceWord(one.kind) },
    { id: "issued", head: t`Issued`, value: (one) => one.issued_at, cell: (one) => <At at={one.issued_at} /> },
    { id: "total", head: t`Total`, right: true, value: (one) => one.total, cell: (one) => <span className="num">{money(one.total, one.currency)}</span> },
    { id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null, cell: files },
  ];
}
