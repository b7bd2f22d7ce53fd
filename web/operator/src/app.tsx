import "@stationmaster/ui/styles";
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { ApiError, refresh, sentences, stream, whenSignedOut, type User } from "@stationmaster/api";
import { chooseLanguage, Empty, isLanguage, makeTheme, stopClocks, variables } from "@stationmaster/ui";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { keepFresh } from "./live/cache";
import { fleetStore } from "./live/fleet";
import { reasonWords } from "./reasons";
import { Login } from "./shell/Login";
import { isArrival } from "./shell/arrivals";
import { ChangedUserContext, hearsOf, UserContext } from "./user";

// What is fetched first asks who is there and can log them in; then come the pages.
const Arrival = lazy(() => import("./shell/Arrival").then((found) => ({ default: found.Arrival })));
const Pages = lazy(() => import("./pages"));

const schemes = localStorageColorSchemeManager({ key: "stationmaster-theme" });

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
    },
  },
});
keepFresh(queries);
// While the server is away, nothing on the pages grows older than it was when it was last heard.
stream.watchState(() => {
  stopClocks(stream.awaySince);
});

export function App() {
  const theme = useMemo(() => makeTheme(), []);
  useEffect(() => {
    sentences.unreachable = t`The server can't be reached. Check the network, then try again.`;
    sentences.trouble = t`The server has a problem at the moment. Please try again shortly.`;
    sentences.failed = t`That did not work.`;
    sentences.said = reasonWords;
  }, []);
  return (
    <I18nProvider i18n={i18n}>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" colorSchemeManager={schemes}>
        <QueryClientProvider client={queries}>
          <Gate />
        </QueryClientProvider>
      </MantineProvider>
    </I18nProvider>
  );
}

/** Shows the pages to someone who is signed in, and the login page, at the same address, to everyone else. */
function Gate() {
  const [user, setUser] = useState<User | null | "asking" | "unreachable">("asking");
  const [arriving, setArriving] = useState(isArrival);

  const ask = useCallback(() => {
    refresh().then(setUser, () => {
      setUser("unreachable");
    });
  }, []);

  useEffect(() => {
    whenSignedOut(() => {
      stream.stop();
      fleetStore.clear();
      queries.clear();
      setUser(null);
    });
    ask();
  }, [ask]);

  // Who has chosen a language finds it in every browser.
  const own = user !== null && typeof user === "object" ? user.language : null;
  useEffect(() => {
    if (isLanguage(own)) chooseLanguage(own);
  }, [own]);

  const hears = user !== null && typeof user === "object" ? hearsOf(user) : "nothing";
  useEffect(() => {
    if (hears === "nothing") return;
    stream.start({ own: hears === "own" });
    return () => {
      stream.stop();
    };
  }, [hears]);

  if (arriving) {
    return (
      <Suspense>
        <Arrival onDone={() => { setArriving(false); ask(); }} />
      </Suspense>
    );
  }
  if (user === "asking") return null;
  if (user === "unreachable") return <Unreachable ask={ask} />;
  if (user === null) {
    return (
      <Suspense>
        <Login onLogin={setUser} />
      </Suspense>
    );
  }
  return (
    <UserContext value={user}>
      <ChangedUserContext value={setUser}>
        <Suspense>
          <Pages />
        </Suspense>
      </ChangedUserContext>
    </UserContext>
  );
}

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
    <main>
      <Empty page title={t`The server can't be reached`}>
        <p>
          <Trans>It may be starting, or the network is down. This page goes on by itself when the server answers.</Trans>
        </p>
        <Button variant="default" onClick={ask}>
          <Trans>Try again</Trans>
        </Button>
      </Empty>
    </main>
  );
}
