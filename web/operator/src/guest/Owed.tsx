import { Trans } from "@lingui/react/macro";
import { answered, stranger, type ClaimToPay } from "@stationmaster/api";
import { money } from "@stationmaster/ui/format";
import { useCallback, useEffect, useState } from "react";
import { claimWords, sentenceOf } from "./guestWords";
import { LanguageSwitch } from "../door/LanguageSwitch";

const AGAIN_MS = 1_500;
const PATIENCE_MS = 20_000;

/** The page behind the address in a mail: what is owed for charging, and the button that pays it. */
export function Owed({ claim: id }: { claim: string }) {
  const [claim, setClaim] = useState<ClaimToPay>();
  const [wrong, setWrong] = useState<string>();
  const [busy, setBusy] = useState(false);

  const look = useCallback(
    () =>
      answered(stranger.GET("/api/v1/pay/claims/{claim_id}", { params: { path: { claim_id: id } } }))
        .then((now) => { setClaim(now); setWrong(undefined); })
        .catch((error: unknown) => { setWrong(sentenceOf(error)); }),
    [id],
  );

  useEffect(() => { void look(); }, [look]);

  // Whoever has paid is back before the provider has said so, and where to pay is there when it has answered.
  const open = claim?.state === "open";
  useEffect(() => {
    if (!open) return;
    const timer = setInterval(() => void look(), AGAIN_MS);
    return () => { clearInterval(timer); };
  }, [open, look]);

  const payAt = claim?.pay_at ?? null;
  useEffect(() => {
    if (busy && payAt !== null) window.location.assign(payAt);
  }, [busy, payAt]);

  useEffect(() => {
    if (!busy) return;
    const timer = setTimeout(() => { setBusy(false); }, PATIENCE_MS); // the provider does not answer: one may try again
    return () => { clearTimeout(timer); };
  }, [busy]);

  const pay = () => {
    setBusy(true);
    answered(stranger.POST("/api/v1/pay/claims/{claim_id}/pay", { params: { path: { claim_id: id } } }))
      .then((now) => { setClaim(now); setWrong(undefined); })
      .catch((error: unknown) => { setWrong(sentenceOf(error)); setBusy(false); });
  };

  const words = claim && claimWords(claim);
  return (
    <main className="guest">
      <LanguageSwitch />
      <h1><Trans>Charging</Trans></h1>
      {wrong !== undefined && <p role="alert" className="wrong">{wrong}</p>}
      {claim && words ? (
        <section className="sheet" data-testid={`claim-${claim.state}`}>
          <h2 aria-live="polite">{words.title}</h2>
          {words.about && <p>{words.about}</p>}
          <dl className="figures">
            <div className="large">
              <dt>{words.amount}</dt>
              <dd>{money(claim.amount, claim.currency)}</dd>
            </div>
          </dl>
          {open && (
            <div className="buttons">
              <button type="button" className="main" disabled={busy} onClick={pay} data-testid="pay">
                {busy ? <Trans>One moment…</Trans> : <Trans>Pay now</Trans>}
              </button>
            </div>
          )}
        </section>
      ) : (
        wrong === undefined && <p role="status" className="dim"><Trans>One moment…</Trans></p>
      )}
    </main>
  );
}
