import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { answered, stranger, type PayPlace, type Visit } from "@stationmaster/api";
import { useCallback, useEffect, useState, type CSSProperties } from "react";
import { sentenceOf } from "./guestWords";
import { LanguageSwitch } from "../door/LanguageSwitch";
import { PlaceView } from "./PlaceView";
import { browserStore, forget, randomWord, remember, remembered } from "./remembered";
import { VisitView } from "./VisitView";

const AGAIN_MS = 1_500;

/** The page behind the QR code of a charger: what it costs, paying, and the charging itself. */
export function Guest({ place: id, asked }: { place: string; asked: string | null }) {
  const [place, setPlace] = useState<PayPlace>();
  const [visit, setVisit] = useState<Visit>();
  const [wrong, setWrong] = useState<string>();
  const path = { params: { path: { place_id: id } } };

  const look = useCallback(
    () =>
      answered(stranger.GET("/api/v1/pay/places/{place_id}", { params: { path: { place_id: id } } }))
        .then((now) => { setPlace(now); })
        .catch((error: unknown) => { setWrong(sentenceOf(error)); }),
    [id],
  );

  useEffect(() => { void look(); }, [look]);

  // Who comes back from paying, or opens the page a second time, finds the visit that goes on.
  useEffect(() => {
    const known = asked ?? remembered(id, browserStore(), randomWord).visit;
    if (known === null) return;
    const params = { params: { path: { visit_id: known } } };
    answered(asked ? stranger.POST("/api/v1/pay/visits/{visit_id}/returned", params) : stranger.GET("/api/v1/pay/visits/{visit_id}", params))
      .then((now) => { setVisit(now); })
      .catch(() => { forget(id, browserStore()); });
  }, [id, asked]);

  const going = visit !== undefined && visit.state !== "over" ? visit.id : null;
  useEffect(() => {
    if (going === null) return;
    const timer = setInterval(() => {
      answered(stranger.GET("/api/v1/pay/visits/{visit_id}", { params: { path: { visit_id: going } } }))
        .then((now) => { setVisit(now); setWrong(undefined); })
        .catch((error: unknown) => { setWrong(sentenceOf(error)); });
    }, AGAIN_MS);
    return () => { clearInterval(timer); };
  }, [going]);

  useEffect(() => {
    if (visit?.state === "over") forget(id, browserStore());
  }, [id, visit?.state]);

  const begin = async (email: string) => {
    const { once } = remembered(id, browserStore(), randomWord);
    try {
      const begun = await answered(stranger.POST("/api/v1/pay/places/{place_id}/visits", { ...path, body: { once, email: email.trim() || null } }));
      remember(id, browserStore(), { once, visit: begun.id });
      setWrong(undefined);
      setVisit(begun);
      if (begun.pay_at) window.location.assign(begun.pay_at);
    } catch (error) {
      setWrong(sentenceOf(error));
    }
  };
  const ask = async (what: "stop" | "give-up" | "pay") => {
    if (!visit) return;
    try {
      setVisit(await answered(stranger.POST(`/api/v1/pay/visits/{visit_id}/${what}`, { params: { path: { visit_id: visit.id } } })));
      setWrong(undefined);
    } catch (error) {
      setWrong(sentenceOf(error));
    }
  };
  const more = async (amount: string) => {
    if (!visit) return;
    try {
      setVisit(await answered(stranger.POST("/api/v1/pay/visits/{visit_id}/hold", { params: { path: { visit_id: visit.id } }, body: { amount } })));
      setWrong(undefined);
    } catch (error) {
      setWrong(sentenceOf(error));
    }
  };
  const again = () => {
    forget(id, browserStore());
    window.history.replaceState(null, "", window.location.pathname);
    setVisit(undefined);
    void look();
  };

  return (
    <main className="guest" style={place?.look.colour ? ({ "--brand": place.look.colours.colour, "--on-brand": place.look.colours.text } as CSSProperties) : undefined}>
      <LanguageSwitch />
      {place && (place.look.name ?? place.look.logo) !== null && <Whose look={place.look} />}
      {place && (
        <header>
          <h1>{place.site}</h1>
          <p className="dim">{[place.address, place.city].filter(Boolean).join(", ")}</p>
        </header>
      )}
      {wrong !== undefined && <p role="alert" className="wrong">{wrong}</p>}
      {visit ? (
        <VisitView visit={visit} place={place} onStop={() => ask("stop")} onGiveUp={() => ask("give-up")} onPay={() => ask("pay")} onMore={more} onAgain={again} />
      ) : place ? (
        <PlaceView place={place} onPay={begin} onLook={look} />
      ) : (
        wrong === undefined && <p role="status" className="dim"><Trans>One moment…</Trans></p>
      )}
      <footer className="dim small">
        {place && <span>{place.charger ?? t`Charger`}, {t`Connector ${place.evse}`}</span>}
      </footer>
    </main>
  );
}

/** Who runs the charger, as they show themselves. */
function Whose({ look: { name, logo, shown_name } }: { look: PayPlace["look"] }) {
  return (
    <div className="whose">
      {logo && <img src={logo.url} width={logo.width} height={logo.height} alt={name ? "" : shown_name} />}
      {name && <strong>{name}</strong>}
    </div>
  );
}
