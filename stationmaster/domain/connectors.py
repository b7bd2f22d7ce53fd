"""EVSEs and connectors, and the state they report.

A 1.6 connector is an EVSE with one connector; EVSE 0 is the charger itself. What the state was before is in
`connector_states.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol, cast

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)

from stationmaster.domain import alarms, audit, connector_states, events, reservations, stations, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.connector_states import IsPlace, IsWords, State
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.stations import Station
from stationmaster.domain.versions import Expected
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Prepared

evses = Table(
    "evses",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("number", Integer, nullable=False),
    UniqueConstraint("station_id", "number"),
)

connectors = Table(
    "connectors",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("evse", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),  # in our words
    Column("status", Text, nullable=False),  # the station's own word
    Column("error_code", Text),
    Column("info", Text),
    Column("vendor_id", Text),
    Column("vendor_error_code", Text),
    Column("status_at", UtcTime, nullable=False),  # when it was told last, also when it was the same as before
    Column("since", UtcTime, nullable=False),  # of state, status and error code
    Column("late_at", UtcTime),  # when a status came that was older than the newest one,
    Column("late_by_s", Integer),  # and by how much it was late
    Column("tariff_id", BigInt, ForeignKey("tariffs.id")),  # see tariff_places.py
    # What a person says of it; the station never writes here. Empty: not known.
    Column("type", Text),
    Column("max_current_a", Integer),
    Column("max_power_w", Integer),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),  # by a person
    # It goes out of service when its session has ended, as the station has said; and until when a word that it is free waits.
    Column("goes_out", Boolean, nullable=False, server_default=text("false")),
    Column("withheld_until", UtcTime),
    UniqueConstraint("station_id", "evse", "number"),
)
_is_withheld = connectors.c.withheld_until.is_not(None)
Index(
    "ix_connectors_withheld",
    connectors.c.withheld_until,
    sqlite_where=_is_withheld,
    postgresql_where=_is_withheld,
)

# As plugs are called; of OCPI these are IEC_62196_T1, T2 and T3C, their COMBOs, CHADEMO, GBT_AC and DC, TESLA_S, DOMESTIC_x.
Type = Literal[
    "type1", "type2", "type3", "ccs1", "ccs2", "chademo", "gbt", "gbt_ac", "gbt_dc", "nacs", "ac_socket", "other"
]
FACTS = ("type", "max_current_a", "max_power_w")
"""What a person may say of a connector."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a connector was told of that only a person has told of

MAX_CONNECTORS = 200  # of one charger; more are a firmware that counts wrongly, or an attack (A14)
CLOCK_AFTER = timedelta(
    seconds=60
)  # two statuses this far apart that are equally late come from a clock that is behind


BLINK = timedelta(seconds=10)  # so long a charger may say that it is free on its way out of service (P-12)


class Words(NamedTuple):
    """What a station says of a connector: the state in our words, all else in its own."""

    state: State
    status: str
    error_code: str | None
    info: str | None
    vendor_id: str | None
    vendor_error_code: str | None


class Connector(IsPlace, IsWords, Protocol):
    """A row of `connectors`."""

    @property
    def info(self) -> str | None: ...
    @property
    def status_at(self) -> datetime: ...
    @property
    def since(self) -> datetime: ...
    @property
    def late_at(self) -> datetime | None: ...
    @property
    def late_by_s(self) -> int | None: ...
    @property
    def type(self) -> Type | None: ...
    @property
    def max_current_a(self) -> int | None: ...
    @property
    def max_power_w(self) -> int | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...
    @property
    def goes_out(self) -> bool: ...
    @property
    def withheld_until(self) -> datetime | None: ...


