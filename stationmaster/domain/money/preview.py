"""Which element of a tariff holds when in a week: what the picture of a tariff shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple, get_args

from stationmaster.domain.money.conditions import Conditions, Plan, plan_of
from stationmaster.domain.money.tariff_version import Dimension, TariffVersion
from stationmaster.domain.opening_hours import DAYS, Day


class Piece(NamedTuple):
    """A time of a day in which a session that begins has the same prices: for each dimension the element that holds."""

    day: Day
    begins: str
    ends: str
    holding: dict[Dimension, int | None]


def week_of(version: TariffVersion, day: date, watts: Decimal) -> list[Piece]:
    """The week of a day, from Monday on: what holds for a session of this power that begins then, with its dates and holidays."""
    pieces: list[Piece] = []
    for piece in _pieces(plan_of(version, "session"), day - timedelta(days=day.weekday()), watts):
        last = pieces[-1] if pieces else None
        if last is not None and (last.day, last.ends, last.holding) == (piece.day, piece.begins, piece.holding):
            pieces[-1] = last._replace(ends=piece.ends)
        else:
            pieces.append(piece)
    return pieces


def _pieces(plan: Plan, monday: date, watts: Decimal) -> Iterator[Piece]:
    times = sorted({"00:00", "24:00", *(f"{clock:%H:%M}" for clock in plan.times)})
    for index, day in enumerate(DAYS):
        for begins, ends in pairwise(times):
            wall = datetime.combine(monday + timedelta(days=index), time.fromisoformat(begins))
            conditions = Conditions(wall, 0, 0, watts)
            held = {dimension: plan.holding(dimension, conditions) for dimension in get_args(Dimension)}
            yield Piece(day, begins, ends, {name: None if one is None else one.element for name, one in held.items()})
