"""Proves each night that the figures are what the sessions say, and puts right what is not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select

from stationmaster.domain.figures import cells, gathering
from stationmaster.domain.figures.cells import NOTHING, Amounts, DayCell, Facts, HourCell, Place
from stationmaster.domain.figures.tables import figures_due, session_figures, station_days, station_hours
from stationmaster.domain.sessions.table import sessions
from stationmaster.storage import Work

LOOK_BACK = timedelta(days=35)  # of sessions that ended longer ago, what they have added is believed
AT_ONCE = 500


class Wrong(NamedTuple):
    """Sessions that count as something else than they are, and chargers whose sums are not those of their sessions."""

    sessions: list[str]
    stations: list[int]


def recent(work: Work, *, after: int, limit: int = AT_ONCE) -> list[int]:
    """The keys of the next sessions behind one that ended lately."""
    mine = select(sessions.c.id).where(sessions.c.id > after, sessions.c.stopped_at >= work.now - LOOK_BACK)
    return list(work.execute(mine.order_by(sessions.c.id).limit(limit)).scalars())


def wrong_sessions(work: Work, session_ids: Collection[int]) -> list[str]:
    """Those that are counted as they are not, and that nobody has marked yet."""
    now = gathering.of_keys(work, session_ids)
    counted = gathering.counted(work, session_ids)
    off = [key for key, facts in now.items() if counted.get(key) != facts]
    if not off:
        return []
    names = work.execute(select(sessions.c.public_id).where(sessions.c.id.in_(off))).scalars().all()
    marked = select(figures_due.c.session).where(figures_due.c.session.in_(names))
    return sorted(set(names) - set(work.execute(marked).scalars()))


def is_wrong(work: Work, station_id: int) -> bool:
    """Whether the sums of a charger are others than its sessions add up to."""
    days, hours = _made_anew(work, station_id)
    return days != _kept_days(work, station_id) or hours != _kept_hours(work, station_id)


def mend(work: Work, wrong: Wrong) -> None:
    """Mark the sessions, and make the sums of the chargers anew."""
    for name in wrong.sessions:
        mine = select(sessions.c.station_id, sessions.c.public_id).where(sessions.c.public_id == name)
        work.execute(insert(figures_due).from_select(["station_id", "session"], mine))
    for station_id in wrong.stations:
        days, hours = _made_anew(work, station_id)
        for table, rows in (
            (station_days, [_day_row(cell, amounts) for cell, amounts in days.items()]),
            (station_hours, [_hour_row(cell, amounts) for cell, amounts in hours.items()]),
        ):
            work.execute(delete(table).where(table.c.station_id == station_id))
            if rows:
                work.execute(insert(table), rows)


def _made_anew(work: Work, station_id: int) -> tuple[dict[DayCell, Amounts], dict[HourCell, Amounts]]:
    days: dict[DayCell, Amounts] = {}
    hours: dict[HourCell, Amounts] = {}
    for row in work.execute(select(session_figures).where(session_figures.c.station_id == station_id)):
        facts = Facts(*(getattr(row, name) for name in Facts._fields))
        for day, amounts in cells.days(facts).items():
            days[day] = days.get(day, NOTHING).plus(amounts)
        for hour, amounts in cells.hours(facts).items():
            hours[hour] = hours.get(hour, NOTHING).plus(amounts)
    return _without_nothing(days), _without_nothing(hours)


def _kept_days(work: Work, station_id: int) -> dict[DayCell, Amounts]:
    rows = work.execute(select(station_days).where(station_days.c.station_id == station_id))
    return _without_nothing({DayCell(_place(row), row.day, row.currency): _amounts(row) for row in rows})


def _kept_hours(work: Work, station_id: int) -> dict[HourCell, Amounts]:
    rows = work.execute(select(station_hours).where(station_hours.c.station_id == station_id))
    return _without_nothing({HourCell(_place(row), row.month, row.hour): _amounts(row) for row in rows})


def _place(row: Any) -> Place:
    return Place(row.organization_id, row.station_id, row.site_id)


def _amounts(row: Any) -> Amounts:
    return Amounts(*(value for name in Amounts._fields if (value := getattr(row, name, None)) is not None))


def _without_nothing(sums: dict[Any, Amounts]) -> dict[Any, Amounts]:
    return {cell: amounts for cell, amounts in sums.items() if amounts != NOTHING}


def _day_row(cell: DayCell, amounts: Amounts) -> dict[str, Any]:
    return {**cell.place._asdict(), "day": cell.day, "currency": cell.currency, **amounts._asdict()}


def _hour_row(cell: HourCell, amounts: Amounts) -> dict[str, Any]:
    kept = {name: value for name, value in amounts._asdict().items() if name in station_hours.c}
    return {**cell.place._asdict(), "month": cell.month, "hour": cell.hour, **kept}
