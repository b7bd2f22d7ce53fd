"""Whether a charger does what it has accepted, by its meter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.domain.charging_profiles import ChargingProfile, KeptProfile, Period
from stationmaster.domain.obeying import Drawn, verdict

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SET = NOON - timedelta(minutes=10)


def kept(limit: float, purpose: Any = "session_default", unit: Any = "A", *, evse: int = 0, **more: Any) -> KeptProfile:
    profile = ChargingProfile(purpose, [Period(0, limit)], unit, starts_at=SET, **more)
    return KeptProfile(1, evse, "csms", SET, profile, None)


def drawn(current_a: float | None = None, power_w: float | None = None, *, evse: int = 1, session: str = "tx") -> Drawn:
    return Drawn(evse, session, SET, NOON, current_a, power_w)


@pytest.mark.parametrize(
    "limit, reading, obeyed",
    [
        (kept(16), drawn(16.9), True),
        (kept(16), drawn(22), False),
        (kept(0), drawn(0), True),
        (kept(0), drawn(6), False),
        (kept(16), drawn(power_w=3 * 230 * 16), True),  # it may be on three phases
        (kept(16), drawn(power_w=22_000), False),
        (kept(11_000, unit="W"), drawn(power_w=22_000), False),
        (kept(11_000, unit="W"), drawn(32), None),  # on how many phases is not known
        (kept(16, "station_max"), drawn(32), False),
        (kept(16, "session", evse=1, session="tx"), drawn(32), False),
        (kept(16, "session", evse=1, session="other"), drawn(32), None),
        (kept(16, evse=2), drawn(32), None),
        (kept(16), drawn(), None),
    ],
)
def test_a_limit_is_held_against_the_meter(limit: KeptProfile, reading: Drawn, obeyed: bool | None) -> None:
    found = verdict(limit, [limit], [reading])
    assert (None if found is None else found.obeyed) is obeyed


def test_a_limit_that_has_just_begun_or_changed_is_not_judged_by_what_was_before() -> None:
    fresh = KeptProfile(1, 0, "csms", NOON - timedelta(seconds=59), kept(16).profile, None)
    assert verdict(fresh, [fresh], [drawn(32)]) is None
    steps = ChargingProfile("session_default", [Period(0, 32), Period(570, 6)], starts_at=SET)  # since half a minute
    step = KeptProfile(1, 0, "csms", SET, steps, None)
    found = verdict(step, [step], [drawn(32)])
    assert found is not None and found.obeyed


@pytest.mark.parametrize("before, now", [((10, 1), (32, 3)), ((16, 3), (32, 1))])
def test_of_a_step_to_other_phases_the_higher_power_counts(before: tuple[int, int], now: tuple[int, int]) -> None:
    (old_a, old_phases), (new_a, new_phases) = before, now
    periods = [Period(0, old_a, old_phases), Period(570, new_a, new_phases)]
    step = KeptProfile(1, 0, "csms", SET, ChargingProfile("session_default", periods, starts_at=SET), None)
    found = verdict(step, [step], [drawn(power_w=11_000)])
    assert found is not None and found.obeyed


def test_the_limit_that_governs_a_session_is_the_one_that_is_judged() -> None:
    everywhere, here, own = kept(6), kept(10, evse=1), kept(32, "session", evse=1, session="tx")
    all_of_them = [everywhere, here, own]
    found = [verdict(each, all_of_them, [drawn(30)]) for each in all_of_them]
    assert [None if each is None else each.obeyed for each in found] == [None, None, True]


def test_amperes_of_two_cars_are_not_added_up_but_watts_are() -> None:
    top = kept(16, "station_max")
    assert verdict(top, [top], [drawn(16), drawn(16, evse=2, session="b")]) is None
    both = [drawn(16, 7_000), drawn(16, 7_000, evse=2, session="b")]
    found = verdict(top, [top], both)
    assert found is not None and (found.obeyed, found.measured, found.unit) == (False, 14_000, "W")


def test_a_limit_from_elsewhere_is_not_ours_to_judge() -> None:
    elsewhere = KeptProfile(0, 0, "EMS", SET, None, {"limit": 6})
    assert verdict(elsewhere, [elsewhere], [drawn(32)]) is None
