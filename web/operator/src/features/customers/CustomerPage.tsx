import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Customer } from "@stationmaster/api";
import { At, Facts, money } from "@stationmaster/ui";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ThingPage } from "../../managed/ThingPage";
import { billingWord } from "../../money/ledgerWords";
import thing from "../../thing.module.css";
import { RecentSessions } from "../chargers/RecentSessions";
import { CustomerCards } from "./Cards";
import { CustomerForm } from "./CustomerForm";
import { Booked, Wallet } from "./Money";
import { Notices } from "./Notices";
import { customers } from "./resource";
import { vehicles } from "./vehicles/resource";
import { Vehicles } from "./vehicles/Vehicles";
import { removeAbout } from "./words";

const route = getRouteApi("/customers/$id");

/** One customer: who it is, with which cards and vehicles, and what was charged. */
export function CustomerPage() {
  const { id } = route.useParams();
  return (
    <ThingPage
      resource={customers}
      id={id}
      list="/customers"
      testid="customer"
      form={(props) => <CustomerForm {...props} />}
      words={{
        list: t`Customers`,
        missing: t`There is no such customer`,
        editTitle: t`Edit this customer`,
        removeTitle: t`Remove this customer?`,
        removeAbout,
      }}
    >
      {(customer) => (
        <div className={thing.columns}>
          <WhoItIs customer={customer} />
          <Wallet customer={customer} />
          <CustomerCards customer={customer} />
          <Vehicles resource={vehicles} customer={customer.id} />
          <RecentSessions of={{ customer: customer.id }} />
          <Booked customer={customer.id} />
          <Notices customer={customer} />
        </div>
      )}
    </ThingPage>
  );
}

function WhoItIs({ customer }: { customer: Customer }) {
  return (
    <section className={`${thing.panel} ${thing.wide} card`} aria-label={t`Who it is`}>
      <h2>
        <Trans>Who it is</Trans>
      </h2>
      <Facts
        items={[
          [t`Phone`, customer.phone ? <a key="p" href={`tel:${customer.phone}`}>{customer.phone}</a> : "–"],
          [t`E-mail`, customer.email ? <a key="e" className="hostile" href={`mailto:${customer.email}`}>{customer.email}</a> : "–"],
          [t`Usual vehicle`, <span key="v" className="hostile">{customer.default_vehicle?.name ?? "–"}</span>],
          [t`Pays`, billingWord(customer.billing)],
          ...(customer.group === null ? [] : [[t`Group`, <span key="g" className="hostile">{customer.group}</span>] as [string, ReactNode]]),
          ...howFar(customer),
          [t`Added`, <At key="a" at={customer.created_at} />],
          [t`Id`, <span key="i" className="mono hostile">{customer.id}</span>],
        ]}
      />
    </section>
  );
}

/** How far their money goes. */
function howFar({ currency, credit_limit: credit, monthly_budget: budget }: Customer): [string, string][] {
  const told: [string, string | null][] = [[t`May owe at most`, credit], [t`May spend in a month`, budget]];
  return told.flatMap(([name, amount]): [string, string][] => (amount === null ? [] : [[name, money(amount, currency ?? "")]]));
}
