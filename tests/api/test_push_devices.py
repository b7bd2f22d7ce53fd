"""A person's own devices: added by what a browser gives out, bounded, gone with the log-in, and no business of others."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.domain import accounts, push_devices
from stationmaster.outside import web_push
from stationmaster.storage import Database
from tests.api.conftest import Client
from tests.api.drivers import make_driver
from tests.background.browsers import Browser, PushService, opened

DEVICES = "/api/v1/me/push-devices"


@pytest.mark.any_database
async def test_S4_031_a_person_adds_lists_and_removes_devices_of_their_own(
    web: Application, admin: Client, database: Database
) -> None:
    ann, phone = (await make_driver(web, database, "ann")).client, Browser()
    assert (
        await ann.delete(f"{DEVICES}/{Browser('ann').id}")
    ).status_code == 204  # the one that a driver of these tests has
    before: dict[str, Any] = (await ann.get(DEVICES)).json()
    assert (before["most"], before["items"]) == (push_devices.MOST, [])
    key = opened(before["key"])
    assert (len(key), key) == (65, web_push.public_form(web.context.keys.push))
    added = await ann.post(DEVICES, json=phone.subscription, headers={"User-Agent": "Firefox"})
    assert (added.status_code, added.json()["id"]) == (201, phone.id)
    assert (added.json()["service"], added.json()["browser"]) == ("push.example.com", "Firefox")
    assert (await ann.get(DEVICES)).json()["items"] == [added.json()]
    secrets = (phone.endpoint, phone.subscription["auth"], phone.subscription["p256dh"])
    log = (await admin.get("/api/v1/audit")).text
    assert "add_push_device" in log and not any(secret in log for secret in secrets)
    kept = await database.read(lambda work: str(work.execute(push_devices.push_devices.select()).all()))
    assert not any(secret in kept for secret in secrets)

    # The same browser, when somebody else is signed in there, is theirs: the one before is told nothing there.
    assert (await admin.post(DEVICES, json=phone.subscription)).status_code == 201
    assert (await ann.get(DEVICES)).json()["items"] == []
    assert (await ann.delete(f"{DEVICES}/{phone.id}")).status_code == 404
    assert (await admin.delete(f"{DEVICES}/{phone.id}")).status_code == 204

    for number in range(push_devices.MOST):
        assert (await ann.post(DEVICES, json=Browser(f"{number}").subscription)).status_code == 201
    refused = await ann.post(DEVICES, json=phone.subscription)
    assert (refused.status_code, "remove one first" in refused.json()["detail"]) == (409, True)
    wrong = await ann.post(DEVICES, json=phone.subscription | {"endpoint": "https://10.0.0.1/x"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "endpoint")
    assert (await ann.post("/api/v1/auth/logout")).is_success
    assert (await ann.login("ann@example.com")).status_code == 200
    assert (await ann.get(DEVICES)).json()["items"] == []


RENEWALS = "/api/v1/push-devices/renewals"


def renewed(before: Browser, now: Browser, **wrong: str) -> dict[str, Any]:
    told = {name: before.subscription[name] for name in ("endpoint", "auth")}
    return now.subscription | {"before": told | wrong}


async def test_S4_031_a_browser_says_its_new_address_while_nobody_is_logged_in(
    web: Application, admin: Client, anonymous: Client, database: Database
) -> None:
    ann = (await make_driver(web, database, "ann")).client
    old, new, other = Browser("old"), Browser("new"), Browser("other")
    assert (await ann.post(DEVICES, json=old.subscription)).status_code == 201
    assert (await ann.post(DEVICES, json=other.subscription)).status_code == 201

    async def ids() -> set[str]:
        return {each["id"] for each in (await ann.get(DEVICES)).json()["items"]} - {Browser("ann").id}

    # The push service knows the address, but not its secret; and one secret opens no other device.
    for wrong in (
        {"auth": Browser().subscription["auth"]},
        {"auth": other.subscription["auth"]},
        {"endpoint": new.endpoint},
    ):
        refused = await anonymous.post(RENEWALS, json=renewed(old, new, **wrong))
        assert (refused.status_code, refused.json()["detail"]) == (404, "there is no such device"), wrong
    for name, value in (("endpoint", "http://push.example.com/x"), ("auth", "AAAA"), ("p256dh", "A" * 22)):
        assert (await anonymous.post(RENEWALS, json=renewed(old, new) | {name: value})).status_code == 422
    assert await ids() == {old.id, other.id}

    assert (await anonymous.post(RENEWALS, json=renewed(old, new))).status_code == 204
    assert await ids() == {new.id, other.id}
    assert (await anonymous.post(RENEWALS, json=renewed(old, new))).status_code == 404  # it is told once
    [act] = [
        each for each in (await admin.get("/api/v1/audit")).json()["items"] if each["action"] == "renew_push_device"
    ]
    assert (act["actor"]["name"], act["before"]["device"], act["after"]["device"]) == (
        "the device itself",
        old.id,
        new.id,
    )

    # Said of an address that is a device already, the two are one.
    assert (await anonymous.post(RENEWALS, json=renewed(new, other))).status_code == 204
    assert await ids() == {other.id}
    assert (await ann.delete(f"{DEVICES}/{other.id}")).status_code == 204
    assert (await anonymous.post(RENEWALS, json=renewed(other, new))).status_code == 404  # it was taken back
    assert await ids() == set()


async def test_a_person_sends_a_test_to_a_device_of_their_own(
    web: Application, admin: Client, database: Database
) -> None:
    ann, phone = (await make_driver(web, database, "ann")).client, Browser()
    service = PushService(web_push.public_form(web.context.keys.push), phone)
    web.context = dataclasses.replace(web.context, http=service)
    speaks_german = accounts.users.update().values(language="de")
    await database.write(lambda work: work.execute(speaks_german))
    assert (await ann.post(DEVICES, json=phone.subscription)).status_code == 201
    where = f"{DEVICES}/{phone.id}/test"
    assert (await ann.post(where)).json() == {"ok": True, "gone": False, "why": None}
    [sent] = service.sent
    assert (sent.shown["title"], sent.shown["lang"], sent.headers["TTL"]) == ("Ein Test für dieses Gerät", "de", "3600")
    [device] = [each for each in (await ann.get(DEVICES)).json()["items"] if each["id"] == phone.id]
    assert device["told_at"] is not None
    assert (await admin.post(where)).status_code == 404  # nobody else's
    assert "test_push_device" in (await admin.get("/api/v1/audit")).text

    service.answers = [503]
    failed = (await ann.post(where)).json()
    assert (failed["ok"], failed["gone"], "503" in failed["why"]) == (False, False, True)
    service.answers = [410]
    assert ((await ann.post(where)).json()["gone"], (await ann.post(where)).status_code) == (True, 404)


async def test_API_15_only_so_many_tests_are_sent_in_a_minute(web: Application, database: Database) -> None:
    ann, phone = (await make_driver(web, database, "ann")).client, Browser()
    service = PushService(web_push.public_form(web.context.keys.push), phone)
    web.context = dataclasses.replace(web.context, http=service)
    assert (await ann.post(DEVICES, json=phone.subscription)).status_code == 201
    answers = [(await ann.post(f"{DEVICES}/{phone.id}/test")).status_code for _ in range(6)]
    assert (answers, len(service.sent)) == ([200] * 5 + [429], 5)


async def test_where_it_is_switched_off_nothing_is_offered(web: Application, database: Database) -> None:
    ann, phone = (await make_driver(web, database, "ann")).client, Browser()
    assert (await ann.get(DEVICES)).json()["offered"] is True
    settings = web.context.settings
    off = settings.model_copy(update={"web": settings.web.model_copy(update={"push": False})})
    web.context = dataclasses.replace(web.context, settings=off)
    assert (await ann.get(DEVICES)).json()["offered"] is False
    for path, body in ((DEVICES, phone.subscription), (f"{DEVICES}/{Browser('ann').id}/test", None)):
        refused = await ann.post(path, json=body)
        assert (refused.status_code, "switched off" in refused.text) == (409, True)
    assert (await ann.delete(f"{DEVICES}/{Browser('ann').id}")).status_code == 204
