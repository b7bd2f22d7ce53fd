"""`/webhooks`, their deliveries, and `GET /events/log`."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.api.context import Context
from stationmaster.background.deliveries import Deliverer
from stationmaster.background.webhooks import feed_webhooks, to_webhook
from stationmaster.domain import deliveries, event_log, sites
from stationmaster.domain.credentials import Keys
from stationmaster.domain.deliveries import Queue
from stationmaster.domain.events import Alarm
from stationmaster.domain.stations import Station
from stationmaster.outside import Outside
from stationmaster.settings import Webhooks
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Client
from tests.background.receivers import Receiver, answer, receiving

PATH = "/api/v1/webhooks"
LOG = "/api/v1/events/log"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def deliverer(database: Database, context: Context) -> Deliverer:
    """What runs deliveries, as app.py makes it."""
    theirs = [each for each in deliveries.registered() if each.name.startswith(to_webhook.__module__)]
    queue = Queue(theirs, {Webhooks: Webhooks(), Keys: context.keys})
    database.before_commit += [event_log.keep, queue.keep]
    return Deliverer(database, queue, Outside(database, context.http), at_once=4, look_every_s=1)


async def alarm(database: Database, station: Any, kind: str) -> None:
    event = Alarm(station_id=station.id, station="CP1", at=database.clock(), kind=kind, detail="x")
    await database.write(lambda work: work.publish(event))


async def told(database: Database, deliverer: Deliverer) -> None:
    """All that is due is delivered."""
    await feed_webhooks(database)
    while await deliverer.once():
        pass


async def test_a_webhook_lives_its_life(admin: Client) -> None:
    made = await admin.post(PATH, json={"url": "https://hook.example/x", "name": "Billing", "events": ["alarm"]})
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert len(secret) >= 32
    shown = (await admin.get(f"{PATH}/{made.json()['id']}")).json()
    assert shown == {name: value for name, value in made.json().items() if name != "secret"}
    assert (await admin.get(PATH)).json()["items"] == [shown]
    changed = await admin.patch(f"{PATH}/{shown['id']}", json={"active": False, "name": None})
    assert (changed.json()["active"], changed.json()["name"], changed.json()["events"]) == (False, None, ["alarm"])
    new = (await admin.post(f"{PATH}/{shown['id']}/secret")).json()["secret"]
    assert new not in ("", secret)
    assert (await admin.delete(f"{PATH}/{shown['id']}")).status_code == 204
    assert (await admin.get(f"{PATH}/{shown['id']}")).status_code == 404
    assert (await admin.get(PATH)).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://hook.example/"}, "url"),
        ({"url": "https://user:pw@hook.example/"}, "url"),
        ({"url": "https://hook.example/", "events": ["everything"]}, "events"),
        ({"url": "https://hook.example/", "secret": "short"}, "secret"),
        ({"url": "https://hook.example/", "organization": 2}, "organization"),
        ({}, "url"),
    ],
    ids=str,
)
async def test_what_is_no_webhook(admin: Client, body: dict[str, Any], field: str) -> None:
    answer = await admin.post(PATH, json=body)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])


async def test_it_is_told_signed_and_again_and_what_was_given_up_is_sent_again(
    admin: Client, charger: Any, database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    hook = (await admin.post(PATH, json={"url": receiver.url})).json()
    receiver.answers = [answer(200), answer(410)]
    await alarm(database, charger, "first")
    await alarm(database, charger, "second")
    await told(database, deliverer)
    first, second = [json.loads(request.body) for request in receiver.requests]
    assert (first["type"], first["kind"], first["station"]) == ("alarm", "first", "CP1")
    request = receiver.requests[0]
    seconds, _, digest = request.headers["stationmaster-signature"].removeprefix("t=").partition(",v1=")
    signed = hmac.new(hook["secret"].encode(), seconds.encode() + b"." + request.body, hashlib.sha256)
    assert hmac.compare_digest(digest, signed.hexdigest())

    listed = (await admin.get("/api/v1/deliveries", params={"receiver": hook["id"]})).json()["items"]
    assert [(each["state"], each["id"]) for each in listed] == [("dead", second["id"]), ("done", first["id"])]
    assert (await admin.get("/api/v1/deliveries", params={"receiver": "other"})).json()["items"] == []
    assert (await admin.post("/api/v1/deliveries/retry", json={"receiver": "other"})).json() == {"count": 0}
    assert (await admin.post("/api/v1/deliveries/retry", json={"receiver": hook["id"]})).json() == {"count": 1}
    again = await admin.post(f"/api/v1/deliveries/{first['id']}/replay")
    assert (again.status_code, again.json()["state"]) == (201, "waiting")
    assert (await admin.post("/api/v1/deliveries/none/replay")).status_code == 404
    await told(database, deliverer)
    bodies = [json.loads(request.body) for request in receiver.requests]
    assert [each["kind"] for each in bodies] == ["first", "second", "second", "first"]
    assert bodies[2]["id"] == second["id"] and bodies[3]["id"] != first["id"]
    assert bodies[3]["event"] == first["event"]

    span = {"from_at": (database.clock() - timedelta(hours=1)).isoformat()}
    begun = await admin.post(f"{PATH}/{hook['id']}/replay", json=span)
    assert (begun.status_code, begun.json()) == (202, {"events_in_log": 2})
    await told(database, deliverer)
    assert [json.loads(request.body)["kind"] for request in receiver.requests[4:]] == ["first", "second"]
    await admin.delete(f"{PATH}/{hook['id']}")
    await admin.post(f"/api/v1/deliveries/{first['id']}/replay")
    await told(database, deliverer)
    [newest] = (await admin.get("/api/v1/deliveries", params={"limit": 1})).json()["items"]
    assert (newest["state"], newest["error"]) == ("dead", "this webhook was removed")
    assert len(receiver.requests) == 6


async def test_a_test_says_what_came_of_it_and_not_what_was_answered(admin: Client, receiver: Receiver) -> None:
    hook = (await admin.post(PATH, json={"url": receiver.url})).json()
    said = (await admin.post(f"{PATH}/{hook['id']}/test")).json()
    assert (said["delivered"], said["status"], said["error"]) == (True, 200, None)
    assert json.loads(receiver.requests[0].body)["type"] == "test"
    receiver.answers = [answer(500, body=b"the secrets of another"), answer(302, "Location: http://127.0.0.1/inside")]
    for status in (500, 302):
        failed = await admin.post(f"{PATH}/{hook['id']}/test")
        assert failed.json()["error"] == f"the receiver answered {status}"
        assert "secrets" not in failed.text and "inside" not in failed.text
    assert len(receiver.requests) == 3  # the redirect was not followed


@pytest.mark.parametrize(
    "url",
    ["https://169.254.169.254/latest/meta-data", "https://10.0.0.1/", "https://[fe80::1]/", "https://[::ffff:a00:1]/"],
)
async def test_X_02_a_private_address_is_refused_and_said_so(admin: Client, url: str) -> None:
    hook = (await admin.post(PATH, json={"url": url})).json()
    said = (await admin.post(f"{PATH}/{hook['id']}/test")).json()
    assert (said["delivered"], said["status"]) == (False, None)
    assert "private address" in said["error"]


async def test_API_11_a_webhook_hears_of_all_sites_so_it_is_not_for_who_is_limited_to_some(
    admin: Client, database: Database
) -> None:
    await database.write(sites.create, 1, name="Depot")
    key = await admin.post("/api/v1/api-keys", json={"name": "x", "role": "administrator", "sites": ["Depot"]})
    assert key.status_code == 201, key.text
    async with Client(admin.app) as limited:
        limited.headers["Authorization"] = f"Bearer {key.json()['key']}"
        assert (await limited.get(PATH)).status_code == 403
        assert (await limited.post(PATH, json={"url": "https://hook.example/"})).status_code == 403


async def test_the_log_is_read_from_a_place_on(
    admin: Client, charger: Any, database: Database, deliverer: Deliverer
) -> None:
    def charge(work: Work) -> None:
        telling.start(work, Station(charger.id, "CP1", 1, "1.6", "accepted", True))

    await database.write(charge)
    await alarm(database, charger, "a")
    await feed_webhooks(database)
    whole = (await admin.get(LOG)).json()
    assert [(each["type"], each["station"]) for each in whole["items"]] == [
        ("session_started", "CP1"),
        ("alarm", "CP1"),
    ]
    assert whole["items"][0]["session"]["status"] == "active" and "kind" not in whole["items"][0]
    assert (whole["after"], whole["complete"]) == (whole["items"][-1]["id"], True)
    first = (await admin.get(LOG, params={"limit": 1})).json()
    assert [each["id"] for each in first["items"]] == [first["after"]]
    rest = (await admin.get(LOG, params={"after": first["after"]})).json()
    assert rest["items"] == whole["items"][1:]
    assert (await admin.get(LOG, params={"after": whole["after"]})).json() == whole | {"items": []}
    assert (await admin.get(LOG, params={"after": "latest"})).json() == whole | {"items": []}
    only = (await admin.get(LOG, params={"type": "alarm"})).json()
    assert ([each["kind"] for each in only["items"]], only["after"]) == (["a"], whole["after"])
    assert not (await admin.get(LOG, params={"after": 99999})).json()["complete"]
    for wrong in ({"after": "x"}, {"after": "-1"}, {"type": "everything"}, {"limit": 1000}):
        refused = await admin.get(LOG, params=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, next(iter(wrong)))
