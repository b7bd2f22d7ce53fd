import { t } from "@lingui/core/macro";
import type { Token } from "@stationmaster/api";
import type { Shape } from "@stationmaster/ui";
import type { CARD_STATES } from "./resource";

type CardState = (typeof CARD_STATES)[number];

export function cardState({ status, expires_at }: Pick<Token, "status" | "expires_at">): CardState {
  if (status === "blocked") return "blocked";
  return expires_at !== null && Date.parse(expires_at) < Date.now() ? "expired" : "accepted";
}

export function cardWords(state: CardState): { word: string; tone: Shape } {
  if (state === "blocked") return { word: t`Blocked`, tone: "unavailable" };
  return state === "expired" ? { word: t`Expired`, tone: "busy" } : { word: t`Accepted`, tone: "good" };
}
