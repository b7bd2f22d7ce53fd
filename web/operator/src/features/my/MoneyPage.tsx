import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { answered, client, type Invoice, type OwnProfile, type Payment, type WalletTransaction } from "@stationmaster/api";
import { At, Badge, DataTable, Facts, money, Note, Problem, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useList } from "../../lists";
import { Balances } from "../../wallet/Balances";
import { entryColumns, invoiceColumns } from "../../wallet/columns";
import { Download } from "../../money/download";
import { isNothing } from "../../money/ledgerWords";
import { MonthlyStatement } from "../../wallet/MonthlyStatement";
import thing from "../../thing.module.css";
import { paymentWords, purposeWord } from "../payments/words";
import { Mine } from "./Mine";
import css from "./My.module.css";
import { Paying, usePaying } from "./Paying";
import { entriesQuery, invoicesQuery, paymentsQuery, walletQuery } from "./queries";
import { OwnSavedCard } from "./SavedCard";
import { TopUp } from "./TopUp";
import { billingSentence } from "./words";

/** What one has with the operator, or owes; only what holds for who reads it. */
export function MoneyPage() {
  return <Mine title={t`Money`}>{({ value }) => <Money profile={value} />}</Mine>;
}

function Money({ profile }: { profile: OwnProfile }) {
  const { data: wallet, error, refetch } = useQuery(walletQuery());
  const paying = usePaying();
  const pays = profile.billing !== "free";
  const balance = wallet?.balances.find(({ currency }) => currency === profile.currency) ?? wallet?.balances[0];
  const owed = balance !== undefined && !isNothing(balance.owed) && !balance.owed.startsWith("-") ? balance.owed : null;
  const currency = profile.currency ?? balance?.currency ?? "EUR";
  return (
    <div className={thing.columns}>
      <Paying paying={paying} />
      <section className={`${thing.panel} card`} aria-label={t`Wallet`} data-testid="own-wallet">
        <p>{billingSentence(profile.billing)}</p>
        {error ? <Problem error={error} retry={() => void refetch()} /> : !wallet ? <Waiting /> : <Balances wallet={wallet} owed={t`You owe`} />}
        <Limits profile={profile} />
        {pays && <OwnSavedCard profile={profile} paying={paying} />}
        {wallet !== undefined && wallet.balances.length > 0 && <OwnStatement />}
      </section>
      {pays && wallet !== undefined && (profile.billing === "prepaid" || owed !== null) && (
        profile.can_pay ? (
          <TopUp key={owed} currency={currency} owed={owed} paying={paying} />
        ) : (
          <Note tone="unavailable">
            <Trans>One cannot pay here. Whoever runs the chargers can say how you pay.</Trans>
          </Note>
        )
      )}
      <Invoices />
      <Payments />
      <Entries />
    </div>
  );
}

/** How far one's money goes, where that is said. */
function Limits({ profile: { currency, credit_limit: credit, monthly_budget: budget } }: { profile: OwnProfile }) {
  const told: [string, string | null][] = [[t`You may owe at most`, credit], [t`You may spend in a month`, budget]];
  const items = told.flatMap(([name, amount]): [string, string][] => (amount === null ? [] : [[name, money(amount, currency ?? "")]]));
  return items.length === 0 ? null : <div className={thing.wide}><Facts items={items} /></div>;
}

function OwnStatement() {
  const of = (month: string) => ({ params: { path: { month } }, parseAs: "blob" }) as const;
  return (
    <MonthlyStatement
      name="statement"
      pdf={(month) => answered(client.GET("/api/v1/me/statements/{month}/pdf", of(month)))}
      csv={(month) => answered(client.GET("/api/v1/me/statements/{month}/csv", of(month)))}
    />
  );
}

function Invoices() {
  const list = useList<Invoice>(invoicesQuery(), { grows: true }); // a receipt follows its bill a moment later
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(() => invoiceColumns((one) => <Files invoice={one} />), []);
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (list.rows.length === 0) return null;
  return <DataTable label={t`Receipts and invoices`} title={t`Receipts and invoices`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} sortable={[]} />;
}

/** The paper, and what the meter has signed of it, for the public software that checks it. */
function Files({ invoice: { id, number } }: { invoice: Invoice }) {
  const name = number.replaceAll("/", "-");
  const of = { params: { path: { invoice_id: id } }, parseAs: "blob" } as const;
  return (
    <>
      <Download label={t`PDF of ${number}`} name={`${name}.pdf`} fetch={() => answered(client.GET("/api/v1/me/invoices/{invoice_id}/pdf", of))}>
        {t`PDF`}
      </Download>
      <Download label={t`Signed values of ${number}`} name={`${name}-signed.xml`} fetch={() => answered(client.GET("/api/v1/me/invoices/{invoice_id}/signed-values", of))}>
        {t`Signed values`}
      </Download>
    </>
  );
}

function Payments() {
  const list = useList<Payment>(paymentsQuery(), { underWay: ({ state }) => state === "asked" || state === "pending" });
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(paymentColumns, []);
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (list.rows.length === 0) return null;
  return <DataTable label={t`Payments`} title={t`Payments`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} sortable={[]} />;
}

function paymentColumns(): Column<Payment>[] {
  return [
    { id: "at", head: t`When`, value: (one) => one.made_at, cell: (one) => <At at={one.made_at} /> },
    { id: "what", head: t`What for`, value: (one) => purposeWord(one.purpose) },
    {
      id: "state", head: t`State`, card: "side", value: (one) => paymentWords(one.state).word,
      cell: (one) => <span title={one.reason ?? undefined}><Badge tone={paymentWords(one.state).tone} plain>{paymentWords(one.state).word}</Badge></span>,
    },
    { id: "amount", head: t`Amount`, right: true, value: (one) => one.amount, cell: (one) => <span className="num">{money(one.amount, one.currency)}</span> },
    { id: "refunded", head: t`Given back`, right: true, value: (one) => one.refunded, cell: (one) => (isNothing(one.refunded) ? null : <span className="num">{money(one.refunded, one.currency)}</span>) },
    {
      id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null,
      cell: (one) => one.state === "pending" && one.pay_at !== null && <a className={css.inRow} href={one.pay_at}><Trans>To the payment</Trans></a>,
    },
  ];
}

function Entries() {
  const list = useList<WalletTransaction>(entriesQuery());
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(entryColumns, []);
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (list.rows.length === 0) return null;
  return <DataTable label={t`Entries of the wallet`} title={t`Entries of the wallet`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} sortable={[]} />;
}
