"""Live events that are resumed: from a place in the event log."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.api.resources.events import MISSED
from stationmaster.background.webhooks import feed_webhooks
from stationmaster.domain import event_log
from stationmaster.domain.events import Alarm
from stationmaster.storage import Database
from tests.api.conftest import Client, listening

pytestmark = pytest.mark.any_database
API = "/api/v1"


async def alarms(database: Database, station: Any, *kinds: str) -> None:
    for kind in kinds:
        event = Alarm(station_id=station.id, station="CP1", at=database.clock(), kind=kind, detail="x")
        await database.write(lambda work, event=event: work.publish(event))
    await feed_webhooks(database)


@pytest.fixture
async def logged(database: Database) -> None:
    database.before_commit.append(event_log.keep)


async def test_who_comes_back_is_told_what_they_have_missed(
    admin: Client, charger: Any, database: Database, logged: None
) -> None:
    await alarms(database, charger, "a", "b", "c")
    first = (await admin.get(f"{API}/events/log", params={"limit": 1})).json()["after"]
    async with listening(admin, f"after={first}") as stream:
        assert [(await stream.until("alarm"))["kind"] for _ in range(2)] == ["b", "c"]
        await alarms(database, charger, "d")
        assert (await stream.until("alarm"))["kind"] == "d"
    async with listening(admin) as stream:  # who has never been here loads what is
        await alarms(database, charger, "e")
        assert (await stream.until("alarm"))["kind"] == "e"


async def test_who_has_missed_too_much_or_what_is_gone_loads_again(
    admin: Client, charger: Any, database: Database, logged: None
) -> None:
    await alarms(database, charger, "a", "b")
    table = event_log.event_log
    await database.write(lambda work: work.execute(table.delete().where(table.c.number == 1)))
    for place in ("0", "99999"):
        async with listening(admin, f"after={place}") as stream:
            assert (await stream.next())[0] == "lost"
    async with listening(admin, "after=1") as stream:
        assert (await stream.until("alarm"))["kind"] == "b"
    assert MISSED >= 1000
    for wrong in ("x", "-1", "1" * 30):
        assert (await admin.get(f"{API}/events", params={"after": wrong})).status_code == 422
