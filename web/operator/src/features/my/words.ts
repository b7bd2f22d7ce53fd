import { t } from "@lingui/core/macro";
import type { ChargingPoint, OwnProfile, OwnRequest } from "@stationmaster/api";
import { localMinute, number, ratedKw, type Tone } from "@stationmaster/ui";
import { connectorName } from "../../words";
import { plugWord } from "../chargers/chargerWords";
import { UNDER_WAY } from "./queries";

/** Where something was, or is: as far as it is told. */
export function placeName({ site_name, charger_name, evse }: { site_name: string | null; charger_name: string | null; evse: number | null }): string {
  return [site_name, charger_name, evse === null ? null : connectorName(evse)].filter(Boolean).join(" · ") || t`Charger`;
}

/** "Type 2, up to 22 kW" */
export function plugsWord(connectors: ChargingPoint["connectors"]): string {
  const kinds = [...new Set(connectors.flatMap(({ type }) => (type === null ? [] : [plugWord(type)])))].join(", ");
  const most = Math.max(0, ...connectors.map(({ max_power_w }) => max_power_w ?? 0));
  return [kinds, most > 0 && t`up to ${ratedKw(most)}`].filter(Boolean).join(", ");
}

type Availability = ChargingPoint["connectors"][number]["availability"];

export function availabilityWords(availability: Availability): { word: string; tone: Tone } {
  const words: Record<Availability, { word: string; tone: Tone }> = {
    free: { word: t`Available`, tone: "available" },
    in_use: { word: t`In use`, tone: "busy" },
    out_of_order: { word: t`Out of order`, tone: "faulted" },
    unknown: { word: t`Not known`, tone: "offline" },
  };
  return words[availability];
}

/** How far away a place is. */
export function farWord(metres: number): string {
  const km = metres / 1000;
  return km < 1 ? t`${number(metres, "m")} away` : t`${number(km, "km", km < 10 ? 1 : 0)} away`;
}

/** What came of something that was asked of a charger; nothing where the page shows it by itself. */
export function requestWords({ what, state, sentence, until, session }: OwnRequest): { text: string; tone: Tone; sentence: string | null } | null {
  if (state === "awaiting" && what === "start") {
    const text = until === null ? t`Plug in the cable now.` : t`Plug in the cable now. The charger waits until ${localMinute(Date.parse(until))}.`;
    return { text, tone: "charging", sentence: null };
  }
  if (UNDER_WAY.has(state)) {
    const words = { start: t`The charger is asked to start.`, stop: t`The charger is asked to stop.`, reserve: t`The charger is asked to keep a place for you.`, give_up: t`The charger is told that you do not come.` };
    return { text: words[what], tone: "busy", sentence: null };
  }
  if (state === "done") {
    if (what === "start") return session === null ? { text: t`The charger starts. Plug in the cable if you have not yet.`, tone: "charging", sentence: null } : null;
    return what === "stop" ? { text: t`Charging has ended. Your bill is being written.`, tone: "available", sentence: null } : null;
  }
  if (state === "expired" && what === "start") return { text: t`Nobody has plugged in a cable in time, so charging has not begun. Start again when you are there.`, tone: "faulted", sentence: null };
  const words = { start: t`Charging has not begun.`, stop: t`The charger could not be stopped. Unplug the car, or stop with your card.`, reserve: t`No place could be kept.`, give_up: t`The reservation could not be given up.` };
  return { text: words[what], tone: "faulted", sentence };
}

/** When one pays. */
export function billingSentence(billing: OwnProfile["billing"]): string {
  const words: Record<OwnProfile["billing"], string> = {
    free: t`You charge for free here: there is nothing to pay.`,
    prepaid: t`You pay out of your wallet, so there has to be money in it before you charge.`,
    postpaid: t`You charge now, and pay afterwards.`,
  };
  return words[billing];
}
