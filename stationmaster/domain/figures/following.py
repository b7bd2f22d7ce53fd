"""Keeps the figures in line with the sessions: the transaction that changes a session marks it, and soon what it adds is made anew.

A mark is one small row; to sum up would cost a charger's answer more than it may. Who asks for figures meanwhile gets them with what is
still marked (`asking.py`), so they are exact at every moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, func, select

from stationmaster.domain import events
from stationmaster.domain.figures import cells, gathering
from stationmaster.domain.figures.cells import NOTHING, Amounts, DayCell, Facts, HourCell
from stationmaster.domain.figures.tables import figures_due, session_figures, station_days, station_hours
from stationmaster.domain.sessions.table import sessions
from stationmaster.storage import Work
from stationmaster.storage.queries import AtOnce, Bulk

AT_ONCE = 200  # sessions in one step
MANY = 100_000  # marks; those of minutes in which all that a server can do is to end sessions
_ENDED = (events.SessionEnded, events.SessionCorrected, events.SessionChanged)
_mark = Bulk(figures_due, ("station_id", "session", "evse"))


def keep(work: Work, published: Sequence[Any]) -> None:
    """Called before each commit with what its units published: marks the sessions of which something has changed that counts."""
    for event in published:
        if isinstance(event, _ENDED):
            work.append(_mark, event.station_id, event.session.id, None)
        elif isinstance(event, events.BillMade):
            work.append(_mark, event.station_id, event.session, None)
        elif isinstance(event, events.ConnectorStatusChanged) and event.status == "Faulted":
            work.append(_mark, event.station_id, None, event.evse)


class Due(NamedTuple):
    """Marks, and the sessions they are about."""

    marks: list[int]
    sessions: list[int]


class Difference(NamedTuple):
    """What the figures are to be changed by, so that these sessions count as they are now."""

    now: dict[int, Facts | None]
    days: dict[DayCell, Amounts]
    hours: dict[HourCell, Amounts]


def due(work: Work, organization_id: int | None = None, *, limit: int) -> Due:
    """The oldest marks; of one organization's sessions only, if it is named."""
    marked = select(figures_due.c.id, figures_due.c.station_id, figures_due.c.session, figures_due.c.evse)
    rows = work.execute(marked.order_by(figures_due.c.id).limit(limit)).all()
    named = {row.session for row in rows if row.session is not None}
    mine = select(sessions.c.id, sessions.c.organization_id).where(sessions.c.public_id.in_(named))
    keys = {
        row.id: None for row in work.execute(mine) if organization_id is None or row.organization_id == organization_id
    }
    for station_id, evse in {(row.station_id, row.evse) for row in rows if row.session is None}:
        keys |= dict.fromkeys(gathering.ended_near_fault(work, station_id, evse, work.now))
    return Due([row.id for row in rows], list(keys))


def count_due(work: Work) -> int:
    """How many marks wait."""
    return int(work.execute(select(func.count()).select_from(figures_due)).scalar_one())


def many_wait(work: Work) -> bool:
    """Whether so many marks wait that chargers have to. By their keys, for they are not counted in no time."""
    newest = select(func.max(figures_due.c.id)).scalar_subquery()
    oldest = select(func.min(figures_due.c.id)).scalar_subquery()
    return int(work.execute(select(newest - oldest)).scalar() or 0) >= MANY


def difference(work: Work, now: Mapping[int, Facts | None]) -> Difference:
    """Between what these sessions have added and what they should."""
    before = gathering.counted(work, now.keys())
    changed = {key: facts for key, facts in now.items() if before.get(key) != facts}
    days: dict[DayCell, Amounts] = {}
    hours: dict[HourCell, Amounts] = {}
    for key, facts in changed.items():
        if key in before:
            _sum(days, cells.days(before[key]), minus=True)
            _sum(hours, cells.hours(before[key]), minus=True)
        if facts is not None:
            _sum(days, cells.days(facts))
            _sum(hours, cells.hours(facts))
    return Difference(
        changed,
        {cell: amounts for cell, amounts in days.items() if amounts != NOTHING},
        {cell: amounts for cell, amounts in hours.items() if amounts != NOTHING},
    )


def follow(work: Work, marks: Collection[int], now: Mapping[int, Facts | None]) -> None:
    """Let these sessions count as they are now, and forget the marks.

    What has changed since `now` was read is marked again, and is put right by the next step.
    """
    change = difference(work, now)
    if change.now:
        work.execute(delete(session_figures).where(session_figures.c.session_id.in_(change.now)))
    new = [(key, *facts) for key, facts in change.now.items() if facts is not None]
    day_rows = [(*cell.place, cell.day, cell.currency, *amounts) for cell, amounts in sorted(change.days.items())]
    hour_rows = [
        (*cell.place, cell.month, cell.hour, *amounts[:_WITHOUT_MONEY])
        for cell, amounts in sorted(change.hours.items())
    ]
    for bulk, rows in ((_new, new), (_add_days, day_rows), (_add_hours, hour_rows)):
        if rows:
            work.run(bulk, rows=rows)
    if marks:
        work.execute(delete(figures_due).where(figures_due.c.id.in_(marks)))


_WITHOUT_MONEY = Amounts._fields.index("net")
_PLACE = ("organization_id", "station_id", "site_id")


def _summing(table: Table, key: str, amounts: Iterable[str]) -> str:
    added = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in amounts)
    return f"({key}) DO UPDATE SET {added}"


_new = AtOnce(Bulk(session_figures, ("session_id", *Facts._fields)))
_add_days = AtOnce(
    Bulk(
        station_days,
        (*_PLACE, "day", "currency", *Amounts._fields),
        on_conflict=_summing(station_days, "station_id, day, site_id, currency", Amounts._fields),
    )
)
_add_hours = AtOnce(
    Bulk(
        station_hours,
        (*_PLACE, "month", "hour", *Amounts._fields[:_WITHOUT_MONEY]),
        on_conflict=_summing(station_hours, "station_id, month, hour, site_id", Amounts._fields[:_WITHOUT_MONEY]),
    )
)


def _sum(into: dict[Any, Amounts], parts: Mapping[Any, Amounts], *, minus: bool = False) -> None:
    for cell, amounts in parts.items():
        has = into.get(cell, NOTHING)
        into[cell] = has.minus(amounts) if minus else has.plus(amounts)
