import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { stream, type Overview } from "@stationmaster/api";
import { kw, number, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { Asking, useAsked } from "../../figures/Asking";
import figures from "../../figures/Figures.module.css";
import { OverTime } from "../../figures/OverTime";
import { dayAfter, periodWord } from "../../figures/period";
import { availabilityQuery, figuresQuery, overviewQuery } from "../../figures/queries";
import { Tiles } from "../../figures/Tiles";
import { energySum, revenueSum, share } from "../../figures/words";
import { useFocus } from "../../live/useFocus";
import { useMay } from "../../user";
import { oneQuery } from "../../managed/resource";
import { sites } from "../sites/resource";
import { FirstSteps } from "../start/FirstSteps";
import { compared } from "./compared";
import { Needs } from "./Needs";

/** As often as news of chargers make this page ask again. */
const NEWS_MS = 1_000;
const NEWS = new Set(["session_started", "session_ended", "session_reviewed", "station_connected", "station_disconnected", "connector_status", "alarm"]);

/** The first page after the log-in: what needs me, what is going on, and how it went. */
export function HomePage() {
  useFocus(null);
  useNews();
  const { asked, period } = useAsked();
  const { site, station } = asked;
  const overview = useQuery({ ...overviewQuery(asked), placeholderData: keepPreviousData });
  const place = useQuery({ ...oneQuery(sites, site ?? ""), enabled: site !== undefined });
  const q = station ?? place.data?.value.name;
  return (
    <>
      <PageHead title={t`Home`}>
        <Asking />
      </PageHead>
      {overview.data ? (
        <div className={figures.page}>
          {overview.error && <Problem error={overview.error} retry={() => void overview.refetch()} />}
          <Beginning overview={overview.data} />
          <Needs needs={overview.data.needs} q={q} />
          <GoingOn overview={overview.data} q={q} />
          <Lately words={periodWord(period)} />
        </div>
      ) : overview.error ? (
        <Problem error={overview.error} retry={() => void overview.refetch()} />
      ) : (
        <Waiting />
      )}
    </>
  );
}

/** Nobody has charged lately: perhaps all is new, and something is left to set up. */
function Beginning({ overview: { now, today } }: { overview: Overview }) {
  const { asked } = useAsked();
  const mayAdd = useMay("administer");
  const sums = useQuery({ ...figuresQuery("day", asked), placeholderData: keepPreviousData });
  const everywhere = asked.site === undefined && asked.station === undefined;
  const quiet = now.chargers === 0 || (sums.data?.total.sessions === 0 && today.sessions === 0);
  return mayAdd && everywhere && quiet && <FirstSteps />;
}

/** Lets what chargers tell make the page ask again, a second later at the latest and not more often. */
function useNews(): void {
  const queries = useQueryClient();
  useEffect(() => {
    let soon: ReturnType<typeof setTimeout> | null = null;
    const stop = stream.listen((events) => {
      if (!events.some((event) => NEWS.has(event.type))) return;
      soon ??= setTimeout(() => {
        soon = null;
        void queries.invalidateQueries({ queryKey: ["overview"] });
      }, NEWS_MS);
    });
    return () => {
      stop();
      if (soon !== null) clearTimeout(soon);
    };
  }, [queries]);
}

function GoingOn({ overview: { now, today, week_before }, q }: { overview: Overview; q: string | undefined }) {
  const { site, station } = useAsked().asked;
  const ended = { site, station, ended_from: today.day, ended_to: today.day };
  return (
    <section className={figures.part} aria-labelledby="going-on">
      <h2 id="going-on">
        <Trans>Now and today</Trans>
      </h2>
      <Tiles
        label={t`Now and today`}
        tiles={[
          {
            name: t`Charging now`,
            testid: "home-charging",
            value: (css) => <Link to="/sessions" search={{ status: "active", site, station }} className={css}>{number(now.charging)}</Link>,
            about: kw(now.power_w),
          },
          {
            name: t`Connected`,
            value: (css) => <Link to="/chargers" search={{ q }} className={css}>{number(now.connected)}</Link>,
            about: t`of ${number(now.chargers)} chargers`,
          },
          {
            name: t`Sessions today`,
            testid: "home-today",
            value: (css) => <Link to="/sessions" search={ended} className={css}>{number(today.sessions)}</Link>,
            about: compared(today.sessions, week_before.sessions, week_before.day),
          },
          {
            name: t`Energy today`,
            value: (css) => <Link to="/sessions" search={ended} className={css}>{energySum(today.energy_wh)}</Link>,
            about: compared(today.energy_wh, week_before.energy_wh, week_before.day),
          },
          {
            name: t`Revenue today`,
            value: (css) => <Link to="/sessions" search={ended} className={css}>{revenueSum(today.revenue)}</Link>,
            about: today.revenue.length <= 1 && compared(Number(today.revenue[0]?.gross ?? 0), Number(week_before.revenue[0]?.gross ?? 0), week_before.day),
          },
        ]}
      />
    </section>
  );
}

/** The sums of a period, each the way to more of it. */
function Lately({ words }: { words: string }) {
  const { asked } = useAsked();
  const sums = useQuery({ ...figuresQuery("day", asked), placeholderData: keepPreviousData });
  const uptime = useQuery({ ...availabilityQuery("month", asked), placeholderData: keepPreviousData });
  if (sums.error) return <Problem error={sums.error} retry={() => void sums.refetch()} />;
  if (!sums.data) return <Waiting />;
  const { total } = sums.data;
  const { site, station, from, to } = asked;
  const sessions = { site, station, ended_from: from, ended_to: dayAfter(to, -1) };
  const success = total.attempts === 0 ? null : (total.good_attempts / total.attempts) * 100;
  const analytics = (hash: string, value: string) => (css: string) => (
    <Link to="/analytics" search={(old) => old} hash={hash} className={css}>{value}</Link>
  );
  return (
    <section className={figures.part} aria-labelledby="lately">
      <h2 id="lately">{words}</h2>
      <Tiles
        label={words}
        tiles={[
          { name: t`Energy`, value: (css) => <Link to="/sessions" search={sessions} className={css}>{energySum(total.energy_wh)}</Link> },
          { name: t`Sessions`, testid: "home-sessions", value: (css) => <Link to="/sessions" search={sessions} className={css}>{number(total.sessions)}</Link> },
          { name: t`Revenue`, value: analytics("over-time", revenueSum(total.revenue)) },
          { name: t`Utilisation`, value: analytics("hours", share(total.utilisation_percent)), about: t`of the time a car was there` },
          { name: t`Availability`, value: analytics("availability", share(uptime.data?.total.uptime_percent)), about: t`of the time ports worked` },
          { name: t`Starts that succeeded`, value: analytics("starts", share(success)), about: t`${number(total.good_attempts)} of ${number(total.attempts)}` },
        ]}
      />
      <OverTime rows={sums.data.rows} by="day" />
    </section>
  );
}
