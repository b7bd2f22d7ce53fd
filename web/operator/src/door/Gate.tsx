import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { I18nProvider } from "@lingui/react";
import { Trans } from "@lingui/react/macro";
import { refresh, whenSignedOut, type HalfLogin, type User } from "@stationmaster/api";
import { chooseLanguage, isLanguage } from "@stationmaster/ui/language";
import { Empty } from "@stationmaster/ui/plain";
import { useCallback, useEffect, useState } from "react";
import { isArrival } from "./arrivals";
import css from "./door.module.css";
import { Login } from "./Login";
import { keepIn, rest, restWhenIdle, type Rest } from "./rest";

/** What comes before the pages, beside the login: a link from a mail, a forgotten password, the second step after the password. */
export type Step = "arrival" | "forgotten" | HalfLogin;

/**
 * Shows the pages to someone who is signed in, and the login page, at the same address, to everyone else. The login is all that is fetched first;
 * the rest comes while somebody types.
 */
export function Gate({ asked }: { asked: Promise<User | null> }) {
  const [user, setUser] = useState<User | null | "asking" | "unreachable">("asking");
  const [step, setStep] = useState<Step | null>(isArrival() ? "arrival" : null);
  const [app, setApp] = useState<Rest | null>(null);

  const fetched = useCallback(async () => {
    try {
      setApp(await rest());
    } catch (error) {
      // After an update of the server the files this page knows are gone; loading anew brings the new ones.
      if (performance.now() > LOADED_MS) window.location.reload();
      throw error;
    }
  }, []);
  const enter = useCallback(async (who: User) => {
    keepIn(true);
    await fetched();
    setUser(who);
  }, [fetched]);
  const come = useCallback(async (who: User) => {
    await enter(who);
    setStep(null);
  }, [enter]);
  const settle = useCallback(async (asking: Promise<User | null>) => {
    try {
      const who = await asking;
      if (isArrival()) await fetched();
      if (who) await enter(who);
      else {
        keepIn(false);
        setUser(null);
      }
    } catch {
      setUser("unreachable");
    }
  }, [enter, fetched]);
  const ask = useCallback(() => void settle(refresh()), [settle]);

  useEffect(() => {
    whenSignedOut(() => {
      keepIn(false);
      setUser(null);
    });
    void settle(asked);
  }, [asked, settle]);

  // Who has chosen a language finds it in every browser.
  const own = user !== null && typeof user === "object" ? user.language : null;
  useEffect(() => {
    if (isLanguage(own)) chooseLanguage(own);
  }, [own]);

  useEffect(() => (user === null ? restWhenIdle() : undefined), [user]);

  return (
    <I18nProvider i18n={i18n}>
      {user === "unreachable" ? (
        <Unreachable ask={ask} />
      ) : app && step ? (
        <app.BeforeThePages step={step} onLogin={come} onBack={() => { setStep(null); ask(); }} />
      ) : user === null ? (
        <Login onLogin={come} onStep={async (next) => { await fetched(); setStep(next); }} />
      ) : app && user !== "asking" ? (
        <app.Pages user={user} onChange={setUser} />
      ) : null}
    </I18nProvider>
  );
}

const LOADED_MS = 10_000;
const AGAIN_MS = 2_000;

/** A page that was loaded while the server is away; it goes on by itself when the server is back. */
function Unreachable({ ask }: { ask: () => void }) {
  useEffect(() => {
    const timer = setInterval(ask, AGAIN_MS);
    return () => {
      clearInterval(timer);
    };
  }, [ask]);
  return (
    <main className={css.away}>
      <Empty page title={t`The server can't be reached`}>
        <p>
          <Trans>It may be starting, or the network is down. This page goes on by itself when the server answers.</Trans>
        </p>
        <button type="button" className={css.plain} onClick={ask}>
          <Trans>Try again</Trans>
        </button>
      </Empty>
    </main>
  );
}
