import { t } from "@lingui/core/macro";
import { TextInput } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { DateField, Form, needed, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";

export function AddCard({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: { uid: "", label: "", group: "", expires_at: null as string | null },
    schema: v.object({ uid: needed(255), label: optional(), group: optional(), expires_at: v.nullable(v.string()) }),
    conflict: "uid",
    submit: async ({ uid, label, group, expires_at }) => {
      await answered(
        client.POST("/api/v1/tokens", {
          body: {
            uid: uid.trim(),
            label: label.trim() || null,
            group: group.trim() || null,
            // A date means that whole day, here.
            expires_at: expires_at === null ? null : new Date(`${expires_at}T23:59:59`).toISOString(),
          },
        }),
      );
      await queries.invalidateQueries({ queryKey: ["cards"] });
      notify.done(t`The card ${uid.trim()} is added`);
      onDone();
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Add card`}>
      <TextInput
        label={t`Card number`}
        description={t`The UID as chargers read it; large and small letters are the same`}
        required
        data-autofocus
        data-testid="add-card-uid"
        {...fields.getInputProps("uid")}
      />
      <TextInput label={t`Label`} placeholder={t`Whose card it is`} {...fields.getInputProps("label")} />
      <TextInput label={t`Group`} placeholder={t`Optional`} {...fields.getInputProps("group")} />
      <DateField label={t`Valid until`} placeholder={t`Always`} {...fields.getInputProps("expires_at")} />
    </Form>
  );
}
