import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import type { Station } from "@stationmaster/api";
import { useQuery } from "@tanstack/react-query";
import { profilesQuery } from "../../queries";
import { pauseAt, pauseFor } from "./limits";
import { usePossible, type Commander } from "./useCommand";

interface Props {
  station: Station;
  evse: number;
  session: string;
  commander: Commander;
  onSend: () => void;
}

/** A session that waits and goes on: for chargers that, once stopped, do not start again before the cable is pulled. */
export function Pause({ station, evse, session, commander, onSend }: Props) {
  const possible = usePossible(station);
  const { data } = useQuery(profilesQuery(station.id));
  const pause = pauseAt(data ?? [], evse);
  const send = () => {
    onSend();
    if (pause) commander.mutate({ name: "clear-charging-profile", body: { id: pause.id } });
    else commander.mutate({ name: "set-charging-profile", body: pauseFor(data ?? [], evse, session) });
  };
  return (
    <Button
      variant="default"
      size="compact-md"
      disabled={!possible || data === undefined || commander.isPending}
      onClick={send}
      title={pause ? undefined : t`No power until it goes on; the session stays open, and nothing has to be plugged in again`}
      data-testid="action-pause"
    >
      {pause ? <Trans>Go on</Trans> : <Trans>Pause</Trans>}
    </Button>
  );
}
