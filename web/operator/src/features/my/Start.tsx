import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import type { OwnCard, OwnProfile } from "@stationmaster/api";
import { Empty, Icon, Note, Problem, Waiting } from "@stationmaster/ui";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import thing from "../../thing.module.css";
import { cardState } from "../cards/words";
import css from "./My.module.css";
import { PlaceCard } from "./PlaceCard";
import { cardsQuery, latestQuery, placeOfQuery, placesQuery, type Position } from "./queries";

const LETTERS = 2;
const FEW = 3;
const LOOK_MS = 15_000;

interface Props {
  profile: OwnProfile;
  onAsked: (request: string) => void;
}

/** To begin: which card, and where. */
export function Start({ profile, onAsked }: Props) {
  const { data: cards, error, refetch } = useQuery(cardsQuery());
  const [chosen, choose] = useState<string | null>(null);
  if (!profile.can_start) {
    return (
      <Note tone="unavailable">
        <Trans>Chargers are not started from here: show your card at the charger. What you charge appears here by itself.</Trans>
      </Note>
    );
  }
  if (error && !cards) return <Problem error={error} retry={() => void refetch()} />;
  if (!cards) return <Waiting />;
  const good = cards.filter((card) => cardState(card) === "accepted");
  const card = good.find((one) => nameOf(one) === chosen) ?? good[0];
  if (card === undefined) {
    return (
      <section className="card">
        <Empty title={cards.length === 0 ? t`You have no card yet` : t`None of your cards may charge`}>
          <p>
            <Trans>Charging begins with a card of yours. Ask whoever runs the chargers for one.</Trans>
          </p>
          {cards.length > 0 && <Link to="/my/profile"><Trans>My cards</Trans></Link>}
        </Empty>
      </section>
    );
  }
  return (
    <section className={`${thing.panel} card`} aria-label={t`Start charging`} data-testid="start">
      <h2>
        <Trans>Start charging</Trans>
      </h2>
      {good.length > 1 && (
        <Select
          label={t`With which card`} data={good.map((one) => ({ value: nameOf(one), label: one.label ? `${one.label} · ${one.uid}` : one.uid }))} value={nameOf(card)}
          onChange={choose} allowDeselect={false}
        />
      )}
      <Where profile={profile} card={card} onAsked={onAsked} />
    </section>
  );
}

/** Two cards may share a number, and differ in their kind. */
function nameOf({ uid, kind }: OwnCard): string {
  return `${uid} ${kind ?? ""}`;
}

function Where({ profile, card, onAsked }: Props & { card: OwnCard }) {
  const [text, setText] = useState("");
  const [here, setHere] = useState<Position | null>(null);
  const [searched] = useDebouncedValue(text.trim(), 300);
  const where = here ?? searched;
  const looks = here !== null || searched.length >= LETTERS;
  const found = useQuery({ ...placesQuery(where), enabled: looks, placeholderData: keepPreviousData });
  return (
    <>
      <div className={css.search}>
        <TextInput
          aria-label={t`Where`} placeholder={t`Place, street, town or number of a charger`} value={text} leftSection={<Icon name="search" size={16} />} data-testid="where"
          onChange={(event) => {
            setText(event.currentTarget.value);
            setHere(null);
          }}
        />
        <Near onFound={(position) => { setText(""); setHere(position); }} />
      </div>
      {!looks ? (
        <Known profile={profile} card={card} onAsked={onAsked} />
      ) : found.error ? (
        <Problem error={found.error} retry={() => void found.refetch()} />
      ) : !found.data ? (
        <Waiting />
      ) : found.data.length === 0 ? (
        <p className="dim">{here ? <Trans>There is no charger near you.</Trans> : <Trans>No place is called so.</Trans>}</p>
      ) : (
        found.data.map((place) => <PlaceCard key={place.id} place={place} profile={profile} card={card} onAsked={onAsked} />)
      )}
    </>
  );
}

/** Where one has charged before: most people come back. */
function Known(props: Props & { card: OwnCard }) {
  const { data: sessions } = useQuery(latestQuery());
  const chargers = [...new Set((sessions ?? []).map(({ charger }) => charger))].slice(0, FEW);
  const places = useQueries({ queries: chargers.map((charger) => ({ ...placeOfQuery(charger), retry: false })) }).flatMap(({ data }) => data ?? []);
  if (places.length === 0) {
    return (
      <p className="dim">
        <Trans>Search for the place where you are. You may plug in the cable before or after.</Trans>
      </p>
    );
  }
  return (
    <>
      <p className="dim small">
        <Trans>Where you charged last</Trans>
      </p>
      {places.map((place) => <PlaceCard key={place.chargers[0]?.id ?? place.id} place={place} {...props} />)}
    </>
  );
}

/** What is near, where the browser tells where one is. */
function Near({ onFound }: { onFound: (position: Position) => void }) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(false);
  if (!window.isSecureContext || !("geolocation" in navigator)) return null;
  const look = () => {
    setBusy(true);
    setRefused(false);
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) => {
        setBusy(false);
        onFound({ latitude, longitude });
      },
      () => {
        setBusy(false);
        setRefused(true);
      },
      { timeout: LOOK_MS, maximumAge: 60_000 },
    );
  };
  return (
    <>
      <Button variant="default" leftSection={<Icon name="pin" size={16} />} loading={busy} onClick={look}>
        <Trans>Near me</Trans>
      </Button>
      {refused && (
        <p role="alert" className="dim small">
          <Trans>Your browser does not tell where you are. Search by name instead.</Trans>
        </p>
      )}
    </>
  );
}
