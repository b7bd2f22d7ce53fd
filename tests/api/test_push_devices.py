"""A person's own devices: added by what a browser gives out, bounded, gone with the log-in, and no business of others."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.domain import push_devices
from stationmaster.outside import web_push
from stationmaster.storage import Database
from tests.api.conftest import Client
from tests.api.drivers import make_driver
from tests.background.browsers import Browser, opened

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
