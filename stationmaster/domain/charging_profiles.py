"""Charging profiles: what limits a station, in the words of no version; what it has accepted, and limits it has from elsewhere.

What a schedule becomes for a station (its unit, how many periods it takes) is pure, and never allows more than what was asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Any, Literal, NamedTuple, Protocol

import msgspec
from sqlalchemy import Column, ForeignKey, Integer, Table, Text, UniqueConstraint, delete, insert, or_, select, update

from stationmaster.domain import stations
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata

charging_profiles = Table(
    "charging_profiles",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("number", Integer, nullable=False),  # what the station calls it; 0 is a limit from elsewhere
    Column("evse", Integer, nullable=False),  # 0: the whole charger
    Column("source", Text, nullable=False),  # from here, or who else: an energy management, the grid
    Column("purpose", Text, nullable=False),
    Column("stack_level", Integer, nullable=False),
    Column("session", Text),  # what the station calls the transaction that it is for
    Column("profile", Json, nullable=False),
    Column("at", UtcTime, nullable=False),  # when it was accepted, or told
    UniqueConstraint("station_id", "source", "evse", "number"),
)

Purpose = Literal["station_max", "session_default", "session", "priority", "local_generation", "external"]
Kind = Literal["absolute", "recurring", "relative", "dynamic"]
Unit = Literal["A", "W"]
OURS = "csms"
VOLTS = 230
DAY_S, WEEK_S = 86_400, 604_800
_STEPS_S = tuple(hours * 3600 for hours in (1, 2, 3, 4, 6, 8, 12, 24, 48, 168))


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A limit that holds from `start_s` after the start of the schedule, until the next one."""

    start_s: Annotated[int, msgspec.Meta(ge=0)]
    limit: Annotated[float, msgspec.Meta(ge=0, le=10_000_000)]
    phases: Annotated[int, msgspec.Meta(ge=1, le=3)] | None = None


class ChargingProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits over time, in amperes per phase or in watts. `station_max` limits the whole charger, `session_default` every session,
    `session` the one that is named. Of two with one purpose the higher stack level holds. A `dynamic` one (2.1) has one limit, which
    update-dynamic-schedule changes; with `update_every_s` the charger asks for it by itself as well."""

    purpose: Purpose
    periods: Annotated[list[Period], msgspec.Meta(min_length=1, max_length=1024)]
    unit: Unit = "A"
    kind: Kind = "absolute"
    stack_level: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    id: Annotated[int, msgspec.Meta(ge=1, lt=2**31)] | None = None
    recurrency: Literal["daily", "weekly"] | None = None
    starts_at: datetime | None = None
    duration_s: Annotated[int, msgspec.Meta(ge=1, lt=2**31)] | None = None
    min_rate: Annotated[float, msgspec.Meta(ge=0)] | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    session: str | None = None
    update_every_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] | None = None


class Measured(msgspec.Struct, frozen=True):
    """What the meter says of a limit: `obeyed`, or accepted and not obeyed. Amperes are those of the phase that has the most."""

    obeyed: bool
    measured: float
    allowed: float
    unit: Unit
    at: datetime


class KeptProfile(msgspec.Struct, frozen=True):
    """A profile a charger has accepted, or has told of; one of `source` other than `csms` is a limit from elsewhere. `measured` is there
    while cars charge under a limit of ours, and their readings can be held against it."""

    id: int
    evse: int
    source: str
    at: datetime
    profile: ChargingProfile | None
    told: Any  # of a limit from elsewhere: what the charger has told of it
    measured: Measured | None = None


class ProfileRow(Protocol):
    """A row of the table."""

    id: int
    number: int
    evse: int
    source: str
    purpose: str
    stack_level: int
    session: str | None
    profile: dict[str, Any]
    at: datetime


def check(profile: ChargingProfile, *, evse: int) -> None:
    """Whether this can be a profile at all. Raises `Invalid` at the field that is wrong."""
    _check_form(profile)
    if profile.purpose == "station_max" and evse != 0:
        raise Invalid("evse", "0: this purpose is about the whole charger")
    if profile.purpose == "station_max" and profile.kind == "relative":
        raise Invalid("profile.kind", "no session begins a limit of the whole charger")
    if (profile.purpose == "session") != (profile.session is not None):
        raise Invalid("profile.session", "names the session that a `session` profile is for, and belongs to no other")
    if profile.purpose == "session" and evse == 0:
        raise Invalid("evse", "a session is at one EVSE")


def check_at_start(profile: ChargingProfile) -> None:
    """The same for the one that comes with a remote start: it is for the session that begins (K05). Raises `Invalid`."""
    if profile.purpose != "session":
        raise Invalid("profile.purpose", "`session`, since it is for the session that begins")
    if profile.session is not None:
        raise Invalid("profile.session", "left out, since the session that begins has no name yet")
    _check_form(profile)


def _check_form(profile: ChargingProfile) -> None:
    starts = [period.start_s for period in profile.periods]
    if starts[0] != 0:
        raise Invalid("profile.periods", "the first one must start at 0")
    if any(later <= earlier for earlier, later in itertools.pairwise(starts)):
        raise Invalid("profile.periods", "each must start after the one before it")
    if profile.purpose == "external":
        raise Invalid("profile.purpose", "limits from elsewhere are told by the charger, not set")
    if profile.kind == "dynamic" and len(profile.periods) > 1:  # K28.FR.01
        raise Invalid("profile.periods", "one only: a dynamic profile says what holds now")
    if profile.kind == "dynamic" and profile.starts_at is not None:
        raise Invalid("profile.starts_at", "a dynamic profile holds from when it is set")
    if profile.kind != "dynamic" and profile.update_every_s is not None:  # K28.FR.04
        raise Invalid("profile.update_every_s", "is for dynamic profiles only")
    if (profile.kind == "recurring") != (profile.recurrency is not None):
        raise Invalid("profile.recurrency", "daily or weekly, for a recurring profile and no other")
    if profile.kind == "recurring" and profile.starts_at is None:
        raise Invalid("profile.starts_at", "a recurring profile must say when its day or week begins")
    if profile.kind == "relative" and profile.starts_at is not None:
        raise Invalid("profile.starts_at", "a relative profile begins with the session")
    longest = {"daily": DAY_S, "weekly": WEEK_S}.get(profile.recurrency or "", 2**31)
    if (profile.duration_s or 0) > longest:
        raise Invalid("profile.duration_s", "{longest} at the most, for it begins again then", longest=longest)
    if starts[-1] >= (profile.duration_s or longest):
        raise Invalid("profile.periods", "the last one starts after the schedule has ended")
    for field in ("starts_at", "valid_from", "valid_to"):
        at = getattr(profile, field)
        if at is not None and at.tzinfo is None:
            raise Invalid(f"profile.{field}", "must name its zone, as in 2026-05-01T12:00:00Z")
    if profile.valid_from is not None and profile.valid_to is not None and profile.valid_from >= profile.valid_to:
        raise Invalid("profile.valid_to", "must be after valid_from")


# What a schedule becomes for a station


class Fitted(NamedTuple):
    """Periods as a station takes them, and what was done to them in words."""

    unit: Unit
    periods: list[Period]
    min_rate: float | None
    remarks: list[str]


def fit(
    profile: ChargingProfile, *, units: frozenset[Unit] = frozenset(), longest: float | None = None, volts: int = VOLTS
) -> Fitted:
    """The schedule in a unit the station takes (S-06), in as many periods as it takes (S-07). No `units` means that they are not known."""
    unit, periods, lowest, remarks = profile.unit, profile.periods, profile.min_rate, []
    if units and unit not in units:
        unit = "W" if unit == "A" else "A"
        periods = [
            msgspec.structs.replace(each, limit=convert(each.limit, each.phases, to=unit, volts=volts))
            for each in periods
        ]
        lowest = None if lowest is None else convert(lowest, None, to=unit, volts=volts)
        remarks.append(f"The charger takes limits in {unit} only: they were converted, at {volts} V.")
    if longest is not None and len(periods) > longest:
        fewer = shortened(periods, int(longest), until_s=profile.duration_s)
        remarks.append(f"The charger takes {int(longest)} periods: {len(periods)} became {len(fewer)}.")
        periods = fewer
    return Fitted(unit, [msgspec.structs.replace(each, limit=_tenths(each.limit)) for each in periods], lowest, remarks)


def convert(limit: float, phases: int | None, *, to: Unit, volts: int = VOLTS) -> float:
    """Amperes per phase to watts or back; three phases where nothing is said."""
    factor = volts * (phases or 3)
    return limit * factor if to == "W" else limit / factor


def shortened(periods: Sequence[Period], longest: int, *, until_s: int | None = None) -> list[Period]:
    """At most so many periods, of which none allows more than before: equal neighbours are one, then whole hours, then more."""
    merged = _merged(periods)
    for step in _STEPS_S:
        if len(merged) <= longest:
            return merged
        merged = _merged(_in_steps(periods, step, until_s))
    if len(merged) <= longest:
        return merged
    return [msgspec.structs.replace(min(periods, key=lambda each: each.limit), start_s=0)]


def _in_steps(periods: Sequence[Period], step: int, until_s: int | None) -> list[Period]:
    """The lowest limit of each step."""
    begins = sorted(
        {0} | {at for each in periods for at in (each.start_s // step * step, -(-each.start_s // step) * step)}
    )
    begins = [at for at in begins if until_s is None or at < until_s]
    ends = [*begins[1:], None]
    found = []
    for begin, end in zip(begins, ends, strict=True):
        holding = [
            each
            for each, after in zip(periods, [*periods[1:], None], strict=True)
            if (end is None or each.start_s < end) and (after is None or after.start_s > begin)
        ]
        lowest = min(holding, key=lambda each: each.limit)
        found.append(msgspec.structs.replace(lowest, start_s=begin))
    return found


def _merged(periods: Sequence[Period]) -> list[Period]:
    found: list[Period] = []
    for each in periods:
        if not found or (found[-1].limit, found[-1].phases) != (each.limit, each.phases):
            found.append(each)
    return found


def _tenths(limit: float) -> float:
    """With one decimal, as 1.6 has it; never more than asked."""
    return float(Decimal(str(round(limit, 6))).quantize(Decimal("0.1"), rounding=ROUND_DOWN))


# What a station has


def accepted(work: Work, station: Station, *, evse: int, number: int, profile: ChargingProfile) -> None:
    """The station has taken it; one with its number, or of its purpose and level at this place, is gone."""
    mine = (charging_profiles.c.station_id == station.id, charging_profiles.c.source == OURS)
    same = (
        (charging_profiles.c.evse == evse)
        & (charging_profiles.c.purpose == profile.purpose)
        & (charging_profiles.c.stack_level == profile.stack_level)
        & (charging_profiles.c.session.is_not_distinct_from(profile.session))
    )
    # At one EVSE one session follows the other, and takes its profiles with it.
    over = (
        (charging_profiles.c.evse == evse)
        & (charging_profiles.c.purpose == "session")
        & charging_profiles.c.session.is_distinct_from(profile.session)
    )
    gone = [charging_profiles.c.number == number, same]
    if profile.purpose == "session":
        gone.append(over)
    work.execute(delete(charging_profiles).where(*mine, or_(*gone)))
    _insert(work, station, number=number, evse=evse, source=OURS, profile=profile)


def cleared(
    work: Work,
    station: Station,
    *,
    number: int | None = None,
    evse: int | None = None,
    purpose: str | None = None,
    stack_level: int | None = None,
) -> None:
    """The station has none of these any more. One that is named by its number is meant wherever it is."""
    wanted = (
        {"number": number} if number is not None else {"evse": evse, "purpose": purpose, "stack_level": stack_level}
    )
    which = [charging_profiles.c[name] == value for name, value in wanted.items() if value is not None]
    work.execute(
        delete(charging_profiles).where(
            charging_profiles.c.station_id == station.id, charging_profiles.c.source == OURS, *which
        )
    )


def dynamic_limit(work: Work, station: Station, number: int) -> float | None:
    """What the station's dynamic profile of this number says now; None when there is none that we know of."""
    mine = (charging_profiles.c.station_id == station.id, charging_profiles.c.number == number)
    for row in work.execute(select(charging_profiles).where(*mine, charging_profiles.c.source == OURS)).all():
        profile = msgspec.convert(row.profile, ChargingProfile)
        if profile.kind == "dynamic":
            return profile.periods[0].limit
    return None


