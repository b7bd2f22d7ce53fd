import { answered, client } from "@stationmaster/api";
import { MonthlyStatement } from "../../wallet/MonthlyStatement";

/** What went through a customer's wallet in a month, to be saved. */
export function Statement({ customer }: { customer: string }) {
  const of = (month: string) => ({ params: { path: { customer_id: customer, month } }, parseAs: "blob" }) as const;
  return (
    <MonthlyStatement
      name={`statement-${customer}`}
      pdf={(month) => answered(client.GET("/api/v1/customers/{customer_id}/statements/{month}/pdf", of(month)))}
      csv={(month) => answered(client.GET("/api/v1/customers/{customer_id}/statements/{month}/csv", of(month)))}
    />
  );
}
