import { t } from "@lingui/core/macro";
import { PasswordInput, TextInput } from "@mantine/core";
import { changeAddress } from "@stationmaster/api";
import { Form, needed, notify, useSentForm } from "@stationmaster/ui";
import * as v from "valibot";

/** Another address to sign in with; it counts once the link that is mailed to it was followed. */
export function ChangeAddress({ onDone }: { onDone: () => void }) {
  const form = useSentForm({
    initial: { email: "", password: "" },
    schema: v.object({ email: needed(254), password: v.pipe(v.string(), v.minLength(1, t`Please fill this in`)) }),
    submit: async ({ email, password }) => {
      notify.done(await changeAddress(email.trim(), password));
      onDone();
    },
  });
  return (
    <Form form={form} action={t`Send me a link`} testid="change-email-submit">
      <TextInput
        label={t`New e-mail address`} description={t`It counts once you have followed the link that is mailed to it.`} type="email" autoComplete="email"
        required data-autofocus {...form.fields.getInputProps("email")}
      />
      <PasswordInput label={t`Current password`} autoComplete="current-password" required {...form.fields.getInputProps("password")} />
    </Form>
  );
}
