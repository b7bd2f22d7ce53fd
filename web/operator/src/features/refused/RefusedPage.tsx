import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import type { RefusedConnection } from "@stationmaster/api";
import { Ago, Badge, Copyable, DataTable, Empty, number, PageHead, Problem, Waiting, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useList, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { refusedQuery } from "../../queries";
import { Only } from "../../user";
import { AddCharger } from "../chargers/AddCharger";
import { useChargerUrl } from "../chargers/address";
import css from "./Refused.module.css";

function reasonWord(reason: string): string {
  const words: Record<string, string> = {
    unknown_station: t`Not registered here`,
    wrong_password: t`Wrong password`,
    no_credentials: t`No password sent`,
    username_mismatch: t`User name is not its id`,
    no_subprotocol: t`No OCPP version offered`,
    unknown_subprotocol: t`OCPP version not spoken here`,
    bad_identity: t`Id can't be used`,
    too_many_attempts: t`Too many attempts`,
    storage_down: t`We were not ready`,
    bad_request: t`Not a charger's request`,
    tls: t`wss:// on the port for ws://`,
    not_http: t`Not HTTP`,
    old_http: t`HTTP/1.0`,
    unfinished: t`Request not finished`,
    wrong_port: t`Wrong port`,
  };
  return words[reason] ?? reason.replaceAll("_", " ");
}

/** Why can't my charger connect? Every refused connection, told in plain words, with what to do. */
export function RefusedPage() {
  const chargerUrl = useChargerUrl();
  useFocus(null);
  const list = useList<RefusedConnection>(refusedQuery());
  const [state, setState] = useTableState();
  const [adding, setAdding] = useState<string | null>(null);
  const columns = useMemo(() => refusedColumns(setAdding), []);
  return (
    <>
      <PageHead title={t`Why can't my charger connect?`} />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Refused connections`}
          columns={columns}
          rows={list.rows}
          rowId={(item) => item.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search id, address, reason…`}
          rowHeight={86}
          empty={
            <Empty title={t`No charger has been refused`}>
              <p>
                <Trans>
                  When a charger tries to connect and can't, this page says why. If yours is not listed, it has not reached this server: check
                  its network and this address.
                </Trans>
              </p>
              <Copyable value={chargerUrl("<id>")} label={t`Copy address`} />
            </Empty>
          }
        />
      )}
      {adding !== null && <AddCharger key={adding} opened onClose={() => { setAdding(null); }} id={adding} />}
    </>
  );
}

function refusedColumns(onAdd: (id: string) => void): Column<RefusedConnection>[] {
  return [
    { id: "charger", head: t`Charger`, width: "20%", value: (item) => item.identity, cell: (item) => <Identity item={item} onAdd={onAdd} /> },
    {
      id: "why",
      head: t`Why, and what to do`,
      value: (item) => `${reasonWord(item.reason)}. ${item.explanation}`,
      card: "wide",
      cell: (item) => (
        <div className={css.why}>
          <Badge tone={item.reason === "unknown_station" ? "busy" : "faulted"}>{reasonWord(item.reason)}</Badge>
          <p className="hostile">{item.explanation}</p>
        </div>
      ),
    },
    { id: "last", head: t`Last`, value: (item) => item.last_at, card: "side", cell: (item) => <span className="dim num"><Ago at={item.last_at} /></span> },
    { id: "times", head: t`Times`, right: true, value: (item) => item.count, card: "hidden", cell: (item) => <span className="num">{number(item.count)}</span> },
    { id: "from", head: t`From`, value: (item) => item.source, card: "hidden", cell: (item) => <span className="dim hostile">{item.source}</span> },
    { id: "first", head: t`First`, value: (item) => item.first_at, extra: true, card: "hidden", cell: (item) => <Ago at={item.first_at} /> },
    { id: "path", head: t`Path`, value: (item) => item.path, extra: true, cell: (item) => <span className="mono hostile">{item.path}</span> },
    { id: "offered", head: t`Offered`, value: (item) => item.offered_protocols.join(", "), extra: true },
  ];
}

function Identity({ item, onAdd }: { item: RefusedConnection; onAdd: (id: string) => void }) {
  const unknown = item.reason === "unknown_station";
  if (!item.identity) {
    return (
      <span className="dim">
        <Trans>No id sent</Trans>
      </span>
    );
  }
  return (
    <div className={css.who}>
      {unknown || item.reason === "bad_identity" ? (
        <strong className="hostile">{item.identity}</strong>
      ) : (
        <Link to="/chargers/$id" params={{ id: item.identity }} className="hostile">
          {item.identity}
        </Link>
      )}
      {unknown && (
        <Only may="administer">
          <Button size="compact-sm" variant="light" onClick={() => { onAdd(item.identity); }}>
            <Trans>Add this charger</Trans>
          </Button>
        </Only>
      )}
    </div>
  );
}
