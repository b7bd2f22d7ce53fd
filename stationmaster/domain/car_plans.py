"""What cars ask for (ISO 15118), and what they are offered: a profile of the session they charge in.

A car that has told its needs is to get its profile within a minute (K15.FR.08). The plan it then makes for itself is held against
that profile. How much is offered, and whether a plan keeps to it, is pure.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    text,
    update,
)
from sqlalchemy import literal_column as literal

from stationmaster.domain import charging_profiles, commands, connectors, sessions
from stationmaster.domain.charging_profiles import DAY_S, WEEK_S, ChargingProfile, Period, Unit
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata

car_plans = Table(
    "car_plans",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("evse", Integer, nullable=False),
    Column("session", Text, nullable=False),  # what the station calls the transaction
    Column("needs", Json, nullable=False),
    Column("longest", Integer),  # so many periods does the car take
    Column("number", Integer, nullable=False),  # of the profile that is made here
    Column("profile", Json),  # what the car was offered last: one made here, or a person's
    # What it was offered last was set by a person.
    Column("by_person", Boolean, nullable=False, server_default=text("false")),
    Column("due", Boolean, nullable=False),  # a profile is to be sent
    # Plans of the car, one after the other, that went beyond what it was offered.
    Column("refusals", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("station_id", "evse"),
)
_due = car_plans.c.due.is_(literal("true"))
Index("ix_car_plans_due", car_plans.c.id, sqlite_where=_due, postgresql_where=_due)

PLAN_S = DAY_S  # ISO 15118 plans for a day, unless the car leaves before
MOST_REFUSALS = 3  # then a car is told no more than that its plan is refused
AT_ONCE = 200
BY = "stationmaster"  # asks for the profiles that are made here
ROUNDED = 0.1  # limits have one decimal


class Needs(msgspec.Struct, frozen=True):
    """What a car can take at the most: amperes per phase, or watts; and what it would like."""

    unit: Unit
    most: float
    phases: int | None = None
    energy_wh: float | None = None
    leaves_at: datetime | None = None


class Waiting(NamedTuple):
    """A car that waits for its profile."""

    station_id: int
    evse: int


def ask(work: Work, station: Station, *, evse: int, needs: Needs, longest: int | None) -> bool:
    """A car tells its needs. False when it charges in no session that we know: then there is none a profile could be for."""
    here = [each for each in sessions.active_at(work, station.id) if each.evse == evse and each.is_told]
    if not here:
        return False
    session = here[-1].transaction_id
    values = {"session": session, "needs": msgspec.to_builtins(needs), "longest": longest, "due": True, "refusals": 0}
    mine = (car_plans.c.station_id == station.id, car_plans.c.evse == evse)
    before = work.execute(select(car_plans.c.session).where(*mine)).scalar()
    if before != session:
        set_before = _of_session(charging_profiles.set_here(work, station, evse=evse), session)
        values["by_person"] = set_before is not None
    if before is None:
        values |= {"station_id": station.id, "evse": evse, "number": commands.new_request_id()}
        work.execute(insert(car_plans).values(at=work.now, **values))
        return True
    if before != session:
        values |= {"number": commands.new_request_id(), "profile": None}
    work.execute(update(car_plans).where(*mine).values(at=work.now, **values))
    return True


def waiting(work: Work) -> list[Waiting]:
    """Cars that wait for their profile. The newest first, so that those whose charger is away keep nobody waiting."""
    found = select(car_plans.c.station_id, car_plans.c.evse).where(_due).order_by(car_plans.c.at.desc()).limit(AT_ONCE)
    return [Waiting(row.station_id, row.evse) for row in work.execute(found)]


def take(work: Work, station: Station, evse: int) -> ChargingProfile | None:
    """The profile a car waits for, which from now on waits no more; None when it has gone.

    What a person has set for its session holds; else the car is offered what it can take, within what is known to limit it.
    """
    mine = (car_plans.c.station_id == station.id, car_plans.c.evse == evse)
    taken = update(car_plans).where(*mine, _due).values(due=False).returning(*car_plans.c)
    row = work.execute(taken).one_or_none()
    if row is None or row.session not in {each.transaction_id for each in sessions.active_at(work, station.id)}:
        return None
    kept = charging_profiles.set_here(work, station, evse=evse)
    profile = _of_session(kept, row.session) if row.by_person else None
    if profile is not None:
        periods = profile.periods if not row.longest else charging_profiles.shortened(profile.periods, row.longest)
        return msgspec.structs.replace(profile, periods=periods)
    limiting = [each for each in kept if each.purpose in ("station_max", "session_default")]
    rated_w = connectors.rated_w(work, station.id, evse, None)
    return offered(
        msgspec.convert(row.needs, Needs), limiting, rated_w, at=work.now, number=row.number, session=row.session
    )


def offer(work: Work, station: Station, *, evse: int, profile: ChargingProfile) -> None:
    """This profile is on its way. Known before it is answered, because the plan of the car may overtake what we write of the answer."""
    values = {"profile": msgspec.to_builtins(profile)}
    mine = (car_plans.c.station_id == station.id, car_plans.c.evse == evse, car_plans.c.session == profile.session)
    work.execute(update(car_plans).where(*mine).values(**values))


def taken(work: Work, station: Station, *, evse: int, by: str) -> None:
    """The station has taken a profile of a session. What a person has set holds from then on, whatever the car asks for."""
    if by != BY:
        mine = (car_plans.c.station_id == station.id, car_plans.c.evse == evse)
        work.execute(update(car_plans).where(*mine).values(by_person=True))


def look_again(work: Work, station: Station) -> None:
    """A profile was refused or removed: what holds is what the station has."""
    for row in work.execute(select(car_plans).where(car_plans.c.station_id == station.id)).all():
        profile = _of_session(charging_profiles.set_here(work, station, evse=row.evse), row.session)
        told = None if profile is None else msgspec.to_builtins(profile)
        by_person = row.by_person and profile is not None
        work.execute(update(car_plans).where(car_plans.c.id == row.id).values(profile=told, by_person=by_person))


def judge(work: Work, station: Station, *, evse: int, plan: Sequence[Period], unit: Unit, starts_at: datetime) -> bool:
    """Whether a car's own plan keeps to what it was offered. If not it is offered a profile again (K15.FR.13)."""
    mine = (car_plans.c.station_id == station.id, car_plans.c.evse == evse)
    row = work.execute(select(car_plans).where(*mine)).one_or_none()
    if row is None or row.profile is None:
        return True
    kept_to = keeps_to(plan, unit, starts_at, msgspec.convert(row.profile, ChargingProfile))
    refusals = 0 if kept_to else row.refusals + 1
    again = 0 < refusals <= MOST_REFUSALS
    work.execute(update(car_plans).where(*mine).values(refusals=refusals, due=row.due or again, at=work.now))
    return kept_to


