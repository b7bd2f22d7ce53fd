"""How much there is to do in the whole installation, whoever's it is: for the metrics."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from stationmaster.domain import connections, deliveries, outbox
from stationmaster.domain.alarms import alarms
from stationmaster.domain.sessions.table import is_held, is_open, sessions
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted


class Workload(NamedTuple):
    """Counts; `lag` is for how many seconds the oldest of what is due has been due."""

    stations: int
    stations_connected: int
    sessions_active: int
    sessions_held: int
    alarms_open: int
    reactions_waiting: int
    reactions_lag_s: float
    deliveries_waiting: int
    deliveries_lag_s: float


def workload(work: Work) -> Workload:
    """As it is now."""

    def count(wanted: Select[Any]) -> int:
        return int(work.execute(wanted).scalar_one())

    number = select(func.count())
    return Workload(
        count(number.select_from(stations).where(not_deleted(stations))),
        count(number.select_from(connections.open_stations().subquery())),
        count(number.select_from(sessions).where(is_open)),
        count(number.select_from(sessions).where(is_held)),
        count(number.select_from(alarms).where(alarms.c.resolved_at.is_(None))),
        outbox.count_waiting(work),
        outbox.lag(work).total_seconds(),
        deliveries.count_waiting(work),
        deliveries.lag(work).total_seconds(),
    )
