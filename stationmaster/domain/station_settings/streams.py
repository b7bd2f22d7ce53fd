"""The streams in which a charger of 2.1 tells what a monitor finds, many values at once (N11 to N15): one row each, with its last value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Column, ColumnElement, ForeignKey, Table, Text, UniqueConstraint, delete, insert, select, update
from sqlalchemy import func as sql

from stationmaster.domain import deviations
from stationmaster.domain.station_settings.learning import public_value
from stationmaster.domain.station_settings.monitors import setting_monitors
from stationmaster.domain.station_settings.table import Setting
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import page

MAX_STREAMS = 100  # of one station, with those that are over; a new one takes the place of the oldest that is not open
MAX_NUMBER = 2**63 - 1

setting_streams = Table(
    "setting_streams",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("number", BigInt, nullable=False),  # the charger's own id of it
    Column("monitor", BigInt),  # None while it was never opened
    # Of the setting that the monitor watches; None as long as the charger has not told of that monitor.
    Column("name", Text),
    Column("interval_s", BigInt),
    Column("at_once", BigInt),  # so many at once
    Column("opened_at", UtcTime),  # None: values came of it, and it was never opened
    Column("closed_at", UtcTime),
    Column("last_value", Text),
    Column("last_at", UtcTime),  # when that was so, by the charger's clock, and never in the future
    # Values that were newer than those of messages before.
    Column("in_order", BigInt, nullable=False, server_default="0"),
    Column("late", BigInt, nullable=False, server_default="0"),  # values that came again, or after newer ones
    Column("pending", BigInt, nullable=False, server_default="0"),  # that wait in the charger, as it told last
    UniqueConstraint("station_id", "number"),
)


class Stream(NamedTuple):
    """A stream as the charger tells it."""

    number: int
    monitor: int
    interval_s: int | None
    at_once: int | None


class Value(NamedTuple):
    """One value of a stream."""

    at: datetime
    text: str


class Taken(NamedTuple):
    """The newest value of a stream, the monitor that has found it, and the setting it is of, as far as they are known."""

    value: str
    monitor: int
    name: str | None


class StreamRow(Protocol):
    """A row of the table."""

    id: int
    number: int
    monitor: int | None
    name: str | None
    interval_s: int | None
    at_once: int | None
    opened_at: datetime | None
    closed_at: datetime | None
    last_value: str | None
    last_at: datetime | None
    in_order: int
    late: int
    pending: int


def open_stream(work: Work, station: Station, told: Stream) -> bool:
    """A stream begins, with no value so far; False when it cannot be kept."""
    if told.number > MAX_NUMBER or told.monitor > MAX_NUMBER:
        return False
    work.execute(delete(setting_streams).where(_one(station, told.number)))
    return _insert(work, station, told.number, **_fixed(work, station, told), opened_at=work.now)


def close_stream(work: Work, station: Station, number: int) -> None:
    """The charger has ended a stream; one that we do not know is remarked on."""
    row = _row(work, station, number)
    if row is None or not _is_open(row):
        _remark(work, station, "the end of a stream")
    if row is not None and row.closed_at is None:
        work.execute(update(setting_streams).where(_one(station, number)).values(closed_at=work.now))


def take_values(work: Work, station: Station, number: int, told: Sequence[Value], *, pending: int) -> Taken | None:
    """Values have come, oldest first. Returns the newest, unless a newer one came before or the stream was never opened."""
    row = _row(work, station, number)
    if row is None or not _is_open(row):
        _remark(work, station, "a value of a stream")
    if row is None:
        if number > MAX_NUMBER or not _insert(work, station, number):
            return None
        row = _row(work, station, number)
        assert row is not None
    name = row.name or _name(work, station, row.monitor)
    newest = told[-1]
    value = public_value(Setting(name or "", newest.text, variable=(name or "").rpartition("/")[2])) or ""
    fresh = sum(row.last_at is None or each.at > row.last_at for each in told)
    changed: dict[str, object] = {
        "name": name,
        "in_order": row.in_order + fresh,
        "late": row.late + len(told) - fresh,
        "pending": min(pending, MAX_NUMBER),
    }
    is_newest = row.last_at is None or newest.at >= row.last_at
    if is_newest:
        changed |= {"last_value": value, "last_at": newest.at}
    work.execute(update(setting_streams).where(_one(station, number)).values(changed))
    return Taken(value, row.monitor, name) if is_newest and row.monitor is not None else None


def adjust(work: Work, station: Station, number: int, *, interval_s: int | None, at_once: int | None) -> None:
    """The charger has accepted another pace; what is not given stays."""
    given = {name: value for name, value in (("interval_s", interval_s), ("at_once", at_once)) if value is not None}
    work.execute(update(setting_streams).where(_one(station, number)).values(given))


def learn(work: Work, station: Station, told: Sequence[Stream]) -> None:
    """These are all that the charger has open."""
    new = {each.number: each for each in told if each.number <= MAX_NUMBER and each.monitor <= MAX_NUMBER}
    for row in work.execute(select(setting_streams).where(_mine(station))).all():
        stream = new.pop(row.number, None)
        mine = update(setting_streams).where(setting_streams.c.id == row.id)
        if stream is not None:
            opened_at = row.opened_at if _is_open(row) else work.now
            work.execute(mine.values(**_fixed(work, station, stream), opened_at=opened_at, closed_at=None))
        elif _is_open(row):
            work.execute(mine.values(closed_at=work.now))
    for stream in new.values():
        if not _insert(work, station, stream.number, **_fixed(work, station, stream), opened_at=work.now):
            break


def listed(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[StreamRow]:
    """The streams of a charger, also those that are over, opened last first."""
    mine = select(setting_streams).where(setting_streams.c.station_id == station_id)
    return list(work.execute(page(mine, setting_streams.c.id, limit=limit, cursor=cursor)))


def _insert(work: Work, station: Station, number: int, **values: object) -> bool:
    """Unless there are as many as may be, and all of them are open."""
    columns = setting_streams.c
    if work.execute(select(sql.count()).where(_mine(station))).scalar_one() >= MAX_STREAMS:
        over = columns.opened_at.is_(None) | columns.closed_at.is_not(None)
        oldest = work.execute(select(sql.min(columns.id)).where(_mine(station), over)).scalar()
        if oldest is None:
            return False
        work.execute(delete(setting_streams).where(columns.id == oldest))
    work.execute(insert(setting_streams).values(station_id=station.id, number=number, **values))
    return True


def _fixed(work: Work, station: Station, told: Stream) -> dict[str, object]:
    """What stays as long as a stream is open."""
    interval_s, at_once = (None if each is None else min(each, MAX_NUMBER) for each in (told.interval_s, told.at_once))
    name = _name(work, station, told.monitor)
    return {"monitor": told.monitor, "name": name, "interval_s": interval_s, "at_once": at_once}


def _name(work: Work, station: Station, monitor: int | None) -> str | None:
    """Of the setting that this monitor watches."""
    columns = setting_monitors.c
    mine = select(columns.name).where(columns.station_id == station.id, columns.number == monitor)
    return None if monitor is None else work.execute(mine).scalar()


def _remark(work: Work, station: Station, what: str) -> None:
    deviations.add(work, station.id, [deviations.Seen("unknown-stream", 1, 0, what)])


def _row(work: Work, station: Station, number: int) -> StreamRow | None:
    return work.execute(select(setting_streams).where(_one(station, number))).one_or_none()


def _is_open(row: StreamRow) -> bool:
    return row.opened_at is not None and row.closed_at is None


def _mine(station: Station) -> ColumnElement[bool]:
    return setting_streams.c.station_id == station.id


def _one(station: Station, number: int) -> ColumnElement[bool]:
    # No row has a greater number, and SQLite cannot be asked for one.
    return _mine(station) & (setting_streams.c.number == (number if number <= MAX_NUMBER else -1))
