"""A moment as people write it; each is UTC in the end."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stationmaster.domain.errors import Invalid
from stationmaster.domain.moments import moment, zone_named

NOW = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)  # a Thursday, half past two in Berlin
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "text, utc",
    {
        "now": "2026-11-26 01:30",
        "": "2026-11-26 01:30",
        "10 minutes ago": "2026-11-26 01:20",
        "2 h ago": "2026-11-25 23:30",
        "3 days ago": "2026-11-23 01:30",
        "02:15": "2026-11-26 01:15",
        "18:05": "2026-11-25 17:05",  # it is not evening yet: the last time it was
        "today 01:00": "2026-11-26 00:00",
        "Yesterday  18:05": "2026-11-25 17:05",
        "yesterday 18.05": "2026-11-25 17:05",
        "monday 8:00": "2026-11-23 07:00",
        "thursday 08:00": "2026-11-19 07:00",
        "2026-11-25 18:05": "2026-11-25 17:05",
        "2026-11-25T18:05:00Z": "2026-11-25 18:05",
        "2026-11-25T18:05:00+05:00": "2026-11-25 13:05",
        "2026-11-25T18:05:00 05:00": "2026-11-25 13:05",  # a plus that an address has made a blank
        "2026-07-01 12:00": "2026-07-01 10:00",
        "2026-10-25 02:30": "2026-10-25 00:30",  # comes twice; the first
    }.items(),
)
def test_a_moment_in_many_forms(text: str, utc: str) -> None:
    assert moment(text, now=NOW, zone=BERLIN) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text, why",
    {
        "noonish": "not understood",
        "25:00": "not understood",
        "yesterday": "not understood",
        "ten minutes ago": "not understood",
        "999999 days ago": "not understood",
        "2026-13-01 10:00": "not understood",
        "2026-03-29 02:30": "the clocks there were put forward",
    }.items(),
)
def test_what_is_no_moment_is_told_with_the_forms_there_are(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        moment(text, now=NOW, zone=BERLIN)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "Europe/", "x" * 500])
def test_a_zone_that_nobody_knows(name: str) -> None:
    with pytest.raises(Invalid, match="no time zone"):
        zone_named(name)
