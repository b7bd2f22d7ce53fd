import { t } from "@lingui/core/macro";
import { Group, Select, TextInput } from "@mantine/core";
import { DECIMAL, decimal, Form, isToCome, moment, MomentField } from "@stationmaster/ui";
import * as v from "valibot";
import { connectorName } from "../../words";
import { connectorChoices, useCommandForm, type DialogProps } from "./CommandForm";
import { simpleLimit } from "./limits";

/** One limit: how much, where, from when to when. */
export function LimitFields(props: DialogProps) {
  const form = useCommandForm(
    props,
    { value: "16", unit: "A", evse: "0", from: "", to: "" },
    v.pipe(
      v.object({
        value: v.pipe(v.string(), v.trim(), v.regex(DECIMAL, t`A number, such as 16`)),
        unit: v.string(),
        evse: v.string(),
        from: v.string(),
        to: v.string(),
      }),
      v.forward(
        v.check(({ from, to }) => to === "" || (from === "" ? isToCome(to) : from < to), t`Must be later than the beginning`),
        ["to"],
      ),
    ),
    ({ value, unit, evse, from, to }) => ({
      name: "set-charging-profile",
      body: simpleLimit(Number(evse), decimal(value), unit === "W" ? "W" : "A", moment(from), moment(to), Date.now()),
    }),
  );
  const { fields } = form;
  const places = connectorChoices(props.station).map(({ value }) => ({ value, label: t`Each session at ${connectorName(Number(value))}` }));
  return (
    <Form form={form} action={t`Set limit`} testid="limit-submit">
      <Group grow align="flex-start">
        <TextInput
          label={t`At most`}
          required
          inputMode="decimal"
          data-autofocus
          data-testid="limit-value"
          {...fields.getInputProps("value")}
        />
        <Select
          label={t`Unit`}
          data={[
            { value: "A", label: t`A per phase` },
            { value: "W", label: t`W in all` },
          ]}
          allowDeselect={false}
          {...fields.getInputProps("unit")}
        />
      </Group>
      <Select
        label={t`What`}
        data={[{ value: "0", label: connectorName(0) }, ...places]}
        allowDeselect={false}
        {...fields.getInputProps("evse")}
      />
      <MomentField label={t`From`} description={t`Empty: from now on`} {...fields.getInputProps("from")} />
      <MomentField label={t`To`} description={t`Empty: until it is removed`} {...fields.getInputProps("to")} />
    </Form>
  );
}
