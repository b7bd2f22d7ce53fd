import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { isOpen, type Reservation } from "@stationmaster/api";
import { Ago, At, Badge, tableCss, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { useAway } from "../../live/useAway";
import { Only } from "../../user";
import { connectorName } from "../../words";
import css from "./Reservations.module.css";
import { reservationWords } from "./words";

interface Wanted {
  withStation: boolean;
  onCancel: (reservation: Reservation) => void;
}

export function reservationColumns({ withStation, onCancel }: Wanted): Column<Reservation>[] {
  const columns: Column<Reservation>[] = [
    {
      id: "station",
      head: t`Charger`,
      value: (reservation) => reservation.station,
      cell: (reservation) => (
        <Link to="/chargers/$id" params={{ id: reservation.station }} search={{ part: "reservations" }} className="hostile">
          {reservation.station}
        </Link>
      ),
    },
    { id: "connector", head: t`Connector`, value: placeOf, cell: (reservation) => <span className="num">{placeOf(reservation)}</span> },
    { id: "card", head: t`Card`, value: (reservation) => reservation.token, cell: (reservation) => <span className={`${css.card} mono hostile`}>{reservation.token}</span> },
    { id: "state", head: t`State`, card: "side", value: (reservation) => reservationWords(reservation.state).word, cell: (reservation) => <State reservation={reservation} /> },
    { id: "life", head: t`What came of it`, card: "wide", value: (reservation) => reservation.reason, cell: (reservation) => <Life reservation={reservation} /> },
    { id: "until", head: t`Kept until`, extra: true, value: (reservation) => reservation.expires_at, cell: (reservation) => <At at={reservation.expires_at} /> },
    { id: "asked", head: t`Asked for`, extra: true, value: (reservation) => reservation.requested_at, cell: (reservation) => <At at={reservation.requested_at} /> },
    { id: "taken", head: t`Accepted`, extra: true, value: (reservation) => reservation.accepted_at, cell: (reservation) => <At at={reservation.accepted_at} /> },
    { id: "ended", head: t`Ended`, extra: true, value: (reservation) => reservation.ended_at, cell: (reservation) => <At at={reservation.ended_at} /> },
    { id: "group", head: t`Group`, extra: true, value: (reservation) => reservation.group },
    { id: "actions", head: t`Actions`, value: () => null, actions: true, right: true, cell: (reservation) => <Cancel reservation={reservation} onCancel={onCancel} /> },
  ];
  return withStation ? columns : columns.slice(1);
}

function placeOf(reservation: Reservation): string {
  if (reservation.evse !== null) return connectorName(reservation.evse);
  return reservation.connector_type ? t`Any ${reservation.connector_type}` : t`Any connector`;
}

function State({ reservation }: { reservation: Reservation }) {
  const { word, tone } = reservationWords(reservation.state);
  return <Badge tone={tone}>{word}</Badge>;
}

/** Its life in a line: until when it holds, or when and why it ended. */
function Life({ reservation }: { reservation: Reservation }) {
  const { state, reason, session, requested_at, expires_at, accepted_at, ended_at } = reservation;
  return (
    <span className={`${css.life} small hostile`}>
      {reason && <span>{reason}</span>}
      <span className="dim">
        {state === "requested" ? (
          <Trans>
            until <At at={expires_at} />, asked <Ago at={requested_at} />
          </Trans>
        ) : state === "accepted" ? (
          <Trans>
            until <At at={expires_at} />, kept since <Ago at={accepted_at} />
          </Trans>
        ) : (
          <Trans>
            ended <Ago at={ended_at} />
          </Trans>
        )}
      </span>
      {session && (
        <Link to="/sessions/$id" params={{ id: session }} className={tableCss.above ?? ""}>
          <Trans>Session</Trans>
        </Link>
      )}
    </span>
  );
}

function Cancel({ reservation, onCancel }: Pick<Wanted, "onCancel"> & { reservation: Reservation }) {
  const away = useAway() !== null;
  if (!isOpen(reservation.state)) return null;
  return (
    <Only may="operate">
      <Button
        className={tableCss.above ?? ""} size="compact-sm" variant="subtle" color="gray" disabled={away}
        onClick={() => { onCancel(reservation); }}
        aria-label={t`Cancel the reservation of ${reservation.token}`}
      >
        <Trans>Cancel</Trans>
      </Button>
    </Only>
  );
}
