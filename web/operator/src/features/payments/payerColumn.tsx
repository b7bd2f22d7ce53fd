import { t } from "@lingui/core/macro";
import type { Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";

interface Paid {
  customer: string | null;
  customer_name?: string | null;
}

/** Whose money it is: a customer, with their page, or a guest. */
export function payerColumn<T extends Paid>(): Column<T> {
  return {
    id: "who",
    head: t`Who`,
    value: (one) => one.customer_name ?? one.customer ?? t`Guest`,
    cell: ({ customer, customer_name }) =>
      customer === null ? t`Guest` : <Link to="/customers/$id" params={{ id: customer }} className="hostile">{customer_name ?? customer}</Link>,
  };
}
