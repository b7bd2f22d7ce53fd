"""Which sessions a list shows: by time, by card, page by page while new ones arrive (O-13, O2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Client

API = "/api/v1/sessions"
TEN = datetime(2026, 4, 1, 10, tzinfo=UTC)


@pytest.fixture
async def station(charger: Any) -> Station:
    return Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)


def charge(work: Work, station: Station, hour: int, token: str = "04aa") -> None:
    at = TEN + timedelta(hours=hour)
    number = telling.start(work, station, at=at, token=token, meter=hour * 1000)
    telling.stop(work, station, number, at=at + timedelta(minutes=30), meter=hour * 1000 + 500)


async def hours(admin: Client, **which: Any) -> list[int]:
    answer = await admin.get(API, params=which)
    assert answer.status_code == 200, answer.text
    return [int(session["meter_start_wh"]) // 1000 for session in answer.json()["items"]]


async def test_O_13_times_are_half_open(admin: Client, database: Database, station: Station) -> None:
    for hour in range(4):
        await database.write(charge, station, hour)
    await database.write(telling.start, station, at=TEN + timedelta(hours=4), meter=4000)  # still going on
    eleven, noon = "2026-04-01T11:00:00Z", "2026-04-01T12:00:00Z"
    assert await hours(admin, started_from=eleven) == [4, 3, 2, 1]
    assert await hours(admin, started_to=eleven) == [0]
    assert await hours(admin, started_from=eleven, started_to=noon) == [1]
    assert await hours(admin, started_from=noon, started_to=eleven) == []
    assert await hours(admin, ended_from="2026-04-01T11:30:00Z", ended_to="2026-04-01T12:30:00Z") == [1]
    assert await hours(admin, ended_from="2026-04-01T13:30:00+01:00") == [3, 2]
    assert await hours(admin, started_from="2030-01-01T00:00:00Z") == []


@pytest.mark.parametrize("text", ["2026-04-01T11:00:00", "yesterday", "", "9999-99-99T00:00:00Z"])
async def test_O_13_a_time_that_is_none_is_refused_at_its_field(admin: Client, station: Station, text: str) -> None:
    answer = await admin.get(API, params={"ended_to": text})
    assert (answer.status_code, "ended_to" in answer.text) == (422, True), answer.text


@pytest.mark.every_case
@pytest.mark.parametrize("token", ["04AA", "04aa", "04Aa", " 04aa "])
async def test_O2_the_case_of_a_card_does_not_matter(
    admin: Client, database: Database, station: Station, token: str
) -> None:
    await database.write(charge, station, 0, "04aa")
    await database.write(charge, station, 1, "04AA")
    await database.write(charge, station, 2, "04AAB")
    assert await hours(admin, token=token) == [1, 0]


async def test_O_13_each_session_is_shown_once_while_new_ones_arrive(
    admin: Client, database: Database, station: Station
) -> None:
    for hour in range(6):
        await database.write(charge, station, hour)
    seen: list[int] = []
    cursor: str | None = None
    for turn in range(3):
        answer = (await admin.get(API, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [int(session["meter_start_wh"]) // 1000 for session in answer["items"]]
        cursor = answer["next"]
        await database.write(charge, station, 10 + turn)
    assert (seen, cursor) == ([5, 4, 3, 2, 1, 0], None)


@pytest.mark.every_case
@pytest.mark.parametrize("limit", [1, 2, 200])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("started", [0, 1, 2, 3, 9]),
        ("-started", [9, 3, 2, 1, 0]),
        ("energy", [1, 0, 3, 2, 9]),  # those that are alike follow the direction of the list; what has none comes last
        ("-energy", [2, 3, 0, 1, 9]),
        ("stopped", [0, 1, 2, 3, 9]),
        ("-stopped", [3, 2, 1, 0, 9]),
        ("token", [0, 2, 3, 9, 1]),
        ("-token", [1, 9, 3, 2, 0]),
        ("station", [0, 1, 2, 3, 9]),
    ],
)
async def test_a_list_is_sorted_by_the_server_over_all_its_pages(
    admin: Client, database: Database, station: Station, sort: str, expected: list[int], limit: int
) -> None:
    def charge_all(work: Work) -> None:
        for hour, energy, token in ((0, 500, "aa"), (1, 100, "bb"), (2, 900, "aa"), (3, 500, "aa")):
            at = TEN + timedelta(hours=hour)
            number = telling.start(work, station, at=at, token=token, meter=hour * 1000)
            telling.stop(work, station, number, at=at + timedelta(minutes=30), meter=hour * 1000 + energy)
        telling.start(work, station, at=TEN + timedelta(hours=9), token="aa", meter=9000)

    await database.write(charge_all)
    found: list[int] = []
    cursor: str | None = None
    while True:
        which = {"sort": sort, "limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = (await admin.get(API, params=which)).json()
        found += [int(session["meter_start_wh"]) // 1000 for session in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert found == expected


@pytest.mark.parametrize(
    ("which", "status"),
    [
        ({"sort": "colour"}, 422),
        ({"sort": "--energy"}, 422),
        ({"sort": ""}, 422),
        ({"sort": "energy", "cursor": "bm9uZQ"}, 422),
        ({"sort": "energy", "cursor": "OTk5"}, 422),  # of no row there is
    ],
)
async def test_an_order_or_cursor_that_is_none_is_refused(
    admin: Client, station: Station, which: dict[str, str], status: int
) -> None:
    assert (await admin.get(API, params=which)).status_code == status
