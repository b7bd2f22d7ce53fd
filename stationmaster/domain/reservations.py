"""Reservations: a connector, or any of a charger, is kept for a card until a moment.

A life: requested → accepted → used, expired, cancelled or removed; or refused. The station's answer, its later messages, the
session that comes of it and the clock drive it: many stations never say that a reservation has ended (D-07).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    exists,
    insert,
    select,
    update,
)

from stationmaster.domain import events, stations, tokens
from stationmaster.domain.errors import NotFound
from stationmaster.domain.public_forms import Reservation
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Prepared, page

reservations = Table(
    "reservations",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("number", Integer, nullable=False),  # what the station calls it; we have given it
    Column("evse", Integer),  # empty: any of the charger
    Column("connector_type", Text),
    Column("token", Text, nullable=False),
    Column("token_key", Text, nullable=False),
    Column("group", Text),  # whose cards may use it as well
    Column("state", Text, nullable=False),
    Column("reason", Text),  # a sentence for people
    Column("session", Text),  # the public id of the session that came of it
    Column("requested_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("accepted_at", UtcTime),
    Column("ended_at", UtcTime),  # empty while it is requested or accepted
    UniqueConstraint("station_id", "number"),
)
_open = reservations.c.ended_at.is_(None)
Index("ix_reservations_open", reservations.c.station_id, reservations.c.id, sqlite_where=_open, postgresql_where=_open)
Index("ix_reservations_station_id", reservations.c.station_id, reservations.c.id)

State = Literal["requested", "accepted", "refused", "used", "expired", "cancelled", "removed"]
End = Literal["expired", "removed"]
SLACK = timedelta(minutes=5)  # a charger's clock may differ from ours by this much


class ReservationRow(Protocol):
    """A row of the table."""

    id: int
    public_id: str
    station_id: int
    number: int
    evse: int | None
    connector_type: str | None
    token: str
    token_key: str
    group: str | None
    state: State
    reason: str | None
    session: str | None
    requested_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None


class ListedReservation(ReservationRow, Protocol):
    """A row with the identity of its charger."""

    station: str


def request(
    work: Work,
    station: Station,
    *,
    number: int,
    token: str,
    expires_at: datetime,
    evse: int | None = None,
    connector_type: str | None = None,
    group: str | None = None,
) -> None:
    """A reservation that the station is about to be asked for; it will call it by this number."""
    values = {
        "public_id": secrets.token_hex(8),
        "station_id": station.id,
        "number": number,
        "evse": evse,
        "connector_type": connector_type,
        "token": token,
        "token_key": tokens.uid_key(token),
        "group": group,
        "state": "requested",
        "requested_at": work.now,
        "expires_at": expires_at,
    }
    row = work.execute(insert(reservations).values(**values).returning(*reservations.c)).one()
    _publish(work, station.identity, cast(ReservationRow, row))


def accept(work: Work, station: Station, number: int) -> None:
    """The station has taken it."""
    waits = reservations.c.state == "requested"
    _change(work, station.identity, _numbered(station, number), waits, state="accepted", accepted_at=work.now)


def refuse(work: Work, station: Station, number: int, reason: str) -> None:
    """The station has not taken it, for this reason."""
    waits = reservations.c.state == "requested"
    _change(
        work, station.identity, _numbered(station, number), waits, state="refused", reason=reason, ended_at=work.now
    )


def cancel(work: Work, station: Station, number: int) -> None:
    """The station has given it up because we have asked."""
    _change(work, station.identity, _numbered(station, number), _open, state="cancelled", ended_at=work.now)


def end(work: Work, station: Station, number: int, how: End, reason: str) -> None:
    """The station says that it has ended without being used (2.x: H04, H05)."""
    _change(work, station.identity, _numbered(station, number), _open, state=how, reason=reason, ended_at=work.now)


_here = select(
    reservations.c.id,
    reservations.c.number,
    reservations.c.evse,
    reservations.c.token_key,
    reservations.c.group,
    reservations.c.requested_at,
    reservations.c.expires_at,
).order_by(reservations.c.id)
_open_here = Prepared(_here.where(reservations.c.station_id == bindparam("station_id"), _open))
_expired_here = Prepared(
    _here.where(
        reservations.c.station_id == bindparam("station_id"),
        reservations.c.state == "expired",
        reservations.c.expires_at >= bindparam("at", type_=UtcTime),
    )
)


def any_open(station_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether there is an open one at a charger, as a part of another question."""
    return exists().where(reservations.c.station_id == station_id, _open)


def session_began(
    work: Work,
    station: Station,
    *,
    session: str,
    number: int | None,
    evse: int | None,
    token: str | None,
    at: datetime,
) -> None:
    """A session has begun: it uses the reservation that it names, or else the one of its card or its card's group.

    One that is named counts even if it had ended before: its station knows best, and may tell late.
    """
    if number is not None:
        unused = reservations.c.state != "used"
        _use(work, station, _numbered(station, number), unused, session)
        return
    waiting: Sequence[Any] = work.run(_open_here, station_id=station.id)
    if not waiting and at < work.now - SLACK:  # told late, it may have come in time all the same
        waiting = work.run(_expired_here, station_id=station.id, at=at)
    for row in waiting:
        in_time = row.requested_at - SLACK <= at <= row.expires_at + SLACK
        if in_time and row.evse in (None, evse) and _fits(work, station, row, token):
            _use(work, station, reservations.c.id == row.id, reservations.c.state != "used", session)
            return


