"""`GET /stations/{id}/deviations`: what a charger does wrong and what we do about it; `strict` is changed by PATCH."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from stationmaster.domain import deviations, held_back, stations
from stationmaster.domain.deviations import Seen
from stationmaster.domain.errors import Conflict
from stationmaster.storage import Database
from tests.api.conftest import Client

PATH = "/api/v1/stations/CP1"


async def test_deviations_are_explained_and_a_charger_is_held_strictly(
    database: Database, charger: Any, admin: Client
) -> None:
    seen = [Seen("null", 3, 0, "StatusNotification"), Seen("comma-too-many", 7, 1, "a frame")]
    await database.write(deviations.add, charger.id, seen)
    await database.write(deviations.add, charger.id, seen[:1])
    told = (await admin.get(f"{PATH}/deviations")).json()
    assert (told["strict"], told["held_back"]) == (False, [])
    assert [(each["rule"], each["repaired"], each["refused"]) for each in told["items"]] == [
        ("comma-too-many", 7, 1),
        ("null", 6, 0),
    ]
    assert told["items"][0]["wrong"] == "It puts a comma too many."
    assert told["items"][0]["done"] == "The comma is left out."
    changed = await admin.patch(PATH, json={"strict": True})
    assert changed.status_code == 200 and changed.json()["strict"] is True
    held = (await admin.get(f"{PATH}/deviations")).json()
    assert held["strict"] is True and {each["done"] for each in held["items"]} == {
        "The charger is held strictly: it is answered with an error."
    }
    assert (await admin.patch(PATH, json={"strict": "yes"})).status_code == 422
    assert (await admin.get("/api/v1/stations/CP9/deviations")).status_code == 404


async def test_what_takes_no_answer_is_done_for_a_charger_that_is_held_strictly_as_well(
    admin: Client, charger: Any, database: Database
) -> None:
    await database.write(deviations.add, charger.id, [Seen("unknown-stream", 1, 0, "a value of a stream")])
    [before] = (await admin.get(f"{PATH}/deviations")).json()["items"]
    assert (await admin.patch(PATH, json={"strict": True})).status_code == 200
    assert (await admin.get(f"{PATH}/deviations")).json()["items"] == [before]


@pytest.mark.any_database
async def test_what_a_charger_is_never_sent_is_told_with_it(database: Database, charger: Any, admin: Client) -> None:
    await database.write(lambda work: work.execute(update(stations.stations).values(vendor="EN+")))
    [held] = (await admin.get(f"{PATH}/deviations")).json()["held_back"]
    assert held["commands"] == ["change-availability"] and "EN+" in held["why"]


@pytest.mark.any_database
async def test_a_person_holds_a_command_back_from_one_charger_or_lets_one_through(
    database: Database, charger: Any, admin: Client
) -> None:
    """A word on one charger goes before the rules for its make, in both ways, until it is taken back."""
    await database.write(lambda work: work.execute(update(stations.stations).values(vendor="EN+")))

    async def refused(command: str) -> str | None:
        try:
            await database.read(held_back.check, charger.id, command, held_back.KNOWN)
        except Conflict as error:
            return str(error)
        return None

    where = f"{PATH}/command-exceptions"
    assert await refused("reset") is None and "EN+" in str(await refused("change-availability"))
    told = (await admin.put(f"{where}/reset", json={"held": True, "why": "It never came back."})).json()
    assert [(each["command"], each["held"], each["why"]) for each in told["exceptions"]] == [
        ("reset", True, "It never came back.")
    ]
    assert await refused("reset") == "reset is held back from this charger: It never came back."
    assert (await admin.put(f"{where}/change-availability", json={"held": False})).status_code == 200
    assert await refused("change-availability") is None
    assert (await admin.put(f"{where}/reset", json={"held": False})).status_code == 200  # said again, it replaces
    assert await refused("reset") is None
    told = (await admin.delete(f"{where}/change-availability")).json()
    assert [each["command"] for each in told["exceptions"]] == ["reset"]
    assert "EN+" in str(await refused("change-availability"))
    assert (await admin.delete(f"{where}/change-availability")).status_code == 404
    assert (await admin.put(f"{where}/restart", json={"held": True})).status_code == 404
    assert (await admin.put(f"{where}/reset", json={"held": "yes"})).status_code == 422
    assert (await admin.put("/api/v1/stations/CP9/command-exceptions/reset", json={"held": True})).status_code == 404


@pytest.mark.any_database
async def test_a_person_says_that_a_charger_waits_for_a_start_or_leaves_it_to_the_rules(
    charger: Any, admin: Client
) -> None:
    where = f"{PATH}/auto-start"
    off = {"on": False, "by": None, "after_s": 20}
    assert (await admin.get(f"{PATH}/deviations")).json()["auto_start"] == off
    told = (await admin.put(where, json={"on": True})).json()["auto_start"]
    assert told == {"on": True, "by": "administrator@example.com", "after_s": 20}
    assert (await admin.get(f"{PATH}/deviations")).json()["auto_start"] == told
    assert (await admin.put(where, json={"on": False})).json()["auto_start"] == told | {"on": False}
    assert (await admin.put(where, json={"on": None})).json()["auto_start"] == off
    for wrong in ({"on": "yes"}, {}, {"on": True, "why": ""}):
        assert (await admin.put(where, json=wrong)).status_code == 422
    assert (await admin.put("/api/v1/stations/CP9/auto-start", json={"on": True})).status_code == 404
