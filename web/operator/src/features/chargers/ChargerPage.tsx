import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ApiError, type Connector, type Station } from "@stationmaster/api";
import { Ago, Copyable, Empty, Icon, Note, Problem, ratedKw, Waiting } from "@stationmaster/ui";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { ConnectorBadge, neverHere, StationBadge } from "../../badges";
import { useFocus } from "../../live/useFocus";
import { Pictures } from "../../Pictures";
import { sessionQuery, sessionsQuery, stationQuery } from "../../queries";
import { Only } from "../../user";
import { connectorName, realError } from "../../words";
import { OpenAlerts } from "../alerts/OpenAlerts";
import { Actions } from "./Actions";
import { Availability } from "./Availability";
import { AddCharger } from "./AddCharger";
import { useChargerUrl } from "./address";
import css from "./Charger.module.css";
import { plugWord } from "./chargerWords";
import { Deviations } from "./Deviations";
import { FrameLog } from "./FrameLog";
import { History } from "./History";
import { Identity } from "./Identity";
import { Outcome } from "./Outcome";
import { PartLinks, PartShown, partsOf } from "./Parts";
import { PayPlaces } from "./PayPlaces";
import { RECENT, RecentSessions } from "./RecentSessions";
import { SessionPanel } from "./SessionPanel";
import { Story } from "./Story";
import { useCommand, type Commander } from "./useCommand";

const route = getRouteApi("/chargers/$id");

export function ChargerPage() {
  const { id } = route.useParams();
  useFocus(id);
  const station = useQuery(stationQuery(id));

  if (station.error && !station.data) {
    if (station.error instanceof ApiError && station.error.status === 404) {
      return <Unknown id={id} onAdded={() => void station.refetch()} />;
    }
    return <Problem error={station.error} retry={() => void station.refetch()} />;
  }
  if (!station.data) return <Waiting />;
  // A key, so that nothing of one charger (an outcome, a filter) is left on the page of the next.
  return <Charger key={id} station={station.data} />;
}

