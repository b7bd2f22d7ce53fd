"""What a charger says will be in force, beside what was set here: a table that an electrician can follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.domain import composites
from stationmaster.domain.charging_profiles import ChargingProfile, KeptProfile, Period
from stationmaster.domain.composites import Going, Schedule

AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
SESSION = Going(1, "T1", AT - timedelta(minutes=30))


def kept(purpose: Any, *periods: tuple[int, float], number: int = 7, evse: int = 0, **more: Any) -> KeptProfile:
    more = {"starts_at": AT} | more
    profile = ChargingProfile(purpose, [Period(*period) for period in periods], id=number, **more)
    return KeptProfile(number, evse, "csms", AT, profile, None)


def told(*periods: tuple[int, float], unit: Any = "A", phases: int | None = None, duration_s: int = 7200) -> Schedule:
    return Schedule(AT, duration_s, unit, [Period(start, limit, phases) for start, limit in periods])


def verdicts(found: list[composites.Stretch]) -> list[tuple[float, float | None, float | None, str]]:
    hours = [(each.ends_at - each.starts_at).total_seconds() / 3600 for each in found]
    return [(hour, each.told, each.asked, each.verdict) for hour, each in zip(hours, found, strict=True)]


WHOLE = kept("station_max", (0, 16), (3600, 8))
NIGHT = kept(
    "station_max", (0, 6), (36_000, 32), kind="recurring", recurrency="daily", starts_at=AT - timedelta(hours=9)
)


@pytest.mark.parametrize(
    "those, says, expected",
    [
        ([], told((0, 32)), [(2, 32, None, "not_set")]),
        ([WHOLE], told((0, 16), (3600, 8)), [(1, 16, 16, "same"), (1, 8, 8, "same")]),
        ([WHOLE], told((0, 16)), [(1, 16, 16, "same"), (1, 16, 8, "more")]),
        ([WHOLE], told(), [(1, None, 16, "more"), (1, None, 8, "more")]),
        ([WHOLE], told((0, 6)), [(1, 6, 16, "less"), (1, 6, 8, "less")]),
        ([WHOLE], told((0, 15.9), (3600, 8.1)), [(1, 15.9, 16, "same"), (1, 8.1, 8, "same")]),  # rounded
        # One phase of 16 A is as good an answer as three, where nobody has said how many there are.
        ([WHOLE], told((0, 3680), (3600, 5520), unit="W"), [(1, 3680, 3680, "same"), (1, 5520, 5520, "same")]),
        ([WHOLE], told((0, 3680), unit="W", phases=3, duration_s=3600), [(1, 3680, 11_040, "less")]),
        ([NIGHT], told((0, 6), (3600, 32)), [(1, 6, 6, "same"), (1, 32, 32, "same")]),
        # Two levels: the higher one holds as long as it does.
        (
            [WHOLE, kept("station_max", (0, 10), number=8, stack_level=1, duration_s=1800)],
            told((0, 10), (1800, 16), (3600, 8)),
            [(0.5, 10, 10, "same"), (0.5, 16, 16, "same"), (1, 8, 8, "same")],
        ),
    ],
)
def test_a_composite_schedule_is_held_against_what_was_set(those: Any, says: Schedule, expected: Any) -> None:
    assert verdicts(composites.compare(says, 0, those, [])) == expected


SESSION_MAX = kept("session", (0, 10), number=8, evse=1, session="T1")
DEFAULT = kept("session_default", (0, 12), number=9)


@pytest.mark.parametrize(
    "those, going, says, verdict",
    [
        ([WHOLE, DEFAULT, SESSION_MAX], [SESSION], 10, "same"),
        ([WHOLE, DEFAULT, SESSION_MAX], [SESSION], 12, "more"),  # its own goes before that of every session
        ([WHOLE, DEFAULT], [SESSION], 12, "same"),
        ([WHOLE, DEFAULT], [SESSION], 16, "more"),
        ([DEFAULT, kept("session_default", (0, 6), number=10, evse=1)], [SESSION], 12, "more"),
        ([DEFAULT, kept("session_default", (0, 6), number=10, evse=2)], [SESSION], 12, "same"),
        # No car: that of a session may be in it or not.
        ([WHOLE, DEFAULT], [], 12, "same"),
        ([WHOLE, DEFAULT], [], 16, "same"),
        ([WHOLE, DEFAULT], [], 20, "more"),
        # What is not from here, and what lifts a limit by as much as the charger alone knows, is held against nothing.
        ([KeptProfile(3, 1, "EMS", AT, WHOLE.profile, None)], [SESSION], 32, "not_set"),
        ([WHOLE, kept("local_generation", (0, 6), number=11)], [SESSION], 22, None),
    ],
)
def test_of_a_session_its_own_limit_counts(those: Any, going: list[Going], says: float, verdict: str | None) -> None:
    found = composites.compare(told((0, says), duration_s=1800), 1, those, going)
    assert [each.verdict for each in found] == ([] if verdict is None else [verdict])


def test_what_is_said_of_it() -> None:
    def words(*periods: tuple[int, float]) -> str:
        return composites.sentence(composites.compare(told(*periods), 0, [WHOLE], []))

    assert words((0, 16), (3600, 8)) == "That is what was set here."
    assert words((0, 16)) == "It allows more than was set here for 1 h: 16 A instead of 8 A (profile 7)."
    assert words((0, 6), (3600, 32)) == (
        "It allows more than was set here for 1 h: 32 A instead of 8 A (profile 7). It allows less than was set here"
        " for 1 h: 6 A instead of 16 A (profile 7); another limit is in force there."
    )


@pytest.mark.parametrize("duration_s", [0, -5, 2**31])
def test_an_absurd_schedule_is_compared_as_far_as_it_makes_sense(duration_s: int) -> None:
    odd = Schedule(AT, duration_s, "A", [Period(2**31 - 1, 5.0), Period(0, 1e307)])
    found = composites.compare(odd, 1, [WHOLE, NIGHT], [SESSION])
    assert len(found) <= 50
    assert all(each.ends_at - AT <= timedelta(days=7) for each in found)
