"""The settings of any charger over the API: the list, what changed, how two chargers differ, monitors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import station_settings, stations
from stationmaster.domain.commands import Asked
from stationmaster.domain.station_settings import Setting, monitors, streams
from stationmaster.domain.station_settings.monitors import Monitor
from stationmaster.domain.station_settings.streams import Stream, Value
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import Client

URL = "/api/v1/stations/CP1/settings"
HEARTBEAT = Setting(
    "OCPPCommCtrlr/HeartbeatInterval",
    "300",
    read_only=False,
    component="OCPPCommCtrlr",
    variable="HeartbeatInterval",
    kind="integer",
    unit="s",
    min_limit=10,
)
POWER = Setting(
    "EVSE#1/Power",
    "11000",
    read_only=True,
    attribute="max",
    component="EVSE",
    evse=1,
    variable="Power",
    choices="a, b",
)
KEY = Setting("MeterValueSampleInterval", "60", read_only=False)


@pytest.fixture
def learn(database: Database) -> Any:
    async def told(identity: str, *settings: Setting, later_s: float = 0, asked: Asked | None = None) -> None:
        def write(work: Work) -> None:
            row = stations.get(work, 1, identity)
            work.now += timedelta(seconds=later_s)
            station = Station(row.id, identity, row.organization_id, "2.0.1", "accepted", True)
            station_settings.learn(work, station, settings, asked=asked)

        await database.write(write)

    return told


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


async def test_settings_of_every_version_are_one_list(admin: Client, charger: Any, learn: Any) -> None:
    await learn("CP1", HEARTBEAT, POWER, KEY)
    found = (await admin.get(URL)).json()["items"]
    assert [each["name"] for each in found] == ["EVSE#1/Power", KEY.name, HEARTBEAT.name]
    power, key, heartbeat = found
    assert (power["evse"], power["attribute"], power["mutability"]) == (1, "max", "read_only")
    assert power["choices"] == ["a", "b"]
    assert (key["component"], key["variable"], key["mutability"]) == (None, KEY.name, "read_write")
    assert (heartbeat["kind"], heartbeat["unit"], heartbeat["min_limit"]) == ("integer", "s", 10)
    assert heartbeat["changed_at"] is None
    assert names(await admin.get(URL, params={"component": "evse"})) == ["EVSE#1/Power"]
    assert names(await admin.get(URL, params={"variable": "heartbeatinterval"})) == [HEARTBEAT.name]
    assert names(await admin.get(URL, params={"q": "interval"})) == [KEY.name, HEARTBEAT.name]


async def test_a_long_list_comes_in_pages(admin: Client, charger: Any, learn: Any) -> None:
    await learn("CP1", *(Setting(f"Key{n:02}", str(n)) for n in range(7)))
    found: list[str] = []
    cursor = None
    for _ in range(3):
        page = await admin.get(URL, params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        found += names(page)
        cursor = page.json()["next"]
    assert (found, cursor) == ([f"Key{n:02}" for n in range(7)], None)
    assert (await admin.get(URL, params={"cursor": "x"})).status_code == 422


async def test_what_changed_since_and_by_whom(admin: Client, charger: Any, learn: Any, database: Database) -> None:
    await learn("CP1", HEARTBEAT, KEY)
    since = database.clock() + timedelta(seconds=30)
    await learn("CP1", Setting(KEY.name, "30", False), later_s=60, asked=Asked("ann", "c0ffee"))
    await learn("CP1", Setting(KEY.name, "90", False), HEARTBEAT, later_s=120)
    assert names(await admin.get(URL, params={"changed_since": since.isoformat()})) == [KEY.name]
    changes = (await admin.get(f"{URL}/changes", params={"since": since.isoformat()})).json()["items"]
    assert [(each["before"], each["after"], each["by"], each["command"]) for each in changes] == [
        ("30", "90", None, None),
        ("60", "30", "ann", "c0ffee"),
    ]
    assert (await admin.get(f"{URL}/changes?since=2026-11-01T10:00:00")).status_code == 422


async def test_two_chargers_are_compared(admin: Client, charger: Any, learn: Any) -> None:
    assert (await admin.post("/api/v1/stations", json={"id": "CP2"})).status_code == 201
    await learn("CP1", HEARTBEAT, POWER, KEY, Setting("Same", "1", False))
    await learn("CP2", Setting(KEY.name.lower(), "30", False), Setting("Same", "1", False))
    compared = (await admin.get(f"{URL}/compare", params={"with": "CP2"})).json()
    assert (compared["here"], compared["there"], compared["count"]) == ("CP1", "CP2", 2)
    found = [(each["name"], each["here"], each["there"], each["told_there"]) for each in compared["differences"]]
    assert found == [(KEY.name, "60", "30", True), (HEARTBEAT.name, "300", None, False)]
    everything = await admin.get(f"{URL}/compare", params={"with": "CP2", "read_only": True})
    assert everything.json()["count"] == 3
    assert (await admin.get(f"{URL}/compare?with=CP9")).status_code == 404


async def test_what_a_charger_watches_over(admin: Client, charger: Any, database: Database) -> None:
    def write(work: Work) -> None:
        station = Station(charger.id, "CP1", 1, "2.0.1", "accepted", True)
        monitors.learn(work, station, [Monitor(7, "Ctrlr/Temperature", "above", 70.5, 3)])
        monitors.trigger(work, station, 7, value="71", cleared=False)

    await database.write(write)
    [told] = (await admin.get("/api/v1/stations/CP1/monitors")).json()["items"]
    assert (told["id"], told["setting"], told["kind"], told["value"]) == (7, "Ctrlr/Temperature", "above", 70.5)
    assert (told["severity"], told["triggered_by"], told["cleared_at"]) == (3, "71", None)


async def test_the_streams_of_a_charger(admin: Client, charger: Any, database: Database) -> None:
    def write(work: Work) -> None:
        station = Station(charger.id, "CP1", 1, "2.1", "accepted", True)
        monitors.learn(work, station, [Monitor(7, "Ctrlr/Temperature", "periodic", 1, 9)])
        streams.open_stream(work, station, Stream(3, 7, 60, None))
        streams.take_values(work, station, 3, [Value(work.now, "70"), Value(work.now, "71")], pending=4)
        streams.take_values(work, station, 9, [Value(work.now, "x")], pending=0)

    await database.write(write)
    unknown, told = (await admin.get("/api/v1/stations/CP1/event-streams")).json()["items"]
    assert (told["id"], told["monitor"], told["setting"], told["interval_s"]) == (3, 7, "Ctrlr/Temperature", 60)
    assert (told["values"], told["closed_at"], told["last_value"]) == (None, None, "71")
    assert (told["in_order"], told["late"], told["pending"]) == (2, 0, 4)
    assert told["opened_at"] is not None and told["last_at"] is not None
    assert (unknown["id"], unknown["opened_at"], unknown["setting"]) == (9, None, None)


async def test_a_change_is_asked_for_in_the_same_words(admin: Client, charger: Any, chargers: Any) -> None:
    body = {"changes": [{"setting": KEY.name, "value": "30"}, {"setting": "A/B", "value": "1", "attribute": "target"}]}
    answer = await admin.post("/api/v1/stations/CP1/commands/change-settings", json=body)
    assert answer.status_code == 200
    [(_, command)] = chargers.asked
    assert [(each.setting, each.value, each.attribute) for each in command.changes] == [
        (KEY.name, "30", "actual"),
        ("A/B", "1", "target"),
    ]
    assert (await admin.post("/api/v1/stations/CP1/commands/change-settings", json={"changes": []})).status_code == 422
