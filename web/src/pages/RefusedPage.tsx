import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { refusedQuery } from "../api/queries";
import type { RefusedConnection } from "../api/types";
import { Badge, Copyable, Empty, More, PageHead, Problem, Waiting } from "../components/bits";
import { Ago } from "../components/Time";
import { number } from "../format";
import { useFocus } from "../live/useFocus";
import { Only } from "../user";
import { AddCharger } from "./fleet/AddCharger";
import { useChargerUrl } from "./fleet/address";
import css from "./Tokens.module.css";

const REASONS: Record<string, string> = {
  unknown_station: "Not registered here",
  wrong_password: "Wrong password",
  no_credentials: "No password sent",
  username_mismatch: "User name is not its id",
  no_subprotocol: "No OCPP version offered",
  unknown_subprotocol: "OCPP version not spoken here",
  bad_identity: "Id can't be used",
  too_many_attempts: "Too many attempts",
  storage_down: "We were not ready",
  bad_request: "Not a charger's request",
  tls: "wss:// on the port for ws://",
  not_http: "Not HTTP",
  old_http: "HTTP/1.0",
  unfinished: "Request not finished",
};

/** Why can't my charger connect? Every refused connection, told in plain words, with what to do. */
export function RefusedPage() {
  const chargerUrl = useChargerUrl();
  useFocus(null);
  const list = useInfiniteQuery(refusedQuery());
  const [adding, setAdding] = useState<string | null>(null);
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <>
      <PageHead title="Why can't my charger connect?" />
      {list.error ? (
        <Problem error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <div className={`${css.flush} card`}>
          {items.length === 0 ? (
            <Empty title="No charger has been refused">
              <p>When a charger tries to connect and can't, this page says why. If yours is not listed, it has not reached this server: check its network and this address.</p>
              <Copyable value={chargerUrl("<id>")} label="address" />
            </Empty>
          ) : (
            <ul className={css.list}>
              {items.map((item) => (
                <Item key={item.id} item={item} onAdd={setAdding} />
              ))}
            </ul>
          )}
          {list.hasNextPage && <More busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />}
        </div>
      )}
      {adding !== null && <AddCharger key={adding} opened onClose={() => { setAdding(null); }} id={adding} />}
    </>
  );
}

function Item({ item, onAdd }: { item: RefusedConnection; onAdd: (id: string) => void }) {
  const unknown = item.reason === "unknown_station";
  return (
    <li className={css.item}>
      <div className={css.itemHead}>
        <h2>
          {item.identity ? (
            unknown || item.reason === "bad_identity" ? item.identity : <Link to="/chargers/$id" params={{ id: item.identity }}>{item.identity}</Link>
          ) : (
            <span className="dim">No id sent</span>
          )}
        </h2>
        <Badge tone={unknown ? "busy" : "faulted"}>{REASONS[item.reason] ?? item.reason.replaceAll("_", " ")}</Badge>
        {unknown && item.identity && (
          <Only may="administer">
            <Button size="compact-sm" variant="light" onClick={() => { onAdd(item.identity ?? ""); }}>
              Add this charger
            </Button>
          </Only>
        )}
      </div>
      <p className="hostile">{item.explanation}</p>
      <div className={`${css.meta} hostile`}>
        <span>
          <Ago at={item.last_at} />
        </span>
        {item.count > 1 && (
          <span>
            {number(item.count)} times since <Ago at={item.first_at} />
          </span>
        )}
        {item.source && <span>from {item.source}</span>}
        {item.path && <span className="mono">{item.path}</span>}
        {item.offered_protocols.length > 0 && <span>offered {item.offered_protocols.join(", ")}</span>}
      </div>
    </li>
  );
}
