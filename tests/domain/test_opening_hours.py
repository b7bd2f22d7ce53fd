"""When a site is open, by the clock that hangs on its wall."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stationmaster.domain.opening_hours import Day, is_open

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
WEEKDAYS: list[Day] = ["monday", "tuesday", "wednesday", "thursday", "friday"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 2026-11-27 is a Friday. Berlin is UTC+1 in winter, UTC+2 in summer.
@pytest.mark.parametrize(
    ("moment", "opening", "closing", "days", "expected"),
    [
        # from eight to eight, on weekdays
        ("2026-11-27T06:59", "08:00", "20:00", WEEKDAYS, False),
        ("2026-11-27T07:00", "08:00", "20:00", WEEKDAYS, True),
        ("2026-11-27T18:59", "08:00", "20:00", WEEKDAYS, True),
        ("2026-11-27T19:00", "08:00", "20:00", WEEKDAYS, False),
        ("2026-11-28T12:00", "08:00", "20:00", WEEKDAYS, False),
        # a night over midnight belongs to the day on which it begins
        ("2026-11-27T22:00", "22:00", "06:00", WEEKDAYS, True),
        ("2026-11-28T04:59", "22:00", "06:00", WEEKDAYS, True),
        ("2026-11-28T05:00", "22:00", "06:00", WEEKDAYS, False),
        ("2026-11-28T22:00", "22:00", "06:00", WEEKDAYS, False),
        ("2026-11-30T03:00", "22:00", "06:00", WEEKDAYS, False),  # Monday early: Sunday's night
        ("2026-11-30T22:00", "22:00", "06:00", WEEKDAYS, True),
        # the whole day
        ("2026-11-27T12:00", None, None, None, True),
        ("2026-11-28T12:00", None, None, WEEKDAYS, False),
        ("2026-11-27T23:30", None, None, WEEKDAYS, False),  # in Berlin it is Saturday
        ("2026-11-27T22:59", "00:00", "24:00", WEEKDAYS, True),
        ("2026-11-27T23:00", "00:00", "24:00", WEEKDAYS, False),
        # 24 hours from noon to noon
        ("2026-11-27T11:00", "12:00", "12:00", ["friday"], True),
        ("2026-11-28T10:59", "12:00", "12:00", ["friday"], True),
        ("2026-11-28T11:00", "12:00", "12:00", ["friday"], False),
        ("2026-11-27T10:59", "12:00", "12:00", ["friday"], False),
        # no day at all is never
        ("2026-11-27T12:00", None, None, [], False),
        # in summer the same clock says another hour of UTC
        ("2026-07-31T06:00", "08:00", "20:00", WEEKDAYS, True),
        ("2026-07-31T18:00", "08:00", "20:00", WEEKDAYS, False),
        # the night in which the clock goes back: 02:30 comes twice, and is open twice
        ("2026-10-25T00:30", "02:00", "03:00", None, True),
        ("2026-10-25T01:30", "02:00", "03:00", None, True),
        ("2026-10-25T02:00", "02:00", "03:00", None, False),
        # the night in which it goes forward: there is no 02:30
        ("2026-03-29T00:59", "02:00", "03:00", None, False),
        ("2026-03-29T01:00", "02:00", "03:00", None, False),
        ("2026-03-29T01:00", "02:30", "04:00", None, True),
    ],
)
def test_a_site_in_berlin(
    moment: str, opening: str | None, closing: str | None, days: list[Day] | None, expected: bool
) -> None:
    assert is_open(at(moment), BERLIN, days, opening, closing) is expected


def test_a_zone_with_half_an_hour() -> None:
    assert is_open(at("2026-11-26T18:29"), KOLKATA, ["thursday"], "09:00", "24:00")
    assert not is_open(at("2026-11-26T18:30"), KOLKATA, ["thursday"], "09:00", "24:00")
