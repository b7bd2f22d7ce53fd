import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Modal, Select } from "@mantine/core";
import type { SiteRevenue } from "@stationmaster/api";
import { DataTable, Empty, listCss, money, PageHead, Problem, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useChosen } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { RowButton } from "../../managed/RowButton";
import { isNothing } from "../../money/ledgerWords";
import { lastMonths, monthWord } from "../../money/months";
import { revenueQuery } from "../../money/queries";
import thing from "../../thing.module.css";
import { HostStatement } from "./HostStatement";
import { MonthlyFiles } from "./MonthlyFiles";
import css from "./Revenue.module.css";

const MONTHS = 24;

/** What a month has brought, site by site, as it stands in the books; and what customers have with us. */
export function RevenuePage() {
  useFocus(null);
  const months = lastMonths(MONTHS);
  const [chosen, choose] = useChosen("month");
  const month = chosen ?? months[0] ?? "";
  const { data, error, refetch } = useQuery(revenueQuery(month));
  const [state, setState] = useState<TableState>({});
  const [site, setSite] = useState<string | null>(null);
  const columns = useMemo(() => revenueColumns(setSite), [setSite]);
  const choices = months.includes(month) ? months : [month, ...months];
  return (
    <>
      <PageHead title={t`Revenue`}>
        <Select
          className={listCss.filter ?? ""} aria-label={t`Month`} value={month} onChange={choose} allowDeselect={false}
          data={choices.map((value) => ({ value, label: monthWord(value) }))} data-testid="month"
        />
      </PageHead>
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Waiting />
      ) : (
        <div className={thing.columns}>
          <DataTable
            label={t`Revenue`} columns={columns} rows={data.sites} rowId={(one) => `${one.site ?? ""} ${one.currency}`} state={state} onState={setState}
            empty={<Empty title={t`Nothing was billed in ${monthWord(month)}`}><p>{t`A session counts in the month of the day on which it is booked, by the clock of its site.`}</p></Empty>}
          />
          {data.customers.length > 0 && (
            <section className={`${thing.panel} card`} aria-label={t`Customers’ money`}>
              <h2>
                <Trans>Customers’ money</Trans>
              </h2>
              <p className="dim small">
                <Trans>At this moment, all customers together</Trans>
              </p>
              {data.customers.map((one) => (
                <dl key={one.currency} className={css.sums}>
                  {[
                    { what: t`In wallets`, amount: one.wallets },
                    { what: t`Bonuses`, amount: one.bonuses },
                    { what: t`Set aside while charging`, amount: one.held },
                    { what: t`Owed to us`, amount: one.owed },
                  ].map(({ what, amount }) => (
                    <div key={what}>
                      <dt>{what}</dt>
                      <dd className="num">{money(amount, one.currency)}</dd>
                    </div>
                  ))}
                </dl>
              ))}
            </section>
          )}
          <MonthlyFiles />
        </div>
      )}
      <Modal opened={site !== null} onClose={() => { setSite(null); }} title={t`Statement for the host, ${monthWord(month)}`} size="lg" centered>
        {site !== null && <HostStatement site={site} month={month} />}
      </Modal>
    </>
  );
}

function revenueColumns(show: (site: string) => void): Column<SiteRevenue>[] {
  const amount = (one: SiteRevenue, text: string) => <span className="num">{money(text, one.currency)}</span>;
  return [
    {
      id: "site", head: t`Site`, value: (one) => one.site_name ?? t`At no site`,
      cell: (one) => (one.site === null ? <span className="dim">{t`At no site`}</span> : <Link to="/sites/$id" params={{ id: one.site }} className="hostile">{one.site_name}</Link>),
    },
    { id: "sessions", head: t`Sessions`, right: true, card: "hidden", value: (one) => one.sessions, cell: (one) => <span className="num">{one.sessions}</span> },
    { id: "net", head: t`Net`, right: true, card: "hidden", value: (one) => one.net, cell: (one) => amount(one, one.net) },
    { id: "tax", head: t`Tax`, right: true, card: "hidden", value: (one) => one.tax, cell: (one) => amount(one, one.tax) },
    { id: "total", head: t`Total`, right: true, card: "side", value: (one) => one.total, cell: (one) => amount(one, one.total) },
    { id: "on-account", head: t`Not paid at once`, right: true, card: "hidden", value: (one) => one.on_account, cell: (one) => amount(one, one.on_account) },
    { id: "share", head: t`The host’s share`, right: true, card: "hidden", value: (one) => one.host_share, cell: (one) => amount(one, one.host_share) },
    { id: "margin", head: t`Left for us`, right: true, card: "hidden", value: (one) => one.margin, cell: (one) => amount(one, one.margin) },
    {
      id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null,
      cell: ({ site, host_share: share }) =>
        site === null || isNothing(share) ? null : <RowButton label={t`Statement for the host of ${site}`} run={() => { show(site); }}>{t`Statement…`}</RowButton>,
    },
  ];
}
