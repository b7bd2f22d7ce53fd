import { plural, t } from "@lingui/core/macro";
import type { ClaimToPay, PayPlace, PayTariff, Visit } from "@stationmaster/api";
import { localMinute, money, ratedKw } from "@stationmaster/ui/format";

/** What the operator says of the price, in a language that the driver reads. */
export function textOf(tariff: PayTariff, languages: readonly string[]): string | null {
  const texts = tariff.structure?.texts ?? [];
  const short = (language: string) => language.split("-")[0]?.toLowerCase();
  for (const language of languages) {
    const found = texts.find((one) => short(one.language) === short(language));
    if (found) return found.text;
  }
  return texts[0]?.text ?? null;
}

function plugName(type: string): string {
  const words: Record<string, string> = {
    type1: t`Type 1`, type2: t`Type 2`, type3: t`Type 3`, ccs1: t`CCS 1`, ccs2: t`CCS`, chademo: t`CHAdeMO`, gbt: t`GB/T`, gbt_ac: t`GB/T AC`, gbt_dc: t`GB/T DC`, nacs: t`NACS`,
  };
  return words[type] ?? t`Socket`;
}

/** "Type 2, up to 22 kW" */
export function plugWord({ connectors, evse }: Pick<PayPlace, "connectors" | "evse">): string {
  const kinds = [...new Set(connectors.map(({ type }) => (type === null ? null : plugName(type))).filter((kind) => kind !== null))];
  const most = Math.max(0, ...connectors.map(({ max_power_w }) => max_power_w ?? 0));
  const name = kinds.length > 0 ? kinds.join(", ") : t`Connector ${evse}`;
  return most > 0 ? t`${name}, up to ${ratedKw(most)}` : name;
}

/** What happens now, and what the guest has to do. */
export function stateWords(visit: Pick<Visit, "state" | "outcome" | "sentence" | "pays_after" | "due">, pluggedIn: boolean): { title: string; about: string | null } {
  switch (visit.state) {
    case "paying":
      return { title: t`Waiting for your payment`, about: visit.sentence ?? t`Nothing is charged before it is there.` };
    case "starting":
      return { title: pluggedIn ? t`The charger is starting` : t`Plug in the cable now`, about: pluggedIn ? null : visit.pays_after ? t`Charging begins by itself.` : t`The payment is there; charging begins by itself.` };
    case "charging":
      return { title: t`Charging`, about: t`You may close this page; charging goes on.` };
    case "to_pay":
      return { title: t`Charging has ended`, about: visit.due === null ? t`Your bill is being written.` : (visit.sentence ?? t`Pay it now, and your cable is released.`) };
    case "settling":
      return { title: t`Charging has ended`, about: t`Your bill is being written.` };
    case "over":
      return { title: outcomeWord(visit.outcome), about: visit.sentence };
  }
}

function outcomeWord(outcome: Visit["outcome"]): string {
  const words: Record<NonNullable<Visit["outcome"]>, string> = {
    paid: t`Done`,
    free: t`Nothing to pay`,
    not_paid: t`Not paid`,
    not_started: t`Charging has not begun`,
    given_up: t`Nothing was charged`,
    owed: t`The payment did not go through`,
  };
  return outcome === null ? t`Done` : words[outcome];
}

/** What was set aside, what was taken of it, and what is free again. */
export function sums({ state, currency, held, paid, given_back, pays_after }: Pick<Visit, "state" | "currency" | "held" | "paid" | "given_back" | "pays_after">): { what: string; amount: string }[] {
  if (pays_after) {
    if (state !== "over") return state === "to_pay" ? [] : [{ what: t`At the most`, amount: money(held, currency) }];
    const back = given_back === null ? [] : [{ what: t`Comes back to you`, amount: money(given_back, currency) }];
    return [{ what: t`Paid`, amount: money(paid ?? "0", currency) }, ...back];
  }
  const lines = [{ what: t`Set aside`, amount: money(held, currency) }];
  if (state !== "over") return lines;
  if (given_back !== null) return [{ what: t`Paid`, amount: money(paid, currency) }, { what: t`Comes back to you`, amount: money(given_back, currency) }];
  const taken = paid ?? "0";
  return [...lines, { what: t`Paid of it`, amount: money(taken, currency) }, { what: t`Released`, amount: money(difference(held, taken), currency) }];
}

/** Exact, as amounts are: in the smallest units. */
function difference(from: string, what: string): string {
  const decimals = Math.max(...[from, what].map((each) => each.split(".")[1]?.length ?? 0));
  const units = (text: string) => {
    const [whole = "0", fraction = ""] = text.split(".");
    return BigInt(whole + fraction.padEnd(decimals, "0"));
  };
  const left = String(units(from) - units(what)).padStart(decimals + 1, "0");
  return decimals === 0 ? left : `${left.slice(0, -decimals)}.${left.slice(-decimals)}`;
}

/** How long the charger still waits for the cable. */
export function leftWord(until: string, now: number): string {
  const seconds = Math.max(0, Math.round((Date.parse(until) - now) / 1000));
  return plural(seconds, { one: "It waits for another second.", other: "It waits for another # seconds." });
}

/** Until when the cable is held at the longest. */
export function releaseWord(at: string): string {
  return t`The charger releases your cable at ${localMinute(Date.parse(at))} at the latest, paid or not. What is not paid by then stays due.`;
}

/** What is owed, and why. */
export function claimWords({ state, reason }: Pick<ClaimToPay, "state" | "reason">): { title: string; about: string | null; amount: string } {
  if (state === "open") return { title: t`A payment is still due`, about: reason, amount: t`To pay` };
  return { title: state === "paid" ? t`Paid, thank you` : t`Nothing is due any more`, about: null, amount: state === "paid" ? t`Paid` : t`Was due` };
}

/** Why something did not work. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : t`Something went wrong.`;
}
