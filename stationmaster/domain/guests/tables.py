"""The tables of guests: people who pay at the charger, without an account."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, literal_column
from sqlalchemy import text as sql

from stationmaster.storage.columns import BigInt, UtcTime, key, metadata, organization

pay_places = Table(
    "pay_places",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),  # it is in the QR code, and cannot be guessed
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("evse", Integer, nullable=False),
    Column("pays_after", Boolean, nullable=False, server_default=sql("false")),  # and not before (M-20)
    Column("made_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),  # since when this code is void
)
_good = pay_places.c.closed_at.is_(None)
Index(
    "uq_pay_places_evse",
    pay_places.c.station_id,
    pay_places.c.evse,
    unique=True,
    sqlite_where=_good,
    postgresql_where=_good,
)

guest_visits = Table(
    "guest_visits",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),  # 128 bits: whoever has it is the guest
    Column("place_id", BigInt, ForeignKey("pay_places.id"), nullable=False),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("evse", Integer, nullable=False),
    Column("once", Text, nullable=False),  # what the guest's browser calls it: the same in all of its tabs
    Column("payment_id", BigInt, ForeignKey("payments.id"), unique=True),  # who pays afterwards has none at first
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("sentence", Text),  # what came of it, for the guest
    Column("email", Text),
    Column("token", Text),  # with which the charger is started
    Column("command", Text),
    Column("session", Text),
    Column("stop_asked_at", UtcTime),
    Column("pays_after", Boolean, nullable=False, server_default=sql("false")),
    Column("currency", Text),  # who pays afterwards: in this currency,
    Column("most", BigInt),  # it may cost so much, in its smallest unit
    Column("asked_to_pay_at", UtcTime),
    Column("release_at", UtcTime),  # the cable is released then at the latest, paid or not
    Column("released_at", UtcTime),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    UniqueConstraint("place_id", "once"),
)
Index("ix_guest_visits_session", guest_visits.c.session)
_open = guest_visits.c.ended_at.is_(None)
Index("ix_guest_visits_open", guest_visits.c.id, sqlite_where=_open, postgresql_where=_open)
# Literals, because no database uses a partial index for a parameter.
_at_it = guest_visits.c.state.in_((literal_column("'starting'"), literal_column("'charging'")))
Index(
    "uq_guest_visits_at_it",
    guest_visits.c.station_id,
    guest_visits.c.evse,
    unique=True,
    sqlite_where=_at_it,
    postgresql_where=_at_it,
)

VisitState = Literal["paying", "starting", "charging", "to_pay", "settling", "over"]
"""
- `paying`: the guest has yet to pay.
- `starting`: the charger is asked to start, and waits for the cable.
- `charging`
- `to_pay`: it has ended, and the guest pays now, as was agreed.
- `settling`: it has ended, and is billed.
- `over`: nothing follows any more.
"""
Outcome = Literal["not_paid", "not_started", "given_up", "free", "paid", "owed"]


class PlaceRow(Protocol):
    """A row of `pay_places`."""

    id: int
    organization_id: int
    public_id: str
    station_id: int
    evse: int
    pays_after: bool
    made_at: datetime
    closed_at: datetime | None


class VisitRow(Protocol):
    """A row of `guest_visits`."""

    id: int
    organization_id: int
    public_id: str
    place_id: int
    station_id: int
    evse: int
    once: str
    payment_id: int | None
    state: VisitState
    outcome: Outcome | None
    sentence: str | None
    email: str | None
    token: str | None
    command: str | None
    session: str | None
    stop_asked_at: datetime | None
    pays_after: bool
    currency: str | None
    most: int | None
    asked_to_pay_at: datetime | None
    release_at: datetime | None
    released_at: datetime | None
    made_at: datetime
    ended_at: datetime | None
