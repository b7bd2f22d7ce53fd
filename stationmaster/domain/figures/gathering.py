"""The facts of sessions, from what is stored of them: the same questions for those that follow, for the check and for the first fill."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Double, Select, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from stationmaster.domain.bills.tables import bills, that_hold
from stationmaster.domain.connector_states import connector_states
from stationmaster.domain.figures.cells import LONGEST, NO_CURRENCY, NO_SITE, Facts
from stationmaster.domain.figures.tables import session_figures
from stationmaster.domain.metering import meter_values
from stationmaster.domain.sessions.table import VALUES_DROPPED, sessions
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.storage import Work

GOOD_WH = Decimal(100)  # O-10: less is no charge
GOOD_REASONS = frozenset(
    {
        "local",
        "remote",
        "car_disconnected",
        # What 2.x tells besides, of a car or a limit that had enough.
        "car_stopped",
        "energy_limit",
        "time_limit",
        "cost_limit",
        "charge_limit",
        "master_pass",
    }
)
FAULT_NEXT = timedelta(minutes=5)  # a fault of the connector so soon after the end belongs to the attempt
FAULT_TOLD = timedelta(hours=1)  # how late we may hear of one, and still count it
IDLE_W = 50  # below it a car is not charging
_DONE = ("completed",)  # what goes on, was cancelled or is invalid counts for nothing

Known = Mapping[int, Facts]


def of_sessions(work: Work, public_ids: Collection[str]) -> dict[int, Facts | None]:
    """The facts of these sessions by their keys; None of one that does not count (any more)."""
    return _of(work, sessions.c.public_id.in_(public_ids))


def of_keys(work: Work, session_ids: Collection[int]) -> dict[int, Facts | None]:
    """The same by their keys."""
    return _of(work, sessions.c.id.in_(session_ids))


def counted(work: Work, session_ids: Collection[int]) -> dict[int, Facts]:
    """What has been counted of these sessions."""
    mine = select(session_figures).where(session_figures.c.session_id.in_(session_ids))
    return {row.session_id: _counted(row) for row in work.execute(mine)}


def ended_near_fault(work: Work, station_id: int, evse: int, at: datetime) -> list[int]:
    """Sessions of an EVSE that a fault told by this moment may have spoilt; it may have been told late."""
    near = (sessions.c.station_id == station_id, sessions.c.evse == evse, sessions.c.stopped_at >= at - FAULT_TOLD)
    return list(work.execute(select(sessions.c.id).where(*near)).scalars())


class _Row(NamedTuple):
    id: int
    organization_id: int
    station_id: int
    site_id: int | None
    time_zone: str | None
    evse: int | None
    status: str
    excluded: bool
    started_at: datetime
    stopped_at: datetime | None
    energy_wh: Decimal | None
    meter_start_wh: Decimal | None
    meter_stop_wh: Decimal | None
    stop_reason: str | None
    flags: list[str] | None


def _of(work: Work, which: Any) -> dict[int, Facts | None]:
    columns = [sites.c.time_zone if name == "time_zone" else _column(name) for name in _Row._fields]
    asked = select(*columns).join_from(sessions, stations, stations.c.id == sessions.c.station_id)
    asked = asked.outerjoin(sites, sites.c.id == stations.c.site_id).where(which)
    rows = [_Row._make(row) for row in work.execute(asked)]
    counting = [row for row in rows if row.status in _DONE and not row.excluded and row.stopped_at is not None]
    keys = [row.id for row in counting]
    before = counted(work, keys)
    # What is left of dropped values says nothing of the time between: what was counted of that stays.
    charged = _charged(work, [row.id for row in counting if VALUES_DROPPED not in (row.flags or ())])
    money = _money(work, keys)
    spoilt = _spoilt(work, counting)
    found: dict[int, Facts | None] = dict.fromkeys((row.id for row in rows), None)
    for row in counting:
        found[row.id] = _facts(row, before.get(row.id), charged.get(row.id), money.get(row.id, _FREE), spoilt)
    return found


def _column(name: str) -> Any:
    return stations.c.site_id if name == "site_id" else sessions.c[name]


def _facts(row: _Row, before: Facts | None, charged: _Charged | None, money: _Money, spoilt: Collection[int]) -> Facts:
    assert row.stopped_at is not None
    energy_wh = row.energy_wh or Decimal(0)
    good = energy_wh >= GOOD_WH and row.stop_reason in GOOD_REASONS and row.id not in spoilt
    return Facts(
        organization_id=row.organization_id,
        station_id=row.station_id,
        # Where it was when it was counted first: a charger that is moved takes nothing with it.
        site_id=before.site_id if before else row.site_id or NO_SITE,
        time_zone=before.time_zone if before else row.time_zone or "UTC",
        began_at=row.started_at,
        ended_at=row.stopped_at,
        charging_s=_charging_s(row, charged, before),
        energy_wh=energy_wh,
        good=good,
        currency=money.currency,
        net=money.net,
        tax=money.tax,
        gross=money.gross,
    )


class _Charged(NamedTuple):
    """What the registers of a session tell: for how long they grew, and the first and the last of them."""

    session_id: int
    grew_s: float
    first_at: datetime
    last_at: datetime
    first_wh: Decimal
    last_wh: Decimal


def _charging_s(row: _Row, charged: _Charged | None, before: Facts | None) -> int:
    """For how long energy flowed, as finely as the charger tells its register; all the time where it tells nothing in between."""
    assert row.stopped_at is not None
    length = row.stopped_at - row.started_at
    if length > LONGEST or not row.energy_wh or row.energy_wh < 0:
        return 0
    plugged_s = int(length.total_seconds())
    if charged is None:  # or its values are no longer kept
        return plugged_s if before is None else min(plugged_s, before.charging_s)
    found = charged.grew_s
    found += _grew(row.started_at, charged.first_at, row.meter_start_wh, charged.first_wh)
    found += _grew(charged.last_at, row.stopped_at, charged.last_wh, row.meter_stop_wh)
    return max(0, min(plugged_s, int(found + 0.5)))


def _grew(since: datetime, until: datetime, before: Decimal | None, after: Decimal | None) -> float:
    seconds = (until - since).total_seconds()
    if seconds <= 0 or before is None or after is None:
        return 0.0
    return seconds if float(after - before) * 3600 > IDLE_W * seconds else 0.0


def _charged(work: Work, keys: Collection[int]) -> dict[int, _Charged]:
    values = meter_values.c
    order: Any = {"partition_by": values.session_id, "order_by": (values.taken_at, values.id)}
    told = select(
        values.session_id,
        values.taken_at,
        values.energy_wh,
        _Seconds(values.taken_at).label("second"),
        func.lag(_Seconds(values.taken_at)).over(**order).label("second_before"),
        _Wh(values.energy_wh).label("wh"),
        func.lag(_Wh(values.energy_wh)).over(**order).label("wh_before"),
    )
    told = told.where(values.session_id.in_(keys), values.energy_wh.is_not(None), values.energy_wh > 0)
    step = told.subquery().c
    length_s = step.second - step.second_before
    flowed = (step.wh - step.wh_before) * 3600 > IDLE_W * length_s
    asked: Select[Any] = select(
        step.session_id,
        func.coalesce(func.sum(length_s).filter(flowed), 0.0).label("grew_s"),
        func.min(step.taken_at),
        func.max(step.taken_at),
        func.min(step.energy_wh),
        func.max(step.energy_wh),
    ).group_by(step.session_id)
    rows = (_Charged._make(row) for row in work.execute(asked))
    return {row.session_id: row._replace(grew_s=float(row.grew_s)) for row in rows}


class _Money(NamedTuple):
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal


_FREE = _Money(NO_CURRENCY, Decimal(0), Decimal(0), Decimal(0))


def _money(work: Work, keys: Collection[int]) -> dict[int, _Money]:
    """Of the bills that hold, and are to be paid."""
    mine = select(bills.c.session_id, bills.c.currency, bills.c.net, bills.c.tax, bills.c.total)
    mine = that_hold(mine.where(bills.c.session_id.in_(keys), bills.c.state == "booked"))
    return {row.session_id: _Money(row.currency, row.net, row.tax, row.total) for row in work.execute(mine)}


def _spoilt(work: Work, rows: Iterable[_Row]) -> set[int]:
    """After which of these sessions their connector told of a fault next."""
    at_place: dict[tuple[int, int | None], list[_Row]] = {}
    for row in rows:
        at_place.setdefault((row.station_id, row.evse), []).append(row)
    ends = [row.stopped_at for of_it in at_place.values() for row in of_it if row.stopped_at is not None]
    if not ends:
        return set()
    told = connector_states.c
    faults = select(told.station_id, told.evse, told.since).where(
        told.station_id.in_({station for station, _ in at_place}),
        told.state == "faulted",
        told.since >= min(ends),
        told.since <= max(ends) + FAULT_NEXT,
    )
    return {
        row.id
        for fault in work.execute(faults)
        for row in at_place.get((fault.station_id, fault.evse), ())
        if row.stopped_at is not None and row.stopped_at <= fault.since <= row.stopped_at + FAULT_NEXT
    }


def _counted(row: Any) -> Facts:
    return Facts(*(getattr(row, name) for name in Facts._fields))


class _Seconds(FunctionElement[float]):
    """A time as a number of seconds."""

    type = Double()
    inherit_cache = True
    name = "seconds_of"


@compiles(_Seconds)
def _epoch(element: _Seconds, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(extract(epoch FROM {compiler.process(element.clauses, **options)}) AS double precision)"


@compiles(_Seconds, "sqlite")
def _julian(element: _Seconds, compiler: SQLCompiler, **options: Any) -> str:
    return f"(julianday({compiler.process(element.clauses, **options)}) * 86400.0)"


class _Wh(FunctionElement[float]):
    """An exact energy as a plain number of Wh, to compare with; SQLite keeps it in thousandths."""

    type = Double()
    inherit_cache = True
    name = "plain_wh"


@compiles(_Wh)
def _numeric(element: _Wh, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS double precision)"


@compiles(_Wh, "sqlite")
def _scaled(element: _Wh, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} / 1000.0)"
