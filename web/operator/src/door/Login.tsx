import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ApiError, login, waysIn, type Setup, type User } from "@stationmaster/api";
import { Icon } from "@stationmaster/ui/icons";
import { CopyFrame, Note } from "@stationmaster/ui/plain";
import { useEffect, useId, useState, type FormEvent, type InputHTMLAttributes, type ReactNode } from "react";
import { nameTab } from "../search";
import { Door } from "./Door";
import css from "./door.module.css";
import type { Step } from "./Gate";

interface Props {
  onLogin: (user: User) => Promise<void>;
  onStep: (step: Step) => Promise<void>;
}

/** What is wrong, by the field; the rest beside them. */
interface Wrong {
  email?: string;
  password?: string;
  beside?: string;
}

/** Made of plain elements: with the components of the other pages it would take a phone twice as long until somebody can type. */
export function Login({ onLogin, onStep }: Props) {
  const ways = useWaysIn();
  const [wrong, setWrong] = useState<Wrong>({});
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    nameTab(t`Sign in`);
  }, []);
  const attempt = async (f: () => Promise<void>) => {
    setBusy(true);
    setWrong({});
    try {
      await f();
    } catch (error) {
      setWrong({ beside: words(error) });
    } finally {
      setBusy(false);
    }
  };
  // What the browser has filled in by itself counts: the form is read, no key is listened for.
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const [email, password] = [text(given, "email").trim(), text(given, "password")];
    const empty = { ...(!email && { email: t`Please fill this in` }), ...(!password && { password: t`Please fill this in` }) };
    if (!email || !password) {
      setWrong(empty);
      form.querySelector<HTMLElement>(email ? "[name=password]" : "[name=email]")?.focus();
      return;
    }
    void attempt(async () => {
      const done = await login(email, password);
      await ("step" in done ? onStep(done) : onLogin(done));
    });
  };
  return (
    <Door>
      {ways?.command && <FirstUser command={ways.command} />}
      <Returned />
      <div className={`${css.form} card`}>
        <form className={css.fields} onSubmit={send} noValidate>
          <Field label={t`E-mail`} wrong={wrong.email} type="email" name="email" autoComplete="username" autoFocus maxLength={254} data-testid="login-email" />
          <Password wrong={wrong.password} />
          {wrong.beside && (
            <div role="alert">
              <Note tone="faulted">{wrong.beside}</Note>
            </div>
          )}
          <button type="submit" className={css.main} disabled={busy} aria-busy={busy} data-testid="login-submit">
            <Trans>Sign in</Trans>
          </button>
        </form>
        {ways?.mail && (
          <button type="button" className={css.link} onClick={() => void attempt(() => onStep("forgotten"))} data-testid="forgot-password">
            <Trans>I have forgotten my password</Trans>
          </button>
        )}
        <Providers ways={ways} />
      </div>
    </Door>
  );
}

const AGAIN_MS = 3_000;

/** How people come in here; asked again and again while nobody can. */
function useWaysIn(): Setup | null {
  const [ways, setWays] = useState<Setup | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let over = false;
    const ask = async () => {
      const told = await waysIn().catch(() => null);
      if (over) return;
      if (told) setWays(told);
      if (!told || told.command) timer = setTimeout(() => void ask(), AGAIN_MS);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, []);
  return ways;
}

function text(given: FormData, name: string): string {
  const value = given.get(name);
  return typeof value === "string" ? value : "";
}

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  wrong: string | undefined;
  children?: ReactNode;
}

function Field({ label, wrong, children, ...input }: FieldProps) {
  const id = useId();
  const why = wrong ? `${id}-why` : undefined;
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      <div>
        <input id={id} aria-invalid={wrong !== undefined} aria-describedby={why} {...input} />
        {children}
      </div>
      {wrong && <p id={why}>{wrong}</p>}
    </div>
  );
}

function Password({ wrong }: { wrong: string | undefined }) {
  const [shown, setShown] = useState(false);
  return (
    <Field
      label={t`Password`} wrong={wrong} type={shown ? "text" : "password"} name="password" autoComplete="current-password"
      autoCapitalize="none" spellCheck={false} data-testid="login-password"
    >
      <button type="button" className={css.icon} aria-label={t`Show the password`} aria-pressed={shown} onClick={() => { setShown(!shown); }}>
        <Icon name={shown ? "hidden" : "eye"} size={16} />
      </button>
    </Field>
  );
}

/** Where people may sign in instead. */
function Providers({ ways }: { ways: Setup | null }) {
  return ways?.providers.map(({ name, title }) => (
    <a key={name} className={css.plain} href={`/api/v1/auth/providers/${name}/start`}>
      <Trans>Sign in with {title}</Trans>
    </a>
  ));
}

/** What came of signing in elsewhere, when it did not work. */
function Returned() {
  const [told] = useState(() => window.location.hash);
  useEffect(() => {
    if (told) window.history.replaceState(null, "", window.location.pathname);
  }, [told]);
  const why =
    told === "#no-account" ? (
      <Trans>You are known there, and may not sign in here. Ask an administrator.</Trans>
    ) : told === "#sign-in-failed" ? (
      <Trans>Signing in there did not work. Please try again.</Trans>
    ) : null;
  return why && <div className={css.returned}><Note tone="faulted">{why}</Note></div>;
}

const COPIED_MS = 2_000;

/** An empty installation: nobody can sign in until the first user is made at the server. */
function FirstUser({ command }: { command: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => { setCopied(false); }, COPIED_MS);
    return () => { clearTimeout(timer); };
  }, [copied]);
  const copy = () => {
    navigator.clipboard.writeText(command).then(() => { setCopied(true); }, () => undefined);
  };
  return (
    <section className={`${css.first} card`} data-testid="first-user">
      <h2>
        <Trans>Nobody can sign in yet</Trans>
      </h2>
      <p>
        <Trans>Make the first user: type this where the server runs, with your e-mail address. It asks for a password.</Trans>
      </p>
      <CopyFrame value={command}>
        {/* On plain http there is no clipboard; a click selects it all. */}
        {"clipboard" in navigator && (
          <button type="button" className={css.icon} aria-label={copied ? t`Copied` : t`Copy command`} onClick={copy}>
            <Icon name={copied ? "check" : "copy"} />
          </button>
        )}
      </CopyFrame>
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
