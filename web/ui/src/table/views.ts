import { createContext } from "react";

/** A list as somebody has arranged it, under a name. */
export interface View {
  id: string;
  name: string;
  /** Whether the list is so now. */
  current: boolean;
  /** Who shares it, where it is somebody else's. */
  by: string | null;
  /** Whether it is the reader's to forget. */
  forgettable: boolean;
}

/** Where arranged lists are kept. What surrounds the tables knows their address, and gives this. */
export interface Views {
  list: View[];
  /** Whether the reader may share one with others. */
  shareable: boolean;
  keep: (name: string, shared: boolean) => void;
  open: (id: string) => void;
  forget: (id: string) => void;
}

export const ViewsContext = createContext<Views | null>(null);
