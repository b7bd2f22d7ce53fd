import { useMutation, useQueryClient } from "@tanstack/react-query";
import { post, segment } from "../../api/client";
import type { Command } from "../../api/types";

export interface Asked {
  name: string;
  body: Record<string, unknown>;
}

/** Sends commands to one charger. The newest answer, or why there is none, is what the outcome shows. */
export function useCommand(station: string) {
  const queries = useQueryClient();
  return useMutation<Command, Error, Asked>({
    mutationFn: ({ name, body }) => post<Command>(`/stations/${segment(station)}/commands/${name}`, body),
    onSettled: () => queries.invalidateQueries({ queryKey: ["commands", station] }),
  });
}

export type Commander = ReturnType<typeof useCommand>;
