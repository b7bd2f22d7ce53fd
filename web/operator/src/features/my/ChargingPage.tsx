import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { OwnProfile } from "@stationmaster/api";
import { At, money, Problem, Waiting } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";
import thing from "../../thing.module.css";
import { Figures } from "../sessions/Figures";
import { Going } from "./Going";
import { Kept } from "./Kept";
import { Mine } from "./Mine";
import { goingOnQuery, latestQuery, requestQuery, UNDER_WAY } from "./queries";
import { Start } from "./Start";
import { Told } from "./Told";
import { placeName } from "./words";

const route = getRouteApi("/my/");

/** Where a driver lands: what goes on, and else how to begin. */
export function ChargingPage() {
  return <Mine title={t`Charging`}>{({ value }) => <Charging profile={value} />}</Mine>;
}

function Charging({ profile }: { profile: OwnProfile }) {
  const going = useQuery(goingOnQuery());
  const [another, { open }] = useDisclosure(false);
  const [asked, ask] = useAsked((going.data ?? []).length);
  if (going.error && !going.data) return <Problem error={going.error} retry={() => void going.refetch()} />;
  if (!going.data) return <Waiting />;
  const charges = going.data.length > 0;
  return (
    <div className={thing.columns}>
      {going.data.map((session) => (
        <Going key={session.id} session={session} details />
      ))}
      {asked && <Told request={asked} />}
      <Kept profile={profile} onAsked={ask} />
      {!charges || another ? (
        <Start profile={profile} onAsked={ask} />
      ) : (
        profile.can_start && (
          <Button variant="default" onClick={open}>
            <Trans>Charge another car</Trans>
          </Button>
        )
      )}
      {!charges && <Latest />}
    </div>
  );
}

/** What was asked of a charger last, kept in the address until the page shows what came of it. */
function useAsked(count: number) {
  const { request = null } = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const { data } = useQuery(requestQuery(request));
  const ask = useCallback((id: string | null) => void navigate({ search: id === null ? {} : { request: id }, replace: true, resetScroll: false }), [navigate]);
  const state = data?.state ?? null;
  useEffect(() => {
    if (state === null || UNDER_WAY.has(state)) return;
    for (const key of ["sessions", "reservations"]) void queries.invalidateQueries({ queryKey: ["my", key] });
  }, [queries, state]);
  const seen = request !== null && data?.state === "done" && (data.what !== "start" || count > 0);
  useEffect(() => {
    if (seen) ask(null);
  }, [seen, ask]);
  return [seen ? undefined : data, ask] as const;
}

/** The last session that is over: how it went, and the way to its bill. */
function Latest() {
  const session = useQuery(latestQuery()).data?.[0];
  if (session === undefined) return null;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Last time`} data-testid="latest">
      <div className={thing.spread}>
        <h2>
          <Trans>Last time</Trans>
        </h2>
        <span className="dim small">
          <At at={session.started_at} />
        </span>
      </div>
      <span className="dim hostile">{placeName(session)}</span>
      <Figures session={session} cost={session.billed === null ? undefined : money(session.billed, session.currency ?? "")} />
      <Link to="/my/sessions/$id" params={{ id: session.id }}>
        <Trans>Bill and details</Trans>
      </Link>
    </section>
  );
}
