"""O-10: do drivers get to charge? Attempts and visits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stationmaster.domain.figures import starts
from stationmaster.domain.figures.starts import Attempt, PortStarts, Starts

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def attempt(card: str | None, minute: int, *, good: bool, evse: int = 1, lasts: int = 2, where: str = "H") -> Attempt:
    began = NOON + timedelta(minutes=minute)
    return Attempt(card, where, 7, evse, began, began + timedelta(minutes=lasts), good)


def test_O_10_five_attempts_of_three_drivers() -> None:
    visits = starts.visits_of(
        [
            attempt("1", 0, good=False),
            attempt("1", 5, good=False, evse=2),
            attempt("1", 10, good=True, lasts=40),
            attempt("2", 7, good=True, evse=2),
            attempt("3", 20, good=False),
        ]
    )
    assert starts.summed(visits) == Starts(
        attempts=5, good_attempts=2, visits=3, good_visits=2, troubled_visits=1, first_try_visits=1
    )
    # The visit of driver 1 came to something in the end: only that of driver 3 failed.
    assert starts.by_port(visits) == [PortStarts(7, 1, 3, 1, 2, 1), PortStarts(7, 2, 2, 1, 2, 0)]


def test_O_10_a_quarter_of_an_hour_begins_when_the_attempt_before_has_ended_and_places_and_cards_are_apart() -> None:
    def visits(*attempts: Attempt) -> int:
        return len(starts.visits_of(attempts))

    first = attempt("1", 0, good=True, lasts=60)
    assert visits(first, attempt("1", 75, good=True)) == 1
    assert visits(first, attempt("1", 76, good=True)) == 2
    assert visits(first, attempt("1", 61, good=True, where="G")) == 2
    assert visits(first, attempt("2", 61, good=True)) == 2
    assert visits(attempt(None, 0, good=False), attempt(None, 3, good=True)) == 2
    assert starts.summed([]) == Starts(0, 0, 0, 0, 0, 0)
