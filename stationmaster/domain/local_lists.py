"""Local lists: the cards a station lets in without asking. Which list it has, its version, and whether it is kept fresh.

What a station has is what it has accepted from us, so that the next time only what has changed needs to be sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text, bindparam, insert, select, update
from sqlalchemy import text as sql

from stationmaster.domain import audit, stations
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.lists import rows_among
from stationmaster.storage.queries import Prepared

local_lists = Table(
    "local_lists",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False, unique=True),
    Column("keep", Boolean, nullable=False, server_default=sql("false")),  # send it again when a card has changed
    Column("state", Text, nullable=False),
    Column("detail", Text),  # a sentence for people
    Column("version", Integer, nullable=False, server_default="0"),  # of what it has accepted from us
    Column("entries", Json),  # and that: a card, and what distinguishes what we say of it; empty: not known
    Column("sent_at", UtcTime),
    Column("accepted_at", UtcTime),
    Column("told_version", Integer),  # when it was asked
    Column("told_at", UtcTime),
    Column("next_at", UtcTime, index=True),  # when it is to be sent again; empty: not by itself
)

State = Literal["never_sent", "sent", "accepted", "refused", "not_supported"]
AGAIN = timedelta(hours=1)  # after a refusal of the whole list
SOON = timedelta(minutes=5)  # after no answer
MAX_VERSION = 2**31 - 1


class UpToDate(Conflict):
    """The station has this very list already."""


class LocalListRow(NamedTuple):
    """A row of the table, its columns in their order."""

    id: int
    station_id: int
    keep: bool
    state: State
    detail: str | None
    version: int
    entries: dict[str, str] | None
    sent_at: datetime | None
    accepted_at: datetime | None
    told_version: int | None
    told_at: datetime | None
    next_at: datetime | None


class LocalList(msgspec.Struct, frozen=True):
    """The list of cards a charger lets in without asking, as everyone outside sees it. `version` and `cards` are those of the list it
    has accepted from us, `told_version` what it has said when it was asked; -1 is that it takes no list."""

    station: str
    keep: bool
    state: State
    detail: str | None
    version: int
    cards: int
    sent_at: datetime | None
    accepted_at: datetime | None
    told_version: int | None
    told_at: datetime | None
    next_at: datetime | None


def of(work: Work, station_id: int) -> LocalListRow | None:
    """The list of a station; None when nobody has ever asked for one."""
    found = work.execute(select(local_lists).where(local_lists.c.station_id == station_id)).one_or_none()
    return None if found is None else LocalListRow._make(found)


def holds(work: Work, station: Station, uid_key: str) -> bool:
    """Whether a card, by `tokens.uid_key`, is in the list that the station has accepted from us."""
    row = of(work, station.id)
    entries = (row.entries or {}) if row is not None else {}
    return any(kind_and_card(name, station.version)[1] == uid_key for name in entries)


def cards_in(work: Work, station_id: int) -> list[str]:
    """The cards in the list that a station has accepted from us; in 2.x with their kind before them."""
    row = of(work, station_id)
    return [] if row is None or row.entries is None else sorted(row.entries)


def kind_and_card(name: str, version: str | None) -> tuple[str, str]:
    """What such a name says. A kind has no blank in it, a card may have; what a charger accepted when it spoke 1.6 has no kind."""
    kind, blank, card = name.partition(" ")
    return (kind, card) if blank and version not in (None, "1.6") else ("", name)


def first_version(work: Work, station: Station) -> int:
    """The version of the next list: higher than any that the station may have."""
    row = of(work, station.id)
    had = 0 if row is None else max(row.version, row.told_version or 0)
    return 1 if had >= MAX_VERSION - 1000 else had + 1


def sent(work: Work, station: Station) -> None:
    """A list is on its way. What changes from now on needs another."""
    _set(work, station.id, state="sent", detail=None, sent_at=work.now, next_at=None)


def accepted(
    work: Work, station: Station, *, version: int, full: bool, put: Mapping[str, str], dropped: Sequence[str]
) -> int:
    """The station has taken this part; how many cards it has now."""
    row = of(work, station.id)
    entries = {} if full or row is None or row.entries is None else dict(row.entries)
    for name in dropped:
        entries.pop(name, None)
    entries |= put
    values = {"version": version, "entries": entries, "accepted_at": work.now, "told_version": version}
    _set(work, station.id, state="accepted", detail=None, told_at=work.now, **values)
    return len(entries)


def refused(work: Work, station: Station, detail: str, *, full: bool, supported: bool = True) -> None:
    """The station has not taken it. After a part of it, all of it is sent (D01.FR.03)."""
    row = of(work, station.id)
    if not supported:
        _set(work, station.id, state="not_supported", detail=detail, next_at=None)
        return
    later = work.now + AGAIN if row is not None and row.keep else None
    _set(work, station.id, state="refused", detail=detail, entries=None, next_at=later if full else work.now)


def forget(work: Work, station_id: int) -> None:
    """What is in it is not known any more; the whole of it is sent next."""
    row = of(work, station_id)
    if row is not None:
        again = work.now if row.keep else None
        work.execute(
            update(local_lists).where(local_lists.c.station_id == station_id).values(entries=None, next_at=again)
        )


def unanswered(work: Work, station: Station, detail: str) -> None:
    """Whether it has taken the list is not known; the whole of it is sent again."""
    row = of(work, station.id)
    again = work.now + SOON if row is not None and row.keep else None
    _set(work, station.id, state="refused", detail=detail, entries=None, next_at=again)


def told(work: Work, station: Station, version: int) -> None:
    """The station says which version it has. Is that not ours, somebody else has changed its list."""
    row = of(work, station.id)
    values: dict[str, Any] = {"told_version": version, "told_at": work.now}
    if row is not None and row.entries is not None and version != row.version:
        values |= {"entries": None, "detail": "The charger has another list than the one it had from here."}
        values["next_at"] = work.now if row.keep and version >= 0 else None
    _set(work, station.id, **values)


def keep(work: Work, organization_id: int, identity: str, on: bool) -> LocalList:
    """Whether the list is sent again by itself when a card has changed. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    before = of(work, station.id)
    fresh = before is not None and before.state == "accepted"
    _set(work, station.id, keep=on, next_at=None if not on or fresh else work.now)
    was = None if before is None else before.keep
    audit.record(
        work,
        "keep_local_list",
        Subject("station", identity),
        before={"keep": was},
        after={"keep": on},
        organization=organization_id,
    )
    return public_form(of(work, station.id), identity)


