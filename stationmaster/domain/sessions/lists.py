"""Finding sessions: lists, one by its id, those that are open; and what they count up to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Label, Select, and_, bindparam, func, or_, select

from stationmaster.domain import connectors, energy, metering, tokens
from stationmaster.domain.customers import customers
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.kept import rebuilds
from stationmaster.domain.public_forms import Session
from stationmaster.domain.sessions.changes import session_changes
from stationmaster.domain.sessions.table import (
    SEEN_AS,
    VALUES_DROPPED,
    ListedRow,
    SessionRow,
    is_held,
    is_left_out,
    is_open,
    is_unusual,
    public_form,
    sessions,
)
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, only
from stationmaster.storage.lists import listed as rows_of
from stationmaster.storage.queries import Prepared, first_since


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """When sessions began and ended; half open, so that two days side by side have no session in common (O-13)."""

    started_from: datetime | None = None
    started_to: datetime | None = None
    ended_from: datetime | None = None
    ended_to: datetime | None = None

    def bounds(self) -> tuple[tuple[ColumnElement[datetime], datetime | None, datetime | None], ...]:
        return (
            (sessions.c.started_at, self.started_from, self.started_to),
            (sessions.c.stopped_at, self.ended_from, self.ended_to),
        )


SORTS: dict[str, ColumnElement[Any]] = {
    "started": sessions.c.started_at,
    "stopped": sessions.c.stopped_at,
    "energy": sessions.c.energy_wh,
    "token": sessions.c.token_key,
    "station": stations.c.identity,
}
"""What a list of sessions can be sorted by; with a minus before it, downwards."""


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions; None stands for any."""

    station: str | None = None
    site: str | None = None
    token: str | None = None
    customer: str | None = None
    customer_key: int | None = None  # this very one, where the id may have been another's who was removed
    status: str | None = None
    to_review: bool = False
    excluded: bool | None = None
    times: Times = Times()


_called = stations.alias()


def listed(work: Work, organization_id: int, wanted: Wanted, which: Which | None = None) -> Found[ListedRow]:
    """Sessions, newest first or sorted (see `SORTS`); perhaps only those a person must look at."""
    mine = only_those(with_names(), organization_id, which or Which())
    return rows_of(work, mine, wanted, key=sessions.c.id, sorts=SORTS)


def only_those(statement: Select[Any], organization_id: int, which: Which) -> Select[Any]:
    """Only these sessions, of a statement in which they are joined with their chargers."""
    mine = only(
        statement,
        {
            sessions.c.organization_id: organization_id,
            sessions.c.status: which.status,
            sessions.c.customer_id: which.customer_key,
        },
    )
    if which.status not in (None, "active", "completed"):
        mine = mine.where(is_unusual)  # else no database sees that the index of those few has them all
    if which.station is not None:
        # By key, which has an index in the order of the list; of those that had this identity, the removed ones too.
        had_it = _called.c.organization_id == organization_id, _called.c.identity == which.station
        mine = mine.where(sessions.c.station_id.in_(select(_called.c.id).where(*had_it)))
    if which.site is not None:
        there = sites.c.organization_id == organization_id, sites.c.public_id == which.site
        mine = mine.where(stations.c.site_id.in_(select(sites.c.id).where(*there)))
    if which.token is not None:
        mine = mine.where(sessions.c.token_key == tokens.uid_key(which.token))
    if which.customer is not None:
        # Removed ones as well, for their sessions stay.
        named = customers.c.organization_id == organization_id, customers.c.public_id == which.customer
        mine = mine.where(sessions.c.customer_id.in_(select(customers.c.id).where(*named)))
    if which.to_review:
        mine = mine.where(is_held)
    for column, since, until in which.times.bounds():
        if since is not None:
            mine = mine.where(column >= since)
        if until is not None:
            mine = mine.where(column < until)
    if which.excluded is not None:
        mine = mine.where(is_left_out if which.excluded else sessions.c.excluded.is_(False))
    return mine


def get(work: Work, organization_id: int, public_id: str) -> ListedRow:
    """One session. Raises `NotFound`."""
    mine = with_names().where(sessions.c.organization_id == organization_id, sessions.c.public_id == public_id)
    row = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is no session {id!r}", id=public_id)
    return row


def locked(work: Work, public_id: str) -> ListedRow | None:
    """The same of whatever organization, for who settles something of it: nobody else does so until the commit. None where it is no more."""
    mine = select(sessions.c.organization_id).where(sessions.c.public_id == public_id)
    organization: int | None = work.execute(mine.with_for_update(key_share=True)).scalar()
    return None if organization is None else get(work, organization, public_id)


def by_either_name(work: Work, organization_id: int, name: str) -> ListedRow:
    """The session with this id, else the one that a charger calls so, if there is only one. Raises `NotFound`."""
    mine = with_names().where(sessions.c.organization_id == organization_id)
    row = work.execute(mine.where(sessions.c.public_id == name)).one_or_none()
    if row is not None:
        return row
    rows = work.execute(mine.where(sessions.c.transaction_id == name).limit(2)).all()
    if len(rows) != 1:
        raise NotFound("there are several sessions {id!r}" if rows else "there is no session {id!r}", id=name)
    return rows[0]


