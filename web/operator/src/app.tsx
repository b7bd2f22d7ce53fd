import { t } from "@lingui/core/macro";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { ApiError, sentences, stream, type User } from "@stationmaster/api";
import { makeTheme, NotificationArea, stopClocks, variables } from "@stationmaster/ui";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import type { Step } from "./door/Gate";
import { keepFresh } from "./live/cache";
import { fleetStore } from "./live/fleet";
import { reasonWords } from "./reasons";
import { router } from "./router";
import { Arrival } from "./shell/Arrival";
import { Forgotten } from "./shell/Forgotten";
import { SecondStep } from "./shell/SecondStep";
import { ChangedUserContext, hearsOf, UserContext } from "./user";

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

/** Everything for somebody who is signed in. */
export function Pages({ user, onChange }: { user: User; onChange: (user: User) => void }) {
  const hears = hearsOf(user);
  useEffect(() => {
    if (hears === "nothing") return;
    stream.start({ own: hears === "own" });
    return () => {
      stream.stop();
    };
  }, [hears]);
  // Whoever signs in next sees nothing of what was shown before.
  useEffect(() => () => {
    fleetStore.clear();
    queries.clear();
  }, []);
  return (
    <Surroundings>
      <UserContext value={user}>
        <ChangedUserContext value={onChange}>
          <NotificationArea />
          <RouterProvider router={router} />
        </ChangedUserContext>
      </UserContext>
    </Surroundings>
  );
}

interface Before {
  step: Step;
  onLogin: (user: User) => Promise<void>;
  onBack: () => void;
}

/** What some pass on their way to the pages, beside the login. */
export function BeforeThePages({ step, onLogin, onBack }: Before) {
  return (
    <Surroundings>
      {step === "arrival" ? <Arrival onDone={onBack} /> : step === "forgotten" ? <Forgotten onBack={onBack} /> : <SecondStep half={step} onLogin={onLogin} onBack={onBack} />}
    </Surroundings>
  );
}

function Surroundings({ children }: { children: ReactNode }) {
  const [theme] = useState(makeTheme);
  useEffect(() => {
    sentences.unreachable = t`The server can't be reached. Check the network, then try again.`;
    sentences.trouble = t`The server has a problem at the moment. Please try again shortly.`;
    sentences.failed = t`That did not work.`;
    sentences.said = reasonWords;
  }, []);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" colorSchemeManager={schemes}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </MantineProvider>
  );
}
