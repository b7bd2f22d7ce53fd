import { answered, client, type Command, type CommandRequest } from "@stationmaster/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";

/** Sends commands to one charger. The newest answer, or why there is none, is what the outcome shows. */
export function useCommand(station: string) {
  const queries = useQueryClient();
  return useMutation<Command, Error, CommandRequest>({
    mutationFn: ({ name, body }) => {
      // All commands have one form of answer; which body belongs to which name, CommandRequest says.
      const path = `/api/v1/stations/{station_id}/commands/${name}` as "/api/v1/stations/{station_id}/commands/reset";
      return answered(client.POST(path, { params: { path: { station_id: station } }, body: body as never }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["commands", station] }),
  });
}

export type Commander = ReturnType<typeof useCommand>;
