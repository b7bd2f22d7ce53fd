"""What can have flowed: the bound that every step of a register is held against, and power × time as a second witness."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence

import msgspec

MARGIN = 1.25  # a connector delivers no more than a quarter above its power
SLACK_WH = 1000.0
SKEW_S = 60.0  # times of readings are told in whole minutes by some
UNKNOWN_W = 500_000.0  # where neither a rated power nor any other is known
UNKNOWN_SLACK_WH = 10_000.0
MAX_W = 4_000_000.0  # more than this is no measurement
MAX_GAP_S = 1800.0  # between two powers further apart, nobody knows what flowed
DENSE_S = 360.0  # told at least this often, no peak is missed
SELDOM_S = 1000.0  # told less often, power × time is no witness
PEAK = 4.0  # a car may have drawn this much more than the powers that were told seldom and differ
STEADY = 0.8
STANDBY_W = 100.0
EDGE_S = 10.0  # what is told at the begin and the end says little of the power between them
NOTICEABLE_WH = 50.0
BLIND_STEP_WH = 200_000.0  # without a clock
BLIND_TOTAL_WH = 1_000_000.0  # more than any vehicle takes

SELDOM_LESS_W = 500.0  # a car that charges takes more; a smaller figure may be kW told as W


class Told(msgspec.Struct, frozen=True, gc=False):
    """A power that was told, `t` seconds after the begin; `edge`: at the begin or the end of the session."""

    t: float
    w: float
    edge: bool


class Flow(msgspec.Struct, frozen=True, gc=False):
    """What the connector can deliver, and what power × time says it did."""

    w: float
    clock: bool
    length_s: float
    known: bool = False  # by its rating or by what it told
    rated: bool = False
    estimate_wh: float = 0.0  # power × time between the powers told, where that is enough to be worth something
    by_time_wh: float = 0.0  # the same from end to end
    dense: bool = False
    is_witness: bool = False  # was the power told often enough to speak against a register?

    def step_wh(self, seconds: float) -> float:
        """The most a register can rise in this time."""
        if not self.clock:
            return BLIND_STEP_WH
        return MARGIN * self.w * (max(0.0, seconds) + SKEW_S) / 3600 + SLACK_WH

    @property
    def total_wh(self) -> float:
        """The most a session can take (M-22)."""
        if not self.clock:
            return BLIND_TOTAL_WH
        return MARGIN * self.w * self.length_s / 3600 + (SLACK_WH if self.known else UNKNOWN_SLACK_WH)

    @property
    def doubt(self) -> float:
        """By which factor the register may be away from power × time."""
        return 2.0 if self.dense else PEAK


def flow(
    told: Sequence[Told], *, length_s: float, clock: bool, rated_w: float | None, difference_wh: float | None
) -> Flow:
    """The bound and the witness. `difference_wh` is what the registers say, to see whether the powers are kW told as W."""
    told = sorted({one.t: one for one in told if -MAX_W <= one.w <= MAX_W}.values(), key=_when)  # each moment once
    if difference_wh and max((one.w for one in told), default=0.0) <= SELDOM_LESS_W:
        told_wh, _ = power_by_time(to_the_ends(told, length_s), standby_w=0.0)
        if 500 * told_wh < difference_wh < 2000 * told_wh:
            told = [Told(one.t, one.w * 1000, one.edge) for one in told]
    all_told = to_the_ends(told, length_s)
    between_wh, _ = power_by_time(told)
    by_time_wh, covered_s = power_by_time(all_told)
    inner = [one.w for one in told if not one.edge]
    highest = max(inner, default=0.0) or max((one.w for one in told if one.w > SLACK_WH), default=0.0)
    gap_s = max((after.t - before.t for before, after in itertools.pairwise(all_told)), default=0.0)
    dense = len(inner) >= 3 and gap_s <= DENSE_S
    steady = len(inner) >= 2 and min(inner) >= STEADY * highest
    if between_wh <= NOTICEABLE_WH:
        between_wh = by_time_wh if by_time_wh > NOTICEABLE_WH and covered_s > length_s / 2 else 0.0
    return Flow(
        w=rated_w or highest * (1 if dense or steady else PEAK) or UNKNOWN_W,
        clock=clock,
        length_s=length_s,
        known=bool(rated_w or highest),
        rated=bool(rated_w),
        estimate_wh=between_wh,
        by_time_wh=by_time_wh,
        dense=dense,
        is_witness=clock and len(inner) >= 3 and gap_s <= SELDOM_S,
    )


_when = operator.attrgetter("t")


def to_the_ends(told: Sequence[Told], length_s: float) -> list[Told]:
    """As if the first power had flowed from the begin, and the last to the end."""
    if not told:
        return []
    first, last = told[0], told[-1]
    return [Told(min(0.0, first.t), first.w, True), *told, Told(max(length_s, last.t), last.w, True)]


def power_by_time(told: Sequence[Told], standby_w: float = STANDBY_W) -> tuple[float, float]:
    """Watt-hours under the powers, and the seconds that they speak for."""
    wh = covered_s = before_t = before_w = 0.0
    for index, one in enumerate(told):
        t, w = one.t, one.w if one.w > 0 else 0.0
        if index:
            seconds = t - before_t if t - before_t < MAX_GAP_S else MAX_GAP_S
            watts = (before_w + w) / 2
            if watts >= standby_w:
                wh += watts * seconds / 3600
            covered_s += seconds
        before_t, before_w = t, w
    return wh, covered_s
