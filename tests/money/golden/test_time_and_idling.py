"""By hand: minutes of charging, minutes of standing there, grace, caps and steps."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from stationmaster.domain.money.facts import State
from tests.money.telling import check, element, rated, session, tariff

CAR, CHARGER = "suspended_by_car", "suspended_by_charger"


def test_M_05_time_means_charging_time() -> None:
    # Plugged in for ten hours, charged for one: 60 min, not 600 (39.00).
    told = session(
        "2026-12-01 10:00", "2026-12-01 20:00", readings={"11:00": "10", "20:00": "10"}, states={"10:00": "charging", "11:00": CAR}
    )  # fmt: skip
    rows = [("energy", "10 × 0.30", "3.00"), ("time", "60 × 0.06", "3.60")]
    bill = rated(told, tariff(element(energy="0.30", time="0.06/min")))
    check(bill, rows, "6.60")
    assert (bill.charging_s, bill.parked_s) == (3600, 9 * 3600)


OVERSTAY = tariff(
    element(parking_time="0.10/min", start_time="07:00", end_time="22:00", cap="12.00"),
    element(energy="0.45"),
    grace_minutes=15,
)
EVENING: dict[str, State] = {"18:00": "charging", "20:05": CAR, "20:10": "charging", "20:20": CAR}


@pytest.mark.parametrize(
    "begins, ends, states, kwh, rows, total",
    [
        # Paused for 5 min: free. Idle from 20:20, grace to 20:35, night from 22:00: 85 min.
        ("18:00", "23:10", EVENING, "21.4", [("parking_time", "85 × 0.10", "8.50"), ("energy", "21.4 × 0.45", "9.63")], "18.13"),
        # Our own limit is nobody's overstay.
        ("18:00", "23:10", {"18:00": "charging", "19:00": CHARGER, "19:40": "charging"} | dict(list(EVENING.items())[1:]), "21.4", [("parking_time", "85 × 0.10", "8.50"), ("energy", "21.4 × 0.45", "9.63")], "18.13"),
        # Gone a second before the grace ends.
        ("18:00", "20:34:59", EVENING, "21.4", [("energy", "21.4 × 0.45", "9.63")], "9.63"),
        ("18:00", "20:35:06", EVENING, "21.4", [("parking_time", "1/10 × 0.10", "0.01"), ("energy", "21.4 × 0.45", "9.63")], "9.64"),
        # 14:00–16:00 charged; 16:15–22:00 are 345 min, 34.50, and at most 12.00.
        ("14:00", "23:10", {"14:00": "charging", "16:00": CAR}, "21.4", [("parking_time", "345 × 0.10", "12.00"), ("energy", "21.4 × 0.45", "9.63")], "21.63"),
    ],
)  # fmt: skip
def test_M_06_overstay_with_grace(
    begins: str, ends: str, states: dict[str, State], kwh: str, rows: list[tuple[str, str, str]], total: str
) -> None:
    told = session(f"2026-12-02 {begins}", f"2026-12-02 {ends}", kwh=kwh, states=states)
    bill = rated(told, OVERSTAY)
    check(bill, rows, total, notes=["capped"] if total == "21.63" else [])
    if total == "18.13":
        assert bill.parked_s == 175 * 60  # with the grace


def test_idle_fees_without_grace_begin_at_once() -> None:
    # 1 h charged, 20 min idle.
    told = session(
        "2026-12-01 10:00", "2026-12-01 11:20", readings={"11:00": "10", "11:20": "10"}, states={"11:00": CAR}
    )
    rows = [("energy", "10 × 0.40", "4.00"), ("parking_time", "20 × 0.05", "1.00")]
    check(rated(told, tariff(element(energy="0.40", parking_time="0.05/min"))), rows, "5.00")


def test_idling_is_seen_by_the_power_where_the_station_says_nothing() -> None:
    # 10 kWh by 11:00; then 5 Wh in 10 min are 30 W, under 100: idle from 11:00. 20 min, grace 5: 15 min.
    readings = {"10:30": "5", "11:00": "10", "11:10": "10.005", "11:20": "10.005"}
    told = session("2026-12-01 10:00", "2026-12-01 11:20", readings=readings)
    version = tariff(element(time="0.02/min", parking_time="0.10/min"), grace_minutes=5)
    rows = [("time", "60 × 0.02", "1.20"), ("parking_time", "15 × 0.10", "1.50")]
    check(rated(told, version), rows, "2.70")
    # A threshold of 20 W takes the 30 W for charging: 70 min, then 10 min idle of which 5 are paid.
    finer = msgspec.structs.replace(version, idle_below_w=20)
    check(rated(told, finer), [("time", "70 × 0.02", "1.40"), ("parking_time", "5 × 0.10", "0.50")], "1.90")


def test_a_coarse_register_is_not_taken_for_idling_while_power_is_told() -> None:
    # A register of whole kWh stands still for 10 min at 4 kW; the power says that it charges.
    told = session("2026-12-01 10:00", "2026-12-01 10:30", readings={"10:10": "0", "10:20": "1", "10:30": "2"})
    spoken = told._replace(readings=tuple(msgspec.structs.replace(one, power_w=Decimal(4000)) for one in told.readings))
    version = tariff(element(time="0.02/min", parking_time="0.10/min"))
    check(rated(spoken, version), [("time", "30 × 0.02", "0.60")], "0.60")
    # Where no power is told, nothing flowed as far as anybody knows.
    check(rated(told, version), [("time", "20 × 0.02", "0.40"), ("parking_time", "10 × 0.10", "1.00")], "1.40")


def test_what_the_charger_withholds_is_neither_charging_nor_parking() -> None:
    # 30 min charged, 60 withheld, 30 charged.
    states: dict[str, State] = {"10:00": "charging", "10:30": CHARGER, "11:30": "charging"}
    told = session("2026-12-01 10:00", "2026-12-01 12:00", kwh="10", states=states)
    bill = rated(told, tariff(element(time="0.02/min", parking_time="0.10/min")))
    check(bill, [("time", "60 × 0.02", "1.20")], "1.20")
    assert (bill.paused_s, len(bill.lines[0].parts)) == (3600, 2)


STEPS = tariff(element(time="3.00", parking_time="6.00", step=600))


def test_M_14_a_step_counts_once_and_for_what_came_last() -> None:
    # 23 min of charging as they are, 0.3833 h × 3 = 1.15; 14 min parked are 20: a third of an hour × 6 = 2.00.
    told = session("2026-12-01 10:00", "2026-12-01 10:37", kwh="5", states={"10:00": "charging", "10:23": CAR})
    rows = [("time", "23/60 × 3.00", "1.15"), ("parking_time", "1/3 × 6.00", "2.00")]
    check(rated(told, STEPS), rows, "3.15", notes=["step"])
    unplugged = session("2026-12-01 10:00", "2026-12-01 10:23", kwh="5")
    check(rated(unplugged, STEPS), [("time", "1/2 × 3.00", "1.50")], "1.50", notes=["step"])


def test_OCPI_3_an_hour_and_5_an_hour_parked() -> None:
    # 150 min × 3.00/h = 7.50; 42 min are 45: 3.75. VAT 10 % of 7.50 and 20 % of 3.75.
    told = session("2026-12-01 10:00", "2026-12-01 13:12", kwh="20", states={"10:00": "charging", "12:30": CAR})
    version = tariff(element("VAT 10", time="3.00", step=60), element("VAT 20", parking_time="5.00", step=300))
    rows = [("time", "5/2 × 3.00", "7.50"), ("parking_time", "3/4 × 5.00", "3.75")]
    check(rated(told, version), rows, "12.75", net="11.25", taxes=["VAT 10: 0.75", "VAT 20: 0.75"], notes=["step"])


DAY = tariff(
    element(time="1.20", step=1800, end_time="17:00"),
    element(time="2.40", step=900, start_time="17:00"),
    element(parking_time="1.00", step=900, end_time="20:00"),
)


@pytest.mark.parametrize(
    "begins, ends, parked, rows, total",
    [
        # 16:55 + 10 min charging, 2 min parked are 15.
        ("16:55", "17:07", "17:05", [("time", "1/12 × 1.20", "0.10"), ("time", "1/12 × 2.40", "0.20"), ("parking_time", "1/4 × 1.00", "0.25")], "0.55"),
        # 16:35 + 35 min are 45: 25 before 17:00, so 20 after.
        ("16:35", "17:10", None, [("time", "5/12 × 1.20", "0.50"), ("time", "1/3 × 2.40", "0.80")], "1.30"),
        # 19:40 + 12 min, then 20 min parked, of which 8 before 20:00 are 15.
        ("19:40", "20:12", "19:52", [("time", "1/5 × 2.40", "0.48"), ("parking_time", "1/4 × 1.00", "0.25")], "0.73"),
    ],
)  # fmt: skip
def test_OCPI_a_step_over_a_change_of_price(
    begins: str, ends: str, parked: str | None, rows: list[tuple[str, str, str]], total: str
) -> None:
    states: dict[str, State] = {begins: "charging"} | ({parked: "suspended_by_car"} if parked else {})
    told = session(f"2026-12-01 {begins}", f"2026-12-01 {ends}", kwh="3", states=states)
    check(rated(told, DAY), rows, total, notes=["step"])


def test_OCPI_the_first_half_hour_is_free() -> None:
    # 5 kWh in 30 min for nothing, 1.2 kWh in the next 10 at 0.25.
    told = session("2026-12-01 10:00", "2026-12-01 10:40", readings={"10:30": "5", "10:40": "6.2"})
    version = tariff(
        element(energy="0", max_duration=1800), element(energy="0.25", max_duration=3600), element(energy="0.40")
    )
    check(rated(told, version), [("energy", "5 × 0", "0.00"), ("energy", "1.2 × 0.25", "0.30")], "0.30")


def test_free_minutes_are_the_first_ones() -> None:
    # 50 min of charging, 20 of them free.
    told = session("2026-12-01 10:00", "2026-12-01 10:50", kwh="9")
    version = tariff(element(energy="0.30"), element(time="0.04/min", min_duration=1200))
    check(rated(told, version), [("energy", "9 × 0.30", "2.70"), ("time", "30 × 0.04", "1.20")], "3.90")


def test_M_15_a_visit_that_has_paid_the_fee_does_not_pay_it_again() -> None:
    version = tariff(element(flat="0.50", energy="0.40"))
    told = session("2026-12-01 10:00", "2026-12-01 11:00", kwh="10")
    again = session("2026-12-01 11:02", "2026-12-01 12:00", kwh="5", continues=True)
    check(rated(told, version), [("flat", "1 × 0.50", "0.50"), ("energy", "10 × 0.40", "4.00")], "4.50")
    check(rated(again, version), [("energy", "5 × 0.40", "2.00")], "2.00")


def test_before_the_car_takes_anything_it_is_parked_and_has_its_grace() -> None:
    # Plugged in at 10:00, begins to charge at 10:20: 20 min connected, 15 of them grace; then 40 min.
    states: dict[str, State] = {"10:00": "connected", "10:20": "charging"}
    told = session(
        "2026-12-01 10:00", "2026-12-01 11:00", readings={"10:20": "0", "11:00": "8"}, states=states
    )  # fmt: skip
    version = tariff(element(time="0.02/min", parking_time="0.10/min"), grace_minutes=15)
    check(rated(told, version), [("time", "40 × 0.02", "0.80"), ("parking_time", "5 × 0.10", "0.50")], "1.30")