_this = (
    (connectors.c.station_id == bindparam("of_station"))
    & (connectors.c.evse == bindparam("of_evse"))
    & (connectors.c.number == bindparam("of_number"))
)
_told = ("state", "status", "error_code", "info", "vendor_id", "vendor_error_code", "status_at", "since")
_find = Prepared(select(connectors).where(_this))
_change = Prepared(
    update(connectors)
    .where(_this)
    .values({name: bindparam(name) for name in (*_told, "late_at", "late_by_s", "goes_out", "withheld_until")})
)
_note_late = Prepared(
    update(connectors).where(_this).values({name: bindparam(name) for name in ("since", "late_at", "late_by_s")})
)
_see_evse = Prepared(text("INSERT INTO evses (station_id, number) VALUES (:station_id, :evse) ON CONFLICT DO NOTHING"))
# A first notification of n connectors at once meets the UNIQUE key, not a check before an insert (TX-15).
_add = Prepared(
    text(
        f"INSERT INTO connectors (station_id, evse, number, created_at, updated_at, {', '.join(_told)})"  # noqa: S608
        f" VALUES (:station_id, :evse, :number, :now, :now, {', '.join(':' + name for name in _told)})"
        " ON CONFLICT DO NOTHING RETURNING id"
    )
    .bindparams(*(bindparam(name, type_=UtcTime) for name in ("now", "status_at", "since")))
    .columns(connectors.c.id)
)


def report_status(
    work: Work,
    station: Station,
    *,
    evse: int,
    connector: int,
    state: State,
    status: str,
    at: datetime,
    error_code: str | None = None,
    info: str | None = None,
    vendor_id: str | None = None,
    vendor_error_code: str | None = None,
) -> None:
    """The state of a connector as the station tells it. Its time decides, not its arrival: a late word goes into the history.

    EVSE 0 is the charger itself and never becomes an EVSE row.
    """
    words = Words(state, status, error_code, info, vendor_id, vendor_error_code)
    at = min(at, work.now)  # a time in the future would make everything that follows look late
    place = {"of_station": station.id, "of_evse": evse, "of_number": connector}
    row = cast(Connector | None, work.first(_find, **place))
    if row is None:
        if not _make_room(work, station):
            return
        if evse > 0:
            work.run(_see_evse, station_id=station.id, evse=evse)
        new = {
            "station_id": station.id,
            "evse": evse,
            "number": connector,
            "status_at": at,
            "since": at,
            "now": work.now,
        }
        if work.run(_add, **new, **words._asdict()):
            _tell(work, station, connector_states.Place(station.id, evse, connector), at, words)
            if state == "reserved":
                reservations.connector_told(work, station, evse, state=state, before=None)
            return
        row = cast(Connector, work.first(_find, **place))  # another node has just heard of it
    late_at, late_by_s, told_at = None, None, None
    if at < row.status_at:
        late_at, late_by_s = work.now, int((work.now - at).total_seconds())
        if not _clock_is_behind(row, late_at, late_by_s):
            since = _keep_late(work, row, at, words)
            work.run(_note_late, **place, since=since, late_at=late_at, late_by_s=late_by_s)
            return
        told_at, at = at, max(work.now, row.status_at)
    changed = (row.state, row.status, row.error_code) != (state, status, error_code)
    since = at if changed else row.since
    goes_out = row.goes_out and state != "unavailable"
    withheld_until = row.withheld_until
    if changed:
        # Nobody shall run for a connector that is free for two seconds (P-12).
        withheld_until = work.now + BLINK if goes_out and state == "available" else None
    work.run(
        _change,
        **place,
        **words._asdict(),
        status_at=at,
        since=since,
        late_at=late_at,
        late_by_s=late_by_s,
        goes_out=goes_out,
        withheld_until=withheld_until,
    )
    if changed:
        connector_states.add(work, row, words, at=at, told_at=told_at)
        if withheld_until is None:
            _publish(work, station, row, at, words)
        if "reserved" in (state, row.state):
            reservations.connector_told(work, station, evse, state=state, before=row.state)
    elif info != row.info and withheld_until is None:
        _publish(work, station, row, at, words)


def leave_service_later(work: Work, station: Station, *, evse: int, connector: int | None, waits: bool) -> None:
    """A station has said that it takes a connector out of service when its session has ended; or that it need not any more.

    EVSE 0 is all of them.
    """
    here: list[ColumnElement[bool]] = [connectors.c.station_id == station.id, connectors.c.evse > 0]
    if evse:
        here.append(connectors.c.evse == evse)
    if evse and connector is not None:
        here.append(connectors.c.number == connector)
    work.execute(update(connectors).where(*here).values(goes_out=waits))


