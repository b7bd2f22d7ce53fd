import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Anchor, Button, TextInput } from "@mantine/core";
import { setUpApp, takeSecondStep, type AuthenticatorApp, type HalfLogin, type User } from "@stationmaster/api";
import { Copyable, Form, needed, Note, Problem, useSentForm } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import * as v from "valibot";
import { Door } from "./Door";
import css from "./Login.module.css";

interface Props {
  half: HalfLogin;
  onLogin: (user: User) => void;
  onBack: () => void;
}

/** The password was right; now a code of an app, which some set up first. */
export function SecondStep({ half, onLogin, onBack }: Props) {
  const [kept, setKept] = useState<{ user: User; codes: string[] } | null>(null);
  const { data: app, error } = useQuery({
    queryKey: ["second-step", half.token],
    queryFn: () => setUpApp(half),
    enabled: half.step === "app",
    staleTime: Infinity,
    gcTime: 0,
  });
  const form = useSentForm({
    initial: { code: "" },
    schema: v.object({ code: needed(40) }),
    submit: async ({ code }) => {
      const { user, codes } = await takeSecondStep(half, code.trim());
      if (codes) setKept({ user, codes });
      else onLogin(user);
    },
  });
  if (kept) return <RecoveryCodes codes={kept.codes} onDone={() => { onLogin(kept.user); }} />;
  return (
    <Door>
      <div className={`${css.form} card`}>
        {error && <Problem error={error} />}
        {app && <NewApp app={app} />}
        <Form form={form} action={t`Go on`} testid="code-submit">
          <TextInput
            label={t`Code of your app`}
            description={half.step === "code" ? t`Or one of the codes you have kept` : undefined}
            autoComplete="one-time-code"
            data-autofocus
            data-testid="code"
            {...form.fields.getInputProps("code")}
          />
        </Form>
        <Anchor component="button" type="button" size="sm" onClick={onBack}>
          <Trans>Back to signing in</Trans>
        </Anchor>
      </div>
    </Door>
  );
}

function NewApp({ app }: { app: AuthenticatorApp }) {
  return (
    <>
      <Note tone="busy">
        <Trans>
          Your role signs in with a code of an authenticator app as well. Add an account to the app with this key, then type the code it
          shows. <a href={app.uri}>Open the app on this device</a>
        </Trans>
      </Note>
      <Copyable value={app.secret} label={t`Copy key`} testid="app-secret" />
    </>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <Door>
      <div className={`${css.form} card`}>
        <Note tone="busy">
          <Trans>Keep these codes where your phone is not. Each signs you in once without the app. They are shown only now.</Trans>
        </Note>
        <Copyable value={codes.join("\n")} label={t`Copy codes`} testid="recovery-codes" />
        <Button onClick={onDone} data-testid="codes-kept">
          <Trans>Done, I have kept them</Trans>
        </Button>
      </div>
    </Door>
  );
}
