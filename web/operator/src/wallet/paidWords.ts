import { t } from "@lingui/core/macro";
import type { BilledInFull } from "@stationmaster/api";
import { money } from "@stationmaster/ui";
import { isNothing } from "../money/ledgerWords";

/** Where the money for a bill came from. */
export function paidWords(paid: BilledInFull["paid_from"], currency: string): string {
  const parts = [
    { what: t`from the wallet`, amount: paid.wallet },
    { what: t`from the bonus`, amount: paid.bonus },
    { what: t`owed`, amount: paid.owed },
  ].filter(({ amount }) => !isNothing(amount));
  return parts.map(({ what, amount }) => `${money(amount, currency)} ${what}`).join(", ");
}
