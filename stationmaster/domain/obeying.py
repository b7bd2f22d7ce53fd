"""Whether a charger does what it has accepted: its limits, held against what its meter says. Pure.

A charger may accept a profile and draw as before. Nothing is said of it in doubt: a verdict needs a reading of the session that the limit
is about, taken a while after the limit began to hold, and in a unit that fits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from stationmaster.domain.car_plans import period_at
from stationmaster.domain.charging_profiles import OURS, ChargingProfile, KeptProfile, Measured, Period, Unit, convert

SETTLED = timedelta(seconds=60)  # a car follows within seconds, a mean value within a minute
MARGIN, SLACK = 1.1, {"A": 1.0, "W": 250.0}


class Drawn(NamedTuple):
    """What a session that goes on draws, by its newest reading; `at` is when we heard it."""

    evse: int | None
    session: str
    began_at: datetime
    at: datetime
    current_a: float | None  # of the phase that has the most
    power_w: float | None


class _Told(NamedTuple):
    measured: float
    allowed: float
    unit: Unit


def verdict(kept: KeptProfile, all_kept: Sequence[KeptProfile], drawn: Sequence[Drawn]) -> Measured | None:
    """What is measured of this limit; of several sessions the one that is furthest beyond it. None when nothing can be said."""
    if kept.source != OURS or kept.profile is None:
        return None
    if kept.profile.purpose == "station_max":
        found = [_of_all(kept, drawn)]
    else:
        found = [_of_one(kept, each) for each in drawn if _governs(kept, all_kept, each)]
    told = max((each for each in found if each is not None), key=_share, default=None)
    if told is None:
        return None
    obeyed = told.measured <= told.allowed * MARGIN + SLACK[told.unit]
    return Measured(obeyed, round(told.measured, 1), round(told.allowed, 1), told.unit, max(each.at for each in drawn))


def _governs(kept: KeptProfile, all_kept: Sequence[KeptProfile], drawn: Drawn) -> bool:
    """Whether this is the limit of the session: its own before that of its EVSE, and that before the one of every session."""
    mine = [each for each in all_kept if each.source == OURS and _is_about(each, drawn)]
    return kept in mine and max(mine, key=_weight) == kept


def _is_about(kept: KeptProfile, drawn: Drawn) -> bool:
    profile = kept.profile
    if profile is None:
        return False
    if profile.purpose == "session":
        return profile.session == drawn.session
    return profile.purpose == "session_default" and kept.evse in (0, drawn.evse)


def _weight(kept: KeptProfile) -> tuple[bool, bool, int]:
    assert kept.profile is not None
    return kept.profile.purpose == "session", kept.evse > 0, kept.profile.stack_level


def _of_one(kept: KeptProfile, drawn: Drawn) -> _Told | None:
    periods = _periods(kept, drawn.at, drawn.began_at)
    if not periods or kept.profile is None:
        return None
    if kept.profile.unit == "A" and drawn.current_a is not None:
        return _Told(drawn.current_a, max(each.limit for each in periods), "A")
    if drawn.power_w is None:
        return None
    return _Told(drawn.power_w, _most_w(kept.profile, periods), "W")


def _of_all(kept: KeptProfile, drawn: Sequence[Drawn]) -> _Told | None:
    """The whole charger: amperes of several cars are not added up, for they may be on different phases."""
    if not drawn or kept.profile is None:
        return None
    if len(drawn) == 1:
        return _of_one(kept, drawn[0])
    periods = [_periods(kept, each.at, None) for each in drawn]
    known = [each.power_w for each in drawn if each.power_w is not None]
    if len(known) < len(drawn) or not all(periods):
        return None
    return _Told(sum(known), _most_w(kept.profile, itertools.chain(*periods)), "W")


def _periods(kept: KeptProfile, at: datetime, began_at: datetime | None) -> list[Period]:
    """What a reading of this moment is held against: what holds now and a while ago, so that a step has time. Empty: nothing."""
    if kept.profile is None or kept.at > at - SETTLED:
        return []
    found = [period_at(kept.profile, moment, began_at) for moment in (at - SETTLED, at)]
    return [] if None in found else [each for each in found if each is not None]


def _most_w(profile: ChargingProfile, periods: Iterable[Period]) -> float:
    """The highest of these limits: one of fewer amperes may be of more phases."""
    return max(each.limit if profile.unit == "W" else convert(each.limit, each.phases, to="W") for each in periods)


def _share(told: _Told) -> float:
    return told.measured / (told.allowed or 1.0)