def is_any_withheld(work: Work) -> bool:
    """Whether somebody has yet to be told that a connector is free."""
    due = select(connectors.c.id).where(_is_withheld, connectors.c.withheld_until <= work.now)
    return work.execute(due.limit(1)).first() is not None


def tell_withheld(work: Work) -> None:
    """Those that were to go out of service, and have stayed free all the same."""
    due = select(connectors, stations.stations.c.identity).join_from(
        connectors, stations.stations, stations.stations.c.id == connectors.c.station_id
    )
    for row in work.execute(due.where(_is_withheld, connectors.c.withheld_until <= work.now)).all():
        this = update(connectors).where(connectors.c.id == row.id)
        work.execute(this.values(withheld_until=None, goes_out=False))
        work.publish(_changed(row.station_id, row.identity, row, row.since, row, row.info))


def declare(
    work: Work,
    organization_id: int,
    identity: str,
    *,
    evse: int,
    connector: int,
    facts: Mapping[str, Any],
    expected: Expected = None,
) -> None:
    """Say of a connector all its `FACTS`; one that the station has not told of is there from now on.

    `expected` is the version of its station. Raises `NotFound`, `Outdated`, `Conflict`.
    """
    station = stations.get(work, organization_id, identity, lock=True)
    versions.check(station, expected)
    place = {"station_id": station.id, "evse": evse, "number": connector}
    if work.first(_find, of_station=station.id, of_evse=evse, of_number=connector) is None:
        if _count(work, station.id) >= MAX_CONNECTORS:
            raise Conflict("a charger has at most {most} connectors", most=MAX_CONNECTORS)
        work.run(_see_evse, station_id=station.id, evse=evse)
        silent = dict.fromkeys(("error_code", "info", "vendor_id", "vendor_error_code"))
        silent |= {"state": "unknown", "status": "", "status_at": NEVER, "since": NEVER, "now": work.now}
        work.run(_add, **place, **silent)
        versions.touch(work, stations.stations, station)
    change(work, organization_id, identity, evse=evse, connector=connector, facts=dict.fromkeys(FACTS) | dict(facts))


def change(
    work: Work,
    organization_id: int,
    identity: str,
    *,
    evse: int,
    connector: int,
    facts: Mapping[str, Any],
    expected: Expected = None,
) -> None:
    """Say what a connector is and can deliver; sessions that have ended keep their figures. Raises `NotFound`, `Outdated`."""
    station, row = _get(work, organization_id, identity, evse, connector, expected)
    before = {name: getattr(row, name) for name in FACTS}
    new = {name: facts[name] for name in FACTS if name in facts and facts[name] != before[name]}
    if new:
        here = (connectors.c.station_id == row.station_id, connectors.c.evse == evse, connectors.c.number == connector)
        work.execute(update(connectors).where(*here).values(updated_at=work.now, **new))
        versions.touch(work, stations.stations, station)
    _record(work, "change_connector", organization_id, identity, row, before=before, after=before | new)


def remove(
    work: Work, organization_id: int, identity: str, *, evse: int, connector: int, expected: Expected = None
) -> None:
    """A connector that only a person has told of. Raises `NotFound`, `Outdated`, `Conflict`."""
    station, row = _get(work, organization_id, identity, evse, connector, expected)
    if is_told(row):
        raise Conflict(
            "the charger itself tells of connector {evse}.{connector}, so it is there", evse=evse, connector=connector
        )
    here = (connectors.c.station_id == row.station_id, connectors.c.evse == evse, connectors.c.number == connector)
    work.execute(delete(connectors).where(*here))
    versions.touch(work, stations.stations, station)
    _record(work, "remove_connector", organization_id, identity, row, before={n: getattr(row, n) for n in FACTS})


def is_told(row: Connector) -> bool:
    """Whether the station has told of this connector itself."""
    return row.status_at != NEVER


def _get(
    work: Work, organization_id: int, identity: str, evse: int, connector: int, expected: Expected
) -> tuple[stations.StationRow, Connector]:
    station = stations.get(work, organization_id, identity, lock=True)
    versions.check(station, expected)
    row = cast(Connector | None, work.first(_find, of_station=station.id, of_evse=evse, of_number=connector))
    if row is None:
        raise NotFound(
            "the charger has told of no connector {evse}.{connector} yet, and nobody else has",
            evse=evse,
            connector=connector,
        )
    return station, row


