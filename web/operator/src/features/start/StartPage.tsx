import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { answered, client } from "@stationmaster/api";
import { Badge, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { useFocus } from "../../live/useFocus";
import css from "./Start.module.css";

const LOOK_MS = 5_000;
const first = { params: { query: { limit: 1 } } };

/** Which of the first things there are. */
const thereQuery = () =>
  queryOptions({
    queryKey: ["start"],
    refetchInterval: LOOK_MS,
    queryFn: async ({ signal }) => {
      const [sites, stations, connected, cards, tariffs, sessions] = await Promise.all([
        answered(client.GET("/api/v1/sites", { ...first, signal })),
        answered(client.GET("/api/v1/stations", { ...first, signal })),
        answered(client.GET("/api/v1/stations", { params: { query: { limit: 1, connected: true } }, signal })),
        answered(client.GET("/api/v1/tokens", { ...first, signal })),
        answered(client.GET("/api/v1/tariffs", { ...first, signal })),
        answered(client.GET("/api/v1/sessions", { ...first, signal })),
      ]);
      return {
        site: sites.items.length > 0, charger: [...connected.items, ...stations.items].some(({ last_heard_at }) => last_heard_at !== null), added: stations.items.length > 0,
        card: cards.items.length > 0, tariff: tariffs.items.length > 0, session: sessions.items.length > 0,
      };
    },
  });

interface Step {
  id: string;
  done: boolean;
  title: string;
  about: string;
  to: LinkProps["to"];
  action: string;
}

/** From nothing to the first session that has a price: each step ticks itself off by what there is. */
export function StartPage() {
  useFocus(null);
  const { data: there, error, refetch } = useQuery(thereQuery());
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!there) return <Waiting />;
  const steps: Step[] = [
    { id: "site", done: there.site, title: t`Add a site`, about: t`The place where your chargers stand, with its address and time zone: prices by time of day go by its clock.`, to: "/sites", action: t`To the sites` },
    {
      id: "charger", done: there.charger, title: t`Connect a charger`, to: "/",
      about: there.added ? t`It is added. Enter its address and password in its own settings, and restart it: it ticks this off when it is heard.` : t`Add it, put it on the site, and enter the address and password you are shown in its own settings.`,
      action: t`To the chargers`,
    },
    { id: "card", done: there.card, title: t`Add a card`, about: t`The number that is printed on it. With it a driver may charge; guests who pay by phone need none.`, to: "/cards", action: t`To the cards` },
    { id: "tariff", done: there.tariff, title: t`Say what charging costs`, about: t`A tariff that holds wherever no other does is enough to begin with.`, to: "/tariffs", action: t`To the tariffs` },
    { id: "session", done: there.session, title: t`Charge once`, about: t`Hold the card to the charger and plug in a car. The session appears while it runs, and has its bill when it ends.`, to: "/sessions", action: t`To the sessions` },
  ];
  const next = steps.find(({ done }) => !done);
  return (
    <>
      <PageHead title={t`First steps`} />
      <p className="dim">
        {next ? <Trans>Five steps to a first session with a price. Each ticks itself off, also when somebody else does it.</Trans> : <Trans>All is set up: cards charge, and every session has its price.</Trans>}
      </p>
      <ol className={css.steps}>
        {steps.map((step) => (
          <li key={step.id} className={`${css.step} card`} aria-current={step === next ? "step" : undefined} data-testid={`step-${step.id}`} data-done={step.done}>
            <div className={css.head}>
              <h2>{step.title}</h2>
              {step.done ? <Badge tone="done" plain>{t`Done`}</Badge> : step === next && <Badge tone="charging" plain>{t`Next`}</Badge>}
            </div>
            <p className="dim">{step.about}</p>
            <Link to={step.to}>{step.action}</Link>
          </li>
        ))}
      </ol>
    </>
  );
}
