"""What a charger says will be in force, held against what was set here. Pure.

A charger may accept a profile and go by another: its composite schedule is where that can be seen before a car draws too much.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from stationmaster.domain.car_plans import period_at
from stationmaster.domain.charging_profiles import (
    DAY_S,
    OURS,
    WEEK_S,
    ChargingProfile,
    KeptProfile,
    Period,
    Unit,
    convert,
)

Verdict = Literal["same", "more", "less", "not_set"]
LONGEST_S = 7 * DAY_S
_NEAR, _SLACK = 0.02, {"A": 0.2, "W": 50.0}
_MOST_STEPS = 2000
_MOST_TOLD = 50
_BEYOND = ("priority", "local_generation")  # which lift others, by as much as the charger alone knows


class Schedule(NamedTuple):
    """What the charger says: limits from a moment on. Without periods it has named none."""

    starts_at: datetime
    duration_s: int
    unit: Unit
    periods: Sequence[Period]


class Going(NamedTuple):
    """A session that goes on: where, what the charger calls it, and since when."""

    evse: int | None
    transaction_id: str
    began_at: datetime


class Stretch(msgspec.Struct, frozen=True):
    """From one moment to another: the limit that was told and the one that was set here (`asked`, by `profile`), both in `unit`."""

    starts_at: datetime
    ends_at: datetime
    told: float | None
    asked: float | None
    unit: Unit
    profile: int | None
    verdict: Verdict


class _Set(NamedTuple):
    """A limit that was set here: what it can be in the unit that was told, for the phases may not be known."""

    values: tuple[float, ...]
    profile: int


def compare(told: Schedule, evse: int, kept: Sequence[KeptProfile], going: Sequence[Going]) -> list[Stretch]:
    """Stretch by stretch; neighbours that say the same are one. Of the whole charger (`evse` 0) only its own limit can be said."""
    ours = [each for each in kept if each.source == OURS and each.profile is not None]
    if any(_purpose(each) in _BEYOND for each in ours):
        return []
    session = next((each for each in going if each.evse == evse), None) if evse else None
    end = told.starts_at + timedelta(seconds=max(0, min(told.duration_s, LONGEST_S)))
    found: list[Stretch] = []
    for begin, until in itertools.pairwise(_steps(told, ours, session, end)):
        one = _stretch(told, begin, until, _set_here(told, begin, evse, ours, session))
        if found and _alike(found[-1], one):
            found[-1] = msgspec.structs.replace(found[-1], ends_at=until)
        else:
            found.append(one)
    return found[:_MOST_TOLD]


def sentence(found: Sequence[Stretch]) -> str:
    """All of it in words; empty where there is nothing to compare."""
    if not any(each.asked is not None for each in found):
        return "Nothing was set here; it goes by its own settings." if found else ""
    said = []
    for verdict, words in (("more", "It allows more than was set here"), ("less", "It allows less than was set here")):
        those = [each for each in found if each.verdict == verdict]
        if not those:
            continue
        worst = max(those, key=lambda each: abs((each.asked or 0) - (each.told or 0)))
        instead = "no limit" if worst.told is None else f"{worst.told:g} {worst.unit}"
        why = "; another limit is in force there" if verdict == "less" else ""
        said.append(
            f"{words} for {_lasting(those)}: {instead} instead of {worst.asked:g} {worst.unit}"
            f" (profile {worst.profile}){why}."
        )
    return " ".join(said) or "That is what was set here."


def _set_here(
    told: Schedule, at: datetime, evse: int, ours: Sequence[KeptProfile], session: Going | None
) -> list[_Set]:
    """The limits of here that may be meant at a moment. Where no car charges, that of a session may be told or not."""
    phases = next((each.phases for each in reversed(told.periods) if _starts(told, each) <= at), None)

    def highest(those: Iterable[KeptProfile], began_at: datetime | None) -> _Set | None:
        for each in sorted(those, key=_weight, reverse=True):
            assert each.profile is not None
            period = period_at(each.profile, at, began_at)
            if period is not None:
                return _Set(_values(each.profile, period, told.unit, phases), each.id)
        return None

    began_at = told.starts_at if session is None else session.began_at
    whole = highest((each for each in ours if _purpose(each) == "station_max"), None)
    if evse == 0:
        return [] if whole is None else [whole]
    mine = None
    if session is not None:
        named = (each for each in ours if each.profile is not None and each.profile.session == session.transaction_id)
        mine = highest(named, began_at)
    if mine is None:
        every = (each for each in ours if _purpose(each) == "session_default" and each.evse in (0, evse))
        mine = highest(every, began_at)
    both = [each for each in (whole, mine) if each is not None]
    if session is None or len(both) < 2:
        return both
    return [min(both, key=lambda each: max(each.values))]


def _stretch(told: Schedule, begin: datetime, until: datetime, those: Sequence[_Set]) -> Stretch:
    says = next((each.limit for each in reversed(told.periods) if _starts(told, each) <= begin), None)
    if not those:
        return Stretch(begin, until, says, None, told.unit, None, "not_set")
    most = max(those, key=lambda each: max(each.values))
    if says is None:
        return Stretch(begin, until, None, _shown(most), told.unit, most.profile, "more")
    for each in those:
        for value in each.values:
            if abs(says - value) <= max(_NEAR * value, _SLACK[told.unit]):
                return Stretch(begin, until, says, round(value, 1), told.unit, each.profile, "same")
    verdict: Verdict = "more" if says > max(most.values) else "less"
    return Stretch(begin, until, says, _shown(most), told.unit, most.profile, verdict)


def _shown(one: _Set) -> float:
    return round(max(one.values), 1)


def _values(profile: ChargingProfile, period: Period, unit: Unit, phases_told: int | None) -> tuple[float, ...]:
    if profile.unit == unit:
        return (period.limit,)
    phases = period.phases or phases_told
    return tuple(convert(period.limit, each, to=unit) for each in ((phases,) if phases else (1, 2, 3)))


def _steps(told: Schedule, ours: Sequence[KeptProfile], session: Going | None, end: datetime) -> list[datetime]:
    """Every moment at which another limit may begin, with both ends; no more than can be looked at."""
    steps = {told.starts_at, end, *(_starts(told, each) for each in told.periods)}
    for each in ours:
        assert each.profile is not None
        steps.update(_changes(each.profile, told.starts_at, end, None if session is None else session.began_at))
        if len(steps) > _MOST_STEPS:
            break
    return sorted(at for at in steps if told.starts_at <= at <= end)[:_MOST_STEPS]


def _changes(profile: ChargingProfile, begin: datetime, end: datetime, began_at: datetime | None) -> Iterator[datetime]:
    yield from (at for at in (profile.valid_from, profile.valid_to) if at is not None)
    starts_at = profile.starts_at or began_at or begin
    after = [each.start_s for each in profile.periods] + ([profile.duration_s] if profile.duration_s else [])
    again_s = {"daily": DAY_S, "weekly": WEEK_S}.get(profile.recurrency or "")
    if again_s is not None:
        starts_at += timedelta(seconds=(begin - starts_at).total_seconds() // again_s * again_s)
    while starts_at <= end:
        yield from (starts_at + timedelta(seconds=seconds) for seconds in after)
        if again_s is None:
            return
        starts_at += timedelta(seconds=again_s)


def _starts(told: Schedule, period: Period) -> datetime:
    return told.starts_at + timedelta(seconds=min(period.start_s, LONGEST_S))


def _purpose(kept: KeptProfile) -> str:
    return "" if kept.profile is None else kept.profile.purpose


def _weight(kept: KeptProfile) -> tuple[bool, int]:
    """What is set for the EVSE goes before what is set for all; then the level counts."""
    assert kept.profile is not None
    return kept.evse > 0, kept.profile.stack_level


def _alike(one: Stretch, other: Stretch) -> bool:
    return (one.told, one.asked, one.profile, one.verdict) == (other.told, other.asked, other.profile, other.verdict)


def _lasting(those: Sequence[Stretch]) -> str:
    minutes = max(1, round(sum((each.ends_at - each.starts_at).total_seconds() for each in those) / 60))
    hours, rest = divmod(minutes, 60)
    return " ".join(text for text, there in ((f"{hours} h", hours), (f"{rest} min", rest)) if there)
