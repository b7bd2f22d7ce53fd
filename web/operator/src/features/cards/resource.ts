import { client, type Page, type Token } from "@stationmaster/api";
import { changedInto, type Resource } from "../../managed/resource";
import { knownSort } from "../../queries";
import type { CardFacts } from "./CardForm";

/** A card is known by its number and, where several share that, its kind: `id` says both. */
export type Card = Token & { name: string };

const SORTS = ["uid", "label", "group", "expires", "created"] as const;

/** As people tell cards apart. The API has blocked and not blocked, and whether they have expired. */
export const CARD_STATES = ["accepted", "expired", "blocked"] as const;

export const cards: Resource<Card, CardFacts> = {
  key: "cards",
  may: "operate",
  sorts: SORTS,
  list: async (asked, { state, sort, customer, group }, signal) => {
    const status = state === undefined ? undefined : state === "blocked" ? ("blocked" as const) : ("accepted" as const);
    const expired = state === "expired" ? true : state === "accepted" ? false : undefined;
    const query = { ...asked, status, expired, customer, group, sort: knownSort(SORTS, sort) };
    return changedInto(client.GET("/api/v1/tokens", { params: { query }, signal }), ({ items, next }): Page<Card> => ({ items: items.map(asCard), next }));
  },
  get: (id, signal) => changedInto(client.GET("/api/v1/tokens/{uid}", { params: named(id), signal }), asCard),
  add: ({ uid, kind, label, group, expires_at, customer }) =>
    changedInto(client.POST("/api/v1/tokens", { body: { uid, kind, label, group, expires_at, customer } }), asCard),
  change: (id, header, body) =>
    changedInto(client.PATCH("/api/v1/tokens/{uid}", { params: { ...named(id), header }, body }), asCard),
  remove: (id, header) => client.DELETE("/api/v1/tokens/{uid}", { params: { ...named(id), header } }),
  restore: (id) => changedInto(client.POST("/api/v1/tokens/{uid}/restore", { params: named(id) }), asCard),
};

/** What the API is asked to name one card, and no other of its number. */
export function named(id: string) {
  const at = id.lastIndexOf("/");
  return { path: { uid: id.slice(0, at) }, query: { kind: id.slice(at + 1) } };
}

function asCard(token: Token): Card {
  return { ...token, id: `${token.uid}/${token.kind ?? ""}`, name: token.uid };
}
