import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ApiError, type OwnBill } from "@stationmaster/api";
import { At, Badge, Empty, Facts, Icon, local, money, Note, Problem, Waiting } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useFocus } from "../../live/useFocus";
import { Bill } from "../../money/Bill";
import { billSentence } from "../../money/ledgerWords";
import thing from "../../thing.module.css";
import { paidWords } from "../../wallet/paidWords";
import { sessionWords, stopReason } from "../../words";
import { Chart } from "../sessions/Chart";
import { Figures } from "../sessions/Figures";
import { Readings } from "../sessions/Readings";
import { Going } from "./Going";
import { billsQuery, priceQuery, sessionQuery, type SessionWithValues } from "./queries";
import { useNews } from "./useNews";
import { placeName } from "./words";

const route = getRouteApi("/my/sessions/$id");
const AGAIN_MS = 15_000;

/** One session of one's own: what it took, what it cost, and what the meter said. */
export function SessionPage() {
  const { id } = route.useParams();
  useFocus(null);
  useNews();
  const { data: session, error, refetch } = useQuery({ ...sessionQuery(id), refetchInterval: ({ state }) => (state.data?.status === "active" ? AGAIN_MS : false) });
  if (error && !session) {
    if (error instanceof ApiError && error.status === 404) {
      return (
        <Empty page title={t`There is no such session`}>
          <Link to="/my/sessions">
            <Trans>To the sessions</Trans>
          </Link>
        </Empty>
      );
    }
    return <Problem error={error} retry={() => void refetch()} />;
  }
  if (!session) return <Waiting />;
  const { word, tone } = sessionWords(session);
  return (
    <>
      <Link to="/my/sessions" className={thing.back}>
        <Icon name="back" size={16} /> <Trans>Sessions</Trans>
      </Link>
      <div className={thing.title} style={{ marginBottom: 18 }}>
        <h1 style={{ margin: 0 }}>
          <Trans>Session of {local(session.started_at)}</Trans>
        </h1>
        <Badge tone={tone}>{word}</Badge>
      </div>
      <div className={thing.columns}>
        {session.review && (
          <Note tone="busy">
            <Trans>Somebody looks at the figures of this session before it is billed.</Trans>
          </Note>
        )}
        {session.estimated && (
          <Note tone="busy">
            <Trans>The end reading is missing; energy is taken from the last reading there was.</Trans>
          </Note>
        )}
        {session.status === "active" && <Going session={session} />}
        <section className={`${thing.panel} ${thing.wide} card`} aria-label={t`Session`}>
          {session.status !== "active" && <Figures session={session} />}
          <Facts
            items={[
              [t`Place`, <span key="p" className="hostile">{placeName(session)}</span>],
              [t`Card`, <span key="c" className="mono hostile">{session.card ?? "–"}</span>],
              [t`Started`, <At key="b" at={session.started_at} />],
              [t`Stopped`, <At key="e" at={session.stopped_at} />],
              ...(session.status === "active" ? [] : [[t`Why it ended`, stopReason(session.stop_reason)] as [string, string]]),
            ]}
          />
        </section>
        <Cost session={session} />
        <section className={`${thing.panel} card`} aria-label={t`Chart`}>
          <h2>
            <Trans>Power and energy</Trans>
          </h2>
          <Chart session={session} height={280} />
        </section>
        {session.meter_values.length > 0 && <Readings values={session.meter_values} />}
      </div>
    </>
  );
}

/** What was billed holds; before that, what it would come to. */
function Cost({ session }: { session: SessionWithValues }) {
  const billed = useQuery(billsQuery(session)).data?.[0];
  const { data: price, error } = useQuery({ ...priceQuery(session), enabled: billed === undefined, retry: false });
  const none = error instanceof ApiError && error.status === 409;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Price`} data-testid="own-price">
      <h2>{billed ? <Trans>Bill</Trans> : session.status === "active" ? <Trans>Price so far</Trans> : <Trans>Price</Trans>}</h2>
      {billed ? (
        <Billed bill={billed} />
      ) : price ? (
        <Bill bill={price} zone={price.time_zone} label={t`Price`} />
      ) : none ? (
        <p className="dim">
          <Trans>No price is set where you charged.</Trans>
        </p>
      ) : error ? (
        <Problem error={error} />
      ) : (
        <Waiting />
      )}
    </section>
  );
}

function Billed({ bill }: { bill: OwnBill }) {
  const { price, currency } = bill;
  return (
    <>
      {price ? <Bill bill={price} zone={price.time_zone} /> : <p className="num">{money(bill.total, currency)}</p>}
      <p className="dim small">
        {bill.state === "kept" ? t`You pay nothing for it.` : billSentence({ state: bill.state, revision: 1 })} {bill.state === "booked" && paidWords(bill.paid_from, currency)}
      </p>
      <Link to="/my/money">
        <Trans>Receipts and invoices</Trans>
      </Link>
    </>
  );
}
