import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { notify, Problem } from "@stationmaster/ui";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAway } from "../../live/useAway";
import { SavedSwitch } from "../../SavedSwitch";
import thing from "../../thing.module.css";
import { Only, useMay } from "../../user";

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
  const may = useMay("administer");
  const change = async (evse: number, after: boolean) => {
    await answered(client.PATCH("/api/v1/stations/{station_id}/pay-places/{evse}", { params: { path: { station_id: station, evse } }, body: { pays_after: after } }));
    await queries.invalidateQueries({ queryKey: payPlacesQuery(station).queryKey });
  };
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
        <div key={one.id} className={thing.spread}>
          <a href={`/pay/${one.id}`} target="_blank" rel="noreferrer">
            {t`What the code on connector ${one.evse} leads to`}
          </a>
          <SavedSwitch label={t`Guests pay after charging`} on={one.pays_after} save={(after) => change(one.evse, after)} disabled={!may} />
        </div>
      ))}
      {data?.items.some(({ pays_after }) => pays_after) && (
        <p className="dim">
          <Trans>For chargers that hold the cable until they are asked to release it. It is released when the guest has paid, and after 15 minutes in any case; what is not paid then is a claim.</Trans>
        </p>
      )}
    </section>
  );
}
