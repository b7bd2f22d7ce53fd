import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import { answered, client, type Delivery, type Webhook } from "@stationmaster/api";
import { Ago, At, Badge, DataTable, Empty, listCss, notify, number, PageHead, Problem, tableCss, Waiting, type Column } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { deliveriesQuery, webhooksQuery } from "../../queries";
import { nameOf } from "../webhooks/words";
import css from "./Deliveries.module.css";
import { eventWord, mailWord, stateWords, WAYS, wayWord } from "./words";

const route = getRouteApi("/deliveries");

/** What was, and is, to go outside: to programs, people, providers of payments, and to chargers that somebody waits for. */
export function DeliveriesPage() {
  useFocus(null);
  const { state: only, way, receiver } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useList<Delivery>(deliveriesQuery({ state: only, way, receiver }), { underWay: ({ state }) => state === "waiting" });
  const names = useReceivers();
  const [state, setState] = useTableState();
  const columns = useMemo(() => deliveryColumns(names), [names]);
  const choose = (what: "state" | "way" | "receiver", value: string | null) =>
    void navigate({ search: (old) => ({ ...old, [what]: value ?? undefined }), replace: true, resetScroll: false });
  const states = (["waiting", "done", "dead"] as const).map((value) => ({ value, label: stateWords(value).word }));
  return (
    <>
      <PageHead title={t`Deliveries`}>{list.rows.some((each) => each.state === "dead") && <AllAgain receiver={receiver} />}</PageHead>
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
            <>
              <Select
                className={listCss.filter ?? ""}
                aria-label={t`State`}
                placeholder={t`Any state`}
                data={states}
                value={only ?? null}
                onChange={(value) => { choose("state", value); }}
                clearable
                clearButtonProps={{ "aria-label": t`Clear` }}
              />
              <Select
                className={listCss.filter ?? ""}
                aria-label={t`Way`}
                placeholder={t`Any way`}
                data={WAYS.map((value) => ({ value, label: wayWord(value) }))}
                value={way ?? null}
                onChange={(value) => { choose("way", value); }}
                clearable
                clearButtonProps={{ "aria-label": t`Clear` }}
              />
              {(names.size > 0 || receiver !== undefined) && (
                <Select
                  className={listCss.filter ?? ""}
                  aria-label={t`Receiver`}
                  placeholder={t`Any receiver`}
                  data={[...new Set([...names.keys(), ...(receiver === undefined ? [] : [receiver])])].map((value) => ({ value, label: names.get(value) ?? value }))}
                  value={receiver ?? null}
                  onChange={(value) => { choose("receiver", value); }}
                  searchable
                  clearable
                  clearButtonProps={{ "aria-label": t`Clear` }}
                />
              )}
            </>
          }
          empty={
            only ?? way ?? receiver ? (
              <Empty title={t`Nothing matches`} />
            ) : (
              <Empty title={t`Nothing has been delivered yet`}>
                <p>
                  <Trans>
                    What goes outside stands here: to your <Link to="/webhooks">webhooks</Link> and those in the server's settings, by
                    e-mail, to providers of payments. And what could not be delivered.
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

/** What webhooks are called, by the id under which they receive. */
function useReceivers(): Map<string, string> {
  const { rows } = useList<Webhook>(webhooksQuery());
  return useMemo(() => new Map(rows.map((each) => [each.id, nameOf(each)])), [rows]);
}

function deliveryColumns(names: Map<string, string>): Column<Delivery>[] {
  return [
    { id: "at", head: t`When`, value: (each) => each.created_at, cell: (each) => <At at={each.created_at} /> },
    {
      id: "state",
      head: t`State`,
      value: (each) => stateWords(each.state).word,
      card: "side",
      cell: (each) => <Badge tone={stateWords(each.state).tone}>{stateWords(each.state).word}</Badge>,
    },
    { id: "event", head: t`What`, value: (each) => eventWord(each.event), cell: (each) => <What delivery={each} /> },
    { id: "way", head: t`Way`, value: (each) => wayWord(each.way), extra: true, card: "hidden" },
    {
      id: "station",
      head: t`Charger`,
      value: (each) => each.station,
      cell: (each) => each.station !== null && (
        <Link to="/chargers/$id" params={{ id: each.station }} className="hostile">
          {each.station}
        </Link>
      ),
    },
    {
      id: "receiver",
      head: t`To`,
      value: (each) => names.get(each.receiver) ?? each.receiver,
      card: "wide",
      cell: (each) => (
        <>
          <span className="hostile">{names.get(each.receiver) ?? each.receiver}</span>
          <Tries delivery={each} />
        </>
      ),
    },
    { id: "attempts", head: t`Tries`, right: true, value: (each) => each.attempts, card: "hidden", cell: (each) => <span className="num">{number(each.attempts)}</span> },
    { id: "error", head: t`Why not`, value: (each) => each.error, extra: true, card: "hidden" },
    { id: "id", head: t`Key`, value: (each) => each.id, extra: true, card: "hidden" },
    { id: "actions", head: t`Actions`, value: () => null, actions: true, right: true, cell: (each) => each.again && <Again delivery={each} /> },
  ];
}

/** What happened, and the thing that it is about. */
function What({ delivery }: { delivery: Delivery }) {
  const { about, title } = delivery;
  return (
    <>
      {eventWord(delivery.event)}
      {title !== null && <span className={`${css.about} dim small hostile`}>{title}</span>}
      {about && (
        <span className={`${css.about} dim small hostile`}>
          <AboutIt about={about} />
        </span>
      )}
    </>
  );
}

function AboutIt({ about: { kind, id } }: { about: NonNullable<Delivery["about"]> }) {
  switch (kind) {
    case "session":
      return <Link to="/sessions/$id" params={{ id }} className={tableCss.above}><Trans>Session</Trans> {id}</Link>;
    case "alert":
      return <Link to="/alerts/$id" params={{ id }} className={tableCss.above}><Trans>Alert</Trans></Link>;
    case "customer":
      return <Link to="/customers/$id" params={{ id }} className={tableCss.above}>{id}</Link>;
    case "mail":
      return mailWord(id);
    default:
      return id;
  }
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

/** Tries at once what waits or was given up; sends once more what has arrived. */
function Again({ delivery }: { delivery: Delivery }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const params = { path: { delivery_id: delivery.id } };
  const arrived = delivery.state === "done";
  const again = useMutation({
    mutationFn: () =>
      answered(arrived ? client.POST("/api/v1/deliveries/{delivery_id}/replay", { params }) : client.POST("/api/v1/deliveries/{delivery_id}/retry", { params })),
    onError: notify.failed,
    onSettled: () => queries.invalidateQueries({ queryKey: ["deliveries"] }),
  });
  return (
    <Button
      className={tableCss.above} size="compact-sm" disabled={away} loading={again.isPending} onClick={() => { again.mutate(); }}
      {...(arrived ? { variant: "subtle", color: "gray" } : { variant: "default" })}
    >
      {arrived ? <Trans>Send once more</Trans> : <Trans>Try again now</Trans>}
    </Button>
  );
}

/** Tries again all that was given up, not only what is in the list. */
function AllAgain({ receiver }: { receiver: string | undefined }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const again = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/deliveries/retry", { body: { receiver: receiver ?? null } })),
    onSuccess: ({ count }) => { notify.done(plural(count, { one: "One is tried again", other: "# are tried again" })); },
    onError: notify.failed,
    onSettled: () => queries.invalidateQueries({ queryKey: ["deliveries"] }),
  });
  return (
    <Button variant="default" disabled={away} loading={again.isPending} onClick={() => { again.mutate(); }} data-testid="retry-all">
      <Trans>Try again all that was given up</Trans>
    </Button>
  );
}
