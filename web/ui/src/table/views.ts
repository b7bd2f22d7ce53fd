import { createContext } from "react";

/** A list as its reader has arranged it, under a name. */
export interface View {
  name: string;
  /** Whether the list is so now. */
  current: boolean;
}

/** Where arranged lists are kept. What surrounds the tables knows their address, and gives this. */
export interface Views {
  list: View[];
  keep: (name: string) => void;
  open: (name: string) => void;
  forget: (name: string) => void;
}

export const ViewsContext = createContext<Views | null>(null);
