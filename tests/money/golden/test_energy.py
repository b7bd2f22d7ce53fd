"""By hand: kWh, tiers, steps, power, and sessions that got little or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.money.telling import check, element, rated, session, tariff

HOUR = ("2026-12-01 10:00", "2026-12-01 11:00")


@pytest.mark.parametrize(
    "kwh, rows, total",
    [
        ("12.4", [("energy", "12.4 × 0.50", "6.20")], "6.20"),  # P-02, whoever's card ended it
        ("0.1", [("energy", "0.1 × 0.50", "0.05")], "0.05"),
        ("0.119", [("energy", "0.119 × 0.50", "0.06")], "0.06"),  # 0.0595
    ],
)
def test_P_02_a_price_for_a_kwh(kwh: str, rows: list[tuple[str, str, str]], total: str) -> None:
    check(rated(session(*HOUR, kwh=kwh), tariff(element(energy="0.50"))), rows, total)


def test_OCPI_20_45_kwh_by_steps_of_100_wh() -> None:
    # 20.5 kWh × 0.25 = 5.125 and 10 %: 5.13 + 0.51; the fee 0.50 and 20 %: 0.10.
    version = tariff(element("VAT 20", flat="0.50"), element("VAT 10", energy="0.25", step=100))
    rows = [("flat", "1 × 0.50", "0.50"), ("energy", "20.5 × 0.25", "5.13")]
    bill = rated(session(*HOUR, kwh="20.45"), version)
    check(bill, rows, "6.24", net="5.63", taxes=["VAT 20: 0.10", "VAT 10: 0.51"], notes=["step"])
    assert bill.lines[1].added == Decimal(50)


def test_OCPI_a_step_of_energy_is_one_for_the_whole_session() -> None:
    # 4.3 kWh before 17:00 and 1.1 after are 5.4, so 5.5: the later price gets 1.2.
    told = session("2026-12-01 16:00", "2026-12-01 18:00", readings={"17:00": "4.3", "18:00": "5.4"})
    version = tariff(element(energy="0.20", step=500, end_time="17:00"), element(energy="0.27", step=500))
    rows = [("energy", "4.3 × 0.20", "0.86"), ("energy", "1.2 × 0.27", "0.32")]  # 0.324
    check(rated(told, version), rows, "1.18", notes=["step"])


def test_a_tier_ends_at_exactly_its_kwh() -> None:
    # 20 kWh at 0.30, the other 13.337 at 0.45 = 6.00165. No reading falls on the 20th.
    version = tariff(element(energy="0.30", max_kwh="20"), element(energy="0.45"))
    rows = [("energy", "20 × 0.30", "6.00"), ("energy", "13.337 × 0.45", "6.00")]
    bill = rated(session(*HOUR, kwh="33.337"), version)
    check(bill, rows, "12.00", notes=["interpolated"])
    between = bill.lines[0].parts[-1].end
    assert between is not None
    # 33 337 Wh in 3 600 s: the 20 000th after 2 159.8 s, in the second that ends at 10:36:00.
    assert (between.wh, f"{between.at:%H:%M:%S}", between.interpolated) == (20_000, "09:36:00", True)


def test_OCPI_the_price_follows_the_power() -> None:
    # 1 kWh in 10 min (6 kW), 40 kWh in 50 min (48 kW), 0.5 kWh in 7.5 min (4 kW).
    told = session(
        "2026-12-01 10:00", "2026-12-01 11:07:30", readings={"10:10": "1", "11:00": "41", "11:07:30": "41.5"}
    )
    version = tariff(
        element(energy="0.20", max_power="16"), element(energy="0.35", max_power="32"), element(energy="0.50")
    )
    rows = [("energy", "1.5 × 0.20", "0.30"), ("energy", "40 × 0.50", "20.00")]
    bill = rated(told, version)
    check(bill, rows, "20.30")
    assert [part.quantity for part in bill.lines[0].parts] == [1000, 500]


FEES = tariff(element(flat="0.50", energy="0.40", parking_time="0.05/min"))


@pytest.mark.parametrize(
    "ends, kwh",
    [
        ("2026-12-05 10:00", "0.003"),  # 96 h: 0.50 + 0.0012 + 5 760 × 0.05 = 288.50 without the rule
        ("2026-12-01 10:00:20", "0"),  # P-09: cancelled before it began
        ("2026-12-01 10:00", "0"),  # begun and ended in one second
        ("2026-12-01 11:00", "0.099999"),
    ],
)
def test_M_09_P_09_nothing_delivered_nothing_billed(ends: str, kwh: str) -> None:
    check(rated(session("2026-12-01 10:00", ends, kwh=kwh), FEES), [], "0.00", notes=["too_little"])


def test_M_09_an_operator_may_bill_from_nothing() -> None:
    # 96 h: 5 760 min parked, and 3 Wh.
    version = tariff(element(flat="0.50", energy="0.40", parking_time="0.05/min"), bill_from_wh=0)
    told = session("2026-12-01 10:00", "2026-12-05 10:00", kwh="0.003")
    rows = [("flat", "1 × 0.50", "0.50"), ("energy", "0.003 × 0.40", "0.00"), ("parking_time", "5760 × 0.05", "288.00")]
    check(rated(told, version), rows, "288.50")


def test_a_session_of_zero_energy_pays_its_time_where_that_is_what_is_sold() -> None:
    version = tariff(element(parking_time="0.05/min"), bill_from_wh=0)
    told = session(*HOUR, kwh="0", states={"10:00": "connected"})
    check(rated(told, version), [("parking_time", "60 × 0.05", "3.00")], "3.00")


def test_a_gap_of_the_meter_is_divided_by_time() -> None:
    # Told 2 kWh at 16:00 and 14 kWh at 20:00, nothing between: at 17:00 it is 2 + 12 × 1/4 = 5.
    told = session("2026-12-01 15:30", "2026-12-01 20:30", readings={"16:00": "2", "20:00": "14", "20:30": "15"})
    version = tariff(element(energy="0.30", end_time="17:00"), element(energy="0.60"))
    rows = [("energy", "5 × 0.30", "1.50"), ("energy", "10 × 0.60", "6.00")]
    check(rated(told, version), rows, "7.50", notes=["interpolated"])


def test_the_meter_after_the_last_reading_stays() -> None:
    # The station was silent from 10:40 on: what it told is what is billed.
    told = session(*HOUR, readings={"10:20": "4", "10:40": "8"})
    rows = [("energy", "8 × 0.30", "2.40"), ("time", "60 × 0.01", "0.60")]
    check(rated(told, tariff(element(energy="0.30", time="0.01/min"))), rows, "3.00")


def test_TX_09_a_register_that_falls_takes_nothing_back() -> None:
    told = session(*HOUR, readings={"10:20": "4", "10:40": "3", "11:00": "6"})
    check(rated(told, tariff(element(energy="0.50"))), [("energy", "6 × 0.50", "3.00")], "3.00")


def test_what_a_charger_tells_with_one_time_for_begin_and_end_is_not_free() -> None:
    version = tariff(element(flat="0.50", energy="0.50", time="36.00"))
    told = session("2026-12-01 10:00", "2026-12-01 10:00", readings={"10:00": "6"})
    lines = {line.type: str(line.amount) for line in rated(told, version).lines}
    assert lines == {"flat": "0.50 EUR", "energy": "3.00 EUR", "time": "0.01 EUR"}  # a second at least: 36 / 3600
    told = session(*HOUR, readings={"09:59": "4", "10:00": "6"})  # nothing later: the hour is not idle, nobody knows
    check(rated(told, tariff(element(energy="0.50"))), [("energy", "6 × 0.50", "3.00")], "3.00")
    told = session(*HOUR, readings={"10:00": "6", "10:30": "4"})  # a later one has it
    check(rated(told, tariff(element(energy="0.50"))), [("energy", "6 × 0.50", "3.00")], "3.00")


def test_free_charging_is_a_tariff_too() -> None:
    check(rated(session(*HOUR, kwh="20"), tariff(element(flat="0.00"))), [("flat", "1 × 0", "0.00")], "0.00")


def test_M_22_a_session_held_for_review_is_rated_and_says_so() -> None:
    told = session(*HOUR, kwh="5.5", held=True)
    check(rated(told, tariff(element(energy="0.40"))), [("energy", "5.5 × 0.40", "2.20")], "2.20", notes=["held"])


def test_TX_09_energy_that_nobody_knows_is_not_priced_and_never_free_by_the_rule() -> None:
    told = session(*HOUR, kwh="950", energy_known=False, held=True)
    version = tariff(element(flat="0.50", energy="0.40", time="0.01/min"))
    bill = rated(told, version)
    rows = [("flat", "1 × 0.50", "0.50"), ("time", "60 × 0.01", "0.60")]
    check(bill, rows, "1.10", notes=["held", "energy_unknown"])
    assert bill.energy_wh is None


def test_a_correction_after_the_invoice_is_the_difference_of_two_bills() -> None:
    # Billed 20 kWh at 0.50 and 19 %: 10.00 + 1.90. A person corrects it to 10 kWh: 5.00 + 0.95. Given back: 5.95.
    version = tariff(element("VAT 19", energy="0.50"))
    billed, right = (rated(session(*HOUR, kwh=kwh), version) for kwh in ("20", "10"))
    check(billed, [("energy", "20 × 0.50", "10.00")], "11.90", taxes=["VAT 19: 1.90"])
    check(right, [("energy", "10 × 0.50", "5.00")], "5.95", taxes=["VAT 19: 0.95"])
    assert str(right.total - billed.total) == "-5.95 EUR"
