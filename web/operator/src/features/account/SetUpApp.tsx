import { t } from "@lingui/core/macro";
import { PasswordInput } from "@mantine/core";
import { beginApp, confirmApp, type AuthenticatorApp } from "@stationmaster/api";
import { Form, needed, notify, useSentForm } from "@stationmaster/ui";
import { useState } from "react";
import * as v from "valibot";
import { FormModal } from "../../FormModal";
import { AppSecret } from "../../second-step/AppSecret";
import { CodeInput } from "../../second-step/CodeInput";
import { RecoveryCodes } from "../../second-step/RecoveryCodes";
import { useRefreshedUser } from "../../user";

/** Three steps: the password once more, the app and a code of it, codes to keep. */
export function SetUpApp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [app, setApp] = useState<AuthenticatorApp | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const refreshMe = useRefreshedUser();
  const close = () => {
    setApp(null);
    setCodes(null);
    onClose();
  };
  const confirmed = async (code: string) => {
    setCodes((await confirmApp(code)).codes);
    await refreshMe();
    notify.done(t`Signing in asks for a code from now on`);
  };
  return (
    <FormModal opened={opened} onClose={close} title={t`Set up the second step`} keep={codes !== null}>
      {codes ? <RecoveryCodes codes={codes} onDone={close} /> : app ? <Confirm app={app} confirmed={confirmed} /> : <Begin onApp={setApp} />}
    </FormModal>
  );
}

function Begin({ onApp }: { onApp: (app: AuthenticatorApp) => void }) {
  const form = useSentForm({
    initial: { password: "" },
    schema: v.object({ password: v.pipe(v.string(), v.minLength(1, t`Please fill this in`)) }),
    submit: async ({ password }) => { onApp(await beginApp(password)); },
  });
  return (
    <Form form={form} action={t`Go on`} testid="begin-app-submit">
      <PasswordInput
        label={t`Current password`} description={t`So that nobody does this at a screen that was left open`} autoComplete="current-password" required
        data-autofocus data-testid="begin-app-password" {...form.fields.getInputProps("password")}
      />
    </Form>
  );
}

function Confirm({ app, confirmed }: { app: AuthenticatorApp; confirmed: (code: string) => Promise<void> }) {
  const form = useSentForm({ initial: { code: "" }, schema: v.object({ code: needed(40) }), submit: ({ code }) => confirmed(code.trim()) });
  return (
    <>
      <AppSecret app={app} />
      <div style={{ height: 16 }} />
      <Form form={form} action={t`Switch on`} testid="code-submit">
        <CodeInput description={t`That the app shows now`} {...form.fields.getInputProps("code")} />
      </Form>
    </>
  );
}
