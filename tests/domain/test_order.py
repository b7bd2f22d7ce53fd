"""Which numbered events have come (TX-21, TX-24): a table."""

from __future__ import annotations

import itertools

import pytest

from stationmaster.domain.sessions.order import MAX_GAPS, Heard, hear

NOTHING = Heard(None, [])


def told(*numbers: int | None, start: int | None = None) -> Heard:
    known = NOTHING
    for number in numbers:
        known = hear(known, number, begins=number is not None and number == start)
    return known


@pytest.mark.parametrize(
    "numbers, start, heard",
    [
        ((0, 1, 2), 0, Heard(2, [])),
        ((0, 2), 0, Heard(2, [[1, 1]])),
        ((0, 1, 4, 2, 3), 0, Heard(4, [])),  # P-05
        ((0, 9, 5), 0, Heard(9, [[1, 4], [6, 8]])),
        ((0, 9, 5, 1, 4, 6), 0, Heard(9, [[2, 3], [7, 8]])),
        ((0, 2, 2, 0, 2), 0, Heard(2, [[1, 1]])),  # repeats
        ((97, 98, 99), 97, Heard(99, [])),  # counted on from the transaction before
        ((99,), None, Heard(99, [[0, 98]])),  # its start has not come
        ((99, 97), 97, Heard(99, [[98, 98]])),
        ((99, 97, 98), 97, Heard(99, [])),
        ((3, 0), 0, Heard(3, [[1, 2]])),
        ((None, None), None, NOTHING),
        ((None, 0, None, 1), 0, Heard(1, [])),
        ((0,), None, Heard(0, [])),
    ],
)
def test_TX_21_TX_24_what_is_missing(numbers: tuple[int | None, ...], start: int | None, heard: Heard) -> None:
    assert told(*numbers, start=start) == heard


def test_TX_21_in_whatever_order_they_come() -> None:
    for order in itertools.permutations(range(5)):
        assert told(*order, start=0) == Heard(4, [])


def test_what_is_kept_of_gaps_is_limited() -> None:
    assert len(told(*range(0, 1000, 2), start=0).gaps) == MAX_GAPS
