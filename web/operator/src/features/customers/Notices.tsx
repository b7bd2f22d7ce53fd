import { t } from "@lingui/core/macro";
import { client, type Customer } from "@stationmaster/api";
import { useMay } from "../../user";
import { NoticeParts, type Whose } from "./NoticeParts";

/** What a customer wants to be told of, and what they were told. */
export function Notices({ customer }: { customer: Customer }) {
  const may = useMay("manage_customers");
  return (
    <NoticeParts
      whose={noticesOf(customer)}
      may={may}
      about={t`What this customer is told. Choose only what they have asked for: each message has a link that ends it.`}
      noAddress={t`There is no e-mail address, so nothing can be sent.`}
      sent={t`Messages they got`}
    />
  );
}

function noticesOf({ id, updated_at: version }: Customer): Whose {
  const path = { customer_id: id };
  return {
    key: ["customer", id],
    version,
    choices: (signal) => client.GET("/api/v1/customers/{customer_id}/notice-choices", { params: { path }, ...(signal && { signal }) }),
    change: (header, body) => client.PATCH("/api/v1/customers/{customer_id}/notice-choices", { params: { path, header }, body }),
    told: (query, signal) => client.GET("/api/v1/customers/{customer_id}/notices", { params: { path, query }, signal }),
  };
}
