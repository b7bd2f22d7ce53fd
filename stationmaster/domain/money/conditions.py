"""Which element of a tariff holds: its restrictions against the clock, the energy, the power and the duration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from stationmaster.domain.money import clock
from stationmaster.domain.money.register import MWH
from stationmaster.domain.money.tariff_version import (
    Dimension,
    Element,
    PriceComponent,
    Restrictions,
    TariffVersion,
)
from stationmaster.domain.opening_hours import DAYS

Kind = Literal["session", "reservation", "reservation_expires"]
"""What is priced: a session, a reservation that the driver came for, or one that nobody came for."""

MIDNIGHT = time(0)


class Conditions(NamedTuple):
    """What restrictions are judged by. `wall` is the site's clock, and None where no restriction looks at it."""

    wall: datetime | None
    second: int
    mwh: int
    watts: Decimal


class Candidate(NamedTuple):
    """A price component, where it stands in its tariff, and when it holds; always, where `restrictions` is None."""

    element: int
    place: int
    component: PriceComponent
    restrictions: Restrictions | None


class Plan(NamedTuple):
    """What a tariff has to say of one kind: its components by dimension, and everywhere that another of them may begin to hold."""

    candidates: dict[Dimension, tuple[Candidate, ...]]
    holidays: str | None
    times: tuple[time, ...]  # of the site's clock
    seconds: tuple[int, ...]
    levels_mwh: tuple[int, ...]
    watts: tuple[Decimal, ...]

    def holding(self, dimension: Dimension, conditions: Conditions) -> Candidate | None:
        """The first that matches."""
        for candidate in self.candidates[dimension]:
            wanted = candidate.restrictions
            if wanted is None or matches(wanted, conditions, self.holidays):
                return candidate
        return None


@lru_cache(maxsize=1024)
def plan_of(version: TariffVersion, kind: Kind) -> Plan:
    chosen = list(_elements(version, kind))
    candidates: dict[Dimension, tuple[Candidate, ...]] = {
        dimension: tuple(one for one in _candidates(chosen) if one.component.type == dimension)
        for dimension in get_args(Dimension)
    }
    restrictions = [element.restrictions for _, element in chosen]
    kwh = [limit for one in restrictions for limit in (one.min_kwh, one.max_kwh) if limit is not None]
    kw = [limit for one in restrictions for limit in (one.min_power, one.max_power) if limit is not None]
    seconds = [limit for one in restrictions for limit in (one.min_duration, one.max_duration) if limit is not None]
    return Plan(
        candidates=candidates,
        holidays=version.holidays,
        times=tuple(sorted({one for wanted in restrictions for one in _times(wanted)})),
        seconds=tuple(seconds),
        levels_mwh=tuple(sorted({int(limit * 1000 * MWH) for limit in kwh})),
        watts=tuple(limit * 1000 for limit in kw),
    )


def _elements(version: TariffVersion, kind: Kind) -> Iterator[tuple[int, Element]]:
    # An expired reservation is priced as any other where nothing is said of it.
    wanted = ("reservation_expires", "reservation") if kind == "reservation_expires" else (kind,)
    for word in wanted:
        for index, element in enumerate(version.elements):
            if (element.restrictions.reservation or "session") == word:
                yield index, element


def _candidates(elements: list[tuple[int, Element]]) -> Iterator[Candidate]:
    for index, element in elements:
        free = element.restrictions == Restrictions(reservation=element.restrictions.reservation)
        for place, component in enumerate(element.price_components):
            yield Candidate(index, place, component, None if free else element.restrictions)


def _times(wanted: Restrictions) -> Iterator[time]:
    told = [text for text in (wanted.start_time, wanted.end_time) if text is not None]
    yield from map(time.fromisoformat, told)
    # A day begins then; and a time without the other one goes from then, or until then.
    if told or wanted.start_date or wanted.end_date or wanted.day_of_week or wanted.public_holiday is not None:
        yield MIDNIGHT


def matches(wanted: Restrictions, now: Conditions, holidays: str | None) -> bool:
    """Whether all that is set matches: from the lower bound on, until before the upper one."""
    return (
        (wanted.min_duration is None or now.second >= wanted.min_duration)
        and (wanted.max_duration is None or now.second < wanted.max_duration)
        and (wanted.min_kwh is None or now.mwh >= wanted.min_kwh * 1000 * MWH)
        and (wanted.max_kwh is None or now.mwh < wanted.max_kwh * 1000 * MWH)
        and (wanted.min_power is None or now.watts >= wanted.min_power * 1000)
        and (wanted.max_power is None or now.watts < wanted.max_power * 1000)
        and (now.wall is None or matches_clock(wanted, now.wall, holidays))
    )


def matches_clock(wanted: Restrictions, wall: datetime, holidays: str | None) -> bool:
    """The part of it that a clock and a calendar on the wall decide."""
    day = wall.date()
    return (
        matches_week(wanted, wall)
        and (wanted.start_date is None or day >= wanted.start_date)
        and (wanted.end_date is None or day < wanted.end_date)
        and (wanted.public_holiday is None or wanted.public_holiday is clock.is_public_holiday(day, holidays))
    )


def matches_week(wanted: Restrictions, wall: datetime) -> bool:
    """Day of the week and time of the day."""
    if wanted.day_of_week and DAYS[wall.weekday()] not in wanted.day_of_week:
        return False
    if wanted.start_time is None and wanted.end_time is None:
        return True
    now = f"{wall:%H:%M}"
    begin, end = wanted.start_time or "00:00", wanted.end_time or "00:00"
    if end == "00:00":
        return now >= begin
    return begin <= now < end if begin < end else now >= begin or now < end
