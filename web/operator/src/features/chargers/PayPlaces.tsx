import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { notify, Problem } from "@stationmaster/ui";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAway } from "../../live/useAway";
import thing from "../../thing.module.css";
import { Only } from "../../user";

const payPlacesQuery = (station: string) =>
  queryOptions({
    queryKey: ["pay-places", station],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/stations/{station_id}/pay-places", { params: { path: { station_id: station } }, signal })),
  });

/** Where guests pay: what the QR codes on a charger lead to. */
export function PayPlaces({ station }: { station: string }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const { data, error } = useQuery(payPlacesQuery(station));
  const make = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/stations/{station_id}/pay-places", { params: { path: { station_id: station } } })),
    onSuccess: (made) => { queries.setQueryData(payPlacesQuery(station).queryKey, made); },
    onError: notify.failed,
  });
  return (
    <section className={`${thing.panel} card`} aria-label={t`Paying at the charger`} data-testid="pay-places">
      <div className={thing.spread}>
        <h2>
          <Trans>Paying at the charger</Trans>
        </h2>
        <Only may="administer">
          <Button size="xs" variant="default" disabled={away} loading={make.isPending} onClick={() => { make.mutate(); }}>
            <Trans>Make missing codes</Trans>
          </Button>
        </Only>
      </div>
      <Problem error={error} />
      {data?.items.length === 0 && (
        <p className="dim">
          <Trans>Nobody can pay here without an account: no connector has a code.</Trans>
        </p>
      )}
      {data?.items.map((one) => (
        <a key={one.id} href={`/pay/${one.id}`} target="_blank" rel="noreferrer">
          {t`What the code on connector ${one.evse} leads to`}
        </a>
      ))}
    </section>
  );
}
