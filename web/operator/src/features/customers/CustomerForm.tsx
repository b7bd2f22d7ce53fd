import { t } from "@lingui/core/macro";
import { TextInput } from "@mantine/core";
import type { Customer } from "@stationmaster/api";
import { Form, needed, optional } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull } from "../../fields";
import { useManagedForm, type FormProps } from "../../managed/useManagedForm";
import { OwnIdInput, ownId } from "../../OwnIdInput";
import { customers } from "./resource";

function typed(customer: Customer | null) {
  return { id: "", name: customer?.name ?? "", phone: customer?.phone ?? "", email: customer?.email ?? "" };
}

type Typed = ReturnType<typeof typed>;

export type CustomerFacts = ReturnType<typeof facts>;

function facts({ name, phone, email }: Typed) {
  return { name: name.trim(), phone: orNull(phone), email: orNull(email) };
}

export function CustomerForm({ one, onDone }: FormProps<Customer>) {
  const form = useManagedForm({
    resource: customers, one, onDone, typed, facts, conflict: "phone",
    schema: v.object({ id: ownId(), name: needed(200), phone: optional(40), email: optional(255) }),
  });
  const adding = one === undefined;
  const { fields } = form;
  return (
    <Form form={form} action={adding ? t`Add customer` : t`Save`} testid="customer-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="customer-name" {...fields.getInputProps("name")} />
      <TextInput label={t`Phone`} description={t`With its country, as in +49 30 1234567`} type="tel" autoComplete="off" data-testid="customer-phone" {...fields.getInputProps("phone")} />
      <TextInput label={t`E-mail`} type="email" autoComplete="off" {...fields.getInputProps("email")} />
      {adding && <OwnIdInput {...fields.getInputProps("id")} />}
    </Form>
  );
}
