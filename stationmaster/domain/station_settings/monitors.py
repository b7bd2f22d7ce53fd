"""What a charger of 2.x watches over: its monitors with the ids it has given them, and when each has found something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    delete,
    select,
    update,
)

from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import AtOnce, Bulk, page

MAX_MONITORS = 2000  # of one station

setting_monitors = Table(
    "setting_monitors",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("number", BigInt, nullable=False),  # the charger's own id of it
    Column("name", Text, nullable=False),  # of the setting it watches
    Column("kind", Text, nullable=False),  # above, below, change, periodic, periodic_clock_aligned, …
    Column("value", Float, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("only_in_session", Boolean, nullable=False),
    Column("told_at", UtcTime, nullable=False),
    Column("triggered_at", UtcTime),
    Column("triggered_by", Text),  # the value it has told of
    Column("cleared_at", UtcTime),
    UniqueConstraint("station_id", "number"),
)
_CRITERIA = {
    "above": "threshold",
    "below": "threshold",
    "change": "change",
    "periodic": "periodic",
    "periodic_clock_aligned": "periodic",
}
_COLUMNS = ("station_id", "number", "name", "kind", "value", "severity", "only_in_session", "told_at")
_sets = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
_put = AtOnce(Bulk(setting_monitors, _COLUMNS, on_conflict=f"(station_id, number) DO UPDATE SET {_sets}"))


class Monitor(msgspec.Struct, frozen=True):
    """One monitor as the charger tells it."""

    number: int
    name: str
    kind: str
    value: float
    severity: int
    only_in_session: bool = False


def learn(work: Work, station: Station, told: Sequence[Monitor], *, as_of: datetime | None = None) -> None:
    """The charger has these monitors, since it was asked at the latest."""
    as_of = work.now if as_of is None else as_of
    new = {each.number: each for each in told if 0 <= each.number < 2**63}
    held = set(work.execute(select(setting_monitors.c.number).where(_mine(station))).scalars())
    numbers = [number for number in new if number in held]
    numbers += [number for number in new if number not in held][: max(0, MAX_MONITORS - len(held))]
    rows = [
        (station.id, each.number, each.name, each.kind, each.value, _small(each.severity), each.only_in_session, as_of)
        for each in map(new.__getitem__, numbers)
    ]
    if rows:
        work.run(_put, rows=rows)


def trigger(work: Work, station: Station, number: int, *, value: str, cleared: bool) -> None:
    """A monitor has found something, or that it is over."""
    values = {"cleared_at": work.now} if cleared else {"triggered_at": work.now, "cleared_at": None}
    mine = _mine(station) & (setting_monitors.c.number == number)
    if 0 <= number < 2**63:
        work.execute(update(setting_monitors).where(mine).values(triggered_by=value[:100], **values))


def forget(work: Work, station: Station, numbers: Sequence[int]) -> None:
    """The charger has removed these."""
    work.execute(delete(setting_monitors).where(_mine(station), setting_monitors.c.number.in_(numbers)))


def forget_untold(
    work: Work, station: Station, since: datetime | None, *, kinds: Sequence[str] = (), settings: Sequence[str] = ()
) -> None:
    """The charger has told all that it has since then, of these kinds and of these settings or components; what it has not told
    of them is gone. None named means all. Without a moment it has none of them."""
    told_before = select(setting_monitors.c.number, setting_monitors.c.name, setting_monitors.c.kind)
    told_before = told_before.where(_mine(station))
    if since is not None:
        told_before = told_before.where(setting_monitors.c.told_at < since)
    gone = [
        row.number
        for row in work.execute(told_before).all()
        if (not kinds or _CRITERIA.get(row.kind) in kinds) and (not settings or _is_one_of(row.name, settings))
    ]
    forget(work, station, gone)


def _is_one_of(name: str, settings: Sequence[str]) -> bool:
    """Whether this setting is named, or its component is."""
    named = {each.lower() for each in settings}
    return name.lower() in named or name.lower().partition("/")[0] in named


class MonitorRow(Protocol):
    """A row of the table."""

    id: int
    number: int
    name: str
    kind: str
    value: float
    severity: int
    only_in_session: bool
    told_at: datetime
    triggered_at: datetime | None
    triggered_by: str | None
    cleared_at: datetime | None


def listed(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[MonitorRow]:
    """What a charger watches over, told last first."""
    mine = select(setting_monitors).where(setting_monitors.c.station_id == station_id)
    return list(work.execute(page(mine, setting_monitors.c.id, limit=limit, cursor=cursor)))


def _mine(station: Station) -> ColumnElement[bool]:
    return setting_monitors.c.station_id == station.id


def _small(severity: int) -> int:
    return max(0, min(severity, 9))
