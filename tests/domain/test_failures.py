"""How failures are counted, and what counts as one source; the door and the log-in have their own rules about it."""

from __future__ import annotations

import pytest

from stationmaster.domain.failures import Failures, network


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("from_first, counts", [(False, [1, 2, 3, 4]), (True, [1, 2, 1, 2])])
def test_failures_are_forgotten_after_the_last_or_after_the_first(from_first: bool, counts: list[int]) -> None:
    clock = Clock()
    failures = Failures(forget_s=60, kept=10, from_first=from_first, clock=clock)
    counted = []
    for _ in range(4):  # every 40 seconds
        failures.add(("a", "b"))
        counted.append(failures.of(("a", "b")).times)
        clock.now += 40
    assert counted == counts
    clock.now += 19
    assert failures.of(("a", "b")).times == (0 if from_first else counts[-1])
    clock.now += 1
    assert failures.of(("a", "b")).times == 0
    failures.add(("a", "b"))
    assert failures.of(("a", "b")).times == 1


def test_a_failure_that_was_none_is_taken_back() -> None:
    failures = Failures(forget_s=60, kept=10, clock=Clock())
    for _ in range(2):
        failures.add(("a", "b"))
    failures.take_back(("a", "b"))
    assert failures.of(("a", "b")).times == 1
    failures.take_back(("a", "b"))
    failures.take_back(("a", "b"))
    assert (failures.of(("a", "b")).times, len(failures)) == (0, 0)


def test_memory_is_bounded_and_who_failed_longest_ago_makes_room() -> None:
    failures = Failures(forget_s=60, kept=10, clock=Clock())
    for number in range(10):
        failures.add(("", str(number)))
    failures.add(("", "0"))  # again: now it is the newest
    failures.add(("", "10"))
    assert len(failures) == 10
    assert [failures.of(("", name)).times for name in ("0", "1", "2", "10")] == [2, 0, 1, 1]


@pytest.mark.parametrize(
    "source, same, other",
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
        ("fe80::1%eth0", "fe80::2%eth0", "fe80:0:0:1::1%eth0"),
        ("?", "?", "::"),
        ("not:an:address", "not:an:address", "not:an:other"),
    ],
)
def test_API_02_ATK_02_addresses_that_cost_nothing_are_one_source(source: str, same: str, other: str) -> None:
    assert network(source) == network(same) != network(other)
