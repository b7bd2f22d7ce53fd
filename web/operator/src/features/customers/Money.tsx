import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type BilledSession, type Customer, type Invoice, type WalletTransaction } from "@stationmaster/api";
import { At, DataTable, Form, money, needed, notify, Pair, Problem, useSentForm, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as v from "valibot";
import { sentDecimal } from "../../fields";
import { FormModal } from "../../FormModal";
import { useList } from "../../lists";
import { useAway } from "../../live/useAway";
import { Balances } from "../../wallet/Balances";
import { entryColumns, invoiceColumns } from "../../wallet/columns";
import { billWord } from "../../money/ledgerWords";
import { InvoicePdf } from "../../money/InvoicePdf";
import { billsQuery, entriesQuery, invoicesQuery, savedCardsQuery, walletQuery } from "../../money/queries";
import { SavedCardLine } from "../../wallet/SavedCardLine";
import { useOnce } from "../../money/useOnce";
import thing from "../../thing.module.css";
import { Only, useMay } from "../../user";
import { Statement } from "./Statement";

/** What was booked for a customer, billed and issued. */
export function Booked({ customer }: { customer: string }) {
  return (
    <>
      <Entries customer={customer} />
      <Bills customer={customer} />
      <Invoices customer={customer} />
    </>
  );
}

/** The card with which what is owed is paid, where the customer has saved one. */
function SavedCard({ customer }: { customer: string }) {
  const queries = useQueryClient();
  const may = useMay("manage_customers");
  const card = useQuery(savedCardsQuery(customer)).data?.items[0];
  if (card === undefined) return null;
  const remove = async () => {
    await answered(client.DELETE("/api/v1/customers/{customer_id}/saved-cards", { params: { path: { customer_id: customer } } }));
    await queries.invalidateQueries({ queryKey: savedCardsQuery(customer).queryKey });
  };
  return <SavedCardLine card={card} about={t`Only the customer can save a card again. What they owe is then asked for by mail.`} remove={may ? remove : null} />;
}

/** What a customer has with us, or owes. */
export function Wallet({ customer }: { customer: Customer }) {
  const { data, error } = useQuery(walletQuery(customer.id));
  const [receiving, receive] = useDisclosure(false);
  const [correcting, correct] = useDisclosure(false);
  const away = useAway() !== null;
  const currency = customer.currency ?? data?.balances[0]?.currency ?? "EUR";
  return (
    <section className={`${thing.panel} card`} aria-label={t`Wallet`} data-testid="wallet">
      <div className={thing.spread}>
        <h2>
          <Trans>Wallet</Trans>
        </h2>
        <Only may="handle_money">
          <div className={thing.buttons}>
            <Button size="xs" variant="default" onClick={receive.open} disabled={away} data-testid="receive-money">
              <Trans>Money received…</Trans>
            </Button>
            <Button size="xs" variant="subtle" color="gray" onClick={correct.open} disabled={away} data-testid="correct-wallet">
              <Trans>Correct…</Trans>
            </Button>
          </div>
        </Only>
      </div>
      {error ? (
        <Problem error={error} />
      ) : !data ? (
        <Waiting />
      ) : data.balances.length === 0 ? (
        <p className="dim">
          <Trans>Nothing was booked for this customer yet.</Trans>
        </p>
      ) : (
        <Balances wallet={data} owed={t`Owed to us`} />
      )}
      <SavedCard customer={customer.id} />
      {data !== undefined && data.balances.length > 0 && <Statement customer={customer.id} />}
      <FormModal opened={receiving} onClose={receive.close} title={t`Money received from ${customer.name}`}>
        <Receive customer={customer} currency={currency} onDone={receive.close} />
      </FormModal>
      <FormModal opened={correcting} onClose={correct.close} title={t`Correct what ${customer.name} has`}>
        <Correct customer={customer} currency={currency} onDone={correct.close} />
      </FormModal>
    </section>
  );
}

interface Asking {
  customer: Customer;
  currency: string;
  onDone: () => void;
}

function useRefreshedWallet(customer: Customer) {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["wallet", customer.id] });
}