class Counted(NamedTuple):
    """How many sessions there are, by their status."""

    status: str
    sessions: int


def count_by_status(work: Work, organization_id: int, *, since: datetime) -> list[Counted]:
    """How many of the sessions that we have heard of since then have each status."""
    first = first_since(work, sessions, since, at=sessions.c.received_at)
    mine = (sessions.c.organization_id == organization_id, sessions.c.id >= first)
    counted = select(sessions.c.status, func.count()).where(*mine)
    return [Counted._make(row) for row in work.execute(counted.group_by(sessions.c.status))]


@rebuilds
def find_again(work: Work, public_ids: Collection[str]) -> dict[str, Session]:
    """The sessions of events that are told later than they happened, as they are now; those that are still there."""
    rows = work.execute(with_names().where(sessions.c.public_id.in_(public_ids)))
    return {row.public_id: public_form(row, row.station) for row in rows}


def with_names() -> Select[Any]:
    """Sessions with their charger and whose they are: rows of `ListedRow`."""
    named = select(
        sessions,
        stations.c.identity.label("station"),
        customers.c.public_id.label("customer"),
        customers.c.name.label("customer_name"),
    )
    return named.join(stations, stations.c.id == sessions.c.station_id).outerjoin(
        customers, customers.c.id == sessions.c.customer_id
    )


class OpenSession(NamedTuple):
    """What a command needs to know of a session that is going on."""

    public_id: str
    transaction_id: str
    evse: int | None

    @property
    def is_told(self) -> bool:
        """Whether the station has told of it, and so has a name for it."""
        return not self.transaction_id.startswith(SEEN_AS)


_active_on = Prepared(
    select(sessions.c.public_id, sessions.c.transaction_id, sessions.c.evse).where(
        sessions.c.station_id == bindparam("station_id"), is_open
    )
)


def active_at(work: Work, station_id: int) -> list[OpenSession]:
    """The open sessions of a station."""
    return [OpenSession(*row) for row in work.run(_active_on, station_id=station_id)]


def open_named(work: Work, station: Station, named: str) -> OpenSession:
    """An open session, named by our id or by the station's own, to be spoken of with the station. Raises `NotFound`, and `Conflict`
    for one that the station has never told of."""
    for each in active_at(work, station.id):
        if named in (each.public_id, each.transaction_id):
            if not each.is_told:
                raise Conflict(
                    "charger {charger} has not told of this session, so it has no name for it; unlock its connector or restart it",
                    charger=station.identity,
                )
            return each
    raise NotFound("charger {charger} has no open session {session!r}", charger=station.identity, session=named)


def has_ended(work: Work, station_id: int, transaction_id: str) -> bool:
    """Whether this transaction is known, and over."""
    mine = (sessions.c.station_id == station_id, sessions.c.transaction_id == transaction_id)
    known = work.execute(select(is_open).where(*mine)).scalars().all()
    return bool(known) and not any(known)


def active_of(work: Work, station_ids: list[int]) -> list[SessionRow]:
    """The open sessions of these stations."""
    return list(work.execute(select(sessions).where(sessions.c.station_id.in_(station_ids), is_open)))


def transaction_of(work: Work, station: Station, named: str) -> str:
    """What a station calls a session, open or not, that is named by our id or by its own. Raises `NotFound`."""
    either = or_(sessions.c.public_id == named, sessions.c.transaction_id == named)
    mine = select(sessions.c.transaction_id).where(sessions.c.station_id == station.id, either)
    found: str | None = work.execute(mine.order_by(sessions.c.id.desc()).limit(1)).scalar()
    if found is None:
        raise NotFound("charger {charger} has no session {session!r}", charger=station.identity, session=named)
    return found


class KnownSession(NamedTuple):
    """What the live pages have to know of an open session."""

    public_id: str
    station_id: int
    evse: int | None
    transaction_id: str
    meter_start_wh: Decimal | None
    started_at: datetime
    customer_id: int | None


def all_active(work: Work) -> list[KnownSession]:
    """Every open session."""
    opened = select(*(sessions.c[name] for name in KnownSession._fields))
    return [KnownSession._make(row) for row in work.execute(opened.where(is_open))]


class SoFar(NamedTuple):
    """What a running session has taken, and what it last told of power and state of charge."""

    energy_wh: Decimal | None
    power_w: Decimal | None
    soc_percent: Decimal | None


def so_far(work: Work, rows: Sequence[SessionRow]) -> dict[int, SoFar]:
    """What each of these sessions that goes on has taken by now.

    Each figure is looked for by itself: some chargers send one measurand at a time.
    """
    active = {row.id: row for row in rows if row.status == "active"}
    if not active:
        return {}
    # In one question each for all of a page: a page of sessions that go on took a hundred.
    mine = select(sessions.c.id).where(sessions.c.id.in_(list(active)))
    recent = metering.newest_registers(work, mine, limit=energy.RECENT)
    rated_w = connectors.ratings(work, [row.station_id for row in active.values()])
    found = {}
    for last in work.execute(mine.add_columns(_last("power_w"), _last("soc_percent"))).all():
        row = active[last.id]
        strongest = rated_w(row.station_id, row.evse, row.connector)
        taken = _energy_so_far(work, row, recent.get(row.id, []), strongest)
        found[row.id] = SoFar(taken, last.power_w, last.soc_percent)
    return found


