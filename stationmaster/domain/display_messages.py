"""Messages on the display of a charger (2.x): what it has accepted from us, or has told of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from sqlalchemy import Column, ForeignKey, Integer, Table, Text, UniqueConstraint, delete, insert, select

from stationmaster.domain import sessions, stations
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

display_messages = Table(
    "display_messages",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("number", Integer, nullable=False),  # what the station calls it
    Column("text", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("language", Text),
    Column("priority", Text, nullable=False),
    Column("state", Text),  # of the charger, in which it is shown; empty: in all
    Column("starts_at", UtcTime),
    Column("ends_at", UtcTime),
    Column("session", Text),  # what the station calls the transaction during which it is shown
    Column("at", UtcTime, nullable=False),  # when it was accepted, or told
    UniqueConstraint("station_id", "number"),
)


class DisplayMessage(msgspec.Struct, frozen=True):
    """A message a charger shows, as far as is known here: in the state that is named, and until it ends."""

    id: int
    text: str
    format: str
    language: str | None
    priority: str
    state: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    session: str | None
    at: datetime


class MessageRow(Protocol):
    """A row of the table."""

    number: int
    text: str
    format: str
    language: str | None
    priority: str
    state: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    session: str | None
    at: datetime


def has(
    work: Work,
    station: Station,
    number: int,
    *,
    text: str,
    format: str,
    language: str | None,
    priority: str,
    state: str | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    session: str | None,
) -> None:
    """The station has this message. Another of this number is gone (O06.FR.01)."""
    gone(work, station, number)
    values = {"text": text, "format": format, "language": language, "priority": priority, "state": state}
    values |= {"starts_at": starts_at, "ends_at": ends_at, "session": session, "at": work.now}  # type: ignore[dict-item]
    work.execute(insert(display_messages).values(station_id=station.id, number=number, **values))


def gone(work: Work, station: Station, number: int) -> None:
    """The station has it no longer."""
    here = (display_messages.c.station_id == station.id, display_messages.c.number == number)
    work.execute(delete(display_messages).where(*here))


def forget_untold(
    work: Work,
    station: Station,
    since: datetime | None,
    *,
    ids: Sequence[int] = (),
    priority: str | None = None,
    state: str | None = None,
) -> None:
    """The station has told all that it has since then, of these ids, of this priority and state; what it has not told is gone.
    Without a moment it has none."""
    which = [display_messages.c.station_id == station.id]
    if since is not None:
        which.append(display_messages.c.at < since)
    if ids:
        which.append(display_messages.c.number.in_(ids))
    if priority is not None:
        which.append(display_messages.c.priority == priority)
    if state is not None:
        which.append(display_messages.c.state == state)
    work.execute(delete(display_messages).where(*which))


def of_station(work: Work, organization_id: int, identity: str) -> list[DisplayMessage]:
    """What a station shows; what has ended is left out. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    mine = select(display_messages).where(display_messages.c.station_id == station.id)
    rows = work.execute(mine.order_by(display_messages.c.number)).all()
    return [public_form(row) for row in rows if not _has_ended(work, station.id, row)]


def _has_ended(work: Work, station_id: int, row: MessageRow) -> bool:
    """Its time is over, or its transaction, which takes it along (O02.FR.02)."""
    if row.ends_at is not None and row.ends_at <= work.now:
        return True
    return row.session is not None and sessions.has_ended(work, station_id, row.session)


def public_form(row: MessageRow) -> DisplayMessage:
    """As everyone outside sees it."""
    facts = {name: getattr(row, name) for name in DisplayMessage.__struct_fields__ if name != "id"}
    return DisplayMessage(id=row.number, **facts)
