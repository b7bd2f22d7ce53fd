import { createContext, useContext, type ReactNode } from "react";
import type { User } from "./api/types";

export const UserContext = createContext<User | null>(null);

/** Who is signed in. Pages are only shown to someone who is. */
export function useUser(): User {
  const user = useContext(UserContext);
  if (!user) throw new Error("no one is signed in");
  return user;
}

/** Whether the server would let this person do it. The server decides; the page only leaves out what would be refused. */
export function useMay(what: "operate" | "administer"): boolean {
  const { role } = useUser();
  return role === "administrator" || (what === "operate" && role === "operator");
}

export function Only({ may, children }: { may: "operate" | "administer"; children: ReactNode }): ReactNode {
  return useMay(may) ? children : null;
}
