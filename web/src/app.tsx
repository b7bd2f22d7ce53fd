import "@fontsource-variable/inter/wght.css";
import "./mantineStyles";
import "./styles.css";
import { Button, localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { ApiError, refresh, whenSignedOut } from "./api/client";
import type { User } from "./api/types";
import { Empty } from "./components/bits";
import { keepFresh } from "./live/cache";
import { fleetStore } from "./live/fleet";
import { stream } from "./live/stream";
import { Login } from "./pages/Login";
import { router } from "./router";
import { theme, variables } from "./theme";
import { UserContext } from "./user";

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

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" colorSchemeManager={schemes}>
      <QueryClientProvider client={queries}>
        <Gate />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Shows the pages to someone who is signed in, and the login page, at the same address, to everyone else. */
function Gate() {
  const [user, setUser] = useState<User | null | "asking" | "unreachable">("asking");

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

  const signedIn = user !== null && typeof user === "object";
  useEffect(() => {
    if (!signedIn) return;
    stream.start();
    return () => {
      stream.stop();
    };
  }, [signedIn]);

  if (user === "asking") return null;
  if (user === "unreachable") {
    return (
      <Empty title="The server can't be reached">
        <p>It may be starting, or the network is down.</p>
        <Button variant="default" onClick={ask}>
          Try again
        </Button>
      </Empty>
    );
  }
  if (user === null) return <Login onLogin={setUser} />;
  return (
    <UserContext value={user}>
      <RouterProvider router={router} />
    </UserContext>
  );
}
