import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Anchor, Button, PasswordInput, TextInput } from "@mantine/core";
import { ApiError, forgetPassword, login, waysIn, type HalfLogin, type Setup, type User } from "@stationmaster/api";
import { Copyable, Form, needed, Note, useSentForm } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import * as v from "valibot";
import { nameTab } from "../search";
import { Door } from "./Door";
import { SecondStep } from "./SecondStep";
import css from "./Login.module.css";

export function Login({ onLogin }: { onLogin: (user: User) => void }) {
  useEffect(() => {
    nameTab(t`Sign in`);
  }, []);
  const [half, setHalf] = useState<HalfLogin | null>(null);
  const [forgotten, setForgotten] = useState(false);
  const { data: ways } = useQuery({
    queryKey: ["setup"],
    queryFn: waysIn,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.command ? 3_000 : false),
  });
  const form = useSentForm({
    initial: { email: "", password: "" },
    schema: v.object({ email: needed(254), password: v.pipe(v.string(), v.minLength(1, t`Please fill this in`)) }),
    submit: async ({ email, password }) => {
      let done: User | HalfLogin;
      try {
        done = await login(email.trim(), password);
      } catch (error) {
        throw new Error(words(error));
      }
      if ("step" in done) setHalf(done);
      else onLogin(done);
    },
  });
  const { fields } = form;
  if (half) return <SecondStep half={half} onLogin={onLogin} onBack={() => { setHalf(null); }} />;
  if (forgotten) return <Forgotten onBack={() => { setForgotten(false); }} />;
  return (
    <Door>
        {ways?.command && <FirstUser command={ways.command} />}
        <Returned />
        <div className={`${css.form} card`}>
          <Form form={form} action={t`Sign in`} testid="login-submit">
            <TextInput
              label={t`E-mail`}
              type="email"
              name="email"
              autoComplete="username"
              autoFocus
              data-testid="login-email"
              {...fields.getInputProps("email")}
            />
            <PasswordInput
              label={t`Password`}
              name="password"
              autoComplete="current-password"
              data-testid="login-password"
              {...fields.getInputProps("password")}
            />
          </Form>
          {ways?.mail && (
            <Anchor component="button" type="button" size="sm" onClick={() => { setForgotten(true); }} data-testid="forgot-password">
              <Trans>I have forgotten my password</Trans>
            </Anchor>
          )}
          <Providers ways={ways} />
        </div>
    </Door>
  );
}

/** Where people may sign in instead. */
function Providers({ ways }: { ways: Setup | undefined }) {
  return ways?.providers.map(({ name, title }) => (
    <Button key={name} variant="default" component="a" href={`/api/v1/auth/providers/${name}/start`}>
      <Trans>Sign in with {title}</Trans>
    </Button>
  ));
}

/** What came of signing in elsewhere, when it did not work. */
function Returned() {
  const [told] = useState(() => window.location.hash);
  useEffect(() => {
    if (told) window.history.replaceState(null, "", window.location.pathname);
  }, [told]);
  if (told === "#no-account") return <Note tone="faulted"><Trans>You are known there, and may not sign in here. Ask an administrator.</Trans></Note>;
  if (told === "#sign-in-failed") return <Note tone="faulted"><Trans>Signing in there did not work. Please try again.</Trans></Note>;
  return null;
}

function Forgotten({ onBack }: { onBack: () => void }) {
  const [told, setTold] = useState<string | null>(null);
  const form = useSentForm({
    initial: { email: "" },
    schema: v.object({ email: needed(254) }),
    submit: async ({ email }) => {
      setTold(await forgetPassword(email.trim()));
    },
  });
  return (
    <Door>
      <div className={`${css.form} card`}>
        {told ? (
          <Note tone="available">{told}</Note>
        ) : (
          <Form form={form} action={t`Send me a link`} testid="forgotten-submit">
            <TextInput label={t`E-mail`} type="email" autoComplete="username" data-autofocus data-testid="forgotten-email" {...form.fields.getInputProps("email")} />
          </Form>
        )}
        <Anchor component="button" type="button" size="sm" onClick={onBack}>
          <Trans>Back to signing in</Trans>
        </Anchor>
      </div>
    </Door>
  );
}

/** An empty installation: nobody can sign in until the first user is made at the server. */
function FirstUser({ command }: { command: string }) {
  return (
    <section className={`${css.first} card`} data-testid="first-user">
      <h2>
        <Trans>Nobody can sign in yet</Trans>
      </h2>
      <p>
        <Trans>Make the first user: type this where the server runs, with your e-mail address. It asks for a password.</Trans>
      </p>
      <Copyable value={command} label={t`Copy command`} />
    </section>
  );
}

function words(error: unknown): string {
  if (!(error instanceof ApiError)) return t`Something went wrong. Please try again.`;
  if (error.status === 401 || error.status === 403) return t`E-mail and password don't match. Please try again.`;
  if (error.status === 429) return t`Too many attempts. Please wait a minute, then try again.`;
  if (error.status === 400 || error.status === 422) return t`That doesn't look like an e-mail address.`;
  if (error.status === 0) return t`The server can't be reached. Check the network, then try again.`;
  return t`The server has a problem at the moment. Please try again shortly.`;
}
