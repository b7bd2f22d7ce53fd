"""How much of the time ports worked, as NEVI and AFIR count it: by port, site and month, with what is excluded (O-09).

A port is an EVSE. Down is an EVSE of which all connectors are faulted or unavailable, or whose charger was away for longer than the agreed
heartbeat; from the first word of it on, for before nothing is known. What a person has excluded counts for neither side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select

from stationmaster.domain import connections, connector_states, connectors, moments, sites, stations, uptime
from stationmaster.domain.connector_states import Span
from stationmaster.domain.figures import cells
from stationmaster.domain.figures.asking import Period, Which
from stationmaster.domain.uptime import Time
from stationmaster.storage import Work


class Worked(NamedTuple):
    """In seconds. `down_s` is what counts against it: without what is excluded."""

    known_s: int = 0
    down_s: int = 0
    offline_s: int = 0  # of what was down, for the charger was away
    excluded_s: int = 0  # of what was down

    def plus(self, other: Worked) -> Worked:
        return Worked(*(one + two for one, two in zip(self, other, strict=True)))

    @property
    def uptime_percent(self) -> Decimal | None:
        """With two decimals; None when nothing is known."""
        if not self.known_s:
            return None
        return (Decimal(100 * (self.known_s - self.down_s)) / Decimal(self.known_s)).quantize(Decimal("0.01"))


class Month(NamedTuple):
    """A port in a month of its site."""

    station: str
    station_name: str | None
    site: str | None
    site_name: str | None
    evse: int
    month: str
    worked: Worked


def worked(told: Sequence[Sequence[Span]], away: Sequence[Time], excluded: Sequence[Time], within: Time) -> Worked:
    """Of one port; `told` are the spans of each of its connectors, `away` when its charger was away for too long."""
    known = uptime.both(uptime.joined(Time(span.since, span.until) for spans in told for span in spans), [within])
    if not known:
        return Worked()
    down = known
    for spans in told:
        down = uptime.both(
            down, uptime.joined(Time(span.since, span.until) for span in spans if span.state in uptime.DOWN)
        )
    out = uptime.both(known, uptime.joined([*down, *away]))
    left_out = uptime.both(out, uptime.joined(excluded))
    offline = uptime.both(known, uptime.joined(away))
    return Worked(
        _seconds(known),
        _seconds(out) - _seconds(left_out),
        _seconds(offline),
        _seconds(left_out),
    )


def of_ports(work: Work, organization_id: int, of: Period, among: Which, *, tolerated: timedelta) -> list[Month]:
    """Each port in each month of these days, by the clock of its site, until now."""
    table = stations.stations.c
    mine = select(
        table.id,
        table.identity,
        table.name,
        sites.sites.c.public_id,
        sites.sites.c.name.label("site_name"),
        sites.sites.c.time_zone,
    ).select_from(stations.stations.outerjoin(sites.sites, sites.sites.c.id == table.site_id))
    mine = mine.where(table.organization_id == organization_id, table.deleted_at.is_(None))
    if among.site_id is not None:
        mine = mine.where(table.site_id == among.site_id)
    if among.station_id is not None:
        mine = mine.where(table.id == among.station_id)
    found = []
    for row in work.execute(mine.order_by(table.identity)).all():
        months = _months(of, row.time_zone, work.now)
        if not months:
            continue
        since, until = months[0][1].begin, months[-1][1].end
        told = [
            (place.evse, connector_states.timeline(work, place, since=since, until=until))
            for place in connectors.of_stations(work, [row.id])
            if place.evse > 0
        ]
        moves = connections.comings_and_goings(work, row.id, since=since, until=until)
        away = uptime.offline_times(moves, since=since, until=until)
        away = [time for time in away if time.end - time.begin > tolerated]
        for evse, of_it in groupby(told, key=lambda each: each[0]):
            spans = [each for _, each in of_it]
            found += [
                Month(
                    row.identity,
                    row.name,
                    row.public_id,
                    row.site_name,
                    evse,
                    month,
                    worked(spans, away, (), within),
                )
                for month, within in months
            ]
    return found


def _months(of: Period, zone_name: str | None, now: datetime) -> list[tuple[str, Time]]:
    zone = moments.zone_named(zone_name)
    bounds: dict[str, Time] = {}
    for month, days in groupby(of.days, key=lambda day: day.isoformat()[:7]):
        first, *rest = days
        after = (rest[-1] if rest else first) + timedelta(days=1)
        time = Time(cells.midnight(first, zone), min(now, cells.midnight(after, zone)))
        if time.begin < time.end:
            bounds[month] = time
    return list(bounds.items())


def summed(months: Sequence[Month], *, by: str) -> list[tuple[Month, Worked]]:
    """By port, site or month: one of each, for its names, with all of it together."""
    groups: dict[tuple[object, ...], Worked] = defaultdict(Worked)
    first: dict[tuple[object, ...], Month] = {}
    for month in months:
        key = _key(month, by)
        first.setdefault(key, month)
        groups[key] = groups[key].plus(month.worked)
    return [(first[key], worked) for key, worked in groups.items()]


def _key(month: Month, by: str) -> tuple[object, ...]:
    return {"port": (month.station, month.evse), "site": (month.site,), "month": (month.month,)}[by]


def _seconds(times: Sequence[Time]) -> int:
    return int(uptime.total(times).total_seconds())
