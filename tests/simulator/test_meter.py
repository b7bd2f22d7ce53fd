import random

import pytest

from stationmaster.simulator.meter import AC_22_KW, DC_150_KW, Outlet, Vehicle


def outlet(**car: float) -> Outlet:
    post = Outlet(AC_22_KW, register_mwh=1_000_400, chance=random.Random(1))
    post.connect(Vehicle(**car))  # type: ignore[arg-type]
    return post


def test_power_ramps_up_holds_and_tapers_off():
    car = Vehicle(capacity_wh=50_000, stored_wh=10_000, max_w=11_000, ramp_s=10)
    assert [car.accepts_w(s) for s in (0, 5, 10, 600)] == [0, 5_500, 11_000, 11_000]
    car.stored_wh = 45_000  # half-way between 80 % and full
    assert car.accepts_w(600) == pytest.approx(11_000 * 0.525)
    car.stored_wh = 50_000
    assert car.accepts_w(600) == 0


def test_an_hour_of_11_kw_is_11_kwh_less_the_ramp():
    post = outlet(capacity_wh=100_000, stored_wh=0, max_w=11_000, ramp_s=12)
    assert post.charge(3_600) == 3_600
    assert 10_970 < post.register_wh - 1_000 < 11_000


def test_wanted_energy_is_met_to_the_milliwatt_hour():
    post = outlet(capacity_wh=100_000, stored_wh=0, max_w=11_000)
    took_s = post.charge(86_400, at_most_mwh=5_000_000)
    assert post.register_mwh == 6_000_400
    assert took_s == pytest.approx(5_000 / 11_000 * 3_600 + 6, abs=2)  # half the ramp is lost


def test_register_goes_on_from_car_to_car_and_never_back():
    post = outlet(capacity_wh=100_000, stored_wh=0)
    post.charge(600)
    after_first = post.register_mwh
    post.connect(None)
    assert post.charge(600) == 0 and post.register_mwh == after_first
    post.connect(Vehicle())
    post.charge(600)
    assert post.register_mwh > after_first


def test_a_full_battery_takes_nothing_more():
    post = outlet(capacity_wh=1_000, stored_wh=900, max_w=11_000, ramp_s=0)
    post.charge(36_000)
    assert post.register_mwh == 1_100_400
    assert post.power_w == 0
    assert post.read().soc_percent == 100


def test_a_one_phase_car_uses_one_phase():
    post = outlet(max_w=7_400, phases=1)
    post.charge(60)
    reading = post.read()
    assert reading.power_w == 230 * 32
    assert reading.currents_a[0] == pytest.approx(32, abs=0.5) and reading.currents_a[1:] == (0.0, 0.0)


def test_the_limit_of_the_profile_cuts_the_power():
    post = outlet(max_w=11_000)
    post.limit_w = 4_140
    post.charge(60)
    assert post.power_w == 4_140


def test_same_seed_same_readings():
    def readings() -> list[object]:
        post = Outlet(DC_150_KW, chance=random.Random("CP1/7"))
        post.connect(Vehicle.any(post.chance, "DC"))
        return [(post.charge(30), post.read()) for _ in range(20)]

    assert readings() == readings()
