import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { answered, client, type Invoice } from "@stationmaster/api";
import { Form, needed, notify, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { useOnce } from "../../money/useOnce";

/** A credit note for the whole of it: what is issued is never changed. */
export function TakeBack({ invoice, onDone }: { invoice: Invoice; onDone: () => void }) {
  const queries = useQueryClient();
  const once = useOnce();
  const form = useSentForm({
    initial: { reason: "" },
    schema: v.object({ reason: needed(200) }),
    submit: async ({ reason }) => {
      const body = { reason: reason.trim() };
      const made = await answered(client.POST("/api/v1/invoices/{invoice_id}/credit", { params: { path: { invoice_id: invoice.id } }, body, headers: once(body) }));
      await queries.invalidateQueries({ queryKey: ["invoices"] });
      notify.done(t`${made.number} takes it back`);
      onDone();
    },
  });
  return (
    <Form form={form} action={t`Issue a credit note`} testid="credit-submit">
      <p className="dim">
        <Trans>What was issued is never changed. A credit note takes all of it back; its sessions are billed as they are now, on a document of their own.</Trans>
      </p>
      <TextInput label={t`Why`} required data-autofocus {...form.fields.getInputProps("reason")} />
    </Form>
  );
}
