"""Uptime, charging time, overstay: tables that a customer would understand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stationmaster.domain.connector_states import Span, State
from stationmaster.domain.uptime import (
    Time,
    both,
    joined,
    offline_times,
    overstays,
    time_in,
    worked,
)

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
EVENING = datetime(2026, 12, 2, 17, tzinfo=UTC)  # 18:00 in Berlin
MINUTES = timedelta(minutes=1)


def spans(begin: datetime, *told: tuple[int, State], until: int) -> list[Span]:
    """`(minute, state)` each, in their order."""
    ends = [minute for minute, _ in told[1:]] + [until]
    return [
        Span(state, state, None, begin + minute * MINUTES, begin + end * MINUTES)
        for (minute, state), end in zip(told, ends, strict=True)
    ]


def time(begin: datetime, first: int, last: int) -> Time:
    return Time(begin + first * MINUTES, begin + last * MINUTES)


ALL_YEAR = 365 * 24 * 60


def test_O_09_a_year_with_an_outage_of_which_the_grid_is_excluded() -> None:
    port = [spans(YEAR, (0, "available"), (100_000, "faulted"), (120_000, "available"), until=ALL_YEAR)]
    assert worked(port, excluded=[time(YEAR, 110_000, 116_000)]).uptime_percent == Decimal("97.34")
    assert worked(port).uptime_percent == Decimal("96.19")


@pytest.mark.parametrize(
    ("first", "second", "percent"),
    [
        ("faulted", "available", "100.00"),  # a car can still charge at the other connector
        ("available", "unavailable", "100.00"),
        ("faulted", "unavailable", "90.00"),
        ("faulted", "faulted", "90.00"),
    ],
)
def test_O_09_a_port_of_two_connectors_is_down_only_while_both_are(first: State, second: State, percent: str) -> None:
    port = [spans(YEAR, (0, "available"), (100, state), (200, "available"), until=1000) for state in (first, second)]
    assert worked(port).uptime_percent == Decimal(percent)


@pytest.mark.parametrize(
    ("offline", "broken", "percent"),
    [
        ([(100, 200)], None, "90.00"),  # offline counts
        ([(100, 105)], None, "100.00"),  # a silence shorter than what is agreed does not
        ([(100, 200), (150, 250)], None, "85.00"),  # each moment once
        ([(0, 1000)], None, "0.00"),
        ([(550, 650)], (600, 750), "80.00"),  # offline and faulted at the same time is one outage
    ],
)
def test_O_09_offline_counts(offline: list[tuple[int, int]], broken: tuple[int, int] | None, percent: str) -> None:
    told: list[tuple[int, State]] = [(0, "available")]
    if broken is not None:
        told += [(broken[0], "faulted"), (broken[1], "available")]
    port = [spans(YEAR, *told, until=1000)]
    away = [time(YEAR, *each) for each in offline]
    assert worked(port, offline=away, tolerated=5 * MINUTES).uptime_percent == Decimal(percent)


def test_what_is_not_known_counts_for_neither_side() -> None:
    assert worked([]).uptime_percent is None
    assert worked([[], []]).uptime_percent is None
    port = [spans(YEAR, (500, "available"), (900, "faulted"), until=1000)]  # put up in the middle of the time asked for
    assert worked(port, offline=[time(YEAR, 0, 500)]).uptime_percent == Decimal("80.00")


def test_M_05_charging_time_is_not_plugged_time() -> None:
    session = spans(EVENING, (0, "charging"), (60, "suspended_ev"), until=600)
    assert time_in(session, "charging") == 60 * MINUTES


# 18:00 Berlin is minute 0. M-06: 15 min without charging are free, a top-up begins them anew.
@pytest.mark.parametrize(
    ("told", "until", "paid"),
    [
        ([(0, "charging"), (125, "suspended_ev"), (130, "charging"), (140, "suspended_ev")], 310, [(155, 310)]),
        (  # our own limit pauses it in between: unchanged
            [(0, "charging"), (60, "suspended_evse"), (100, "charging"), (125, "suspended_ev"), (130, "charging"),
             (140, "suspended_ev")], 310, [(155, 310)],
        ),
        ([(0, "charging"), (125, "suspended_ev"), (130, "charging"), (140, "suspended_ev")], 154, []),
        ([(0, "charging"), (120, "suspended_ev"), (130, "finishing")], 200, [(135, 200)]),  # still the same stay
        ([(0, "preparing"), (60, "suspended_ev")], 300, []),  # it has not charged yet: the car, or we, may be late
        ([(0, "charging")], 300, []),
        ([], 300, []),
    ],
)  # fmt: skip
def test_M_06_overstay_begins_when_the_grace_is_over(
    told: list[tuple[int, State]], until: int, paid: list[tuple[int, int]]
) -> None:
    found = overstays(spans(EVENING, *told, until=until) if told else [], grace=15 * MINUTES)
    assert found == [time(EVENING, *each) for each in paid]


def test_offline_is_from_going_to_coming() -> None:
    at = [YEAR + minute * MINUTES for minute in range(0, 100, 10)]
    moves = [
        (at[1], False),
        (at[2], True),
        (at[4], False),
        (at[5], False),
        (at[6], True),
        (at[7], True),
        (at[8], False),
    ]
    assert offline_times(moves, since=at[0], until=at[9]) == [
        Time(at[1], at[2]), Time(at[4], at[6]), Time(at[8], at[9]),
    ]  # fmt: skip
    assert offline_times([(at[0], False), (at[3], True)], since=at[2], until=at[9]) == [Time(at[2], at[3])]
    assert offline_times([], since=at[0], until=at[9]) == []


def test_times_are_joined_and_cut() -> None:
    assert joined([time(YEAR, 5, 9), time(YEAR, 0, 3), time(YEAR, 3, 4), time(YEAR, 8, 8)]) == [
        time(YEAR, 0, 4), time(YEAR, 5, 9),
    ]  # fmt: skip
    one = [time(YEAR, 0, 10), time(YEAR, 20, 30)]
    other = [time(YEAR, 5, 25), time(YEAR, 29, 40)]
    assert both(one, other) == both(other, one) == [time(YEAR, 5, 10), time(YEAR, 20, 25), time(YEAR, 29, 30)]