def offered(
    needs: Needs, limiting: Sequence[ChargingProfile], rated_w: int | None, *, at: datetime, number: int, session: str
) -> ChargingProfile:
    """What the car can take, and no more than limits it now."""
    known = [needs.most]
    for profile in limiting:
        if (period := period_at(profile, at)) is not None:
            known.append(_in(needs.unit, period, profile.unit, needs.phases))
    if rated_w is not None:
        known.append(_in(needs.unit, Period(0, rated_w), "W", needs.phases))
    leaves_in_s = None if needs.leaves_at is None else int((needs.leaves_at - at).total_seconds())
    return ChargingProfile(
        purpose="session",
        periods=[Period(0, min(known), needs.phases)],
        unit=needs.unit,
        id=number,
        starts_at=at,
        duration_s=PLAN_S if leaves_in_s is None or leaves_in_s <= 0 else min(PLAN_S, leaves_in_s),
        session=session,
    )


def keeps_to(plan: Sequence[Period], unit: Unit, starts_at: datetime, profile: ChargingProfile) -> bool:
    """Whether a plan asks for no more than a profile allows, at every moment at which either of them changes."""
    begins = profile.starts_at or starts_at
    in_order = sorted(plan, key=_start)
    moments = {starts_at + timedelta(seconds=each.start_s) for each in plan}
    moments |= {max(starts_at, begins + timedelta(seconds=each.start_s)) for each in profile.periods}
    for moment in moments:
        allowed = period_at(profile, moment, begins)
        wanted = _last(in_order, (moment - starts_at).total_seconds())
        if allowed is not None and wanted is not None:
            phases = wanted.phases or allowed.phases
            if _in(profile.unit, wanted, unit, phases) > allowed.limit + ROUNDED:
                return False
    return True


def period_at(profile: ChargingProfile, at: datetime, begins: datetime | None = None) -> Period | None:
    """What holds at a moment; None when nothing does. Where it is not known when a profile begins, its lowest limit counts."""
    begins = profile.starts_at or begins
    if (profile.valid_from is not None and at < profile.valid_from) or (
        profile.valid_to is not None and at >= profile.valid_to
    ):
        return None
    if begins is None:
        return min(profile.periods, key=lambda each: each.limit)
    since_s = (at - begins).total_seconds()
    if profile.recurrency is not None:
        since_s %= {"daily": DAY_S, "weekly": WEEK_S}[profile.recurrency]
    if since_s < 0 or (profile.duration_s is not None and since_s >= profile.duration_s):
        return None
    return _last(profile.periods, since_s)


def _of_session(profiles: Sequence[ChargingProfile], session: str) -> ChargingProfile | None:
    """The one that holds: of the highest level, and of those the newest."""
    mine = [each for each in profiles if each.session == session]
    return max(reversed(mine), key=lambda each: each.stack_level, default=None)


def _last(periods: Sequence[Period], at_s: float) -> Period | None:
    """Of periods in their order, the last that has begun."""
    index = bisect.bisect_right(periods, at_s, key=_start)
    return periods[index - 1] if index else None


def _start(period: Period) -> int:
    return period.start_s


def _in(unit: Unit, period: Period, its_unit: Unit, phases: int | None) -> float:
    if its_unit == unit:
        return period.limit
    return charging_profiles.convert(period.limit, period.phases or phases, to=unit)
