import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Menu } from "@mantine/core";
import { answered, client, type ChargingPlace, type ChargingPoint, type OwnCard, type OwnProfile } from "@stationmaster/api";
import { Badge, Problem } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import { useAway } from "../../live/useAway";
import { connectorName } from "../../words";
import { priceLines } from "../tariffs/priceLines";
import css from "./My.module.css";
import { availabilityWords, farWord, plugsWord } from "./words";

const MINUTES = [15, 30, 60];

interface Props {
  place: ChargingPlace;
  profile: OwnProfile;
  card: OwnCard;
  onAsked: (request: string) => void;
}

/** A place with its chargers, and what one can ask of each. */
export function PlaceCard({ place, ...asking }: Props) {
  const prices = place.chargers.flatMap((point) => evses(point).map((evse) => pricesOf(connectorsOf(point, evse), place.tariffs)));
  // What is the same everywhere is said once.
  const same = prices.every((lines) => lines.join() === prices[0]?.join()) && asking.profile.billing !== "free" ? prices[0] ?? [] : [];
  const about = [place.address, [place.postal_code, place.city].filter(Boolean).join(" ")].filter(Boolean).join(", ");
  return (
    <article className={css.place} aria-label={place.name}>
      <div className={css.placeHead}>
        <strong className="hostile">{place.name}</strong>
        <span className="dim small hostile">
          {[place.distance_m === null ? null : farWord(place.distance_m), about].filter(Boolean).join(" · ")}
        </span>
        {!place.open && <Badge tone="unavailable">{t`Closed now`}</Badge>}
      </div>
      <Prices lines={same} />
      <ul className={css.plugs}>
        {place.chargers.flatMap((point) => evses(point).map((evse) => <Evse key={`${point.id} ${evse}`} point={point} evse={evse} tariffs={same.length > 0 ? {} : place.tariffs} {...asking} />))}
      </ul>
    </article>
  );
}

/** One starts an EVSE; which of its plugs fits the car, the driver sees. */
function evses(point: ChargingPoint): number[] {
  return [...new Set(point.connectors.map(({ evse }) => evse))];
}

function connectorsOf(point: ChargingPoint, evse: number) {
  return point.connectors.filter((one) => one.evse === evse);
}

function Prices({ lines }: { lines: string[] }) {
  return lines.map((line) => <span key={line} className="small">{line}</span>);
}

/** What charging costs here: a line for each time that has a price of its own. */
function pricesOf(connectors: ChargingPoint["connectors"], tariffs: ChargingPlace["tariffs"]): string[] {
  const named = [...new Set(connectors.map(({ tariff }) => tariff))].flatMap((id) => (id === null ? [] : tariffs[id] ?? []));
  const lines = named.flatMap(priceLines).map(({ when, prices }) => [when, prices.join(" · ")].filter(Boolean).join(": "));
  return [...new Set(lines)];
}

interface EvseProps extends Omit<Props, "place"> {
  point: ChargingPoint;
  evse: number;
  tariffs: ChargingPlace["tariffs"];
}

function Evse({ point, evse, tariffs, profile, card, onAsked }: EvseProps) {
  const away = useAway() !== null;
  const connectors = connectorsOf(point, evse);
  const availability = connectors.find((one) => one.availability !== "free")?.availability ?? "free";
  const { word, tone } = availabilityWords(availability);
  const where = { charger: point.id, evse, card: card.uid, kind: card.kind as "Central" | null };
  const asked = { onSuccess: ({ id }: { id: string }) => { onAsked(id); } };
  const start = useMutation({ mutationFn: () => answered(client.POST("/api/v1/me/starts", { body: where })), ...asked });
  const reserve = useMutation({ mutationFn: (minutes: number) => answered(client.POST("/api/v1/me/reservations", { body: { ...where, minutes } })), ...asked });
  const name = [point.name, connectorName(evse)].filter(Boolean).join(" · ");
  // Whose cable is plugged in already is in use as well: whether somebody charges there, the server knows.
  const can = availability === "free" || availability === "in_use";
  return (
    <li className={css.plug}>
      <div className={css.plugName}>
        <span className="hostile">{name}</span>
        <span className="dim small">{plugsWord(connectors)}</span>
        {profile.billing !== "free" && <Prices lines={pricesOf(connectors, tariffs)} />}
      </div>
      <Badge tone={tone} plain>{word}</Badge>
      {can && (
        <div className={css.plugActs}>
          {profile.can_reserve && availability === "free" && (
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <Button variant="default" size="sm" loading={reserve.isPending} disabled={away} aria-label={t`Reserve ${name}`}>
                  <Trans>Reserve</Trans>
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {MINUTES.map((minutes) => (
                  <Menu.Item key={minutes} onClick={() => { reserve.mutate(minutes); }}>{t`For ${minutes} minutes`}</Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )}
          <Button
            size="sm" variant={availability === "free" ? "filled" : "light"} loading={start.isPending} disabled={away} onClick={() => { start.mutate(); }}
            aria-label={t`Start ${name}`} data-testid="start-here"
          >
            <Trans>Start</Trans>
          </Button>
        </div>
      )}
      {(start.error ?? reserve.error) && <div className={css.wrong}><Problem error={start.error ?? reserve.error} /></div>}
    </li>
  );
}
