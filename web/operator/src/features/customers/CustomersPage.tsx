import { t } from "@lingui/core/macro";
import type { Customer } from "@stationmaster/api";
import { At, tableCss, type Column } from "@stationmaster/ui";
import { Link, useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { ImportButton } from "../../imports/ImportButton";
import { ManagedPage } from "../../managed/ManagedPage";
import { billingWord } from "../../money/ledgerWords";
import { CustomerForm } from "./CustomerForm";
import { customers } from "./resource";
import { removeAbout } from "./words";

/** Who charges and is billed. */
export function CustomersPage() {
  const navigate = useNavigate();
  const show = useCallback(({ id }: Customer) => void navigate({ to: "/customers/$id", params: { id }, ignoreBlocker: true }), [navigate]);
  return (
    <ManagedPage
      resource={customers}
      testid="customer"
      others={
        <>
          <ImportButton kind="customers" />
          <ImportButton kind="vehicles" />
        </>
      }
      columns={customerColumns}
      show={show}
      form={(props) => <CustomerForm {...props} />}
      words={{
        title: t`Customers`,
        add: t`Add customer`,
        addTitle: t`Add a customer`,
        editTitle: t`Edit this customer`,
        search: t`Search name, phone, card…`,
        noMatch: t`No customer matches`,
        none: t`No customers yet`,
        noneAbout: t`A customer is who charges: a person or a company, with cards and vehicles.`,
        removeTitle: t`Remove this customer?`,
        removeAbout,
      }}
    />
  );
}

/** The whole row opens the customer, unless it was removed. */
function customerColumns(removed: boolean): Column<Customer>[] {
  const open = (one: Customer) => (
    <Link to="/customers/$id" params={{ id: one.id }} className={`${tableCss.rowLink} hostile`}>
      {one.name}
    </Link>
  );
  return [
    { id: "name", head: t`Customer`, value: (one) => one.name, ...(!removed && { cell: open }) },
    { id: "phone", head: t`Phone`, value: (one) => one.phone, width: "10.5rem" },
    { id: "email", head: t`E-mail`, value: (one) => one.email },
    { id: "pays", head: t`Pays`, card: "hidden", value: (one) => billingWord(one.billing) },
    { id: "group", head: t`Group`, card: "hidden", extra: true, value: (one) => one.group },
    { id: "vehicle", head: t`Vehicle`, card: "hidden", extra: true, value: (one) => one.default_vehicle?.name },
    { id: "id", head: t`Id`, extra: true, value: (one) => one.id },
    { id: "created", head: t`Added`, card: "hidden", value: (one) => one.created_at, cell: (one) => <At at={one.created_at} /> },
  ];
}
