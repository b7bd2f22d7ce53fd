from datetime import UTC, datetime, timedelta

from stationmaster.simulator.limits import Limits, Profile

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def profile(**changes: object) -> Profile:
    given = {
        "id": 1, "connector": 1, "stack_level": 0, "purpose": "default", "kind": "Relative", "unit": "A",
        "periods": ((0, 16.0, 3),),
    }  # fmt: skip
    return Profile(**{**given, **changes})  # type: ignore[arg-type]


def limit(*profiles: Profile, at: datetime = NOON, began: datetime | None = NOON, phases: int = 3) -> float:
    limits = Limits()
    for each in profiles:
        limits.install(each)
    return limits.limit_w(1, at, began, voltage_v=230, phases=phases)


def test_ampere_become_watts_on_the_phases_in_use():
    assert limit(profile()) == 16 * 230 * 3
    assert limit(profile(), phases=1) == 16 * 230


def test_without_a_profile_nothing_limits():
    assert limit() == float("inf")
    assert limit(profile(connector=2)) == float("inf")


def test_the_higher_stack_level_wins():
    assert limit(profile(id=1, periods=((0, 10, 3),)), profile(id=2, stack_level=3, unit="W")) == 16


def test_a_transaction_profile_replaces_the_default_and_the_maximum_cuts_both():
    default = profile(unit="W", periods=((0, 4_000.0, 3),))
    own = profile(id=2, purpose="transaction", unit="W", periods=((0, 9_000.0, 3),))
    most = profile(id=3, connector=0, purpose="max", unit="W", periods=((0, 7_000.0, 3),))
    assert limit(default, own) == 9_000
    assert limit(default, own, most) == 7_000
    assert limit(default, own, began=None) == float("inf")  # relative to a transaction that is not there


def test_periods_follow_each_other_and_the_schedule_ends():
    stairs = profile(unit="W", periods=((0, 1_000.0, 3), (600, 2_000.0, 3)), duration_s=1_200)
    at = [limit(stairs, at=NOON + timedelta(seconds=s)) for s in (0, 599, 600, 1_199, 1_200)]
    assert at == [1_000, 1_000, 2_000, 2_000, float("inf")]


def test_a_daily_schedule_repeats():
    night = profile(kind="Recurring", recurrency="Daily", start=NOON - timedelta(days=9), unit="W", duration_s=3_600)
    assert limit(night, at=NOON + timedelta(minutes=59)) == 16
    assert limit(night, at=NOON + timedelta(minutes=61)) == float("inf")


def test_clearing_counts_what_matched():
    limits = Limits()
    for number, purpose in ((1, "default"), (2, "max"), (3, "transaction")):
        limits.install(profile(id=number, purpose=purpose))
    assert limits.clear(profile_id=9) == 0
    assert limits.clear(purpose="max") == 1
    assert limits.clear() == 2
