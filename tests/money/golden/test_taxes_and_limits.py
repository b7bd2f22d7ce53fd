"""By hand: taxes, inclusive and exclusive, one and several; least and most; currencies; reservations."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from stationmaster.domain.money.amounts import rounded, total
from stationmaster.domain.money.facts import Reservation, State
from stationmaster.domain.money.parsing import simple
from stationmaster.domain.money.rating import rate_expired
from tests.money.telling import BERLIN, at, check, element, rated, session, tariff

HOUR = ("2026-12-01 10:00", "2026-12-01 11:00")


def test_M_07_one_price_everywhere() -> None:
    # 1.00 + 7.30665 + 1.41 = 9.71665, so 9.72; 19 % of it 1.8468.
    told = session("2026-12-01 10:00", "2026-12-01 10:47", kwh="18.735")
    version = tariff(element("VAT 19", flat="1.00", energy="0.39", time="0.03/min"))
    rows = [("flat", "1 × 1.00", "1.00"), ("energy", "18.735 × 0.39", "7.31"), ("time", "47 × 0.03", "1.41")]
    check(rated(told, version), rows, "11.57", net="9.72", taxes=["VAT 19: 1.85"])


def test_M_08_an_invoice_adds_up_what_was_shown() -> None:
    version = tariff(element(energy="0.50"))
    nets = [rated(session(*HOUR, kwh=kwh), version).net for kwh in ("20.010", "10.010")]
    # 10.005 and 5.005, each rounded where it was shown; 20 % of 15.02 is 3.004.
    assert [str(net.amount) for net in nets] == ["10.01", "5.01"]
    net = total(nets, "EUR")
    assert str(net + rounded(Fraction(net.amount) * 20 / 100, "EUR")) == "18.02 EUR"


@pytest.mark.parametrize(
    "taxes, kwh, amount, net, due, round_off",
    [
        # 246.80 / 1.18 = 209.1525; 9 % of 209.15 = 18.8235, twice; together 246.79.
        (("CGST 9", "SGST 9"), "12.34", "246.80", "209.15", ["CGST 9: 18.82", "SGST 9: 18.82"], "0.01"),
        # 18 % of 209.15 = 37.647.
        (("IGST 18",), "12.34", "246.80", "209.15", ["IGST 18: 37.65"], "0.00"),
        (("IGST 18",), "1", "20.00", "16.95", ["IGST 18: 3.05"], "0.00"),
        # 9 % of 16.95 = 1.5255, twice 1.53: a cent more than was paid.
        (("CGST 9", "SGST 9"), "1", "20.00", "16.95", ["CGST 9: 1.53", "SGST 9: 1.53"], "-0.01"),
    ],
)
def test_M_10_India_prices_with_tax(
    taxes: tuple[str, ...], kwh: str, amount: str, net: str, due: list[str], round_off: str
) -> None:
    version = tariff(element(*taxes, energy="20"), currency="INR", tax_included=True)
    rows = [("energy", f"{kwh} × 20", amount)]
    check(rated(session(*HOUR, kwh=kwh), version), rows, amount, net=net, taxes=due, round_off=round_off)


@pytest.mark.parametrize(
    "kwh, net, due, paid",
    [
        ("37.43", "37.43", ["GST 5: 1.87", "QST 9.975: 3.73"], "43.03"),  # 1.8715; 3.7336 of the same net
        ("10", "10.00", ["GST 5: 0.50", "QST 9.975: 1.00"], "11.50"),  # 0.9975
    ],
)
def test_M_11_two_taxes_on_one_base(kwh: str, net: str, due: list[str], paid: str) -> None:
    version = tariff(element("GST 5", "QST 9.975", energy="1"), currency="CAD")
    check(rated(session(*HOUR, kwh=kwh), version), [("energy", f"{kwh} × 1", net)], paid, net=net, taxes=due)


@pytest.mark.parametrize(
    "currency, price, paid, minor",
    [("JPY", "55", "403", 403), ("KWD", "0.045", "0.329", 329)],  # 402.655; 0.329445
)
def test_M_12_currencies_without_and_with_three_decimals(currency: str, price: str, paid: str, minor: int) -> None:
    bill = rated(session(*HOUR, kwh="7.321"), tariff(element(energy=price), currency=currency))
    check(bill, [("energy", f"7.321 × {price}", paid)], paid)
    assert bill.total.minor == minor


def test_JPY_with_two_rates_inside() -> None:
    # 1.5 kWh × 55 = 82.5, so 83: / 1.10 = 75.45, so 75, tax 7.5, so 8. 3 min × 7 = 21: / 1.08 = 19.44, so 19, tax 1.52, so 2. 104 = 94 + 8 + 2.
    version = tariff(element("VAT 10", energy="55"), element("VAT 8", time="7/min"), currency="JPY", tax_included=True)
    told = session("2026-12-01 10:00", "2026-12-01 10:03", kwh="1.5")
    rows = [("energy", "1.5 × 55", "83"), ("time", "3 × 7", "21")]
    check(rated(told, version), rows, "104", net="94", taxes=["VAT 10: 8", "VAT 8: 2"])


def test_KWD_is_rounded_to_a_thousandth() -> None:
    # 10.5 kWh × 0.045 = 0.4725, so 0.473; 7 min × 0.0015 = 0.0105: together 0.483. The parts: 0.472|5 and 0.010|5, the first gets the rest.
    version = tariff(element(energy="0.045", time="0.0015/min"), currency="KWD")
    told = session("2026-12-01 10:00", "2026-12-01 10:07", kwh="10.5")
    check(rated(told, version), [("energy", "10.5 × 0.045", "0.473"), ("time", "7 × 0.0015", "0.010")], "0.483")


def test_lines_of_half_a_cent_are_rounded_together() -> None:
    # Three elements of 0.005 each: 0.015, so 0.02; rounded one by one it would be 0.03.
    day = [
        element(energy="0.01", start_time="10:00", end_time="10:20"),
        element(energy="0.010", start_time="10:20", end_time="10:40"),
        element(energy="0.0100"),
    ]
    told = session(*HOUR, readings={"10:20": "0.5", "10:40": "1", "11:00": "1.5"})
    rows = [("energy", "0.5 × 0.01", "0.01"), ("energy", "0.5 × 0.01", "0.01"), ("energy", "0.5 × 0.01", "0.00")]
    check(rated(told, tariff(*day)), rows, "0.02")


def test_OCPI_two_rates_on_one_bill() -> None:
    # 0.50 and 20 %; 20 kWh × 0.25 and 10 %.
    version = tariff(element("VAT 20", flat="0.50"), element("VAT 10", energy="0.25"))
    rows = [("flat", "1 × 0.50", "0.50"), ("energy", "20 × 0.25", "5.00")]
    bill = rated(session(*HOUR, kwh="20"), version)
    check(bill, rows, "6.10", net="5.50", taxes=["VAT 20: 0.10", "VAT 10: 0.50"])


def test_one_rate_in_two_sets_of_taxes_is_taken_once() -> None:
    # 1.10 with GST 5 %, 1.10 with GST 5 % and PST 7 %: GST of 2.20 is 0.11 (twice 0.055 would be 0.12), PST 0.077.
    version = tariff(element("GST 5", flat="1.10"), element("GST 5", "PST 7", energy="0.11"), currency="CAD")
    rows = [("flat", "1 × 1.10", "1.10"), ("energy", "10 × 0.11", "1.10")]
    check(rated(session(*HOUR, kwh="10"), version), rows, "2.39", net="2.20", taxes=["GST 5: 0.11", "PST 7: 0.08"])


LEAST = {"min_price": {"before_taxes": "0.50", "after_taxes": "0.55"}}


def test_OCPI_a_minimum() -> None:
    version = tariff(element("VAT 10", energy="0.25"), **LEAST)
    check(rated(session(*HOUR, kwh="20"), version), [("energy", "20 × 0.25", "5.00")], "5.50", taxes=["VAT 10: 0.50"])
    # 1 kWh is 0.25; 0.25 more to the least.
    rows = [("energy", "1 × 0.25", "0.25"), ("min_price", "", "0.25")]
    check(rated(session(*HOUR, kwh="1"), version), rows, "0.55", net="0.50", taxes=["VAT 10: 0.05"])


def test_a_minimum_where_nothing_else_is_due_has_the_taxes_of_the_first_component() -> None:
    version = tariff(element("VAT 10", energy="0.25", start_time="20:00"), **LEAST)
    check(rated(session(*HOUR, kwh="1"), version), [("min_price", "", "0.50")], "0.55", taxes=["VAT 10: 0.05"])


def test_a_minimum_is_not_for_who_got_nothing() -> None:
    version = tariff(element("VAT 10", energy="0.25"), **LEAST)
    check(rated(session(*HOUR, kwh="0"), version), [], "0.00", notes=["too_little"])


def test_a_maximum_with_one_rate() -> None:
    # 0.50 + 50 × 0.25 = 13.00, at most 10.00, with 10 % 11.00.
    version = tariff(
        element("VAT 10", flat="0.50", energy="0.25"), max_price={"before_taxes": "10", "after_taxes": "11"}
    )
    rows = [("flat", "1 × 0.50", "0.50"), ("energy", "50 × 0.25", "12.50"), ("max_price", "", "-3.00")]
    check(rated(session(*HOUR, kwh="50"), version), rows, "11.00", net="10.00", taxes=["VAT 10: 1.00"])


def test_a_maximum_is_divided_among_the_rates() -> None:
    # 0.50 with 20 %, 12.50 with 10 %. 10.00 × 0.5 / 13 = 0.3846 and 9.6154: 0.38 and 9.62. Taxes 0.076 and 0.962: 0.08 and 0.96.
    version = tariff(element("VAT 20", flat="0.50"), element("VAT 10", energy="0.25"), max_price={"before_taxes": "10"})
    rows = [
        ("flat", "1 × 0.50", "0.50"),
        ("energy", "50 × 0.25", "12.50"),
        ("max_price", "", "-0.12"),
        ("max_price", "", "-2.88"),
    ]
    bill = rated(session(*HOUR, kwh="50"), version)
    check(bill, rows, "11.04", net="10.00", taxes=["VAT 20: 0.08", "VAT 10: 0.96"])


def test_a_maximum_on_prices_with_tax_is_what_is_paid() -> None:
    # 60 × 0.59 = 35.40, at most 30.00: / 1.19 = 25.21, 19 % of it 4.79.
    version = tariff(element("VAT 19", energy="0.59"), tax_included=True, max_price={"after_taxes": "30"})
    rows = [("energy", "60 × 0.59", "35.40"), ("max_price", "", "-5.40")]
    check(rated(session(*HOUR, kwh="60"), version), rows, "30.00", net="25.21", taxes=["VAT 19: 4.79"])


WEEK = tariff(
    element("VAT 15", flat="2.50"),
    element("VAT 20", time="1.00", step=900, max_power="22"),
    element("VAT 20", time="2.00", step=600, day_of_week=["monday", "tuesday", "wednesday", "thursday", "friday"]),
    element("VAT 20", time="1.25", step=600, day_of_week=["saturday", "sunday"]),
    element(
        "VAT 10",
        parking_time="5.00",
        step=300,
        start_time="09:00",
        end_time="18:00",
        day_of_week=["monday", "tuesday", "wednesday", "thursday", "friday"],
    ),
    element("VAT 10", parking_time="6.00", step=300, start_time="10:00", end_time="17:00", day_of_week=["saturday"]),
)


@pytest.mark.parametrize(
    "day, begins, parked, ends, kwh, rows, net, due, paid",
    [
        # Monday, slow: 165 min × 1.00/h, 42 min parked are 45 × 5.00/h. Taxes 0.375, 0.55, 0.375.
        ("2026-11-30", "09:30", "12:15", "12:57", "30", [("flat", "1 × 2.50", "2.50"), ("time", "11/4 × 1", "2.75"), ("parking_time", "3/4 × 5", "3.75")], "9.00", ["VAT 15: 0.38", "VAT 20: 0.55", "VAT 10: 0.38"], "10.31"),
        # Saturday, fast: 114 min × 1.25/h = 2.375, 71 min are 75 × 6.00/h. Taxes 0.375, 0.476, 0.75.
        ("2026-12-05", "13:30", "15:24", "16:35", "57", [("flat", "1 × 2.50", "2.50"), ("time", "1.9 × 1.25", "2.38"), ("parking_time", "5/4 × 6", "7.50")], "12.38", ["VAT 15: 0.38", "VAT 20: 0.48", "VAT 10: 0.75"], "13.99"),
    ],
)  # fmt: skip
def test_OCPI_the_complex_tariff(
    day: str, begins: str, parked: str, ends: str, kwh: str, rows: list[tuple[str, str, str]], net: str, due: list[str], paid: str
) -> None:  # fmt: skip
    states: dict[str, State] = {begins: "charging", parked: "suspended_by_car"}
    told = session(f"{day} {begins}", f"{day} {ends}", readings={parked: kwh, ends: kwh}, states=states)
    check(rated(told, WEEK), rows, paid, net=net, taxes=due, notes=["step"])


# The simple prices


@pytest.mark.parametrize("kwh, minutes, paid", [(10, 60, "5.20"), (0, 5, "0.00"), (10, 30, "4.60"), (1, 50, "1.85")])
def test_simple_prices_are_a_short_tariff(kwh: int, minutes: int, paid: str) -> None:
    # 0.50 to start, 0.35 a kWh, 0.02 a minute.
    version = simple(
        "EUR", price_per_session=Decimal("0.50"), price_per_kwh=Decimal("0.35"), price_per_minute=Decimal("0.02")
    )
    told = session("2026-12-01 10:00", f"2026-12-01T{9 + minutes // 60:02}:{minutes % 60:02}Z", kwh=str(kwh))
    assert str(rated(told, version).total.amount) == paid


# Reservations


def test_OCPI_a_reservation_by_the_hour() -> None:
    # 15 min × 5.00/h = 1.25 and 20 %; fee 0.50 and 20 %; 20 × 0.25 and 10 %. 20 % of 1.75 is 0.35.
    version = tariff(
        element("VAT 20", time="5.00", step=60, reservation="reservation"),
        element("VAT 20", flat="0.50"),
        element("VAT 10", energy="0.25"),
    )
    kept = Reservation(at("2026-12-01 09:45"), at("2026-12-01 10:00"))
    rows = [("time", "1/4 × 5", "1.25"), ("flat", "1 × 0.50", "0.50"), ("energy", "20 × 0.25", "5.00")]
    bill = rated(session(*HOUR, kwh="20", reservation=kept), version)
    check(bill, rows, "7.60", net="6.75", taxes=["VAT 20: 0.35", "VAT 10: 0.50"])
    assert [line.reservation for line in bill.lines] == [True, False, False]


def test_OCPI_a_reservation_with_a_fee() -> None:
    # 2.00, 13 min are 15 × 5.00/h; 0.50; 5.00. 20 % of 3.75 is 0.75.
    version = tariff(
        element("VAT 20", flat="2.00", time="5.00", step=300, reservation="reservation"),
        element("VAT 20", flat="0.50"),
        element("VAT 10", energy="0.25"),
    )
    kept = Reservation(at("2026-12-01 09:47"), at("2026-12-01 10:00"))
    rows = [
        ("flat", "1 × 2", "2.00"),
        ("time", "1/4 × 5", "1.25"),
        ("flat", "1 × 0.50", "0.50"),
        ("energy", "20 × 0.25", "5.00"),
    ]
    bill = rated(session(*HOUR, kwh="20", reservation=kept), version)
    check(bill, rows, "10.00", net="8.75", taxes=["VAT 20: 0.75", "VAT 10: 0.50"], notes=["step"])


EXPIRING = tariff(
    element("VAT 20", flat="4.00", time="2.00", step=600, reservation="reservation_expires"),
    element("VAT 20", time="2.00", step=600, reservation="reservation"),
    element("VAT 20", flat="0.50"),
    element("VAT 10", energy="0.25"),
)


def test_OCPI_a_reservation_that_was_used_has_no_fee_for_expiry() -> None:
    # 22 min are 30 × 2.00/h = 1.00; 0.50; 5.00.
    kept = Reservation(at("2026-12-01 09:38"), at("2026-12-01 10:00"))
    rows = [("time", "1/2 × 2", "1.00"), ("flat", "1 × 0.50", "0.50"), ("energy", "20 × 0.25", "5.00")]
    bill = rated(session(*HOUR, kwh="20", reservation=kept), EXPIRING)
    check(bill, rows, "7.30", net="6.50", taxes=["VAT 20: 0.30", "VAT 10: 0.50"], notes=["step"])


def test_OCPI_a_reservation_that_expires() -> None:
    # An hour at 2.00 and the fee of 4.00.
    gone = Reservation(at("2026-12-01 10:00"), at("2026-12-01 11:00"), used=False)
    rows = [("flat", "1 × 4", "4.00"), ("time", "1 × 2", "2.00")]
    check(rate_expired(gone, EXPIRING, BERLIN), rows, "7.20", net="6.00", taxes=["VAT 20: 1.20"])


def test_OCPI_an_hour_reserved_in_vain_may_cost_more() -> None:
    # 1.5 h at 6.00.
    version = tariff(
        element("VAT 20", time="6.00", step=600, reservation="reservation_expires"),
        element("VAT 20", time="3.00", step=600, reservation="reservation"),
    )
    gone = Reservation(at("2026-12-01 10:00"), at("2026-12-01 11:30"), used=False)
    check(rate_expired(gone, version, BERLIN), [("time", "1.5 × 6", "9.00")], "10.80", taxes=["VAT 20: 1.80"])


def test_D_07_a_no_show_pays_its_fee_once_and_one_who_came_does_not() -> None:
    version = tariff(element(flat="1.50", reservation="reservation_expires"), element(energy="0.40"))
    gone = Reservation(at("2026-12-01 10:00"), at("2026-12-01 10:15"), used=False)
    check(rate_expired(gone, version, BERLIN), [("flat", "1 × 1.50", "1.50")], "1.50")
    came = Reservation(gone.begins_at, gone.ends_at)
    told = session("2026-12-01 10:15", "2026-12-01 11:00", kwh="5", reservation=came)
    check(rated(told, version), [("energy", "5 × 0.40", "2.00")], "2.00")


def test_who_reserved_and_got_nothing_pays_the_reservation() -> None:
    version = tariff(element(time="3.00", reservation="reservation"), element(flat="0.50", energy="0.40"))
    kept = Reservation(at("2026-12-01 09:40"), at("2026-12-01 10:00"))
    told = session(*HOUR, kwh="0", reservation=kept)
    check(rated(told, version), [("time", "1/3 × 3", "1.00")], "1.00", notes=["too_little"])


def test_a_reservation_over_midnight_is_priced_by_the_clock_as_well() -> None:
    # 30 min at ¥180 an hour on the one day, 30 min at ¥60 on the next.
    tokyo = ZoneInfo("Asia/Tokyo")
    version = tariff(
        element(time="180", start_time="12:00", reservation="reservation"),
        element(time="60", reservation="reservation"),
        element(energy="55"),
        currency="JPY",
    )
    kept = Reservation(at("2026-12-01 23:30", tokyo), at("2026-12-02 00:30", tokyo), used=False)
    check(rate_expired(kept, version, tokyo), [("time", "1/2 × 180", "90"), ("time", "1/2 × 60", "30")], "120")
