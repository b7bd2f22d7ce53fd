import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type StationDeviations } from "@stationmaster/api";
import { notify } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { deviationsQuery } from "../../queries";
import { SavedSwitch } from "../../SavedSwitch";
import { Only } from "../../user";
import css from "./Story.module.css";

/** Whether this charger is started from here when it begins no session for a card that was accepted: by a person's word, else by the rules. */
export function AutoStart({ station, data }: { station: string; data: StationDeviations }) {
  const queries = useQueryClient();
  const say = useMutation({
    mutationFn: (on: boolean | null) =>
      answered(client.PUT("/api/v1/stations/{station_id}/auto-start", { params: { path: { station_id: station } }, body: { on } })),
    onSuccess: (told) => { queries.setQueryData(deviationsQuery(station).queryKey, told); },
    onError: notify.failed,
  });
  const { on, by, after_s: seconds } = data.auto_start;
  return (
    <>
      <h3>
        <Trans>It waits for a start from afar</Trans>
      </h3>
      <p className="dim small">
        {on ? (
          <Trans>
            When a card was accepted, a cable is in and no session has begun after {seconds} seconds, it is started from here, once, with
            that card.
          </Trans>
        ) : (
          <Trans>No: it is expected to begin a session by itself when a card was accepted.</Trans>
        )}{" "}
        {by === null ? <Trans>By the rules of this server.</Trans> : <Trans>Said by {data.auto_start.by}</Trans>}
      </p>
      <Only may="administer">
        <div className={css.form}>
          <SavedSwitch label={t`Start it when a card was accepted and it does not begin`} on={on} save={say.mutateAsync} data-testid="auto-start" />
          {by !== null && (
            <Button size="compact-sm" variant="default" loading={say.isPending} onClick={() => { say.mutate(null); }} data-testid="auto-start-back">
              <Trans>Back to the rules</Trans>
            </Button>
          )}
        </div>
      </Only>
    </>
  );
}
