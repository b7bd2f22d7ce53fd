import { createContext, useContext } from "react";
import type { User } from "./api/types";

export const UserContext = createContext<User | null>(null);

/** Who is signed in. Pages are only shown to someone who is. */
export function useUser(): User {
  const user = useContext(UserContext);
  if (!user) throw new Error("no one is signed in");
  return user;
}
