import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ApiError, answered, client, type BilledInFull, type Session } from "@stationmaster/api";
import { Problem, Waiting } from "@stationmaster/ui";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { oneQuery } from "../../managed/resource";
import { ThingSelect } from "../../managed/ThingSelect";
import thing from "../../thing.module.css";
import { Bill } from "../../money/Bill";
import { billSentence } from "../../money/ledgerWords";
import { billsOfSessionQuery } from "../../money/queries";
import { deciderWord } from "../../money/words";
import { paidWords } from "../../wallet/paidWords";
import { tariffs } from "../tariffs/resource";

const priceQuery = (session: Pick<Session, "id" | "energy_wh" | "status">, tariff: string | null) =>
  queryOptions({
    // What it costs changes with what it has taken.
    queryKey: ["session", session.id, "price", tariff, session.status, session.energy_wh],
    queryFn: ({ signal }) => {
      const params = { path: { session_id: session.id }, query: { tariff } };
      return answered(client.GET("/api/v1/sessions/{session_id}/price", { params, signal }));
    },
    placeholderData: (before) => before,
  });

/** What a session costs, line by line, and by whose word. */
export function SessionPrice({ session }: { session: Session }) {
  const [other, setOther] = useState<string | null>(null);
  const { data, error, refetch } = useQuery(priceQuery(session, null));
  // What was billed holds; before that, what it would come to.
  const billed = useQuery(billsOfSessionQuery(session.id, session.status)).data?.[0];
  const none = error instanceof ApiError && error.status === 409;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Price`} data-testid="session-price">
      <h2>{billed ? <Trans>Bill</Trans> : session.status === "active" ? <Trans>Price so far</Trans> : <Trans>Price</Trans>}</h2>
      {billed ? (
        <Billed bill={billed} />
      ) : none ? (
        <p className="dim">
          <Trans>
            No tariff holds where this session took place. One that is named there, or for everywhere, would say what it costs: <Link to="/tariffs" style={{ textDecoration: "underline" }}>Tariffs</Link>
          </Trans>
        </p>
      ) : error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : data ? (
        <>
          <Bill bill={data} zone={data.time_zone} label={t`Price`} />
          <p className="dim small">
            <Trans>
              By <Tariff id={data.tariff} />, {data.decided_by === null ? "" : deciderWord(data.decided_by)}, at the prices of when the session began. Times are those of {data.time_zone}.
            </Trans>
          </p>
        </>
      ) : (
        <Waiting />
      )}
      <ThingSelect
        resource={tariffs}
        maw="40rem"
        label={t`What would it cost under another tariff?`}
        placeholder={t`Choose a tariff`}
        detail={(one) => one.currency}
        value={other}
        onChange={setOther}
        data-testid="other-tariff"
      />
      {other !== null && <Otherwise session={session} tariff={other} />}
    </section>
  );
}

function Billed({ bill }: { bill: BilledInFull }) {
  const { price, paid_from: paid, currency } = bill;
  return (
    <>
      {price && <Bill bill={price} zone={price.time_zone} />}
      <p className="dim small">
        {billSentence(bill)} {bill.state === "booked" && paidWords(paid, currency)}
      </p>
      {price && (
        <p className="dim small">
          <Trans>
            By <Tariff id={price.tariff} />, {price.decided_by === null ? "" : deciderWord(price.decided_by)}. Times are those of {price.time_zone}.
          </Trans>
        </p>
      )}
    </>
  );
}

function Otherwise({ session, tariff }: { session: Session; tariff: string }) {
  const { data, error } = useQuery(priceQuery(session, tariff));
  if (error) return <Problem error={error} />;
  if (!data) return <Waiting />;
  return <Bill bill={data} zone={data.time_zone} label={t`Price under the other tariff`} />;
}

function Tariff({ id }: { id: string }) {
  const { data } = useQuery(oneQuery(tariffs, id));
  return (
    <Link to="/tariffs/$id" params={{ id }} className="hostile" style={{ textDecoration: "underline" }}>
      {data?.value.name ?? id}
    </Link>
  );
}
