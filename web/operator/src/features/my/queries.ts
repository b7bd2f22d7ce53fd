import { answered, client, tagged, type MeterValue, type OwnSessionDetail, type Query } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";
import { PAGE, pages } from "../../queries";

/** What belongs to whoever is signed in, as a customer. All keys begin with "my". */

/** Who they are as a customer; 404 for who is none. */
export const profileQuery = () =>
  queryOptions({ queryKey: ["my", "profile"], queryFn: ({ signal }) => tagged(client.GET("/api/v1/me", { signal })), staleTime: 60_000 });

export type SessionFilters = Omit<Query<"/api/v1/me/sessions">, "limit" | "cursor">;

export const SESSION_SORTS = ["started", "stopped", "energy"] as const;

export const sessionsQuery = (filters: SessionFilters) =>
  pages(["my", "sessions", "list", filters], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/me/sessions", { params: { query: { ...filters, limit: PAGE, cursor } }, signal })),
  );

/** A few sessions of a home page. */
const few = (status: "active" | "completed", limit: number) =>
  queryOptions({
    queryKey: ["my", "sessions", status],
    queryFn: async ({ signal }) => (await answered(client.GET("/api/v1/me/sessions", { params: { query: { status, limit } }, signal }))).items,
  });

export const goingOnQuery = () => few("active", 10);
export const latestQuery = () => few("completed", 20);

const MOST_VALUES = 2_000;

export interface SessionWithValues extends OwnSessionDetail {
  meter_values: MeterValue[];
}

/** One session, with what its meter told. */
export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ["my", "session", id],
    queryFn: async ({ signal }): Promise<SessionWithValues> => {
      const path = { session_id: id };
      const session = await answered(client.GET("/api/v1/me/sessions/{session_id}", { params: { path }, signal }));
      const values: MeterValue[] = [];
      let cursor: string | null = null;
      do {
        const page: { items: MeterValue[]; next: string | null } = await answered(
          client.GET("/api/v1/me/sessions/{session_id}/meter-values", { params: { path, query: { limit: PAGE, cursor } }, signal }),
        );
        values.push(...page.items);
        cursor = page.next;
      } while (cursor !== null && values.length < MOST_VALUES);
      return { ...session, meter_values: values.reverse() };
    },
  });

export const priceQuery = ({ id, status, energy_wh }: Pick<OwnSessionDetail, "id" | "status" | "energy_wh">) =>
  queryOptions({
    // What it costs changes with what it has taken.
    queryKey: ["my", "session", id, "price", status, energy_wh],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/me/sessions/{session_id}/price", { params: { path: { session_id: id } }, signal })),
    placeholderData: (before) => before,
  });

const AGAIN_MS = 1_500;
const BILL_LOOKS = 20;

export const billsQuery = ({ id, status }: Pick<OwnSessionDetail, "id" | "status">) =>
  queryOptions({
    queryKey: ["my", "session", id, "bills", status],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/me/sessions/{session_id}/bills", { params: { path: { session_id: id } }, signal })),
     // It is written a moment after the session has ended; one that is not written then waits for something else.
    refetchInterval: ({ state }) => (status !== "active" && state.data?.length === 0 && state.dataUpdateCount < BILL_LOOKS ? AGAIN_MS : false),
  });

/** What is not known yet, of something that was asked of a charger. */
export const UNDER_WAY = new Set(["asked", "sent", "awaiting"]);

export const requestQuery = (id: string | null) =>
  queryOptions({
    queryKey: ["my", "request", id ?? ""],
    enabled: id !== null,
    queryFn: ({ signal }) => answered(client.GET("/api/v1/me/requests/{own_request_id}", { params: { path: { own_request_id: id ?? "" } }, signal })),
    refetchInterval: ({ state }) => (state.data === undefined || UNDER_WAY.has(state.data.state) ? AGAIN_MS : false),
  });

export const reservationsQuery = () =>
  queryOptions({
    queryKey: ["my", "reservations"],
    queryFn: async ({ signal }) => (await answered(client.GET("/api/v1/me/reservations", { signal }))).items,
    // One that has ended is not told.
    refetchInterval: 15_000,
  });

export const cardsQuery = () =>
  queryOptions({
    queryKey: ["my", "cards"],
    queryFn: async ({ signal }) => (await answered(client.GET("/api/v1/me/cards", { params: { query: { limit: PAGE } }, signal }))).items,
  });

export interface Position {
  latitude: number;
  longitude: number;
}

const PLACES = 20;
const FAR_KM = 50;

/** Where one can charge: near, or where this is in the name. */
export const placesQuery = (where: Position | string) =>
  queryOptions({
    queryKey: ["my", "places", where],
    queryFn: async ({ signal }) => {
      const query = typeof where === "string" ? { search: where, limit: PLACES } : { ...where, radius_km: FAR_KM, limit: PLACES };
      return (await answered(client.GET("/api/v1/discovery", { params: { query }, signal }))).items;
    },
    refetchInterval: 15_000,
  });

/** One charger at its place. */
export const placeOfQuery = (charger: string) =>
  queryOptions({
    queryKey: ["my", "places", "charger", charger],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/discovery/chargers/{charger_id}", { params: { path: { charger_id: charger } }, signal })),
    refetchInterval: 15_000,
  });

export const walletQuery = () => queryOptions({ queryKey: ["my", "wallet"], queryFn: ({ signal }) => answered(client.GET("/api/v1/me/wallet", { signal })) });

const FEW = 20;

export const entriesQuery = () =>
  pages(["my", "wallet", "entries"], ({ cursor, signal }) => answered(client.GET("/api/v1/me/wallet/transactions", { params: { query: { limit: FEW, cursor } }, signal })));

export const paymentsQuery = () =>
  pages(["my", "payments"], ({ cursor, signal }) => answered(client.GET("/api/v1/me/payments", { params: { query: { limit: FEW, cursor } }, signal })));

export const paymentQuery = (id: string | null) =>
  queryOptions({
    queryKey: ["my", "payment", id ?? ""],
    enabled: id !== null,
    queryFn: ({ signal }) => answered(client.GET("/api/v1/me/payments/{own_payment_id}", { params: { path: { own_payment_id: id ?? "" } }, signal })),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === "asked" || state.data.state === "pending" ? AGAIN_MS : false),
  });

export const invoicesQuery = () =>
  pages(["my", "invoices"], ({ cursor, signal }) => answered(client.GET("/api/v1/me/invoices", { params: { query: { limit: FEW, cursor } }, signal })));

export const savedCardsQuery = () =>
  queryOptions({ queryKey: ["my", "saved-cards"], queryFn: ({ signal }) => answered(client.GET("/api/v1/me/saved-cards", { signal })) });
