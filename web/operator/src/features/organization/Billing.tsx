import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Switch, Textarea, TextInput } from "@mantine/core";
import { answered, client, type BillingDetails } from "@stationmaster/api";
import { Facts, Form, FormPart, Note, notify, optional, Pair, Problem, useSentForm, Waiting } from "@stationmaster/ui";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { changed, orNull } from "../../fields";
import thing from "../../thing.module.css";
import { useMay } from "../../user";

const billingQuery = () =>
  queryOptions({ queryKey: ["organization", "billing"], queryFn: ({ signal }) => answered(client.GET("/api/v1/organization/billing", { signal })) });

/** What stands at the head of receipts and invoices. */
export function Billing() {
  const { data, error } = useQuery(billingQuery());
  const may = useMay("own");
  return (
    <section className={`${thing.panel} card`} aria-label={t`On receipts and invoices`}>
      <h2>
        <Trans>On receipts and invoices</Trans>
      </h2>
      {error ? <Problem error={error} /> : !data ? <Waiting /> : may ? <Details key={data.number_prefix + data.name} one={data} /> : <Shown one={data} />}
    </section>
  );
}

function Shown({ one }: { one: BillingDetails }) {
  return (
    <Facts
      items={[
        [t`Name`, <span key="n" className="hostile">{one.name}</span>],
        [t`Address`, <span key="a" className="hostile">{one.address ?? "–"}</span>],
        [t`Tax number`, one.tax_number ?? "–"],
      ]}
    />
  );
}

const TEXTS = ["legal_name", "address", "country", "tax_number", "tax_label", "email", "phone", "website", "bank", "iban", "bic", "footer"] as const;

function typedOf(one: BillingDetails) {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, one[name] ?? ""])) as Record<(typeof TEXTS)[number], string>;
  return { ...texts, language: one.language, time_zone: one.time_zone, number_prefix: one.number_prefix, payment_days: String(one.payment_days), mail_receipts: one.mail_receipts };
}

function factsOf(typed: ReturnType<typeof typedOf>) {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, orNull(typed[name])])) as Record<(typeof TEXTS)[number], string | null>;
  return {
    ...texts, language: typed.language.trim(), time_zone: typed.time_zone.trim(), number_prefix: typed.number_prefix.trim(),
    payment_days: Number(typed.payment_days), mail_receipts: typed.mail_receipts,
  };
}

function Details({ one }: { one: BillingDetails }) {
  const queries = useQueryClient();
  const texts = Object.fromEntries(TEXTS.map((name) => [name, optional(1000)])) as Record<(typeof TEXTS)[number], ReturnType<typeof optional>>;
  const form = useSentForm({
    initial: typedOf(one),
    schema: v.object({
      ...texts, language: optional(35), time_zone: optional(60), number_prefix: optional(20), mail_receipts: v.boolean(),
      payment_days: v.pipe(v.string(), v.regex(/^\d{1,3}$/, t`A whole number of days`)),
    }),
    submit: async (typed, before) => {
      queries.setQueryData(billingQuery().queryKey, await answered(client.PATCH("/api/v1/organization/billing", { body: changed(factsOf(before), factsOf(typed)) })));
      notify.done(t`Saved`);
    },
  });
  const field = (name: (typeof TEXTS)[number] | "language" | "time_zone" | "number_prefix" | "payment_days") => form.fields.getInputProps(name);
  return (
    <Form form={form} action={t`Save`} testid="billing-submit">
      {one.missing.length > 0 && (
        <Note tone="busy">
          <Trans>In most places an invoice needs this as well: {one.missing.map((name) => name.replaceAll("_", " ")).join(", ")}</Trans>
        </Note>
      )}
      <TextInput label={t`Legal name`} placeholder={one.name} {...field("legal_name")} />
      <Textarea label={t`Address`} autosize minRows={2} maxRows={5} {...field("address")} />
      <Pair>
        <TextInput label={t`Country`} description={t`Two letters, as in DE`} {...field("country")} />
        <TextInput label={t`Tax number`} description={t`As it is to be printed`} {...field("tax_number")} />
      </Pair>
      <FormPart title={t`How to reach and pay you`}>
        <Pair>
          <TextInput label={t`E-mail`} type="email" {...field("email")} />
          <TextInput label={t`Phone`} type="tel" {...field("phone")} />
        </Pair>
        <Pair>
          <TextInput label={t`Bank`} {...field("bank")} />
          <TextInput label={t`IBAN`} {...field("iban")} />
        </Pair>
        <Pair>
          <TextInput label={t`BIC`} {...field("bic")} />
          <TextInput label={t`To be paid within`} rightSection={t`days`} rightSectionWidth={52} inputMode="numeric" {...field("payment_days")} />
        </Pair>
      </FormPart>
      <FormPart title={t`How they are written`}>
        <Pair>
          <TextInput label={t`Numbers begin with`} {...field("number_prefix")} />
          <TextInput label={t`Language`} {...field("language")} />
        </Pair>
        <TextInput label={t`Time zone`} description={t`Of dates, and of the year in their numbers`} {...field("time_zone")} />
        <Textarea label={t`At the foot`} autosize minRows={1} maxRows={4} {...field("footer")} />
        <Switch label={t`Send receipts by e-mail`} description={t`To whoever has an address`} {...form.fields.getInputProps("mail_receipts", { type: "checkbox" })} />
      </FormPart>
    </Form>
  );
}