# By itself, so that a caller who is limited to some sites makes all lists stale that their card is in.
_stale = Prepared(
    update(local_lists)
    .where(
        local_lists.c.keep,
        local_lists.c.station_id.in_(
            select(stations.stations.c.id).where(stations.stations.c.organization_id == bindparam("organization"))
        ),
    )
    .values(next_at=bindparam("now", type_=UtcTime))
)


def cards_changed(work: Work, organization_id: int) -> None:
    """A card has changed: lists that are kept fresh are sent again."""
    work.change(_stale, organization=organization_id, now=work.now)


def due(work: Work, station_ids: Sequence[int]) -> list[int]:
    """Which of these stations should get their list now."""
    table = local_lists.c
    ready = select(table.station_id).where(table.next_at <= work.now).order_by(table.next_at)
    return [row.station_id for row in rows_among(work, ready, table.station_id, station_ids)]


def postpone(work: Work, station_id: int, detail: str | None) -> None:
    """It is not sent now: for this reason, or because it is the same as before."""
    values: dict[str, Any] = {"next_at": None} if detail is None else {"next_at": work.now + AGAIN, "detail": detail}
    work.execute(update(local_lists).where(local_lists.c.station_id == station_id).values(**values))


def public_form(row: LocalListRow | None, station: str) -> LocalList:
    """As everyone outside sees it."""
    if row is None:
        return LocalList(station, False, "never_sent", None, 0, 0, None, None, None, None, None)
    return LocalList(
        station=station,
        keep=row.keep,
        state=row.state,
        detail=row.detail,
        version=row.version,
        cards=len(row.entries or ()),
        sent_at=row.sent_at,
        accepted_at=row.accepted_at,
        told_version=row.told_version,
        told_at=row.told_at,
        next_at=row.next_at,
    )


def _set(work: Work, station_id: int, **values: Any) -> None:
    mine = update(local_lists).where(local_lists.c.station_id == station_id)
    if not work.execute(mine.values(**values)).rowcount:
        work.execute(insert(local_lists).values(**{"station_id": station_id, "state": "never_sent"} | values))
