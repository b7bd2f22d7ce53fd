import { answered, client, type Command, type CommandRequest, type Station } from "@stationmaster/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAway } from "../../live/useAway";
import { commandsQuery } from "../../queries";

/** Asks one charger, and answers what it said. */
export function send(station: string, { name, body }: CommandRequest): Promise<Command> {
  // All commands have one form of answer; which body belongs to which name, CommandRequest says.
  const path = `/api/v1/stations/{station_id}/commands/${name}` as "/api/v1/stations/{station_id}/commands/reset";
  return answered(client.POST(path, { params: { path: { station_id: station } }, body: body as never }));
}

/** Sends commands to one charger. The newest answer, or why there is none, is what the outcome shows. */
export function useCommand(station: string) {
  const queries = useQueryClient();
  const asked = useMutation<Command, Error, CommandRequest>({
    mutationFn: (request) => send(station, request),
    onSettled: () => {
      for (const queryKey of [["commands", station], ["parts", station], ["reservations"]]) void queries.invalidateQueries({ queryKey });
    },
  });
  // What follows an answer, an update or a log that fails say, is told of the command in the history.
  const { data: history } = useQuery(commandsQuery(station));
  const latest = history?.items.find((command) => command.id === asked.data?.id);
  return latest ? { ...asked, data: latest } : asked;
}

export type Commander = ReturnType<typeof useCommand>;

/** Whether a charger can be asked now. */
export function usePossible(station: Station): boolean {
  return useAway() === null && station.connected;
}
