import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PayPlace, Visit } from "@stationmaster/api";
import { duration, kw, kwh, money } from "@stationmaster/ui/format";
import { useEffect, useState } from "react";
import { leftWord, releaseWord, stateWords, sums } from "./guestWords";

interface Props {
  visit: Visit;
  place: PayPlace | undefined;
  onStop: () => Promise<void>;
  onGiveUp: () => Promise<void>;
  onPay: () => Promise<void>;
  onMore: (amount: string) => Promise<void>;
  onAgain: () => void;
}

/** A visit from paying to its end: what happens, what it has cost, and what one can do. */
export function VisitView({ visit, place, onStop, onGiveUp, onPay, onMore, onAgain }: Props) {
  const now = useSeconds();
  const words = stateWords(visit, place?.plugged_in ?? false);
  const { session, currency } = visit;
  const added = sums(visit);
  const pay = usePayNow(visit.state === "to_pay" ? visit.pay_at : null, onPay);
  return (
    <section className="sheet" data-testid={`visit-${visit.state}`}>
      <h2 aria-live="polite">{words.title}</h2>
      {words.about && <p>{words.about}</p>}
      {visit.state === "starting" && visit.until && <p className="dim">{leftWord(visit.until, now)}</p>}
      {visit.state === "to_pay" && visit.release_at && <p className="dim">{releaseWord(visit.release_at)}</p>}
      {session && (
        <dl className="figures">
          <div className="large">
            <dt>{visit.state === "over" || visit.due !== null ? <Trans>Cost</Trans> : <Trans>Cost so far</Trans>}</dt>
            <dd>{money(visit.due ?? visit.paid ?? session.cost ?? "0", currency)}</dd>
          </div>
          <div>
            <dt><Trans>Energy</Trans></dt>
            <dd>{kwh(session.energy_wh)}</dd>
          </div>
          <div>
            <dt><Trans>Time</Trans></dt>
            <dd>{duration(session.started_at, session.stopped_at ?? now)}</dd>
          </div>
          {visit.state === "charging" && (
            <div>
              <dt><Trans>Power</Trans></dt>
              <dd>{kw(session.power_w)}</dd>
            </div>
          )}
        </dl>
      )}
      {visit.state !== "paying" && added.length > 0 && (
        <dl className="sums">
          {added.map(({ what, amount }) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>{amount}</dd>
            </div>
          ))}
        </dl>
      )}
      {visit.raising && <p role="status" className="dim"><Trans>Your bank is asked to set aside more.</Trans></p>}
      {visit.state === "charging" && visit.not_raised !== null && <p role="status" className="wrong">{visit.not_raised}</p>}
      <div className="buttons">
        {visit.state === "paying" && visit.pay_at && <a className="main" href={visit.pay_at}><Trans>To the payment</Trans></a>}
        {visit.state === "to_pay" && visit.due !== null && (
          <Ask what={t`Pay ${money(visit.due, currency)}`} run={pay} main testid="pay-now" />
        )}
        {visit.state === "charging" && <Ask what={t`Stop charging`} run={onStop} main testid="stop" />}
        {visit.more !== null && <Ask what={t`Set aside ${money(visit.more, currency)} in all`} run={() => onMore(visit.more ?? "")} testid="more" />}
        {(visit.state === "paying" || visit.state === "starting") && <Ask what={t`Do not charge after all`} run={onGiveUp} testid="give-up" />}
        {visit.claim !== null && <a className="main" href={visit.claim} data-testid="claim"><Trans>Pay now</Trans></a>}
        {visit.receipt !== null && <a className="main" href={visit.receipt} data-testid="receipt"><Trans>Your receipt</Trans></a>}
        {visit.state === "over" && <button type="button" onClick={onAgain}><Trans>Charge again</Trans></button>}
      </div>
    </section>
  );
}

function Ask({ what, run, main = false, testid }: { what: string; run: () => Promise<void>; main?: boolean; testid: string }) {
  const [busy, setBusy] = useState(false);
  return (
    <button
      type="button" className={main ? "main" : ""} disabled={busy} data-testid={testid}
      onClick={() => {
        setBusy(true);
        void run().finally(() => { setBusy(false); });
      }}
    >
      {what}
    </button>
  );
}

/** Leads to the provider's page. After the first ask it is known a moment later; who comes back from it by the browser's button asks again. */
function usePayNow(payAt: string | null, onPay: () => Promise<void>): () => Promise<void> {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (asked && payAt !== null) window.location.assign(payAt);
  }, [asked, payAt]);
  return async () => {
    if (payAt !== null) {
      window.location.assign(payAt);
      return;
    }
    setAsked(true);
    await onPay();
  };
}

function useSeconds(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => { setNow(Date.now()); }, 1_000);
    return () => { clearInterval(timer); };
  }, []);
  return now;
}
