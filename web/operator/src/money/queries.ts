import { answered, client, type Query } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";
import { PAGE, pages } from "../queries";

export const walletQuery = (customer: string) =>
  queryOptions({
    queryKey: ["wallet", customer, "balances"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/customers/{customer_id}/wallet", { params: { path: { customer_id: customer } }, signal })),
  });

/** How many rows a part of another page shows at first. */
const FEW = 20;

export const entriesQuery = (customer: string) =>
  pages(["wallet", customer, "entries"], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/customers/{customer_id}/wallet-transactions", { params: { path: { customer_id: customer }, query: { limit: FEW, cursor } }, signal })),
  );

export const billsQuery = (customer: string) =>
  pages(["bills", customer], ({ cursor, signal }) => answered(client.GET("/api/v1/bills", { params: { query: { customer, limit: FEW, cursor } }, signal })));

export const billsOfSessionQuery = (session: string, status: string) =>
  queryOptions({
    queryKey: ["session", session, "bills", status],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/sessions/{session_id}/bills", { params: { path: { session_id: session } }, signal })),
  });

export const invoicesQuery = (customer: string) =>
  pages(["invoices", customer], ({ cursor, signal }) => answered(client.GET("/api/v1/invoices", { params: { query: { customer, limit: FEW, cursor } }, signal })));

export const paymentsQuery = (state: Query<"/api/v1/payments">["state"]) =>
  pages(["payments", state], ({ cursor, signal }) => answered(client.GET("/api/v1/payments", { params: { query: { state, limit: PAGE, cursor } }, signal })));

export const claimsQuery = () =>
  pages(["claims"], ({ cursor, signal }) => answered(client.GET("/api/v1/payments/claims", { params: { query: { limit: PAGE, cursor } }, signal })));

export const comparisonsQuery = () =>
  queryOptions({ queryKey: ["comparisons"], queryFn: ({ signal }) => answered(client.GET("/api/v1/payments/comparisons", { signal })) });