/** Cash, or what stands on the bank's statement. */
function Receive({ customer, currency, onDone }: Asking) {
  const refreshed = useRefreshedWallet(customer);
  const once = useOnce();
  const form = useSentForm({
    initial: { way: "bank", amount: "", currency, reference: "" },
    schema: v.object({ way: v.string(), amount: needed(24), currency: needed(3), reference: needed(200) }),
    submit: async (typed) => {
      const body = {
        customer: customer.id, way: typed.way === "cash" ? ("cash" as const) : ("bank" as const), amount: sentDecimal(typed.amount),
        currency: typed.currency.trim().toUpperCase(), reference: typed.reference.trim(),
      };
      const made = await answered(client.POST("/api/v1/payments", { body, headers: once(body) }));
      await refreshed();
      notify.done(t`${money(made.amount, made.currency)} is booked`);
      onDone();
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Book it`} testid="receive-submit">
      <SegmentedControl
        aria-label={t`How it came`} data={[{ value: "bank", label: t`Bank transfer` }, { value: "cash", label: t`Cash` }]}
        {...fields.getInputProps("way")}
      />
      <AmountAndCurrency fields={fields} />
      <TextInput label={t`Reference`} description={t`As on the bank’s statement, or the number of the receipt`} required data-testid="receive-reference" {...fields.getInputProps("reference")} />
    </Form>
  );
}

/** Something that was booked wrong, or a present. */
function Correct({ customer, currency, onDone }: Asking) {
  const refreshed = useRefreshedWallet(customer);
  const once = useOnce();
  const form = useSentForm({
    initial: { direction: "in", amount: "", currency, purse: "wallet", reason: "" },
    schema: v.object({ direction: v.string(), amount: needed(24), currency: needed(3), purse: v.string(), reason: needed(200) }),
    submit: async (typed) => {
      const amount = sentDecimal(typed.amount);
      const body = {
        amount: typed.direction === "out" ? `-${amount}` : amount, currency: typed.currency.trim().toUpperCase(),
        purse: typed.purse === "bonus" ? ("bonus" as const) : ("wallet" as const), reason: typed.reason.trim(),
      };
      const params = { path: { customer_id: customer.id } };
      const made = await answered(client.POST("/api/v1/customers/{customer_id}/wallet/adjustments", { params, body, headers: once(body) }));
      await refreshed();
      notify.done(made.state === "waiting" ? t`It is booked as soon as another person confirms it` : t`Booked`);
      onDone();
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Correct it`} testid="correct-submit">
      <SegmentedControl
        aria-label={t`In or out`} data={[{ value: "in", label: t`Put in` }, { value: "out", label: t`Take out` }]} {...fields.getInputProps("direction")}
      />
      <AmountAndCurrency fields={fields} />
      <Select
        label={t`Of what`} allowDeselect={false} data={[{ value: "wallet", label: t`The wallet` }, { value: "bonus", label: t`The bonus, which is never paid out` }]}
        {...fields.getInputProps("purse")}
      />
      <TextInput label={t`Why`} required {...fields.getInputProps("reason")} />
    </Form>
  );
}

function AmountAndCurrency({ fields }: { fields: { getInputProps: (name: "amount" | "currency") => object } }) {
  return (
    <Pair>
      <TextInput label={t`Amount`} required inputMode="decimal" autoComplete="off" data-autofocus data-testid="amount" {...fields.getInputProps("amount")} />
      <TextInput label={t`Currency`} required maxLength={3} {...fields.getInputProps("currency")} />
    </Pair>
  );
}

function Entries({ customer }: { customer: string }) {
  const list = useList<WalletTransaction>(entriesQuery(customer));
  const [state, setState] = useState<TableState>({});
  if (list.rows.length === 0) return null;
  return <DataTable label={t`Entries of the wallet`} title={t`Entries of the wallet`} columns={entryColumns()} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} />;
}

function Bills({ customer }: { customer: string }) {
  const list = useList<BilledSession>(billsQuery(customer));
  const [state, setState] = useState<TableState>({});
  if (list.rows.length === 0) return null;
  const columns: Column<BilledSession>[] = [
    {
      id: "at", head: t`Billed`, value: (one) => one.made_at,
      cell: (one) => <Link to="/sessions/$id" params={{ id: one.session }}><At at={one.made_at} /></Link>,
    },
    { id: "state", head: t`State`, value: (one) => billWord(one.state) },
    { id: "tax", head: t`Of it tax`, right: true, card: "hidden", value: (one) => one.tax, cell: (one) => <span className="num">{money(one.tax, one.currency)}</span> },
    { id: "total", head: t`Total`, right: true, value: (one) => one.total, cell: (one) => <span className="num">{money(one.total, one.currency)}</span> },
  ];
  return <DataTable label={t`Bills`} title={t`Bills`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} />;
}

function Invoices({ customer }: { customer: string }) {
  const list = useList<Invoice>(invoicesQuery(customer));
  const [state, setState] = useState<TableState>({});
  if (list.rows.length === 0) return null;
  const columns = invoiceColumns((one) => <InvoicePdf invoice={one} />);
  return <DataTable label={t`Receipts and invoices`} title={t`Receipts and invoices`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} />;
}
