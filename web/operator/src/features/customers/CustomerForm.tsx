import { t } from "@lingui/core/macro";
import { TextInput } from "@mantine/core";
import { answered, client, ifMatch, tagged, type Customer, type Tagged } from "@stationmaster/api";
import { Form, needed, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import * as v from "valibot";
import { changed, orNull } from "../../fields";
import { OwnIdInput, ownId } from "../../OwnIdInput";

function typed(customer: Customer | null) {
  return { id: "", name: customer?.name ?? "", phone: customer?.phone ?? "", email: customer?.email ?? "" };
}

type Typed = ReturnType<typeof typed>;

function factsOf({ name, phone, email }: Typed) {
  return { name: name.trim(), phone: orNull(phone), email: orNull(email) };
}

export function CustomerForm({ customer, onDone }: { customer?: Tagged<Customer>; onDone: () => void }) {
  const queries = useQueryClient();
  const seen = useRef(customer);
  const id = customer?.value.id;
  const form = useSentForm<Typed>({
    initial: typed(customer?.value ?? null),
    schema: v.object({ id: ownId(), name: needed(200), phone: optional(40), email: optional(255) }),
    conflict: "phone",
    ...(id !== undefined && {
      theirs: async () => {
        seen.current = await tagged(client.GET("/api/v1/customers/{customer_id}", { params: { path: { customer_id: id } } }));
        return typed(seen.current.value);
      },
    }),
    submit: async (values, before) => {
      if (seen.current) {
        const params = { path: { customer_id: seen.current.value.id }, header: ifMatch(seen.current.tag) };
        await answered(client.PATCH("/api/v1/customers/{customer_id}", { params, body: changed(factsOf(before), factsOf(values)) }));
      } else {
        await answered(client.POST("/api/v1/customers", { body: { ...factsOf(values), id: orNull(values.id) } }));
      }
      await queries.invalidateQueries({ queryKey: ["customers"] });
      notify.done(t`Saved`);
      onDone();
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={id === undefined ? t`Add customer` : t`Save`} testid="customer-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="customer-name" {...fields.getInputProps("name")} />
      <TextInput label={t`Phone`} description={t`With its country, as in +49 30 1234567`} type="tel" autoComplete="off" data-testid="customer-phone" {...fields.getInputProps("phone")} />
      <TextInput label={t`E-mail`} type="email" autoComplete="off" {...fields.getInputProps("email")} />
      {id === undefined && <OwnIdInput {...fields.getInputProps("id")} />}
    </Form>
  );
}
