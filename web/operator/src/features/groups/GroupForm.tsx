import { t } from "@lingui/core/macro";
import { TextInput } from "@mantine/core";
import type { CustomerGroup } from "@stationmaster/api";
import { Form, needed, optional } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull } from "../../fields";
import { ThingSelect } from "../../managed/ThingSelect";
import { useManagedForm, type FormProps } from "../../managed/useManagedForm";
import { OwnIdInput, ownId } from "../../OwnIdInput";
import { tariffs } from "../tariffs/resource";
import { groups } from "./resource";

const typed = (group: CustomerGroup | null) => ({ id: "", name: group?.name ?? "", tariff: group?.tariff ?? "" });
const facts = ({ name, tariff }: ReturnType<typeof typed>) => ({ name: name.trim(), tariff: orNull(tariff) });

export type GroupFacts = ReturnType<typeof facts>;

export function GroupForm({ one, onDone }: FormProps<CustomerGroup>) {
  const form = useManagedForm({ resource: groups, one, onDone, typed, facts, conflict: "name", schema: v.object({ id: ownId(), name: needed(200), tariff: optional(255) }) });
  const { fields } = form;
  const { value: tariff, onChange: chooseTariff, ...tariffProps } = fields.getInputProps("tariff") as { value: string; onChange: (value: string) => void };
  return (
    <Form form={form} action={one === undefined ? t`Add group` : t`Save`} testid="group-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="group-name" {...fields.getInputProps("name")} />
      <ThingSelect
        resource={tariffs} label={t`Tariff`} description={t`Wherever they charge, unless a customer has one of their own`} placeholder={t`The one of the place`} detail={(each) => each.currency}
        value={tariff || null} onChange={(id) => { chooseTariff(id ?? ""); }} {...tariffProps}
      />
      {one === undefined && <OwnIdInput {...fields.getInputProps("id")} />}
    </Form>
  );
}