def _energy_so_far(work: Work, row: SessionRow, recent: Sequence[energy.Point], rated_w: int | None) -> Decimal | None:
    """By its newest registers where those are plain; else by all that was told."""
    if not recent:
        return None
    taken = energy.so_far(row.meter_start_wh, recent, row.started_at, rated_w=rated_w)
    if taken is not None:
        return taken
    points = metering.points(work, row.id)
    return energy.of_session(row.meter_start_wh, points, None, started_at=row.started_at, rated_w=rated_w).wh


def energy_of(work: Work, row: SessionRow) -> energy.Energy:
    """How the energy of a session was found. What a person has set, or was told of it later, ends the series with the row.

    Where its meter values were dropped the series has its begin and its end only.
    """
    if VALUES_DROPPED in (row.flags or ()):
        nothing = energy.Energy(None, row.meter_stop_wh)
        return energy.ending_with(nothing, row.energy_wh, row.started_at, row.stopped_at or row.started_at)
    open_still = row.status == "active"
    taken = energy.of_session(
        row.meter_start_wh,
        metering.points(work, row.id),
        None if open_still or "estimated" in (row.flags or ()) else row.meter_stop_wh,
        started_at=row.started_at,
        stopped_at=None if open_still else row.stopped_at,
        clock="clock" not in (row.flags or ()),
        rated_w=connectors.rated_w(work, row.station_id, row.evse, row.connector),
    )
    if open_still:
        return msgspec.structs.replace(taken, flags=tuple(flag for flag in taken.flags if flag != "estimated"))
    return energy.ending_with(taken, row.energy_wh, row.started_at, row.stopped_at or row.started_at)


def power_now(work: Work, organization_id: int) -> Decimal:
    """What all open sessions draw together, in watts, by the last power each has told."""
    drawn = select(_last("power_w")).where(sessions.c.organization_id == organization_id, is_open)
    return sum((row.power_w for row in work.execute(drawn) if row.power_w is not None), Decimal(0))


def _last(name: str) -> Label[Any]:
    values = metering.meter_values
    newest = select(values.c[name]).where(values.c.session_id == sessions.c.id, values.c[name].is_not(None))
    return newest.order_by(values.c.id.desc()).limit(1).scalar_subquery().label(name)


def last_changed(work: Work, rows: Sequence[SessionRow]) -> dict[int, datetime]:
    """When each of these was last another than before: its begin or end, a value of it, a change after its end.

    No column of its own: every value of every charger would have to write it.
    """
    if not rows:
        return {}
    values, later = metering.meter_values.c, session_changes.c
    value = select(values.received_at).where(values.session_id == sessions.c.id).order_by(values.id.desc()).limit(1)
    change = select(later.at).where(later.session_id == sessions.c.id).order_by(later.id.desc()).limit(1)
    asked = select(sessions.c.id, value.scalar_subquery().label("value_at"), change.scalar_subquery().label("later_at"))
    last = {each.id: each for each in work.execute(asked.where(sessions.c.id.in_([row.id for row in rows]))).all()}
    times = {
        row.id: (row.received_at, row.stop_received_at, last[row.id].value_at, last[row.id].later_at) for row in rows
    }
    return {row_id: max(at for at in known if at is not None) for row_id, known in times.items()}


def count_active(work: Work, organization_id: int) -> int:
    mine = select(func.count()).select_from(sessions).where(sessions.c.organization_id == organization_id, is_open)
    return int(work.execute(mine).scalar_one())


def count_to_review(work: Work, organization_id: int) -> int:
    held = select(func.count()).select_from(sessions).where(sessions.c.organization_id == organization_id)
    return int(work.execute(held.where(is_held)).scalar_one())


TOLD_LATE = timedelta(days=7)  # of a session that was charged without a connection we may hear so much later
GOES_ON = timedelta(days=7)  # a session may have begun so long before


def of_station_between(work: Work, station_id: int, *, since: datetime, until: datetime, most: int) -> list[SessionRow]:
    """Sessions of a charger that went on in this time, or of which it told then; the oldest first."""
    columns, mine = sessions.c, sessions.c.station_id == station_id
    first = first_since(work, sessions, since - GOES_ON, mine, at=columns.received_at)
    last = first_since(work, sessions, until + TOLD_LATE, mine, at=columns.received_at)
    near = select(sessions).where(mine, columns.id >= first, columns.id <= last)
    went_on = and_(
        columns.started_at < until,
        or_(columns.stopped_at.is_(None), columns.stopped_at >= since, columns.stop_received_at >= since),
    )
    told = and_(columns.received_at >= since, columns.received_at < until)
    newest_first = near.where(or_(went_on, told)).order_by(columns.id.desc()).limit(most)
    rows: list[SessionRow] = list(work.execute(newest_first))
    return rows[::-1]