def _record(work: Work, action: str, organization_id: int, identity: str, row: Connector, **values: Any) -> None:
    subject = Subject("connector", f"{identity} {row.evse}.{row.number}")
    audit.record(work, action, subject, organization=organization_id, **values)


def _count(work: Work, station_id: int) -> int:
    mine: ColumnElement[bool] = connectors.c.station_id == station_id
    return int(work.execute(select(func.count()).select_from(connectors).where(mine)).scalar_one())


_ratings = Prepared(
    select(connectors.c.number, connectors.c.max_power_w).where(
        connectors.c.station_id == bindparam("of_station"), connectors.c.evse == bindparam("of_evse")
    )
)


def rated_w(work: Work, station_id: int, evse: int | None, connector: int | None) -> int | None:
    """What a connector can deliver; where it was not told which one of its EVSE it is, the strongest of them."""
    return None if evse is None else _strongest(work.run(_ratings, of_station=station_id, of_evse=evse), connector)


def ratings(work: Work, station_ids: Sequence[int]) -> Callable[[int, int | None, int | None], int | None]:
    """The same for many stations, asked at once: a function of station, EVSE and connector."""
    theirs = select(connectors.c.station_id, connectors.c.evse, connectors.c.number, connectors.c.max_power_w)
    found: dict[tuple[int, int | None], list[Any]] = {}
    for row in work.execute(theirs.where(connectors.c.station_id.in_(station_ids))):
        found.setdefault((row.station_id, row.evse), []).append(row)
    return lambda station_id, evse, connector: _strongest(found.get((station_id, evse), ()), connector)


def _strongest(of_evse: Sequence[Any], connector: int | None) -> int | None:
    able = [row.max_power_w for row in of_evse if connector is None or row.number == connector]
    return max(able) if able and None not in able else None


def of_stations(work: Work, station_ids: list[int]) -> list[Connector]:
    """Every connector these stations have reported, in their order; EVSE 0 is the charger itself."""
    theirs = select(connectors).where(connectors.c.station_id.in_(station_ids))
    rows = work.execute(theirs.order_by(connectors.c.station_id, connectors.c.evse, connectors.c.number))
    return [cast(Connector, row) for row in rows]


def _make_room(work: Work, station: Station) -> bool:
    """Whether the charger may have one more connector; at the limit that is one hint for a person, however often it tries."""
    if _count(work, station.id) < MAX_CONNECTORS:
        return True
    detail = f"it tells of more than {MAX_CONNECTORS} connectors; those beyond are kept in the message log only"
    alarms.raise_alarm(work, station, kind="too_many_connectors", detail=detail)
    return False


def _clock_is_behind(row: Connector, now: datetime, late_by: int) -> bool:
    """Whether what comes late is late by always the same time. What waited in a queue is less and less late instead."""
    if row.late_at is None or row.late_by_s is None or now - row.late_at < CLOCK_AFTER:
        return False
    return abs(late_by - row.late_by_s) < (now - row.late_at).total_seconds() / 2


def _keep_late(work: Work, row: Connector, at: datetime, words: Words) -> datetime:
    """Put a late status into the history; returns since when the live state holds, which may begin anew after the late one."""
    if not connector_states.put(work, row, words, at=at) or at < row.since:
        return row.since
    connector_states.add(work, row, row, at=row.status_at)
    return row.status_at


def _tell(work: Work, station: Station, place: IsPlace, at: datetime, words: Words) -> None:
    connector_states.add(work, place, words, at=at)
    _publish(work, station, place, at, words)


def _publish(work: Work, station: Station, place: IsPlace, at: datetime, words: Words) -> None:
    work.publish(_changed(station.id, station.identity, place, at, words, words.info))


def _changed(
    station_id: int, identity: str, place: IsPlace, at: datetime, words: IsWords, info: str | None
) -> events.ConnectorStatusChanged:
    return events.ConnectorStatusChanged(
        station_id=station_id,
        station=identity,
        at=at,
        evse=place.evse,
        connector=place.number,
        status=words.status,
        error_code=words.error_code,
        info=info,
    )
