"""By hand: prices that change with the clock on the wall. Each sum is worked out in the row, none by the program."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tests.money.telling import check, element, rated, session, tariff

NIGHT = (
    element(flat="0.50", energy="0.50", time="0.02/min", start_time="06:00"),
    element(flat="0.50", energy="0.30", time="0.02/min", start_time="00:00", end_time="06:00"),
)


def test_M_01_midnight_without_a_change_of_the_clock() -> None:
    # 21:00Z to 00:00Z; midnight in Berlin is 23:00Z. Time: 120 and 60 min, at one price, in two elements.
    told = session(
        "2026-12-01 22:00", "2026-12-02 01:00", readings={"2026-12-02 00:00": "22", "2026-12-02 01:00": "33"}
    )
    rows = [
        ("flat", "1 × 0.50", "0.50"),
        ("energy", "22 × 0.50", "11.00"),
        ("time", "120 × 0.02", "2.40"),
        ("energy", "11 × 0.30", "3.30"),
        ("time", "60 × 0.02", "1.20"),
    ]
    check(rated(told, tariff(*NIGHT)), rows, "18.40")


def test_M_01_the_reading_at_midnight_is_interpolated_and_the_bill_says_so() -> None:
    # 20 000 Wh at 23:50 and 23 000 at 00:05: at midnight 20 000 + 3 000 × 10 / 15 = 22 000.
    readings = {"23:50": "20", "2026-12-02 00:05": "23", "2026-12-02 01:00": "33"}
    bill = rated(session("2026-12-01 22:00", "2026-12-02 01:00", readings=readings), tariff(*NIGHT))
    rows = [
        ("flat", "1 × 0.50", "0.50"),
        ("energy", "22 × 0.50", "11.00"),
        ("time", "120 × 0.02", "2.40"),
        ("energy", "11 × 0.30", "3.30"),
        ("time", "60 × 0.02", "1.20"),
    ]
    check(bill, rows, "18.40", notes=["interpolated"])
    before, after = (line.parts[0] for line in bill.lines if line.type == "energy")
    assert [(value.wh, value.interpolated) for value in (before.begin, before.end, after.end) if value] == [
        (0, False),
        (22_000, True),
        (33_000, False),
    ]


def test_M_02_the_night_in_autumn_has_25_hours() -> None:
    # 22:00 CEST to 04:00 CET are 7 hours: 2 before midnight (22 kWh), 5 after it (55 kWh), 420 min.
    without_fee = [
        element(energy="0.50", time="0.02/min", start_time="06:00"),
        element(energy="0.30", time="0.02/min", end_time="06:00"),
    ]
    told = session(
        "2026-10-24 22:00", "2026-10-25 04:00", readings={"2026-10-24T22:00Z": "22", "2026-10-25T03:00Z": "77"}
    )
    rows = [
        ("energy", "22 × 0.50", "11.00"),
        ("time", "120 × 0.02", "2.40"),
        ("energy", "55 × 0.30", "16.50"),
        ("time", "300 × 0.02", "6.00"),
    ]
    check(rated(told, tariff(*without_fee)), rows, "35.90")


def test_M_03_the_night_in_spring_has_no_half_past_two() -> None:
    # It takes effect at 03:00 CEST, 01:00Z: 2 h, 2 h and 2 h of 11 kW.
    day = [
        element(energy="0.50", start_time="18:00", end_time="00:00"),
        element(energy="0.20", start_time="00:00", end_time="02:30"),
        element(energy="0.40", start_time="02:30", end_time="18:00"),
    ]
    readings = {f"2027-03-2{day}T{hour}:00Z": str(11 * hours) for day, hour, hours in (("7", 23, 2), ("8", "01", 4))}
    told = session("2027-03-27 22:00", "2027-03-28 05:00", readings=readings | {"2027-03-28 05:00": "66"})
    rows = [("energy", "22 × 0.50", "11.00"), ("energy", "22 × 0.20", "4.40"), ("energy", "22 × 0.40", "8.80")]
    check(rated(told, tariff(*day)), rows, "24.20")


def test_the_hour_that_autumn_has_twice_is_priced_twice_as_the_clock_shows_it() -> None:
    # 02:00–02:30 comes twice: 00:00 to 02:30 CEST is 2.5 h, then 02:30–03:00 CEST 0.5 h, 02:00–02:30 CET 0.5 h, and 02:30–04:00 CET 1.5 h.
    day = [element(energy="0.20", start_time="00:00", end_time="02:30"), element(energy="0.40")]
    told = session("2026-10-25 00:00", "2026-10-25 04:00", kwh="50")  # 5 h of 10 kW
    rows = [("energy", "30 × 0.20", "6.00"), ("energy", "20 × 0.40", "8.00")]
    bill = rated(told, tariff(*day))
    check(bill, rows, "14.00", notes=["interpolated"])
    assert [len(line.parts) for line in bill.lines] == [2, 2]


@pytest.mark.parametrize(
    "begins, ends, kwh, rows, total",
    [
        # Friday 23:00 to Saturday 01:00, 10 kW: an hour on either side.
        ("2026-12-04 23:00", "2026-12-05 01:00", "20", [("energy", "10 × 0.20", "2.00"), ("energy", "10 × 0.50", "5.00")], "7.00"),
        # Sunday 23:30 to Monday 00:30, 10 kW.
        ("2026-12-06 23:30", "2026-12-07 00:30", "10", [("energy", "5 × 0.20", "1.00"), ("energy", "5 × 0.50", "2.50")], "3.50"),
        ("2026-12-03 10:00", "2026-12-03 11:00", "10", [("energy", "10 × 0.50", "5.00")], "5.00"),
    ],
)  # fmt: skip
def test_the_weekend_is_cheaper(begins: str, ends: str, kwh: str, rows: list[tuple[str, str, str]], total: str) -> None:
    week = tariff(element(energy="0.20", day_of_week=["saturday", "sunday"]), element(energy="0.50"))
    across = ["interpolated"] if len(rows) == 2 else []
    check(rated(session(begins, ends, kwh=kwh), week), rows, total, notes=across)


@pytest.mark.parametrize(
    "begins, ends, rows, total",
    [
        # Christmas Day is one in Germany, Christmas Eve is none: 22:00–24:00 and 00:00–02:00, 5 kW.
        ("2026-12-24 22:00", "2026-12-25 02:00", [("energy", "10 × 0.25", "2.50"), ("energy", "10 × 0.45", "4.50")], "7.00"),
        ("2026-12-26 10:00", "2026-12-26 14:00", [("energy", "20 × 0.25", "5.00")], "5.00"),
        ("2026-12-28 10:00", "2026-12-28 14:00", [("energy", "20 × 0.45", "9.00")], "9.00"),
        # Epiphany is one in Bavaria, and the calendar is Bavaria's.
        ("2027-01-06 10:00", "2027-01-06 14:00", [("energy", "20 × 0.25", "5.00")], "5.00"),
    ],
)  # fmt: skip
def test_public_holidays_have_a_price_of_their_own(
    begins: str, ends: str, rows: list[tuple[str, str, str]], total: str
) -> None:
    festive = tariff(
        element(energy="0.25", public_holiday=True), element(energy="0.45", public_holiday=False), holidays="DE-BY"
    )
    across = ["interpolated"] if len(rows) == 2 else []
    check(rated(session(begins, ends, kwh="20"), festive), rows, total, notes=across)


def test_a_date_range_ends_before_its_last_day() -> None:
    # Summer price until 30 September inclusive: 23:00–24:00 and 00:00–01:00, 8 kW.
    seasons = tariff(element(energy="0.30", start_date="2026-06-01", end_date="2026-10-01"), element(energy="0.40"))
    told = session("2026-09-30 23:00", "2026-10-01 01:00", kwh="16")
    rows = [("energy", "8 × 0.30", "2.40"), ("energy", "8 × 0.40", "3.20")]
    check(rated(told, seasons), rows, "5.60", notes=["interpolated"])


def test_a_session_over_three_elements() -> None:
    # 16:00–22:30 at 4 kW: 1 h by day, 5 h in the evening, 30 min at night.
    day = tariff(
        element(flat="1.00", energy="0.40", start_time="06:00", end_time="17:00"),
        element(flat="2.00", energy="0.60", start_time="17:00", end_time="22:00"),
        element(flat="3.00", energy="0.25", start_time="22:00", end_time="06:00"),
    )
    rows = [
        ("flat", "1 × 1.00", "1.00"),
        ("energy", "4 × 0.40", "1.60"),
        ("energy", "20 × 0.60", "12.00"),
        ("energy", "2 × 0.25", "0.50"),
    ]
    check(rated(session("2026-12-01 16:00", "2026-12-01 22:30", kwh="26"), day), rows, "15.10", notes=["interpolated"])


def test_a_night_price_goes_over_midnight() -> None:
    # 23:00–07:00 at 1 kW: 7 h in the night until 06:00, then one.
    told = session("2026-12-01 23:00", "2026-12-02 07:00", kwh="8")
    night = tariff(element(energy="0.10", start_time="22:00", end_time="06:00"), element(energy="0.50"))
    rows = [("energy", "7 × 0.10", "0.70"), ("energy", "1 × 0.50", "0.50")]
    check(rated(told, night), rows, "1.20", notes=["interpolated"])


def test_the_clock_is_the_sites_where_half_an_hour_lies_between_it_and_utc() -> None:
    # 18:00 in Kolkata is 12:30Z. 12:00Z to 13:00Z at 7 kW: half an hour on either side.
    kolkata = ZoneInfo("Asia/Kolkata")
    told = session("2026-12-01 17:30", "2026-12-01 18:30", kwh="7", zone=kolkata)
    evening = tariff(element(energy="24", start_time="18:00"), element(energy="18"), currency="INR")
    rows = [("energy", "3.5 × 24", "84.00"), ("energy", "3.5 × 18", "63.00")]
    check(rated(told, evening, kolkata), rows, "147.00", notes=["interpolated"])


def test_M_16_the_version_at_the_start_is_what_holds() -> None:
    # 14:00–15:00, 10 kWh; 0.60 was set at 14:30. The session names the version with 0.40, whenever it is printed.
    told = session("2026-12-01 14:00", "2026-12-01 15:00", kwh="10")
    check(rated(told, tariff(element(energy="0.40"))), [("energy", "10 × 0.40", "4.00")], "4.00")
    later = session("2026-12-01 15:01", "2026-12-01 16:00", kwh="10")
    check(rated(later, tariff(element(energy="0.60"))), [("energy", "10 × 0.60", "6.00")], "6.00")
