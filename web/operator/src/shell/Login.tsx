import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { PasswordInput, TextInput } from "@mantine/core";
import { ApiError, firstUserCommand, login, type User } from "@stationmaster/api";
import { Copyable, Form, needed, useSentForm } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import * as v from "valibot";
import { nameTab } from "../search";
import { Logo } from "./Logo";
import css from "./Login.module.css";

export function Login({ onLogin }: { onLogin: (user: User) => void }) {
  useEffect(() => {
    nameTab(t`Sign in`);
  }, []);
  const form = useSentForm({
    initial: { email: "", password: "" },
    schema: v.object({ email: needed(254), password: v.pipe(v.string(), v.minLength(1, t`Please fill this in`)) }),
    submit: async ({ email, password }) => {
      let user: User;
      try {
        user = await login(email.trim(), password);
      } catch (error) {
        throw new Error(words(error));
      }
      onLogin(user);
    },
  });
  const { fields } = form;
  return (
    <main className={css.page}>
      <div className={css.box}>
        <div className={css.brand}>
          <Logo size={44} />
          <h1>Stationmaster</h1>
        </div>
        <FirstUser />
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
        </div>
      </div>
    </main>
  );
}

/** An empty installation: nobody can sign in until the first user is made at the server. */
function FirstUser() {
  const { data: command } = useQuery({ queryKey: ["setup"], queryFn: firstUserCommand, staleTime: 0, refetchInterval: ({ state }) => (state.data ? 3_000 : false) });
  if (!command) return null;
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
