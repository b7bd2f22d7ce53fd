import { t } from "@lingui/core/macro";
import { Autocomplete, Checkbox, TextInput } from "@mantine/core";
import { answered, client, ifMatch, tagged, type Tagged, type Tariff } from "@stationmaster/api";
import { Form, FormPart, needed, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import * as v from "valibot";
import { changed, orNull, sentDecimal } from "../../fields";
import { OwnIdInput, ownId } from "../../OwnIdInput";

const USUAL = ["EUR", "INR", "USD", "GBP", "CHF"];

function typed(tariff: Tariff | null) {
  return {
    id: "",
    name: tariff?.name ?? "",
    currency: tariff?.currency ?? "EUR",
    price_per_kwh: tariff?.price_per_kwh ?? "",
    price_per_minute: tariff?.price_per_minute ?? "",
    price_per_session: tariff?.price_per_session ?? "",
    tax_percent: tariff?.tax_percent ?? "",
    standard: tariff?.standard ?? false,
    active: (tariff?.status ?? "active") === "active",
  };
}

type Typed = ReturnType<typeof typed>;

/** Amounts stay the text that was entered: a float would not be exact. */
function factsOf(values: Typed) {
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

export function TariffForm({ tariff, onDone }: { tariff?: Tagged<Tariff>; onDone: () => void }) {
  const queries = useQueryClient();
  const seen = useRef(tariff);
  const id = tariff?.value.id;
  const form = useSentForm<Typed>({
    initial: typed(tariff?.value ?? null),
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
    conflict: "id",
    ...(id !== undefined && {
      theirs: async () => {
        seen.current = await tagged(client.GET("/api/v1/tariffs/{tariff_id}", { params: { path: { tariff_id: id } } }));
        return typed(seen.current.value);
      },
    }),
    submit: async (values, before) => {
      if (seen.current) {
        const params = { path: { tariff_id: seen.current.value.id }, header: ifMatch(seen.current.tag) };
        await answered(client.PATCH("/api/v1/tariffs/{tariff_id}", { params, body: changed(factsOf(before), factsOf(values)) }));
      } else {
        await answered(client.POST("/api/v1/tariffs", { body: { ...factsOf(values), id: orNull(values.id) } }));
      }
      await queries.invalidateQueries({ queryKey: ["tariffs"] });
      notify.done(t`Saved`);
      onDone();
    },
  });
  const { fields } = form;
  const currency = fields.getValues().currency.trim().toUpperCase();
  return (
    <Form form={form} action={id === undefined ? t`Add tariff` : t`Save`} testid="tariff-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="tariff-name" {...fields.getInputProps("name")} />
      <FormPart title={t`Price`}>
        <Autocomplete label={t`Currency`} data={USUAL} required maxLength={3} data-testid="tariff-currency" {...fields.getInputProps("currency")} />
        <TextInput label={t`For each kWh`} rightSection={currency} rightSectionWidth={56} inputMode="decimal" autoComplete="off" data-testid="tariff-kwh" {...fields.getInputProps("price_per_kwh")} />
        <TextInput label={t`For each minute`} rightSection={currency} rightSectionWidth={56} inputMode="decimal" autoComplete="off" {...fields.getInputProps("price_per_minute")} />
        <TextInput label={t`For each session`} rightSection={currency} rightSectionWidth={56} inputMode="decimal" autoComplete="off" {...fields.getInputProps("price_per_session")} />
        <TextInput label={t`Tax on top`} rightSection="%" inputMode="decimal" autoComplete="off" data-testid="tariff-tax" {...fields.getInputProps("tax_percent")} />
      </FormPart>
      <Checkbox label={t`Holds wherever no other tariff does`} data-testid="tariff-standard" {...fields.getInputProps("standard", { type: "checkbox" })} />
      <Checkbox label={t`In use`} description={t`One that is not in use decides nothing; the next place that names a tariff does`} {...fields.getInputProps("active", { type: "checkbox" })} />
      {id === undefined && <OwnIdInput {...fields.getInputProps("id")} />}
    </Form>
  );
}
