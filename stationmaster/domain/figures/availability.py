"""How much of the time ports worked, as NEVI and AFIR count it: by port, site and month, with what is excluded (O-09).

A port is an EVSE. Down is an EVSE of which all connectors are faulted or unavailable, or whose charger was away for longer than the agreed
heartbeat; from the first word of it on, for before nothing is known. What a person has excluded is not down. A day is counted when it is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta, tzinfo
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from stationmaster.domain import connections, connector_states, connectors, moments, sites, stations, uptime
from stationmaster.domain.figures import cells, exclusions
from stationmaster.domain.figures.asking import Period, Which
from stationmaster.domain.figures.exclusions import ExclusionRow
from stationmaster.domain.figures.tables import port_days
from stationmaster.domain.uptime import Time, Worked
from stationmaster.storage import Work
from stationmaster.storage.queries import AtOnce, Bulk

KEPT = timedelta(days=400)  # as far back as states are looked at
AT_ONCE = timedelta(days=31)
_DAY = timedelta(days=1)
_SUMS = ("known_s", "down_s", "offline_s", "excluded_s")
_keep = AtOnce(
    Bulk(
        port_days,
        ("organization_id", "station_id", "site_id", "evse", "day", *_SUMS),
        on_conflict="(station_id, evse, day) DO UPDATE SET site_id = excluded.site_id, "
        + ", ".join(f"{name} = excluded.{name}" for name in _SUMS),
    )
)


class PortDay(NamedTuple):
    """A port on a local day that is over."""

    organization_id: int
    station_id: int
    site_id: int
    evse: int
    day: str
    worked: Worked


class Month(NamedTuple):
    """A port in a month of its site."""

    station: str
    station_name: str | None
    site: str | None
    site_name: str | None
    evse: int
    month: str
    worked: Worked


def count(
    work: Work, station_ids: Sequence[int], *, tolerated: timedelta, again_since: date | None = None
) -> list[PortDay]:
    """The days of these chargers that are over and not counted yet, the last two counted ones again, for words may come late.

    With `again_since`, all from that day on.
    """
    table = stations.stations.c
    counted = select(func.max(port_days.c.day)).where(port_days.c.station_id == table.id).scalar_subquery()
    told = connector_states.connector_states.c
    first_told = select(func.min(told.since)).where(told.station_id == table.id).scalar_subquery()
    mine = select(
        table.id,
        table.organization_id,
        table.site_id,
        sites.sites.c.time_zone,
        counted.label("last"),
        first_told.label("first_told"),
    )
    mine = mine.select_from(stations.stations.outerjoin(sites.sites, sites.sites.c.id == table.site_id))
    found: list[PortDay] = []
    for row in work.execute(mine.where(table.id.in_(station_ids), table.deleted_at.is_(None))).all():
        zone = moments.zone_named(row.time_zone)
        today = work.now.astimezone(zone).date()
        last = None if row.last is None else date.fromisoformat(row.last)
        if row.first_told is None:
            continue
        first = max(today - KEPT, row.first_told.astimezone(zone).date())
        if again_since is not None:
            first = max(first, again_since)
        elif last is not None:
            if last >= today - _DAY:
                continue
            first = max(first, last - 2 * _DAY)
        while first < today:
            after = min(today, first + AT_ONCE)
            found += _counted(work, row, first, after, zone, tolerated)
            first = after
    return found


def keep(work: Work, days: Sequence[PortDay]) -> None:
    """Keep what was counted, in place of what there was."""
    if days:
        work.run(_keep, rows=[(*day[:5], *day.worked) for day in days])


def due(work: Work, *, after: int, limit: int) -> list[int]:
    """The keys of the next chargers behind one."""
    table = stations.stations.c
    mine = select(table.id).where(table.id > after, table.deleted_at.is_(None))
    return list(work.execute(mine.order_by(table.id).limit(limit)).scalars())


def exclude(work: Work, row: ExclusionRow, *, tolerated: timedelta) -> None:
    """Count the days anew that an exclusion, or the end of one, is about."""
    table = stations.stations.c
    mine = select(table.id).where(table.site_id == row.site_id, table.deleted_at.is_(None))
    if row.station_id is not None:
        mine = mine.where(table.id == row.station_id)
    keys = list(work.execute(mine).scalars())
    first = (row.begins_at - _DAY).date()
    last = (row.ends_at + _DAY).date().isoformat()
    keep(work, [day for day in count(work, keys, tolerated=tolerated, again_since=first) if day.day <= last])


def _counted(work: Work, row: Any, first: date, after: date, zone: tzinfo, tolerated: timedelta) -> list[PortDay]:
    since, until = cells.midnight(first, zone), cells.midnight(after, zone)
    told = [
        (place.evse, connector_states.timeline(work, place, since=since, until=until))
        for place in connectors.of_stations(work, [row.id])
        if place.evse > 0
    ]
    if not any(spans for _, spans in told):
        return []
    moves = connections.comings_and_goings(work, row.id, since=since - tolerated, until=until)
    away = uptime.offline_times(moves, since=since - tolerated, until=until)
    away = [time for time in away if time.end - time.begin > tolerated]
    excluded = exclusions.of_station(exclusions.between(work, [row.site_id or 0], since, until), row.site_id, row.id)
    found = []
    for evse, of_it in groupby(told, key=lambda each: each[0]):
        spans = [each for _, each in of_it]
        day = first
        while day < after:
            within = Time(cells.midnight(day, zone), cells.midnight(day + _DAY, zone))
            done = uptime.worked(spans, offline=away, excluded=excluded, within=within)
            if done.known_s:
                found.append(PortDay(row.organization_id, row.id, row.site_id or 0, evse, day.isoformat(), done))
            day += _DAY
    return found


def total(work: Work, organization_id: int, of: Period, among: Which) -> Worked:
    """All ports together, on the days that are over."""
    table = port_days.c
    sums = [func.sum(table[name]) for name in Worked._fields]
    row = work.execute(_days(select(*sums), organization_id, of, among)).one()
    return Worked(*(int(value or 0) for value in row))


def of_ports(work: Work, organization_id: int, of: Period, among: Which) -> list[Month]:
    """Each port in each month of these days, as far as they are over."""
    table = port_days.c
    month = func.substr(table.day, 1, 7).label("month")
    sums = [func.sum(table[name]).label(name) for name in Worked._fields]
    mine = select(
        table.station_id,
        table.evse,
        stations.stations.c.identity,
        stations.stations.c.name,
        sites.sites.c.public_id,
        sites.sites.c.name.label("site_name"),
        month,
        *sums,
    ).select_from(
        port_days.join(stations.stations, stations.stations.c.id == table.station_id).outerjoin(
            sites.sites, sites.sites.c.id == table.site_id
        )
    )
    grouped = _days(mine, organization_id, of, among).group_by(
        table.station_id,
        table.evse,
        stations.stations.c.identity,
        stations.stations.c.name,
        sites.sites.c.public_id,
        sites.sites.c.name,
        month,
    )
    return [
        Month(
            row.identity,
            row.name,
            row.public_id,
            row.site_name,
            row.evse,
            row.month,
            Worked(*(int(getattr(row, name)) for name in Worked._fields)),
        )
        for row in work.execute(grouped.order_by(stations.stations.c.identity, table.evse, month))
    ]


def _days(statement: Select[Any], organization_id: int, of: Period, among: Which) -> Select[Any]:
    table = port_days.c
    mine = statement.where(
        table.organization_id == organization_id,
        table.day >= of.first.isoformat(),
        table.day < of.after.isoformat(),
    )
    return among.narrowed(mine, site=table.site_id, station=table.station_id)


def summed(months: Sequence[Month], *, by: str) -> list[tuple[Month, Worked]]:
    """By port, site or month: one of each, for its names, with all of it together."""
    groups: dict[tuple[object, ...], list[Month]] = defaultdict(list)
    for month in months:
        groups[_key(month, by)].append(month)
    return [(of_it[0], uptime.together(each.worked for each in of_it)) for of_it in groups.values()]


def _key(month: Month, by: str) -> tuple[object, ...]:
    return {"port": (month.station, month.evse), "site": (month.site,), "month": (month.month,)}[by]
