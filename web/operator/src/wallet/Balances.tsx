import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Wallet } from "@stationmaster/api";
import { money } from "@stationmaster/ui";
import { isNothing } from "../money/ledgerWords";
import css from "./Money.module.css";

/** What is in a wallet, in each currency; `owed` is what the reader calls what is owed to the operator. */
export function Balances({ wallet, owed }: { wallet: Wallet; owed: string }) {
  return wallet.balances.map((one) => (
    <dl key={one.currency} className={css.balances}>
      <div className={css.large}>
        <dt><Trans>In the wallet</Trans></dt>
        <dd className="num">{money(one.wallet, one.currency)}</dd>
      </div>
      {[
        { what: t`Bonus`, amount: one.bonus },
        { what: t`Set aside while charging`, amount: one.held },
        { what: owed, amount: one.owed },
      ]
        .filter(({ amount }) => !isNothing(amount))
        .map(({ what, amount }) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd className="num">{money(amount, one.currency)}</dd>
          </div>
        ))}
    </dl>
  ));
}
