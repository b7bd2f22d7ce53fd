import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type OwnProfile, type OwnReservation } from "@stationmaster/api";
import { Badge, Confirm, localMinute, Problem } from "@stationmaster/ui";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAway } from "../../live/useAway";
import thing from "../../thing.module.css";
import css from "./My.module.css";
import { reservationsQuery } from "./queries";
import { placeName } from "./words";

interface Props {
  profile: OwnProfile;
  /** Something was asked of a charger. */
  onAsked: (request: string) => void;
}

/** The places that are kept, to charge there or to give them up. */
export function Kept({ profile, onAsked }: Props) {
  const { data = [] } = useQuery(reservationsQuery());
  return data.map((one) => <One key={one.id} one={one} profile={profile} onAsked={onAsked} />);
}

function One({ one, profile, onAsked }: Props & { one: OwnReservation }) {
  const away = useAway() !== null;
  const [asking, setAsking] = useState(false);
  const { charger, evse, card } = one;
  const start = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/me/starts", { body: { charger, evse, card } })),
    onSuccess: ({ id }) => { onAsked(id); },
  });
  const giveUp = async () => {
    onAsked((await answered(client.DELETE("/api/v1/me/reservations/{reservation_id}", { params: { path: { reservation_id: one.id } } }))).id);
  };
  const place = placeName(one);
  return (
    <section className={`${thing.panel} card`} aria-label={t`Reservation`} data-testid="kept">
      <div className={thing.spread}>
        <h2 className="hostile">{place}</h2>
        <Badge tone="reserved">{one.state === "accepted" ? t`Kept for you` : t`Asked for`}</Badge>
      </div>
      <p>
        <Trans>Until {localMinute(Date.parse(one.expires_at))}, for the card {card}</Trans>
      </p>
      <Problem error={start.error} />
      <div className={css.acts}>
        {profile.can_start && (
          <Button loading={start.isPending} disabled={away} onClick={() => { start.mutate(); }}>
            <Trans>Start charging</Trans>
          </Button>
        )}
        <Button variant="default" disabled={away} onClick={() => { setAsking(true); }} data-testid="give-up">
          <Trans>Give it up…</Trans>
        </Button>
      </div>
      <Confirm opened={asking} onClose={() => { setAsking(false); }} title={t`Give this reservation up?`} action={t`Give it up`} run={giveUp}>
        <p>
          <Trans>Others can charge at {place} again.</Trans>
        </p>
      </Confirm>
    </section>
  );
}
