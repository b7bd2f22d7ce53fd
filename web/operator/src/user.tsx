import { answered, client, type User } from "@stationmaster/api";
import { createContext, useCallback, useContext, type ReactNode } from "react";

/** What the server asks of whoever calls it. */
export type Permission =
  | "view"
  | "operate"
  | "raw_call"
  | "deploy_firmware"
  | "correct_sessions"
  | "handle_money"
  | "view_customers"
  | "manage_customers"
  | "handle_money"
  | "administer"
  | "manage_users"
  | "manage_keys"
  | "view_audit"
  | "see_secrets"
  | "own"
  | "manage_organizations";

export const UserContext = createContext<User | null>(null);

/** Tells all pages that the one who is signed in has changed. */
export const ChangedUserContext = createContext<(user: User) => void>(() => undefined);

/** Who is signed in. Pages are only shown to someone who is. */
export function useUser(): User {
  const user = useContext(UserContext);
  if (!user) throw new Error("no one is signed in");
  return user;
}

/** Asks the server anew who is signed in, after something about them was changed. */
export function useRefreshedUser(): () => Promise<void> {
  const tell = useContext(ChangedUserContext);
  return useCallback(async () => { tell(await answered(client.GET("/api/v1/auth/me"))); }, [tell]);
}

/** Whether the server would let this person do it. The server decides; the page only leaves out what would be refused. */
export function useMay(what: Permission | null): boolean {
  return may(useUser(), what);
}

export function may(user: User, what: Permission | null): boolean {
  return what === null || user.permissions.includes(what);
}

/** Who charges here and does not work here: they see what is their own, and no charger. */
export function isDriver(user: User): boolean {
  return !may(user, "view");
}

/** What somebody is told of as it happens. */
export function hearsOf(user: User): "all" | "own" | "nothing" {
  if (!isDriver(user)) return "all";
  return user.customer === null ? "nothing" : "own";
}

export function Only({ may: what, children }: { may: Permission | null; children: ReactNode }): ReactNode {
  return useMay(what) ? children : null;
}
