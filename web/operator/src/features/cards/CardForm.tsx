import { t } from "@lingui/core/macro";
import { Select, TextInput } from "@mantine/core";
import { DateField, Form, needed, optional } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull } from "../../fields";
import { useManagedForm, type FormProps } from "../../managed/useManagedForm";
import { useMay } from "../../user";
import { CustomerSelect } from "../customers/CustomerSelect";
import { dayOf, endOf } from "./days";
import { cards, type Card } from "./resource";

// As 2.x calls them.
const KINDS = ["ISO14443", "ISO15693", "eMAID", "EVCCID", "MacAddress", "KeyCode", "Local", "Central"];

function typed(card: Card | null, customer: string | null) {
  return {
    uid: card?.uid ?? "",
    kind: card?.kind ?? null,
    label: card?.label ?? "",
    group: card?.group ?? "",
    expires_at: dayOf(card?.expires_at ?? null),
    customer: card ? card.customer : customer,
  };
}

type Typed = ReturnType<typeof typed>;

export type CardFacts = ReturnType<typeof facts>;

function facts({ uid, kind, label, group, expires_at, customer }: Typed) {
  return { uid: uid.trim(), kind, label: orNull(label), group: orNull(group), expires_at: endOf(expires_at), customer };
}

interface Props extends FormProps<Card> {
  /** Whose a new one is, where that is known. */
  customer?: string;
}

export function CardForm({ one, onDone, customer }: Props) {
  const form = useManagedForm({
    resource: cards, one, onDone, facts, conflict: "uid",
    typed: (card: Card | null) => typed(card, customer ?? null),
    schema: v.object({
      uid: v.pipe(needed(255), v.check((text) => !text.includes("/"), t`Without /`)),
      kind: v.nullable(v.string()),
      label: optional(),
      group: optional(),
      expires_at: v.nullable(v.string()),
      customer: v.nullable(v.string()),
    }),
  });
  const people = useMay("view_customers");
  const adding = one === undefined;
  const { fields } = form;
  return (
    <Form form={form} action={adding ? t`Add card` : t`Save`} testid="card-submit">
      {adding && (
        <>
          <TextInput
            label={t`Card number`}
            description={t`The UID as chargers read it; large and small letters are the same`}
            required
            data-autofocus
            data-testid="add-card-uid"
            {...fields.getInputProps("uid")}
          />
          <Select label={t`Kind`} placeholder={t`Whatever a charger says that it is`} data={KINDS} clearable {...fields.getInputProps("kind")} />
        </>
      )}
      <TextInput label={t`Label`} placeholder={t`What people call it`} {...(!adding && { "data-autofocus": true })} data-testid="card-label" {...fields.getInputProps("label")} />
      {people && customer === undefined && (
        <CustomerSelect
          label={t`Customer`}
          description={t`Sessions that it begins from now on are theirs`}
          placeholder={t`Nobody’s`}
          data-testid="card-customer"
          {...fields.getInputProps("customer")}
        />
      )}
      <TextInput label={t`Group`} placeholder={t`Optional`} description={t`A card may end what another of its group has begun`} {...fields.getInputProps("group")} />
      <DateField label={t`Valid until`} placeholder={t`Always`} {...fields.getInputProps("expires_at")} />
    </Form>
  );
}