function Charger({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const { part: asked } = route.useSearch();
  const part = partsOf(station).find((each) => each === asked);
  return (
    <>
      <Head station={station} />
      <PartLinks station={station} part={part} />
      <div className={css.columns}>
        <div className={css.wide}>
          {!part && <OpenAlerts station={station.id} />}
          {part ? <PartShown station={station} part={part} /> : <Now station={station} commander={commander} />}
        </div>
        <aside className={css.narrow}>
          {part === undefined && (
            <Only may="operate">
              <section className={`${css.panel} card`} aria-label={t`Actions`}>
                <Actions station={station} commander={commander} />
                <Outcome commander={commander} />
              </section>
            </Only>
          )}
          <History station={station.id} />
          <Identity station={station} />
          <PayPlaces station={station.id} />
          <Pictures of="station" id={station.id} name={station.name ?? station.id} />
        </aside>
        {part === undefined && (
          <div className={css.wide}>
            {!neverHere(station) && <Availability station={station.id} />}
            <Story station={station.id} />
            <FrameLog station={station.id} />
            <Deviations station={station.id} />
            <RecentSessions of={{ station: station.id }} />
          </div>
        )}
      </div>
    </>
  );
}

function Unknown({ id, onAdded }: { id: string; onAdded: () => void }) {
  const [adding, add] = useDisclosure(false);
  const close = () => {
    add.close();
    onAdded();
  };
  return (
    <Empty page title={t`There is no such charger`}>
      <p className="hostile">
        <Trans>No charger is registered as “{id}”.</Trans>
      </p>
      <Only may="administer">
        <Button variant="default" onClick={add.open}>
          <Trans>Add this charger</Trans>
        </Button>
      </Only>
      <Link to="/chargers">
        <Trans>To the chargers</Trans>
      </Link>
      <AddCharger opened={adding} onClose={close} id={id} />
      <Story station={id} />
    </Empty>
  );
}

function Head({ station }: { station: Station }) {
  const error = realError(station.error_code);
  return (
    <div className={css.head}>
      <Link to="/chargers" className={css.back}>
        <Icon name="back" size={16} /> <Trans>Chargers</Trans>
      </Link>
      <div className={css.title}>
        <h1 className="hostile">{station.name ?? station.id}</h1>
        <StationBadge station={station} />
        {error && <span className="small hostile">{error}</span>}
      </div>
      <div className={`${css.about} hostile`}>
        {station.name && <span className="mono">{station.id}</span>}
        {station.site && <span>{station.site}</span>}
        {station.vendor !== null && <span>{[station.vendor, station.model].filter(Boolean).join(" ")}</span>}
        {station.ocpp_version && <span>OCPP {station.ocpp_version}</span>}
        {station.connected ? (
          <span>
            <Trans>
              connected <Ago at={station.connected_at} />
            </Trans>
          </span>
        ) : (
          station.last_heard_at && (
            <span>
              <Trans>
                last heard <Ago at={station.last_heard_at} />
              </Trans>
            </span>
          )
        )}
      </div>
      {station.registration !== "accepted" && (
        <Note tone={station.registration === "pending" ? "busy" : "faulted"}>
          {station.registration === "pending" ? (
            <Trans>Registration pending: this charger is told to wait and can't charge.</Trans>
          ) : (
            <Trans>Registration rejected: this charger is told to come back later and can't charge.</Trans>
          )}
        </Note>
      )}
    </div>
  );
}

/** The connectors, and the session of the one that is looked at: the running one, else the charger's last. */
function Now({ station, commander }: { station: Station; commander: Commander }) {
  const [chosen, choose] = useState<string | null>(null);
  const key = (c: Connector) => `${c.evse}.${c.connector}`;
  const connector =
    station.connectors.find((c) => key(c) === chosen) ??
    station.connectors.find((c) => c.session) ??
    station.connectors[0];
  const recent = useInfiniteQuery(sessionsQuery({ station: station.id }, RECENT));
  const past = recent.data?.pages[0]?.items ?? [];
  const running = connector?.session ?? null;
  const last = past.find((s) => s.evse === connector?.evse) ?? (chosen ? undefined : past[0]);
  const session = useQuery(sessionQuery(running?.id ?? last?.id ?? null));

  if (neverHere(station) && past.length === 0) return <Awaited station={station} />;
  return (
    <section className={`${css.panel} card`} aria-label={t`Connectors`}>
      {station.connectors.length === 0 ? (
        <p className="dim">
          {station.connected ? (
            <Trans>The charger has not reported a connector yet.</Trans>
          ) : (
            <Trans>Connectors appear when the charger connects.</Trans>
          )}
        </p>
      ) : (
        <div className={css.connectors}>
          {station.connectors.map((c) => (
            <button
              key={key(c)}
              type="button"
              aria-pressed={station.connectors.length > 1 ? c === connector : undefined}
              data-single={station.connectors.length === 1 || undefined}
              onClick={() => {
                choose(key(c));
              }}
            >
              <span className="dim small">
                {connectorName(c.evse, c.connector)}
                {c.type !== null && ` · ${plugWord(c.type)}`}
                {c.max_power_w !== null && (
                  <>
                    {" · "}
                    <Trans>up to {ratedKw(c.max_power_w)}</Trans>
                  </>
                )}
              </span>
              <ConnectorBadge station={station} connector={c} />
              {(realError(c.error_code) ?? c.info) && (
                <span className="small hostile">{[realError(c.error_code), c.info].filter(Boolean).join(" · ")}</span>
              )}
            </button>
          ))}
        </div>
      )}
      <SessionPanel
        station={station} running={running} session={session.data ?? null} commander={commander}
        evse={connector?.evse ?? null} rated={connector?.max_power_w ?? null}
        onAct={() => { if (connector) choose(key(connector)); }}
      />
    </section>
  );
}

/** A charger that has never been here: what is left to do. */
function Awaited({ station }: { station: Station }) {
  const chargerUrl = useChargerUrl();
  return (
    <section className={`${css.panel} card`} aria-label={t`How to connect`}>
      <h2>
        <Trans>Waiting for its first connection</Trans>
      </h2>
      <p>
        <Trans>In the charger's settings, enter this address as the OCPP server, and the password it was given here. Then restart it.</Trans>
      </p>
      <Copyable value={chargerUrl(station.id)} label={t`Copy address`} />
      <p className="dim small">
        <Trans>
          It does not come? <Link to="/refused">Why can't my charger connect?</Link>
        </Trans>
      </p>
    </section>
  );
}
