import { t } from "@lingui/core/macro";
import type { BilledSession, Invoice, WalletTransaction } from "@stationmaster/api";

/** What an entry of a wallet is. */
export function entryWord(kind: WalletTransaction["booked_as"]): string {
  const words: Record<WalletTransaction["booked_as"], string> = {
    bill: t`Charging`,
    correction: t`Correction of a bill`,
    top_up: t`Paid in`,
    bonus: t`Bonus`,
    adjustment: t`Corrected by hand`,
    hold: t`Set aside`,
    release: t`Given free again`,
    payment: t`Payment`,
    refund: t`Given back`,
    write_off: t`Written off`,
    payout: t`Paid out`,
  };
  return words[kind];
}

export function billWord(state: BilledSession["state"]): string {
  const words: Record<BilledSession["state"], string> = { booked: t`Booked`, kept: t`Nobody pays`, taken_back: t`Taken back` };
  return words[state];
}

/** The state of a bill as a sentence. */
export function billSentence({ state, revision }: Pick<BilledSession, "state" | "revision">): string {
  const words: Record<BilledSession["state"], string> = {
    booked: t`It is booked.`,
    kept: t`Nobody pays for it: the session has no customer, or one who charges for free.`,
    taken_back: t`It was taken back: nothing is due.`,
  };
  return revision > 1 ? `${words[state]} ${t`It was corrected; this is number ${revision}.`}` : words[state];
}

export function invoiceWord(kind: Invoice["kind"]): string {
  const words: Record<Invoice["kind"], string> = { receipt: t`Receipt`, invoice: t`Invoice`, credit_note: t`Credit note` };
  return words[kind];
}

export function billingWord(billing: "free" | "prepaid" | "postpaid"): string {
  const words = { free: t`Charges for free`, prepaid: t`Out of a wallet, before`, postpaid: t`By invoice, afterwards` };
  return words[billing];
}

/** Whether an exact amount is none. */
export function isNothing(amount: string): boolean {
  return /^-?0*(\.0*)?$/.test(amount);
}
