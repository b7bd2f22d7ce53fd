import { t } from "@lingui/core/macro";
import { Autocomplete, Checkbox, Text, TextInput } from "@mantine/core";
import { answered, client, type Tariff } from "@stationmaster/api";
import { Form, FormPart, needed, optional, Waiting } from "@stationmaster/ui";
import { queryOptions, useQuery } from "@tanstack/react-query";
import * as v from "valibot";
import { orNull, sentDecimal } from "../../fields";
import { useManagedForm, type FormProps } from "../../managed/useManagedForm";
import { OwnIdInput, ownId } from "../../OwnIdInput";
import { tariffs } from "./resource";

const USUAL = ["EUR", "INR", "USD", "GBP", "CHF"];

function typed(tariff: Tariff | null, first = false) {
  return {
    id: "",
    name: tariff?.name ?? "",
    currency: tariff?.currency ?? "EUR",
    price_per_kwh: tariff?.price_per_kwh ?? "",
    price_per_minute: tariff?.price_per_minute ?? "",
    price_per_session: tariff?.price_per_session ?? "",
    tax_percent: tariff?.tax_percent ?? "",
    standard: tariff?.standard ?? first,
    active: (tariff?.status ?? "active") === "active",
  };
}

type Typed = ReturnType<typeof typed>;

export type TariffFacts = ReturnType<typeof facts>;

/** Amounts stay the text that was entered: a float would not be exact. */
function facts(values: Typed) {
  return {
    name: values.name.trim(),
    currency: values.currency.trim().toUpperCase(),
    price_per_kwh: orNull(sentDecimal(values.price_per_kwh)),
    price_per_minute: orNull(sentDecimal(values.price_per_minute)),
    price_per_session: orNull(sentDecimal(values.price_per_session)),
    tax_percent: sentDecimal(values.tax_percent) || "0",
    standard: values.standard,
    status: values.active ? ("active" as const) : ("inactive" as const),
  };
}

function amount() {
  return v.pipe(optional(30), v.check((text) => /^\s*(\d+([.,]\d{1,6})?)?\s*$/.test(text), t`A number from 0 on, with at most 6 decimals`));
}

/** Until one holds wherever no other does, a new one does: else sessions had no price. Never known from before: the box would take it away from the one that does. */
const standardQuery = queryOptions({
  queryKey: ["tariffs", "standard"],
  queryFn: async ({ signal }) => (await answered(client.GET("/api/v1/tariffs", { params: { query: { standard: true, limit: 1 } }, signal }))).items.length > 0,
  gcTime: 0, staleTime: 0,
});

export function TariffForm(props: FormProps<Tariff>) {
  const standard = useQuery({ ...standardQuery, enabled: props.one === undefined });
  if (props.one === undefined && standard.isPending) return <Waiting />;
  return <TariffFields {...props} first={standard.data === false} />;
}

function TariffFields({ one, onDone, first }: FormProps<Tariff> & { first: boolean }) {
  const form = useManagedForm({
    resource: tariffs, one, onDone, facts,
    typed: (tariff) => typed(tariff, first), conflict: "id",
    schema: v.object({
      id: ownId(),
      name: needed(200),
      currency: v.pipe(v.string(), v.check((text) => /^\s*[a-z]{3}\s*$/i.test(text), t`Three letters, as in EUR`)),
      price_per_kwh: amount(),
      price_per_minute: amount(),
      price_per_session: amount(),
      tax_percent: amount(),
      standard: v.boolean(),
      active: v.boolean(),
    }),
  });
  const adding = one === undefined;
  const { fields } = form;
  const currency = fields.getValues().currency.trim().toUpperCase();
  return (
    <Form form={form} action={adding ? t`Add tariff` : t`Save`} testid="tariff-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="tariff-name" {...fields.getInputProps("name")} />
      <FormPart title={t`Price`}>
        <Autocomplete label={t`Currency`} data={USUAL} required maxLength={3} data-testid="tariff-currency" {...fields.getInputProps("currency")} />
        {one?.value.structure ? (
          <Text size="sm">{t`This tariff has prices by time and use; they are changed on its page.`}</Text>
        ) : (
          <>
            <TextInput label={t`For each kWh`} rightSection={currency} rightSectionWidth={56} inputMode="decimal" autoComplete="off" data-testid="tariff-kwh" {...fields.getInputProps("price_per_kwh")} />
            <TextInput label={t`For each minute`} rightSection={currency} rightSectionWidth={56} inputMode="decimal" autoComplete="off" {...fields.getInputProps("price_per_minute")} />
            <TextInput label={t`For each session`} rightSection={currency} rightSectionWidth={56} inputMode="decimal" autoComplete="off" {...fields.getInputProps("price_per_session")} />
            <TextInput label={t`Tax on top`} rightSection="%" inputMode="decimal" autoComplete="off" data-testid="tariff-tax" {...fields.getInputProps("tax_percent")} />
          </>
        )}
      </FormPart>
      <Checkbox label={t`Holds wherever no other tariff does`} description={t`Otherwise it holds only at sites, chargers and connectors that name it`} data-testid="tariff-standard" {...fields.getInputProps("standard", { type: "checkbox" })} />
      <Checkbox label={t`In use`} description={t`One that is not in use decides nothing; the next place that names a tariff does`} {...fields.getInputProps("active", { type: "checkbox" })} />
      {adding && <OwnIdInput {...fields.getInputProps("id")} />}
    </Form>
  );
}
