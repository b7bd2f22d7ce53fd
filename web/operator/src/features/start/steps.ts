import { t } from "@lingui/core/macro";
import { answered, client } from "@stationmaster/api";
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { LinkProps } from "@tanstack/react-router";

const LOOK_MS = 5_000;
const first = { params: { query: { limit: 1 } } };

/** Which of the first things there are. */
const thereQuery = () =>
  queryOptions({
    queryKey: ["start"],
    refetchInterval: LOOK_MS,
    queryFn: async ({ signal }) => {
      const [sites, stations, connected, cards, tariffs, standard, sessions] = await Promise.all([
        answered(client.GET("/api/v1/sites", { ...first, signal })),
        answered(client.GET("/api/v1/stations", { ...first, signal })),
        answered(client.GET("/api/v1/stations", { params: { query: { limit: 1, connected: true } }, signal })),
        answered(client.GET("/api/v1/tokens", { ...first, signal })),
        answered(client.GET("/api/v1/tariffs", { ...first, signal })),
        answered(client.GET("/api/v1/tariffs", { params: { query: { limit: 1, standard: true, status: "active" } }, signal })),
        answered(client.GET("/api/v1/sessions", { params: { query: { limit: 20, status: "completed" } }, signal })),
      ]);
      const charger = stations.items[0];
      const priced = sessions.items.some(({ billed }) => Boolean(billed));
      const holds = priced || standard.items.length > 0 || (charger !== undefined && tariffs.items.length > 0 && (await isNamedAt(charger.id, signal)));
      return {
        site: sites.items.length > 0, charger: [...connected.items, ...stations.items].some(({ last_heard_at }) => last_heard_at !== null), added: charger !== undefined,
        card: cards.items.length > 0, tariff: holds, tariffs: tariffs.items.length > 0, session: priced, charged: sessions.items.length > 0,
      };
    },
  });

/** Whether a tariff holds at this charger, whoever names it. */
async function isNamedAt(id: string, signal: AbortSignal): Promise<boolean> {
  const there = await answered(client.GET("/api/v1/stations/{station_id}/tariffs", { params: { path: { station_id: id } }, signal }));
  return there.items.some(({ tariff }) => tariff !== null);
}

export interface Step {
  id: string;
  done: boolean;
  title: string;
  about: string;
  to: LinkProps["to"];
  action: string;
}

/** From nothing to the first session that has a price, and how far one is. */
export function useFirstSteps({ enabled = true }: { enabled?: boolean } = {}) {
  const { data: there, error, refetch } = useQuery({ ...thereQuery(), enabled });
  const steps: Step[] | null = there
    ? [
        { id: "site", done: there.site, title: t`Add a site`, about: t`The place where your chargers stand, with its address and time zone: prices by time of day go by its clock.`, to: "/sites", action: t`To the sites` },
        {
          id: "charger", done: there.charger, title: t`Connect a charger`, to: "/chargers",
          about: there.added ? t`It is added. Enter its address and password in its own settings, and restart it: it ticks this off when it is heard.` : t`Add it, put it on the site, and enter the address and password you are shown in its own settings.`,
          action: t`To the chargers`,
        },
        { id: "card", done: there.card, title: t`Add a card`, about: t`The number that is printed on it. With it a driver may charge; guests who pay by phone need none.`, to: "/cards", action: t`To the cards` },
        {
          id: "tariff", done: there.tariff, title: t`Say what charging costs`, to: "/tariffs", action: t`To the tariffs`,
          about: there.tariffs && !there.tariff ? t`There is a tariff, and it holds nowhere yet. Edit it so that it holds wherever no other does, or name it on the page of the site.` : t`A tariff that holds wherever no other does is enough to begin with.`,
        },
        {
          id: "session", done: there.session, title: t`Charge once`, to: "/sessions", action: t`To the sessions`,
          about: there.charged && !there.session ? t`A session has ended, but it has no price: no tariff held when it began, or it waits under “To review”. Charge once more.` : t`Hold the card to the charger and plug in a car. The session appears while it runs, and has its bill when it ends.`,
        },
      ]
    : null;
  return { steps, next: steps?.find(({ done }) => !done), error, retry: () => void refetch() };
}
