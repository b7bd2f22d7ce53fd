import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Text } from "@mantine/core";
import type { Reservation } from "@stationmaster/api";
import { Confirm, notify } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { sentenceOf } from "../chargers/commands";
import { send } from "../chargers/useCommand";

/** Asks before a reservation is given up; what the charger says stands in the dialog when it has not. */
export function CancelReservation({ reservation, onClose }: { reservation: Reservation | null; onClose: () => void }) {
  const queries = useQueryClient();
  const cancel = async ({ id, station }: Reservation) => {
    const said = await send(station, { name: "cancel-reservation", body: { reservation: id } });
    await Promise.all([["reservations"], ["commands", station]].map((queryKey) => queries.invalidateQueries({ queryKey })));
    notify.done(sentenceOf(said));
  };
  return (
    <Confirm
      opened={reservation !== null}
      onClose={onClose}
      title={t`Cancel this reservation?`}
      action={t`Cancel reservation`}
      run={() => (reservation ? cancel(reservation) : Promise.resolve())}
    >
      <Text size="sm" className="hostile">
        <Trans>The charger {reservation?.station ?? ""} is asked to keep the connector for {reservation?.token ?? ""} no longer.</Trans>
      </Text>
    </Confirm>
  );
}
