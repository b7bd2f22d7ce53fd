import { t } from "@lingui/core/macro";
import { PasswordInput } from "@mantine/core";
import { changePassword } from "@stationmaster/api";
import { Form, notify, useSentForm } from "@stationmaster/ui";
import * as v from "valibot";
import { longEnough } from "../../passwords";

/** My own password. My other log-ins end; this one goes on. */
export function ChangePassword({ onDone }: { onDone: () => void }) {
  const form = useSentForm({
    initial: { current: "", new: "", again: "" },
    schema: v.pipe(
      v.object({ current: v.pipe(v.string(), v.minLength(1, t`Please fill this in`)), new: longEnough(), again: v.string() }),
      v.forward(v.partialCheck([["new"], ["again"]], (values) => values.new === values.again, t`These two are not the same`), ["again"]),
    ),
    submit: async (values) => {
      await changePassword(values.current, values.new);
      notify.done(t`Your password is changed`);
      onDone();
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Change password`} testid="change-password-submit">
      <PasswordInput label={t`Current password`} autoComplete="current-password" required data-autofocus data-testid="current-password" {...fields.getInputProps("current")} />
      <PasswordInput
        label={t`New password`}
        description={t`At least 12 characters. You are signed out everywhere else.`}
        autoComplete="new-password"
        required
        data-testid="new-password"
        {...fields.getInputProps("new")}
      />
      <PasswordInput label={t`New password again`} autoComplete="new-password" required data-testid="new-password-again" {...fields.getInputProps("again")} />
    </Form>
  );
}
