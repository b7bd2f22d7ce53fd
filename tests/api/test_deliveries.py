"""`GET /deliveries`, `POST /deliveries/{id}/retry`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import audit, deliveries, events
from stationmaster.domain.deliveries import Queue, delivery_of
from stationmaster.storage import Database
from tests.api.conftest import Client

PATH = "/api/v1/deliveries"


async def mail(outside: object, event: events.StationOffline) -> None: ...


@pytest.fixture
async def queue(database: Database, charger: Any) -> Queue:
    """Two deliveries of CP1: the first was given up."""
    queue = Queue([delivery_of(mail, to=lambda event: ["https://hook.example/x?key=secret"])], {})
    database.before_commit.append(queue.keep)
    for _ in range(2):
        event = events.StationOffline(station_id=charger.id, station="CP1", at=database.clock())
        await database.write(lambda work, event=event: work.publish(event))
    [row] = await database.write(queue.claim, limit=1)
    assert await database.write(deliveries.finished, row, took_ms=12, error="it answered 500", final=True)
    return queue


async def test_what_was_given_up_is_listed_and_can_be_tried_again(
    admin: Client, database: Database, queue: Queue
) -> None:
    everything = (await admin.get(PATH)).json()["items"]
    assert [(each["state"], each["station"], each["kind"]) for each in everything] == [
        ("waiting", "CP1", "mail"),
        ("dead", "CP1", "mail"),
    ]
    [dead] = (await admin.get(PATH, params={"state": "dead"})).json()["items"]
    assert (dead["error"], dead["attempts"], dead["due_at"]) == ("it answered 500", 1, None)
    assert dead["receiver"] == "https://hook.example/x"  # what is behind the question mark may be a secret
    assert [(each["took_ms"], each["error"]) for each in dead["history"]] == [(12, "it answered 500")]
    again = await admin.post(f"{PATH}/{dead['id']}/retry")
    assert (again.status_code, again.json()["state"]) == (200, "waiting")
    [row] = await database.write(queue.claim, limit=1)
    assert (row.key, row.attempt) == (dead["id"], 2)
    busy = await admin.post(f"{PATH}/{dead['id']}/retry")
    assert (busy.status_code, "at this moment" in busy.text) == (409, True)
    await database.write(deliveries.finished, row, took_ms=1)
    assert (await admin.post(f"{PATH}/{dead['id']}/retry")).status_code == 409
    [done] = (await admin.get(PATH, params={"state": "done"})).json()["items"]
    assert (done["id"], done["error"], len(done["history"])) == (dead["id"], None, 2)


async def test_a_day_begins_anew_with_a_retry(admin: Client, database: Database, queue: Queue) -> None:
    [dead] = (await admin.get(PATH, params={"state": "dead"})).json()["items"]
    await admin.post(f"{PATH}/{dead['id']}/retry")
    [row] = await database.write(queue.claim, limit=1)
    await database.write(deliveries.finished, row, took_ms=1, error="500 again")
    listed = {each["id"]: each for each in (await admin.get(PATH)).json()["items"]}
    assert listed[dead["id"]]["state"] == "waiting"
    assert timedelta(days=1) == deliveries.GIVE_UP_AFTER


async def test_whoever_tries_again_is_in_the_audit_log(admin: Client, database: Database, queue: Queue) -> None:
    [dead] = (await admin.get(PATH, params={"state": "dead"})).json()["items"]
    [waiting] = (await admin.get(PATH, params={"state": "waiting"})).json()["items"]
    for delivery in (dead, waiting):
        assert (await admin.post(f"{PATH}/{delivery['id']}/retry")).status_code == 200
    await database.write(queue.claim, limit=1)
    assert (await admin.post(f"{PATH}/{dead['id']}/retry")).status_code == 409  # refused: no act
    assert (await admin.post(f"{PATH}/nothing/retry")).status_code == 404
    of_all = functools.partial(audit.listed, subject=audit.Subject("delivery", ""), limit=10, cursor=None)
    last, first = await database.read(of_all, 1)
    assert (first.action, first.subject_id) == ("retry_delivery", dead["id"])
    assert first.actor_name == "administrator@example.com"
    assert (first.before, first.after) == ({"state": "dead"}, {"state": "waiting", "station": "CP1"})
    assert (last.action, last.subject_id, last.before) == ("retry_delivery", waiting["id"], {})


async def test_it_is_for_administrators_and_for_what_exists(
    as_role: Callable[..., Any], admin: Client, queue: Queue
) -> None:
    for role in ("viewer", "operator"):
        client = await as_role(role)
        assert (await client.get(PATH)).status_code == 403
        assert (await client.post(f"{PATH}/x/retry")).status_code == 403
    assert (await admin.post(f"{PATH}/nothing/retry")).status_code == 404
    assert (await admin.get(PATH, params={"state": "lost"})).status_code == 422
