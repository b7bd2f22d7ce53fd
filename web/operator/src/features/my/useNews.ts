import { stream, type OwnSession } from "@stationmaster/api";
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { goingOnQuery, sessionQuery } from "./queries";

type Reading = Pick<OwnSession, "energy_wh" | "power_w" | "soc_percent">;

/** Sessions begin and end in bundles where many charge; one asks again at most so often. */
const SOON_MS = 500;

/** Keeps what is shown of one's own sessions true while a page is open: by the stream of one's own, or by that of who sees all chargers. */
export function useNews(): void {
  const queries = useQueryClient();
  useEffect(() => {
    let soon: ReturnType<typeof setTimeout> | null = null;
    const anew = () => {
      soon ??= setTimeout(() => {
        soon = null;
        void queries.invalidateQueries({ queryKey: ["my"] });
      }, SOON_MS);
    };
    const stops = [
      stream.listenOwn((events) => {
        for (const event of events) {
          if (event.type === "session_updated") write(queries, event.session, event);
          if (event.type === "session") anew();
        }
      }),
      stream.listen((events) => {
        for (const event of events) {
          if (event.type === "session_updated" && event.session !== null) write(queries, event.session, { ...event, energy_wh: event.session_energy_wh });
          if (event.type === "session_started" || event.type === "session_ended") anew();
        }
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      if (soon !== null) clearTimeout(soon);
    };
  }, [queries]);
}

/** What a reading says is written where the session is shown. */
function write(queries: QueryClient, id: string, { energy_wh, power_w, soc_percent }: Reading): void {
  function told<T extends Reading>(session: T): T {
    return { ...session, energy_wh: energy_wh ?? session.energy_wh, power_w: power_w ?? session.power_w, soc_percent: soc_percent ?? session.soc_percent };
  }
  queries.setQueryData(goingOnQuery().queryKey, (old) => old?.map((one) => (one.id === id ? told(one) : one)));
  queries.setQueryData(sessionQuery(id).queryKey, (old) => old && told(old));
}
