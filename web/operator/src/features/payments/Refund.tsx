import { t } from "@lingui/core/macro";
import { Text, TextInput } from "@mantine/core";
import { answered, client, type Payment } from "@stationmaster/api";
import { Form, money, needed, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { orNull, sentDecimal } from "../../fields";
import { useOnce } from "../../money/useOnce";

/** A part of a payment, or all that is left of it, goes back to who paid. */
export function Refund({ payment, onDone }: { payment: Payment; onDone: () => void }) {
  const queries = useQueryClient();
  const once = useOnce();
  const form = useSentForm({
    initial: { amount: "", reason: "" },
    schema: v.object({ amount: optional(24), reason: needed(200) }),
    submit: async (typed) => {
      const body = { amount: orNull(sentDecimal(typed.amount)), reason: typed.reason.trim() };
      const made = await answered(client.POST("/api/v1/payments/{payment_id}/refund", { params: { path: { payment_id: payment.id } }, body, headers: once(body) }));
      await queries.invalidateQueries({ queryKey: ["payments"] });
      notify.done(t`${money(made.amount, made.currency)} goes back`);
      onDone();
    },
  });
  return (
    <Form form={form} action={t`Give back`} testid="refund-submit">
      <Text size="sm">{t`Of this payment ${money(payment.captured, payment.currency)} was taken and ${money(payment.refunded, payment.currency)} given back.`}</Text>
      <TextInput
        label={t`Amount`} description={t`Empty: all that is left`} rightSection={payment.currency} rightSectionWidth={52} inputMode="decimal" autoComplete="off" data-autofocus
        {...form.fields.getInputProps("amount")}
      />
      <TextInput label={t`Why`} required {...form.fields.getInputProps("reason")} />
    </Form>
  );
}
