"""How often connectors failed, and for how long: by maker, model and firmware."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import func, select

from stationmaster.domain import sites, stations
from stationmaster.domain.connector_states import connector_states
from stationmaster.domain.connectors import connectors
from stationmaster.domain.figures import cells, ports
from stationmaster.domain.figures.asking import Period, Which
from stationmaster.storage import Work

By = Literal["maker", "model", "firmware", "site", "station"]
MOST_CODES = 5


class Faults(NamedTuple):
    """Of the chargers of one maker, say. A fault begins when a connector tells it, and ends with its next word that is none."""

    key: str
    name: str | None
    chargers: int
    connectors: int
    faults: int
    faulted_s: int
    faulty_connectors: int
    codes: list[tuple[str, int]]  # of the most frequent, and how often


def ask(work: Work, organization_id: int, by: By, of: Period, among: Which) -> list[Faults]:
    """Those with the most faults first. Days are those of UTC; makers and firmware are as they are now."""
    since = cells.midnight(of.first, UTC)
    until = min(cells.midnight(of.after, UTC), work.now)
    groups = _groups(work, organization_id, by, among)
    told = _faults(work, organization_id, since, until, among)
    labels = ports.labels_of(work, organization_id, by, {fault.station_id for fault in told})
    faults: dict[str, list[_Fault]] = defaultdict(list)
    for fault in told:
        faults[labels[fault.station_id][0]].append(fault)
    found = [_summed(key, there, faults[key]) for key, there in groups.items()]
    return sorted(found, key=lambda each: (-each.faults, -each.faulted_s, each.key))


class _Group(NamedTuple):
    name: str | None
    chargers: int
    connectors: int


class _Fault(NamedTuple):
    station_id: int
    evse: int
    number: int
    code: str | None
    seconds: int
    begins: bool


def _groups(work: Work, organization_id: int, by: By, among: Which) -> dict[str, _Group]:
    table = stations.stations.c
    plugs = (
        select(connectors.c.station_id, func.count().label("many"))
        .where(connectors.c.evse > 0)
        .group_by(connectors.c.station_id)
        .subquery()
    )
    called = ports.LABELS[by]
    source = stations.stations.outerjoin(sites.sites, sites.sites.c.id == table.site_id)
    source = source.outerjoin(plugs, plugs.c.station_id == table.id)
    mine = select(*called, func.count(), func.coalesce(func.sum(plugs.c.many), 0)).select_from(source)
    mine = mine.where(table.organization_id == organization_id, table.deleted_at.is_(None))
    mine = among.narrowed(mine, site=table.site_id, station=table.id).group_by(*called)
    found: dict[str, _Group] = {}
    rows: list[Any] = list(work.execute(mine).all())
    for *told_of, chargers, many in rows:
        key, name = ports.label(by, told_of)
        before = found.get(key, _Group(name, 0, 0))
        found[key] = _Group(before.name, before.chargers + chargers, before.connectors + int(many))
    return found


def _faults(work: Work, organization_id: int, since: datetime, until: datetime, among: Which) -> list[_Fault]:
    """Each word of a connector that it is faulty, and until when it held."""
    told = connector_states.c
    table = stations.stations.c
    mine = select(table.id).where(table.organization_id == organization_id, table.deleted_at.is_(None))
    mine = among.narrowed(mine, site=table.site_id, station=table.id)
    # Only chargers that told of a fault; those before may go on into these days.
    faulty = select(told.station_id).where(
        told.station_id.in_(mine), told.state == "faulted", told.since < until, told.since >= since - _LOOK_BACK
    )
    place: dict[str, Any] = {
        "partition_by": (told.station_id, told.evse, told.number),
        "order_by": (told.since, told.id),
    }
    lines = (
        select(
            told.station_id,
            told.evse,
            told.number,
            told.state,
            told.error_code,
            told.since,
            func.lead(told.since, type_=told.since.type).over(**place).label("until"),
            func.lag(told.state).over(**place).label("before"),
        )
        .where(told.station_id.in_(faulty), told.since >= since - _LOOK_BACK, told.since < until)
        .subquery()
    )
    found = []
    for row in work.execute(select(lines).where(lines.c.state == "faulted")):
        end = min(until, row.until or until)
        seconds = int((end - max(since, row.since)).total_seconds())
        if seconds > 0 or row.since >= since:
            begins = row.since >= since and row.before != "faulted"
            found.append(_Fault(row.station_id, row.evse, row.number, row.error_code, max(0, seconds), begins))
    return found


_LOOK_BACK = timedelta(days=30)


def _summed(key: str, there: _Group, faults: list[_Fault]) -> Faults:
    codes: dict[str, int] = defaultdict(int)
    for fault in faults:
        codes[fault.code or ""] += fault.begins
    most = sorted(codes.items(), key=lambda each: (-each[1], each[0]))[:MOST_CODES]
    return Faults(
        key=key,
        name=there.name,
        chargers=there.chargers,
        connectors=there.connectors,
        faults=sum(fault.begins for fault in faults),
        faulted_s=sum(fault.seconds for fault in faults),
        faulty_connectors=len({(fault.station_id, fault.evse, fault.number) for fault in faults}),
        codes=most,
    )
