"""The first user of `@delivers`: a whole server tells a stranger's program of a session, signed and in order."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, update

from stationmaster.app import App
from stationmaster.background.webhooks import receivers
from stationmaster.domain import deliveries, sessions
from stationmaster.domain.events import SessionEnded, StationOffline
from stationmaster.domain.webhooks import SIGNATURE
from stationmaster.settings import OutsideSettings, Settings, Webhook, Webhooks
from tests.background.receivers import Receiver, answer, receiving

SECRET = "a secret for both sides"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
def settings(settings: Settings, receiver: Receiver) -> Settings:
    settings.webhooks = Webhooks(
        to=[Webhook(url=receiver.url, secret=SECRET, events=["session_started", "session_ended"])]
    )
    settings.outside = OutsideSettings(allowed_networks=[ipaddress.ip_network("127.0.0.0/8")])  # type: ignore[list-item]
    return settings


async def rows(app: App) -> list[Any]:
    table = deliveries.deliveries
    return list(await app.database.read(lambda work: work.execute(select(table).order_by(table.c.id)).all()))


async def until_done(app: App, count: int) -> list[Any]:
    async with asyncio.timeout(10):
        while len([row for row in await rows(app) if row.done_at or row.dead_at]) < count:
            await asyncio.sleep(0.01)
    return await rows(app)


async def test_a_session_is_told_from_its_start_to_its_end(app: App, charger: Any, receiver: Receiver) -> None:
    one = await charger("CP1")
    await one.stop((await one.start())["transactionId"])
    stored = await until_done(app, 2)
    told = [json.loads(request.body) for request in receiver.requests]
    assert [(each["type"], each["station"]) for each in told] == [("session_started", "CP1"), ("session_ended", "CP1")]
    assert told[1]["session"]["energy_wh"] == 5000
    assert told[1]["session"]["id"] == told[0]["session"]["id"]
    for request, row in zip(receiver.requests, stored, strict=True):
        assert request.headers["idempotency-key"] == row.key == json.loads(request.body)["id"]
        seconds, _, digest = request.headers[SIGNATURE.lower()].removeprefix("t=").partition(",v1=")
        signed = seconds.encode() + b"." + request.body
        assert hmac.compare_digest(digest, hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest())


async def test_an_event_that_is_told_later_says_what_is_true_then(app: App, charger: Any, receiver: Receiver) -> None:
    receiver.answers = [answer(200), answer(503, body=b"a secret of theirs")]
    one = await charger("CP1")
    await one.stop((await one.start())["transactionId"])
    async with asyncio.timeout(10):
        while len(receiver.requests) < 2 or (await rows(app))[1].error is None:
            await asyncio.sleep(0.01)
    first = (await rows(app))[1]
    assert first.error == "ConnectionError: the receiver answered 503"  # and not what it said
    table = sessions.sessions
    await app.database.write(lambda work: work.execute(update(table).values(energy_wh=4321)))  # somebody corrects it
    await until_done(app, 2)
    assert [json.loads(request.body).get("session", {}).get("energy_wh") for request in receiver.requests[1:]] == [
        5000,
        4321,
    ]
    assert receiver.requests[1].headers["idempotency-key"] == receiver.requests[2].headers["idempotency-key"]


async def test_410_and_a_redirect(app: App, charger: Any, receiver: Receiver) -> None:
    receiver.answers = [answer(410)]
    one = await charger("CP1")
    await one.start()
    [row] = await until_done(app, 1)
    assert (row.dead_at is not None, row.attempts) == (True, 1)
    assert "gone for good" in row.error


@pytest.mark.any_database
async def test_X_02_a_webhook_to_a_private_address_is_refused_unless_allowed(
    settings: Settings, receiver: Receiver
) -> None:
    settings.outside = OutsideSettings()
    app = App(settings)
    event = StationOffline(station_id=1, station="CP1", at=app.started_at)
    ended = SessionEnded.__name__
    assert receivers(event, settings.webhooks) == []  # it asked for sessions only
    settings.webhooks.to[0].events = []
    async with app.running():
        await app.database.write(lambda work: work.publish(event))
        [row] = await until_done(app, 1)
    assert row.event != ended
    assert receiver.connections == 0
    assert (row.attempts, row.dead_at is not None) == (1, True)
    assert row.error == "127.0.0.1 is at 127.0.0.1, a private address; outside.allowed_networks can allow it"


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"url": "ftp://x/", "secret": SECRET}, "url"),
        ({"url": "https://user:pw@x/", "secret": SECRET}, "url"),
        ({"url": "https:///x", "secret": SECRET}, "url"),
        ({"url": "https://x/", "secret": "short"}, "secret"),
        ({"url": "https://x/", "secret": SECRET, "events": ["everything"]}, "events"),
    ],
)
def test_what_is_no_webhook_stops_the_start(given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Webhook(**given)
    with pytest.raises(ValueError, match="twice"):
        Webhooks(to=[Webhook(url="https://x/", secret=SECRET)] * 2)
