"""A session about which nothing is odd, as nearly all are: its energy in one pass.

It knows conditions that are enough, not all that are allowed. Where it says nothing, the engine looks closer; where it says
something, the engine would have come to the same, without a flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from stationmaster.domain.energy.power import (
    EDGE_S,
    MARGIN,
    MAX_W,
    SELDOM_LESS_W,
    SKEW_S,
    SLACK_WH,
    UNKNOWN_W,
    Told,
    power_by_time,
    to_the_ends,
)
from stationmaster.domain.energy.words import Point

_TOLERANCE_WH = 1.0
_BEGIN, _END = "Transaction.Begin", "Transaction.End"
_LARGEST = Decimal(10) ** 12


def plain_wh(
    start_wh: Decimal | None,
    points: Sequence[Point],
    stop_wh: Decimal | None,
    *,
    started_at: datetime,
    stopped_at: datetime,
    rated_w: float | None,
) -> float | None:
    """What the register rose by, of a station whose clock is to be believed; None where somebody has to look closer."""
    if start_wh is None or stop_wh is None or not 0 <= start_wh < stop_wh < _LARGEST:
        return None
    length_s = max(0.0, (stopped_at - started_at).total_seconds())
    start, stop = float(start_wh), float(stop_wh)
    inner_to = length_s - EDGE_S
    register, read_at, before, least_w = start, 0.0, -1.0, 0.0
    told: list[Told] = []
    inner, highest_inner, highest = 0, 0.0, 0.0
    first = True
    for point in points:
        t = (point.at - started_at).total_seconds()
        if t <= before or (point.location is not None and point.location != "Outlet"):
            return None
        before = t
        if point.power_w is not None:
            w = float(point.power_w)
            if not 0 <= w <= MAX_W:
                return None
            edge = not EDGE_S <= t <= inner_to or point.context == _BEGIN or point.context == _END
            told.append(Told(t, w, edge))
            if w > highest:
                highest = w
            if not edge:
                inner += 1
                if w > highest_inner:
                    highest_inner = w
        if point.energy_wh is not None:
            wh = float(point.energy_wh)
            if not register <= wh <= stop or (point.context == _BEGIN and not first):
                return None
            if wh - register > SLACK_WH:
                least_w = max(least_w, _least_w(wh - register, t - read_at))
            register, read_at, first = wh, t, False
    if stop - register > SLACK_WH:
        least_w = max(least_w, _least_w(stop - register, max(0.0, length_s - read_at)))
    able_w = rated_w or highest_inner or (highest if highest > SLACK_WH else 0.0) or UNKNOWN_W
    taken = stop - start
    if taken <= _TOLERANCE_WH or least_w > able_w or taken > MARGIN * able_w * length_s / 3600 + SLACK_WH:
        return None
    if told:
        expected, _ = power_by_time(to_the_ends(told, length_s))
        if highest <= SELDOM_LESS_W or (expected > 500 and taken * 1000 < expected * 2):
            return None  # perhaps kW told as W, or kWh told as Wh
        if inner >= 3 and not expected / 2 - SLACK_WH <= taken <= expected * 2 + SLACK_WH:
            return None
    return taken


def _least_w(rise_wh: float, seconds: float) -> float:
    """What the connector must be able to deliver for this rise (`Flow.step_wh`)."""
    return (rise_wh - SLACK_WH) * 3600 / (MARGIN * (seconds + SKEW_S))
