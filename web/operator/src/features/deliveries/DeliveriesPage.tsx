import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import { answered, client, type Delivery } from "@stationmaster/api";
import {
  Ago, At, Badge, DataTable, Empty, listCss, notify, number, PageHead, Problem, tableCss, Waiting, type Column, type Shape,
} from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { deliveriesQuery, type DeliveryState } from "../../queries";
import css from "./Deliveries.module.css";

const route = getRouteApi("/deliveries");

/** What was, and is, to be told to other programs. */
export function DeliveriesPage() {
  useFocus(null);
  const { state: only } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useList<Delivery>(deliveriesQuery(only));
  const [state, setState] = useTableState();
  const columns = useMemo(() => deliveryColumns(), []);
  const states = (["waiting", "done", "dead"] as const).map((value) => ({ value, label: stateWords(value).word }));
  return (
    <>
      <PageHead title={t`Deliveries`} />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Deliveries`}
          columns={columns}
          rows={list.rows}
          rowId={(delivery) => delivery.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search address, charger…`}
          rowHeight={64}
          filters={
            <Select
              className={listCss.filter ?? ""}
              aria-label={t`State`}
              placeholder={t`Any state`}
              data={states}
              value={only ?? null}
              onChange={(value) =>
                void navigate({ search: (old) => ({ ...old, state: (value ?? undefined) as DeliveryState | undefined }), replace: true, resetScroll: false })
              }
              clearable
              clearButtonProps={{ "aria-label": t`Clear` }}
            />
          }
          empty={
            only ? (
              <Empty title={t`Nothing matches`} />
            ) : (
              <Empty title={t`Nothing has been delivered yet`}>
                <p>
                  <Trans>
                    When a session begins or ends, the addresses under <code>webhooks</code> in the server's settings are told. What was
                    told, and what could not be, stands here.
                  </Trans>
                </p>
              </Empty>
            )
          }
        />
      )}
    </>
  );
}

function stateWords(state: DeliveryState): { word: string; tone: Shape } {
  switch (state) {
    case "waiting":
      return { word: t`Waiting`, tone: "busy" };
    case "done":
      return { word: t`Delivered`, tone: "good" };
    case "dead":
      return { word: t`Given up`, tone: "faulted" };
  }
}

function eventWord(event: string): string {
  const words: Record<string, string> = {
    SessionStarted: t`Session started`,
    SessionEnded: t`Session ended`,
    SessionCorrected: t`Session corrected`,
  };
  return words[event] ?? event.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

function deliveryColumns(): Column<Delivery>[] {
  return [
    { id: "at", head: t`When`, value: (each) => each.created_at, cell: (each) => <At at={each.created_at} /> },
    {
      id: "state",
      head: t`State`,
      value: (each) => stateWords(each.state).word,
      card: "side",
      cell: (each) => <Badge tone={stateWords(each.state).tone}>{stateWords(each.state).word}</Badge>,
    },
    { id: "event", head: t`What`, value: (each) => eventWord(each.event) },
    {
      id: "station",
      head: t`Charger`,
      value: (each) => each.station,
      cell: (each) => (
        <Link to="/chargers/$id" params={{ id: each.station }} className="hostile">
          {each.station}
        </Link>
      ),
    },
    {
      id: "receiver",
      head: t`To`,
      value: (each) => each.receiver,
      card: "wide",
      cell: (each) => (
        <>
          <span className="hostile">{each.receiver}</span>
          <Tries delivery={each} />
        </>
      ),
    },
    { id: "attempts", head: t`Tries`, right: true, value: (each) => each.attempts, card: "hidden", cell: (each) => <span className="num">{number(each.attempts)}</span> },
    { id: "error", head: t`Why not`, value: (each) => each.error, extra: true, card: "hidden" },
    { id: "id", head: t`Key`, value: (each) => each.id, extra: true, card: "hidden" },
    { id: "actions", head: t`Actions`, value: () => null, actions: true, right: true, cell: (each) => <Again delivery={each} /> },
  ];
}

function Tries({ delivery }: { delivery: Delivery }) {
  if (delivery.history.length === 0) return null;
  return (
    <details className={css.tries}>
      <summary className="small">
        {delivery.state === "waiting" && delivery.due_at ? (
          <Trans>
            next try <Ago at={delivery.due_at} />
          </Trans>
        ) : (
          <Trans>What happened</Trans>
        )}
      </summary>
      <ul className="small">
        {delivery.history.map((each) => (
          <li key={each.at}>
            <At at={each.at} /> <span className="hostile">{each.error ?? t`delivered`}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Again({ delivery }: { delivery: Delivery }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const again = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/deliveries/{delivery_id}/retry", { params: { path: { delivery_id: delivery.id } } })),
    onError: notify.failed,
    onSettled: () => queries.invalidateQueries({ queryKey: ["deliveries"] }),
  });
  if (delivery.state === "done") return null;
  return (
    <Button className={tableCss.above} size="compact-sm" variant="default" disabled={away} loading={again.isPending} onClick={() => { again.mutate(); }}>
      <Trans>Try again now</Trans>
    </Button>
  );
}
