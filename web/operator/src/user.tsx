import type { User } from "@stationmaster/api";
import { createContext, useContext, type ReactNode } from "react";

/** What the server asks of whoever calls it. */
export type Permission =
  | "view"
  | "operate"
  | "raw_call"
  | "deploy_firmware"
  | "correct_sessions"
  | "view_customers"
  | "manage_customers"
  | "administer"
  | "manage_users"
  | "manage_keys"
  | "view_audit"
  | "see_secrets"
  | "own"
  | "manage_organizations";

export const UserContext = createContext<User | null>(null);

/** Who is signed in. Pages are only shown to someone who is. */
export function useUser(): User {
  const user = useContext(UserContext);
  if (!user) throw new Error("no one is signed in");
  return user;
}

/** Whether the server would let this person do it. The server decides; the page only leaves out what would be refused. */
export function useMay(what: Permission): boolean {
  return may(useUser(), what);
}

export function may(user: User, what: Permission): boolean {
  return user.permissions.includes(what);
}

export function Only({ may: what, children }: { may: Permission; children: ReactNode }): ReactNode {
  return useMay(what) ? children : null;
}
