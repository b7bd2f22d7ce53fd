"""How long ports were there, which is what utilisation is a part of. Chargers that were there in the same time are one group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from stationmaster.domain import moments, sites, stations
from stationmaster.domain.connectors import evses
from stationmaster.domain.figures import cells
from stationmaster.domain.figures.tables import station_days
from stationmaster.storage import Work

Label = tuple[str, str | None]
"""How a row is called: its key, and its name where it has one."""

NOBODY: Label = ("", None)

_EASTERNMOST = timedelta(hours=14)  # of all clocks; a day has begun there first


class Days(Protocol):
    """From a local day until before another."""

    @property
    def first(self) -> date: ...

    @property
    def after(self) -> date: ...

    @property
    def days(self) -> Iterable[date]: ...


class Ports(NamedTuple):
    """So many ports that were there from the same time on, until the same time; None: from before the days that are asked for, or still."""

    label: Label
    many: int
    zone: str
    since: datetime | None
    until: datetime | None


_charger, _site = stations.stations.c, sites.sites.c
LABELS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "site": (_site.public_id, _site.name),
    "station": (_charger.identity, _charger.name),
    "maker": (_charger.manufacturer, _charger.vendor),
    "model": (_charger.manufacturer, _charger.vendor, _charger.model),
    "firmware": (_charger.manufacturer, _charger.vendor, _charger.model, _charger.firmware),
}


def of(
    work: Work, organization_id: int, by: str, days: Days, *, site_id: int | None = None, station_id: int | None = None
) -> list[Ports]:
    """Of all chargers, those that were removed too, where they stand now; labelled where it is asked by what chargers are.

    Grouped in the database: fifty thousand chargers are a handful of groups, for most were there all the time.
    """
    begin = cells.midnight(days.first, UTC) - _EASTERNMOST
    young = _charger.created_at > begin
    # Sessions may have been brought along from before a charger was entered here.
    told = (
        select(station_days.c.station_id, func.min(station_days.c.day).label("first"))
        .join(stations.stations, _charger.id == station_days.c.station_id)
        .where(station_days.c.organization_id == organization_id, young)
        .group_by(station_days.c.station_id)
        .subquery()
    )
    since = case((young, _charger.created_at))
    grouped = (*LABELS.get(by, ()), _site.time_zone, since, _charger.deleted_at, told.c.first)
    source = stations.stations.join(evses, and_(evses.c.station_id == _charger.id, evses.c.number > 0))
    source = source.outerjoin(sites.sites, _site.id == _charger.site_id).outerjoin(
        told, told.c.station_id == _charger.id
    )
    names = [f"_{number}" for number in range(len(grouped))]
    mine = select(*(each.label(name) for name, each in zip(names, grouped, strict=True)), func.count())
    mine = mine.select_from(source).group_by(*names)
    mine = mine.where(
        _charger.organization_id == organization_id, or_(_charger.deleted_at.is_(None), _charger.deleted_at > begin)
    )
    if site_id is not None:
        mine = mine.where(_charger.site_id == site_id)
    if station_id is not None:
        mine = mine.where(_charger.id == station_id)
    found = []
    rows: list[Any] = list(work.execute(mine).all())
    for *told_of, time_zone, entered, removed, first, many in rows:
        if entered is not None and first is not None:
            entered = min(entered, cells.midnight(date.fromisoformat(first), moments.zone_named(time_zone)))
        found.append(Ports(label(by, told_of), many, time_zone or "UTC", entered, removed))
    return found


def labels_of(work: Work, organization_id: int, by: str, station_ids: Iterable[int]) -> dict[int, Label]:
    """How the rows of these chargers are called, by their keys."""
    wanted = set(station_ids)
    source = stations.stations.outerjoin(sites.sites, _site.id == _charger.site_id)
    mine: Select[Any] = select(_charger.id, *LABELS[by]).select_from(source)
    mine = mine.where(_charger.organization_id == organization_id)
    if len(wanted) <= _FEW:
        mine = mine.where(_charger.id.in_(wanted))
    rows: list[Any] = list(work.execute(mine).all())
    return {key: label(by, told_of) for key, *told_of in rows if key in wanted}


_FEW = 1000


def label(by: str, told: list[Any]) -> Label:
    """Of what the columns of `LABELS` say."""
    if by in ("site", "station"):
        return told[0] or "", told[1]
    if not told:
        return NOBODY
    manufacturer, vendor, *more = told
    return " ".join(filter(None, (manufacturer or vendor, *more))), None


def seconds(ports: Ports, days: Days, now: datetime) -> int:
    """How long they were there, all together."""
    zone = moments.zone_named(ports.zone)
    begin = cells.midnight(days.first, zone)
    since = begin if ports.since is None else max(ports.since, begin)
    until = min(ports.until or now, now, cells.midnight(days.after, zone))
    return max(0, int((until - since).total_seconds())) * ports.many


def seconds_by_label(there: Iterable[Ports], days: Days, now: datetime) -> Mapping[Label, int]:
    """The same for each row."""
    found: dict[Label, int] = defaultdict(int)
    for ports in there:
        found[ports.label] += seconds(ports, days, now)
    return found


def seconds_by_day(there: Iterable[Ports], days: Days, now: datetime) -> dict[str, int]:
    """The same for each day, by the clock of the site."""
    found: dict[str, int] = defaultdict(int)
    by_zone: dict[str, list[Ports]] = defaultdict(list)
    for ports in there:
        by_zone[ports.zone].append(ports)
    for name, groups in by_zone.items():
        zone = moments.zone_named(name)
        begin = cells.midnight(days.first, zone)
        for day in days.days:
            end = min(now, cells.midnight(day + timedelta(days=1), zone))
            if end <= begin:
                break
            for ports in groups:
                length = min(end, ports.until or end) - (begin if ports.since is None else max(begin, ports.since))
                found[day.isoformat()] += max(0, int(length.total_seconds())) * ports.many
            begin = end
    return found


def seconds_by_hour(ports: Ports, days: Days, now: datetime) -> list[int]:
    """How often each hour of the week was, as seconds. Whole weeks of the calendar; a clock that is put on is not looked at."""
    found = [0] * cells.HOURS
    zone = moments.zone_named(ports.zone)
    begin = cells.midnight(days.first, zone)
    since = (begin if ports.since is None else max(ports.since, begin)).astimezone(zone).replace(tzinfo=None)
    until = min(ports.until or now, now, cells.midnight(days.after, zone)).astimezone(zone).replace(tzinfo=None)
    if until <= since:
        return found
    week = cells.HOURS * 3600
    whole, rest = divmod(int((until - since).total_seconds()), week)
    found = [whole * 3600] * cells.HOURS
    second = since.weekday() * 86400 + since.hour * 3600 + since.minute * 60 + since.second
    while rest > 0:
        hour = (second // 3600) % cells.HOURS
        step = min(rest, 3600 - second % 3600)
        found[hour] += step
        second, rest = second + step, rest - step
    return [each * ports.many for each in found]
