import { answered, client, type Query } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";
import { PAGE, pages } from "../queries";

export const walletQuery = (customer: string) =>
  queryOptions({
    queryKey: ["wallet", customer, "balances"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/customers/{customer_id}/wallet", { params: { path: { customer_id: customer } }, signal })),
  });

export const savedCardsQuery = (customer: string) =>
  queryOptions({
    queryKey: ["wallet", customer, "card"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/customers/{customer_id}/saved-cards", { params: { path: { customer_id: customer } }, signal })),
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

export const allInvoicesQuery = (wanted: Pick<Query<"/api/v1/invoices">, "search" | "kind" | "sort">) =>
  pages(["invoices", wanted], ({ cursor, signal }) => answered(client.GET("/api/v1/invoices", { params: { query: { ...wanted, limit: PAGE, cursor } }, signal })));

export const adjustmentsQuery = () =>
  pages(["adjustments"], ({ cursor, signal }) => answered(client.GET("/api/v1/wallet-adjustments", { params: { query: { state: "waiting", limit: PAGE, cursor } }, signal })));

export const revenueQuery = (month: string) =>
  queryOptions({ queryKey: ["revenue", month], queryFn: ({ signal }) => answered(client.GET("/api/v1/revenue", { params: { query: { month } }, signal })) });

export const monthlyFilesQuery = () =>
  pages(["monthly-files"], ({ cursor, signal }) => answered(client.GET("/api/v1/monthly-files", { params: { query: { limit: FEW, cursor } }, signal })));

export const hostQuery = (site: string) =>
  queryOptions({
    queryKey: ["host", site],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/sites/{site_id}/host", { params: { path: { site_id: site } }, signal })),
  });

export const hostStatementQuery = (site: string, month: string) =>
  queryOptions({
    queryKey: ["host", site, month],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/sites/{site_id}/host/statement", { params: { path: { site_id: site }, query: { month } }, signal })),
  });

export const paymentsQuery = (state: Query<"/api/v1/payments">["state"]) =>
  pages(["payments", state], ({ cursor, signal }) => answered(client.GET("/api/v1/payments", { params: { query: { state, limit: PAGE, cursor } }, signal })));

export const claimsQuery = () =>
  pages(["claims"], ({ cursor, signal }) => answered(client.GET("/api/v1/payments/claims", { params: { query: { limit: PAGE, cursor } }, signal })));

export const comparisonsQuery = () =>
  queryOptions({ queryKey: ["comparisons"], queryFn: ({ signal }) => answered(client.GET("/api/v1/payments/comparisons", { signal })) });
