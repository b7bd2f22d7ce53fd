import { t } from "@lingui/core/macro";
import { Select, TextInput } from "@mantine/core";
import type { Customer } from "@stationmaster/api";
import { Form, FormPart, needed, optional, Pair } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull, sentDecimal } from "../../fields";
import { ThingSelect } from "../../managed/ThingSelect";
import { useManagedForm, type FormProps } from "../../managed/useManagedForm";
import { billingWord } from "../../money/ledgerWords";
import { OwnIdInput, ownId } from "../../OwnIdInput";
import { groups } from "../groups/resource";
import { tariffs } from "../tariffs/resource";
import { customers } from "./resource";

const BILLINGS = ["free", "prepaid", "postpaid"] as const;
const ADDRESS = ["name", "street", "postal_code", "city", "region", "country"] as const;

function typed(customer: Customer | null) {
  const address = customer?.billing_address;
  return {
    id: "", name: customer?.name ?? "", phone: customer?.phone ?? "", email: customer?.email ?? "",
    billing: customer?.billing ?? ("free" as const), currency: customer?.currency ?? "", credit_limit: customer?.credit_limit ?? "",
    monthly_budget: customer?.monthly_budget ?? "", tariff: customer?.tariff ?? "", group: customer?.group ?? "", tax_number: customer?.tax_number ?? "", language: customer?.language ?? "",
    address_name: address?.name ?? "", street: address?.street ?? "", postal_code: address?.postal_code ?? "", city: address?.city ?? "",
    region: address?.region ?? "", country: address?.country ?? "",
  };
}

type Typed = ReturnType<typeof typed>;

export type CustomerFacts = ReturnType<typeof facts>;

function facts(values: Typed) {
  const address = Object.fromEntries(ADDRESS.map((name) => [name, orNull(values[name === "name" ? "address_name" : name])]));
  return {
    name: values.name.trim(), phone: orNull(values.phone), email: orNull(values.email),
    billing: values.billing,
    currency: orNull(values.currency.toUpperCase()),
    credit_limit: orNull(sentDecimal(values.credit_limit)),
    monthly_budget: orNull(sentDecimal(values.monthly_budget)),
    tariff: orNull(values.tariff),
    group: orNull(values.group),
    tax_number: orNull(values.tax_number),
    language: orNull(values.language),
    billing_address: Object.values(address).some((value) => value !== null) ? address : null,
  };
}

export function CustomerForm({ one, onDone }: FormProps<Customer>) {
  const form = useManagedForm({
    resource: customers, one, onDone, typed, facts, conflict: "phone",
    schema: v.object({
      id: ownId(), name: needed(200), phone: optional(40), email: optional(255), billing: v.picklist(BILLINGS), currency: optional(3), credit_limit: optional(24),
      monthly_budget: optional(24), tariff: optional(255), group: optional(255), tax_number: optional(50), language: optional(35), address_name: optional(200), street: optional(200),
      postal_code: optional(40), city: optional(200), region: optional(200), country: optional(2),
    }),
  });
  const adding = one === undefined;
  const { fields } = form;
  const { billing } = fields.getValues();
  const currency = fields.getValues().currency.trim().toUpperCase();
  const { value: tariff, onChange: chooseTariff, ...tariffProps } = fields.getInputProps("tariff") as { value: string; onChange: (value: string) => void };
  const { value: group, onChange: chooseGroup, ...groupProps } = fields.getInputProps("group") as { value: string; onChange: (value: string) => void };
  return (
    <Form form={form} action={adding ? t`Add customer` : t`Save`} testid="customer-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="customer-name" {...fields.getInputProps("name")} />
      <TextInput label={t`Phone`} description={t`With its country, as in +49 30 1234567`} type="tel" autoComplete="off" data-testid="customer-phone" {...fields.getInputProps("phone")} />
      <TextInput label={t`E-mail`} type="email" autoComplete="off" {...fields.getInputProps("email")} />
      <FormPart title={t`How they pay`}>
        <Pair>
          <Select label={t`Pays`} allowDeselect={false} data={BILLINGS.map((value) => ({ value, label: billingWord(value) }))} data-testid="customer-billing" {...fields.getInputProps("billing")} />
          <TextInput label={t`Currency`} placeholder={t`EUR`} maxLength={3} {...fields.getInputProps("currency")} />
        </Pair>
        <Pair>
          {billing === "postpaid" && (
            <TextInput label={t`May owe at most`} rightSection={currency} rightSectionWidth={52} inputMode="decimal" autoComplete="off" {...fields.getInputProps("credit_limit")} />
          )}
          <TextInput label={t`May spend in a month`} rightSection={currency} rightSectionWidth={52} inputMode="decimal" autoComplete="off" {...fields.getInputProps("monthly_budget")} />
        </Pair>
        <ThingSelect
          resource={groups} label={t`Group`} placeholder={t`None`} value={group || null} onChange={(id) => { chooseGroup(id ?? ""); }} data-testid="customer-group" {...groupProps}
        />
        <ThingSelect
          resource={tariffs} label={t`Tariff of their own`} placeholder={t`The one of the place`} detail={(each) => each.currency}
          value={tariff || null} onChange={(id) => { chooseTariff(id ?? ""); }} {...tariffProps}
        />
      </FormPart>
      <FormPart title={t`For invoices`}>
        <TextInput label={t`To whom`} description={t`Where it is another name than the one above`} {...fields.getInputProps("address_name")} />
        <TextInput label={t`Street`} {...fields.getInputProps("street")} />
        <Pair>
          <TextInput label={t`Postal code`} {...fields.getInputProps("postal_code")} />
          <TextInput label={t`City`} {...fields.getInputProps("city")} />
        </Pair>
        <Pair>
          <TextInput label={t`Region`} {...fields.getInputProps("region")} />
          <TextInput label={t`Country`} description={t`Two letters, as in DE`} maxLength={2} {...fields.getInputProps("country")} />
        </Pair>
        <Pair>
          <TextInput label={t`Tax number`} {...fields.getInputProps("tax_number")} />
          <TextInput label={t`Language`} placeholder={t`en, de, …`} {...fields.getInputProps("language")} />
        </Pair>
      </FormPart>
      {adding && <OwnIdInput {...fields.getInputProps("id")} />}
    </Form>
  );
}
