import { t } from "@lingui/core/macro";
import { PasswordInput, TextInput } from "@mantine/core";
import { ApiError, login, type User } from "@stationmaster/api";
import { Form, needed, useSentForm } from "@stationmaster/ui";
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

function words(error: unknown): string {
  if (!(error instanceof ApiError)) return t`Something went wrong. Please try again.`;
  if (error.status === 401 || error.status === 403) return t`E-mail and password don't match. Please try again.`;
  if (error.status === 429) return t`Too many attempts. Please wait a minute, then try again.`;
  if (error.status === 400 || error.status === 422) return t`That doesn't look like an e-mail address.`;
  if (error.status === 0) return t`The server can't be reached. Check the network, then try again.`;
  return t`The server has a problem at the moment. Please try again shortly.`;
}