def limit_changed(work: Work, station: Station, *, number: int, limit: float) -> None:
    """The station has taken another limit for its dynamic profile (K28)."""
    mine = (charging_profiles.c.station_id == station.id, charging_profiles.c.number == number)
    for row in work.execute(select(charging_profiles).where(*mine, charging_profiles.c.purpose != "external")).all():
        profile = msgspec.convert(row.profile, ChargingProfile)
        if profile.kind == "dynamic":
            periods = [msgspec.structs.replace(profile.periods[0], limit=limit)]
            changed = msgspec.to_builtins(msgspec.structs.replace(profile, periods=periods))
            here = charging_profiles.c.id == row.id
            work.execute(update(charging_profiles).where(here).values(profile=changed, at=work.now))


def told(work: Work, station: Station, *, evse: int, source: str, number: int, profile: ChargingProfile) -> None:
    """The station reports one that it has."""
    _drop(work, station, evse=evse, source=source, number=number)
    _insert(work, station, number=number, evse=evse, source=source, profile=profile)


def forget_untold(
    work: Work,
    station: Station,
    since: datetime | None,
    *,
    id: int | None = None,
    evse: int | None = None,
    purpose: str | None = None,
    stack_level: int | None = None,
    source: str | None = None,
) -> None:
    """The station has told all profiles that it has since then, of these; what it has not told is gone. Without a moment it has
    none. With an id only that counts, and the EVSE (K09.FR.04). A limit from elsewhere is no profile: it is lifted."""
    named = {"evse": evse} | (
        {"number": id} if id is not None else {"purpose": purpose, "stack_level": stack_level, "source": source}
    )
    which = [charging_profiles.c[name] == value for name, value in named.items() if value is not None]
    if since is not None:
        which.append(charging_profiles.c.at < since)
    mine = (charging_profiles.c.station_id == station.id, charging_profiles.c.number != 0)
    work.execute(delete(charging_profiles).where(*mine, *which))


