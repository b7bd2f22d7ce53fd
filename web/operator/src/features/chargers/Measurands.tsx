import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { Problem } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";

/** Lets the charger tell all that we read of a session, as far as it can; for one that does not say which values those are. */
export function Measurands({ station, onFound }: { station: string; onFound: () => unknown }) {
  const find = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/stations/{station_id}/measurands", { params: { path: { station_id: station } } })),
    onSettled: onFound,
  });
  const told = find.data;
  const [values, why] = [told?.tells.join(", ") ?? "", told?.why ?? ""];
  return (
    <div>
      <Button variant="default" loading={find.isPending} onClick={() => { find.mutate(); }} data-testid="measurands-find">
        <Trans>Find out what it can measure</Trans>
      </Button>
      <p className="dim small">
        <Trans>
          For a charger that does not say which values it can tell in a session: they are asked for together, then one by one. Some chargers
          restart when they are asked that.
        </Trans>
      </p>
      <Problem error={find.error} />
      {told && (
        <p className="small hostile" data-testid="measurands-found">
          {values === "" ? <Trans>It tells no values in a session.</Trans> : <Trans>In a session it tells: {values}.</Trans>}{" "}
          {why !== "" && <Trans>Not all was tried: {why}</Trans>}
        </p>
      )}
    </div>
  );
}
