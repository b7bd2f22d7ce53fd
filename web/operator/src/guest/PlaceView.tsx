import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PayPlace } from "@stationmaster/api";
import { money } from "@stationmaster/ui/format";
import { useEffect, useState } from "react";
import { priceLines } from "../features/tariffs/priceLines";
import { plugWord, textOf } from "./guestWords";

const LOOK_MS = 5_000;

/** What charging costs here, and the button that begins it. */
export function PlaceView({ place, onPay, onLook }: { place: PayPlace; onPay: (email: string) => Promise<void>; onLook: () => Promise<void> }) {
  const [email, setEmail] = useState("");
  const [busy, setBusy] = useState(false);
  // Whether a cable is in, and whether somebody else is quicker, changes while one reads.
  useEffect(() => {
    const timer = setInterval(() => void onLook(), LOOK_MS);
    return () => { clearInterval(timer); };
  }, [onLook]);
  const text = place.tariff && textOf(place.tariff, [i18n.locale, ...navigator.languages]);
  return (
    <>
      <section className="sheet">
        <h2>{plugWord(place)}</h2>
        {place.tariff ? (
          <>
            <dl className="prices">
              {priceLines(place.tariff).map(({ when, prices }) => (
                <div key={when + prices.join()}>
                  {when && <dt>{when}</dt>}
                  <dd>
                    {prices.map((price) => (
                      <span key={price}>{price}</span>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
            {text && <p className="told">{text}</p>}
          </>
        ) : (
          <p className="dim"><Trans>Nobody has said what charging costs here.</Trans></p>
        )}
      </section>
      {place.can_pay ? (
        <form
          className="sheet"
          onSubmit={(event) => {
            event.preventDefault();
            setBusy(true);
            void onPay(email).finally(() => { setBusy(false); });
          }}
        >
          <p className={place.plugged_in ? "good" : "dim"}>
            {place.plugged_in ? <Trans>The cable is plugged in.</Trans> : place.pays_after ? <Trans>Plug in the cable.</Trans> : <Trans>Plug in the cable before or after paying.</Trans>}
          </p>
          {place.hold !== null && place.currency !== null && (
            <p>
              {place.pays_after ? (
                <Trans>You pay after charging. It ends by itself before it costs more than {money(place.hold, place.currency)}. Your cable is released once it is paid, and after 15 minutes in any case.</Trans>
              ) : place.given_back ? (
                <Trans>You pay {money(place.hold, place.currency)} now. What you do not use comes back to you.</Trans>
              ) : (
                <Trans>{money(place.hold, place.currency)} is set aside. You pay only what you use; the rest is released when you are done.</Trans>
              )}
            </p>
          )}
          <label>
            {place.pays_after ? <Trans>E-mail, to which the bill goes</Trans> : <Trans>E-mail for the receipt, if you like</Trans>}
            <input type="email" required={place.pays_after} autoComplete="email" inputMode="email" value={email} onChange={(e) => { setEmail(e.currentTarget.value); }} />
          </label>
          <button type="submit" className="main" disabled={busy} data-testid="pay">
            {busy ? t`One moment…` : place.pays_after ? t`Charge` : t`Pay and charge`}
          </button>
        </form>
      ) : (
        <p className="sheet wrong">{place.why_not ?? t`One cannot pay here now.`}</p>
      )}
    </>
  );
}
