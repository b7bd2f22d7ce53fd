import { t } from "@lingui/core/macro";
import { PasswordInput, Select, TextInput } from "@mantine/core";
import { answered, client, type UserAccount, type UserChanges } from "@stationmaster/api";
import { Form, needed, notify, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { longEnough } from "../../passwords";
import { useRoleChoices } from "../../roles";

interface Props {
  user: UserAccount;
  onDone: () => void;
}

export function AddUser({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: { email: "", password: "", role: "operator" },
    schema: v.object({ email: needed(254), password: longEnough(), role: v.string() }),
    conflict: "email",
    submit: async ({ email, password, role }) => {
      await answered(client.POST("/api/v1/users", { body: { email: email.trim(), password, role } }));
      await queries.invalidateQueries({ queryKey: ["users"] });
      notify.done(t`${email.trim()} can sign in now`);
      onDone();
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Add user`} testid="add-user-submit">
      <TextInput label={t`E-mail`} type="email" autoComplete="off" required data-autofocus data-testid="add-user-email" {...fields.getInputProps("email")} />
      <PasswordInput
        label={t`Password`}
        description={t`At least 12 characters. Tell it to them; they can change it themselves.`}
        autoComplete="new-password"
        required
        data-testid="add-user-password"
        {...fields.getInputProps("password")}
      />
      <Select label={t`Role`} data={useRoleChoices()} allowDeselect={false} {...fields.getInputProps("role")} />
    </Form>
  );
}

export function ChangeRole({ user, onDone }: Props) {
  const send = useChange(user, onDone);
  const form = useSentForm({
    initial: { role: user.role },
    schema: v.object({ role: v.string() }),
    conflict: "role",
    submit: ({ role }) => send({ role }, t`${user.email} has another role`),
  });
  return (
    <Form form={form} action={t`Change role`} testid="change-role-submit">
      <Select label={t`Role`} data={useRoleChoices()} allowDeselect={false} data-autofocus {...form.fields.getInputProps("role")} />
    </Form>
  );
}

export function NewPassword({ user, onDone }: Props) {
  const send = useChange(user, onDone);
  const form = useSentForm({
    initial: { password: "" },
    schema: v.object({ password: longEnough() }),
    submit: ({ password }) => send({ password }, t`${user.email} has another password`),
  });
  return (
    <Form form={form} action={t`Set password`} testid="new-password-submit">
      <PasswordInput
        label={t`New password`}
        description={t`At least 12 characters. They are signed out everywhere.`}
        autoComplete="new-password"
        required
        data-autofocus
        data-testid="new-password"
        {...form.fields.getInputProps("password")}
      />
    </Form>
  );
}

function useChange(user: UserAccount, onDone: () => void) {
  const queries = useQueryClient();
  return async (body: UserChanges, done: string) => {
    await answered(client.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user.id } }, body }));
    await queries.invalidateQueries({ queryKey: ["users"] });
    notify.done(done);
    onDone();
  };
}
