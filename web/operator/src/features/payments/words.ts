import { t } from "@lingui/core/macro";
import type { BooksComparison, Claim, Payment } from "@stationmaster/api";
import type { Shape } from "@stationmaster/ui";

export const STATES = ["asked", "pending", "authorised", "paid", "released", "refused", "expired", "reversed"] as const;

/** How far a payment is. */
export function paymentWords(state: Payment["state"]): { word: string; tone: Shape } {
  const words: Partial<Record<Payment["state"], { word: string; tone: Shape }>> = {
    asked: { word: t`Begun`, tone: "busy" },
    pending: { word: t`Waits for the payer`, tone: "busy" },
    authorised: { word: t`Set aside`, tone: "charging" },
    paid: { word: t`Paid`, tone: "good" },
    released: { word: t`Released`, tone: "unavailable" },
    refused: { word: t`Refused`, tone: "faulted" },
    expired: { word: t`Expired`, tone: "unavailable" },
    reversed: { word: t`Taken back by the bank`, tone: "faulted" },
  };
  return words[state] ?? { word: state.replaceAll("_", " "), tone: "busy" };
}

export function purposeWord(purpose: Payment["purpose"]): string {
  const words: Record<Payment["purpose"], string> = { top_up: t`Wallet`, session: t`Charging`, claim: t`What was owed`, card: t`Card, to be saved` };
  return words[purpose];
}

/** By which way money came. */
export function wayWord(provider: string): string {
  const words: Record<string, string> = { cash: t`Cash`, bank: t`Bank transfer` };
  return words[provider] ?? provider;
}

export function claimWord(state: Claim["state"]): string {
  const words: Record<Claim["state"], string> = { open: t`Owed`, paid: t`Paid`, written_off: t`Written off` };
  return words[state];
}

export function differenceWord(what: BooksComparison["differences"][number]["what"]): string {
  const words: Record<typeof what, string> = { missing_here: t`We do not have it`, missing_there: t`The provider does not have it`, other_amount: t`Another amount` };
  return words[what];
}