def connector_told(work: Work, station: Station, evse: int, *, state: str, before: str | None) -> None:
    """A connector is shown as reserved, or no longer. That it is confirms what the station has not answered.

    That it is free again may be a restart, so the reservation keeps its time.
    """
    here = (reservations.c.station_id == station.id) & (reservations.c.evse == evse)
    if state == "reserved":
        _change(
            work, station.identity, here, reservations.c.state == "requested", state="accepted", accepted_at=work.now
        )
    elif state == "available" and before == "reserved":
        reason = "The charger shows the connector as free again."
        _change(work, station.identity, here, reservations.c.state == "accepted", reason=reason)


def are_due(work: Work) -> bool:
    """Whether the time of any is over; cheap, to look before writing."""
    return (
        work.execute(select(reservations.c.id).where(_open, reservations.c.expires_at <= work.now)).first() is not None
    )


def expire(work: Work) -> int:
    """Those whose time is over have expired, whatever their station says of it. Returns how many."""
    due = select(reservations.c.id, reservations.c.state, stations.stations.c.identity)
    joined = due.join(stations.stations, stations.stations.c.id == reservations.c.station_id)
    rows = work.execute(joined.where(_open, reservations.c.expires_at <= work.now).limit(200)).all()
    for row in rows:
        reason = "Nobody came." if row.state == "accepted" else "The charger never said whether it had taken it."
        values = {"state": "expired", "reason": reason, "ended_at": work.now}
        _change(work, row.identity, reservations.c.id == row.id, _open, **values)
    return len(rows)


def open_of(work: Work, station_ids: Sequence[int]) -> list[ReservationRow]:
    """Those that these stations keep, or have been asked for."""
    theirs = select(reservations).where(reservations.c.station_id.in_(station_ids), _open)
    return list(work.execute(theirs.order_by(reservations.c.id)))


def get(work: Work, organization_id: int, public_id: str) -> ListedReservation:
    """One of them. Raises `NotFound`."""
    row = work.execute(_listed(organization_id).where(reservations.c.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no reservation {id!r}", id=public_id)
    return cast(ListedReservation, row)


def listed(
    work: Work,
    organization_id: int,
    *,
    station: str | None = None,
    state: State | None = None,
    limit: int,
    cursor: str | None,
) -> list[ListedReservation]:
    """Reservations, newest first."""
    mine = _listed(organization_id)
    if station is not None:
        mine = mine.where(reservations.c.station_id == stations.get(work, organization_id, station).id)
    if state is not None:
        mine = mine.where(reservations.c.state == state)
    return list(work.execute(page(mine, reservations.c.id, limit=limit, cursor=cursor)))


def open_for(work: Work, organization_id: int, customer_key: int) -> list[ListedReservation]:
    """What chargers keep for the cards of a customer, or have been asked to; the newest first.

    Those that have ended are left out: a card may have been somebody else's then.
    """
    cards = select(tokens.tokens.c.uid_key).where(
        tokens.tokens.c.organization_id == organization_id,
        tokens.tokens.c.customer_id == customer_key,
        tokens.tokens.c.deleted_at.is_(None),
    )
    mine = _listed(organization_id).where(_open, reservations.c.token_key.in_(cards))
    return list(work.execute(mine.order_by(reservations.c.id.desc()).limit(200)))


def public_form(row: ReservationRow, station: str) -> Reservation:
    """As everyone outside sees it."""
    return Reservation(
        id=row.public_id,
        station=station,
        evse=row.evse,
        connector_type=row.connector_type,
        token=row.token,
        group=row.group,
        state=row.state,
        reason=row.reason,
        session=row.session,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
    )


def _listed(organization_id: int) -> Any:
    joined = select(*reservations.c, stations.stations.c.identity.label("station")).join(
        stations.stations, stations.stations.c.id == reservations.c.station_id
    )
    return joined.where(stations.stations.c.organization_id == organization_id)


def _numbered(station: Station, number: int) -> ColumnElement[bool]:
    return (reservations.c.station_id == station.id) & (reservations.c.number == number)


def _fits(work: Work, station: Station, row: Any, token: str | None) -> bool:
    if token is None:
        return False
    if tokens.uid_key(token) == row.token_key:
        return True
    return row.group is not None and tokens.authorize(work, station, token).group == row.group


def _use(work: Work, station: Station, which: ColumnElement[bool], where: ColumnElement[bool], session: str) -> None:
    _change(work, station.identity, which, where, state="used", session=session, reason=None, ended_at=work.now)


def _change(work: Work, identity: str, which: ColumnElement[bool], where: ColumnElement[bool], **values: Any) -> None:
    """Change what is still where we think it is, and tell whoever watches."""
    changed = update(reservations).where(which, where).values(**values).returning(*reservations.c)
    for row in work.execute(changed).all():
        _publish(work, identity, cast(ReservationRow, row))


def _publish(work: Work, identity: str, row: ReservationRow) -> None:
    told = public_form(row, identity)
    work.publish(events.ReservationChanged(station_id=row.station_id, station=identity, at=work.now, reservation=told))
