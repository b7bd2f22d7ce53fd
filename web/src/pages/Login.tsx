import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { ApiError, login } from "../api/client";
import type { User } from "../api/types";
import { Note } from "../components/bits";
import { Logo } from "../components/Shell";
import css from "./Login.module.css";

export function Login({ onLogin }: { onLogin: (user: User) => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (!email.trim() || !password) {
      setWrong("Please fill in both fields.");
      return;
    }
    setBusy(true);
    setWrong(null);
    try {
      onLogin(await login(email.trim(), password));
    } catch (error) {
      setWrong(words(error));
      setBusy(false);
    }
  };

  return (
    <main className={css.page}>
      <div className={css.box}>
        <div className={css.brand}>
          <Logo size={44} />
          <h1>Stationmaster</h1>
        </div>
        <form className={`${css.form} card`} onSubmit={(e) => void submit(e)} noValidate>
          <TextInput
            label="E-mail"
            type="email"
            name="email"
            autoComplete="username"
            autoFocus
            value={email}
            onChange={(e) => {
              setEmail(e.currentTarget.value);
            }}
            data-testid="login-email"
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            value={password}
            onChange={(e) => {
              setPassword(e.currentTarget.value);
            }}
            data-testid="login-password"
          />
          {wrong && (
            <div role="alert">
              <Note tone="faulted">{wrong}</Note>
            </div>
          )}
          <Button type="submit" loading={busy} fullWidth data-testid="login-submit">
            Sign in
          </Button>
        </form>
      </div>
    </main>
  );
}

function words(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong. Please try again.";
  if (error.status === 401 || error.status === 403) return "E-mail and password don't match. Please try again.";
  if (error.status === 429) return "Too many attempts. Please wait a minute, then try again.";
  if (error.status === 400 || error.status === 422) return "That doesn't look like an e-mail address.";
  if (error.status === 0) return "The server can't be reached. Check the network, then try again.";
  return "The server has a problem at the moment. Please try again shortly.";
}