def limited_from_elsewhere(work: Work, station: Station, *, evse: int, source: str, told: Any) -> None:
    """Somebody else limits the station now."""
    _drop(work, station, evse=evse, source=source, number=0)
    values = {"number": 0, "evse": evse, "source": source, "purpose": "external", "stack_level": 0}
    work.execute(insert(charging_profiles).values(station_id=station.id, profile=told, at=work.now, **values))


def limit_lifted(work: Work, station: Station, *, evse: int, source: str) -> None:
    """And no longer."""
    _drop(work, station, evse=evse, source=source, number=0)


def of_station(work: Work, organization_id: int, identity: str) -> list[KeptProfile]:
    """What limits a station, as far as is known here. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    mine = select(charging_profiles).where(charging_profiles.c.station_id == station.id)
    return [public_form(row) for row in work.execute(mine.order_by(charging_profiles.c.id)).all()]


def number_at(work: Work, station: Station, *, evse: int, profile: ChargingProfile, session: str | None) -> int | None:
    """The number of the profile that this one would stand beside; of one purpose and level there is one (K01.FR.06, K01.FR.39).
    `session` is what the station calls it."""
    same = (
        charging_profiles.c.evse == evse,
        charging_profiles.c.purpose == profile.purpose,
        charging_profiles.c.stack_level == profile.stack_level,
        charging_profiles.c.session.is_not_distinct_from(session),
    )
    mine = (charging_profiles.c.station_id == station.id, charging_profiles.c.source == OURS)
    found = select(charging_profiles.c.number).where(*mine, *same).order_by(charging_profiles.c.id.desc()).limit(1)
    return work.execute(found).scalar()


def set_here(work: Work, station: Station, *, evse: int) -> list[ChargingProfile]:
    """What was set from here for an EVSE or for the whole charger, the newest last."""
    mine = (charging_profiles.c.station_id == station.id, charging_profiles.c.source == OURS)
    rows = work.execute(
        select(charging_profiles)
        .where(*mine, charging_profiles.c.evse.in_((0, evse)), charging_profiles.c.number != 0)
        .order_by(charging_profiles.c.id)
    )
    return [msgspec.convert(row.profile, ChargingProfile) for row in rows]


def public_form(row: ProfileRow) -> KeptProfile:
    """As everyone outside sees it."""
    elsewhere = row.purpose == "external" and row.number == 0
    profile = None if elsewhere else msgspec.convert(row.profile, ChargingProfile)
    return KeptProfile(row.number, row.evse, row.source, row.at, profile, row.profile if elsewhere else None)


def _drop(work: Work, station: Station, *, evse: int, source: str, number: int) -> None:
    named = (
        charging_profiles.c.evse == evse,
        charging_profiles.c.source == source,
        charging_profiles.c.number == number,
    )
    work.execute(delete(charging_profiles).where(charging_profiles.c.station_id == station.id, *named))


def _insert(work: Work, station: Station, *, number: int, evse: int, source: str, profile: ChargingProfile) -> None:
    values = {"number": number, "evse": evse, "source": source, "purpose": profile.purpose}
    values |= {"stack_level": profile.stack_level, "session": profile.session}
    work.execute(
        insert(charging_profiles).values(
            station_id=station.id, profile=msgspec.to_builtins(profile), at=work.now, **values
        )
    )
