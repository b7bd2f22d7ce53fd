import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { setUpApp, takeSecondStep, type AuthenticatorApp, type HalfLogin, type User } from "@stationmaster/api";
import { Form, needed, Note, Problem, useSentForm } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import * as v from "valibot";
import { Door } from "../door/Door";
import css from "../door/door.module.css";
import { AppSecret } from "../second-step/AppSecret";
import { CodeInput } from "../second-step/CodeInput";
import { RecoveryCodes } from "../second-step/RecoveryCodes";
import { BackToLogin } from "./BackToLogin";

interface Props {
  half: HalfLogin;
  onLogin: (user: User) => Promise<void>;
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
      else await onLogin(user);
    },
  });
  if (kept) {
    return (
      <Door>
        <div className={`${css.form} card`}>
          <RecoveryCodes codes={kept.codes} onDone={() => void onLogin(kept.user)} />
        </div>
      </Door>
    );
  }
  return (
    <Door>
      <div className={`${css.form} card`}>
        {error && <Problem error={error} />}
        {app && <NewApp app={app} />}
        <Form form={form} action={t`Go on`} testid="code-submit">
          <CodeInput description={half.step === "code" ? t`Or one of the codes you have kept` : undefined} {...form.fields.getInputProps("code")} />
        </Form>
        <BackToLogin onClick={onBack} />
      </div>
    </Door>
  );
}

function NewApp({ app }: { app: AuthenticatorApp }) {
  return (
    <>
      <Note tone="busy">
        <Trans>Your role signs in with a code of an authenticator app as well. Add an account to the app, then type the code it shows.</Trans>
      </Note>
      <AppSecret app={app} />
    </>
  );
}
