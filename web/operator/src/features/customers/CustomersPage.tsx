import { t } from "@lingui/core/macro";
import type { Customer } from "@stationmaster/api";
import { At, type Column } from "@stationmaster/ui";
import { ManagedPage } from "../../managed/ManagedPage";
import { CustomerForm } from "./CustomerForm";
import { customers } from "./resource";

/** Who charges and is billed. */
export function CustomersPage() {
  return (
    <ManagedPage
      resource={customers}
      testid="customer"
      columns={customerColumns}
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
        removeAbout: (name) => t`${name} leaves the list, and can be restored there. Past sessions keep whose they were.`,
      }}
    />
  );
}

function customerColumns(): Column<Customer>[] {
  return [
    { id: "name", head: t`Customer`, value: (one) => one.name },
    { id: "phone", head: t`Phone`, value: (one) => one.phone, width: "10.5rem" },
    { id: "email", head: t`E-mail`, value: (one) => one.email },
    { id: "vehicle", head: t`Vehicle`, card: "hidden", extra: true, value: (one) => one.default_vehicle?.name },
    { id: "id", head: t`Id`, extra: true, value: (one) => one.id },
    { id: "created", head: t`Added`, card: "hidden", value: (one) => one.created_at, cell: (one) => <At at={one.created_at} /> },
  ];
}
