"""A driver chooses, is mailed over a real SMTP server, and gets out by the link in the mail, by hand and by their mail program."""

from __future__ import annotations

import asyncio
import importlib
import re
from urllib.parse import parse_qs

import httpx
import pytest

from stationmaster.app import App
from stationmaster.background.notices import tell_customers
from stationmaster.domain import accounts, customers, drivers, organizations, stations, tokens
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from tests import telling
from tests.background.mailboxes import Mailboxes
from tests.background.receivers import answer, receiving
from tests.background.test_alert_channels import SMS
from tests.background.test_mails import ANN, PASSWORD, login
from tests.background.test_mails import anybody as anybody
from tests.background.test_mails import boxes as boxes
from tests.background.test_mails import settings as settings
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.any_database


async def test_a_driver_chooses_is_mailed_and_gets_out_by_the_link(
    anybody: httpx.AsyncClient, boxes: Mailboxes, app: App
) -> None:
    def set_up(work: Work) -> tuple[Station, int]:
        home = organizations.home(work)
        user = accounts.add(work, home, email=ANN, password=PASSWORD, role="driver")
        row = customers.create(work, home, public_id="A", name="Ann", email=ANN, language="de")
        drivers.link(work, home, user.id, customer="A")
        tokens.add(work, home, uid="ANN", customer="A")
        made, _ = stations.create(work, home, app.keys, identity="CP1")
        return Station(made.id, "CP1", home, "1.6", "accepted", True), row.id

    station, ann = await app.database.write(set_up)
    await login(anybody, ANN)
    nothing = await anybody.get("/me/notice-choices")
    assert (nothing.json()["email"], {kind["since"] for kind in nothing.json()["kinds"]}) == (ANN, {None})
    wanted = {"kinds": {"started": True, "ended": True}, "full_at_percent": 90}
    stale = {"If-Match": nothing.headers["ETag"]}
    assert (await anybody.patch("/me/notice-choices", json=wanted, headers=stale)).status_code == 200
    assert (await anybody.patch("/me/notice-choices", json=wanted, headers=stale)).status_code == 412
    assert (await anybody.patch("/me/notice-choices", json={"kinds": {"spam": True}})).status_code == 422

    for number in (1, 2):  # she hears of the first two, and of the third no more
        told = await app.database.write(telling.start, station, evse=number, token="ANN", customer_id=ann)
        mail = await boxes.next(ANN)
        text = str(mail.get_content())
        [address] = re.findall(r"^https://csms\.example(/unsubscribe/\S+)\s*$", text, flags=re.MULTILINE)
        assert mail["Subject"] == "Das Laden hat begonnen: Home"
        # As it is on the wire: an encoded address is none.
        assert dict(mail.raw_items())["List-Unsubscribe"].strip() == f"<https://csms.example{address}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "Wenn Sie keine mehr wollen:" in text and "CP1" not in text  # a charger's name is the operator's
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}") as stranger:
        page = await stranger.get(address)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert "Diese Nachrichten beenden" in page.text and "Ann" not in page.text
        assert len([each for each in await chosen(anybody) if each]) == 2  # to look changes nothing
        for _ in range(2):
            done = await stranger.post(address, data={"List-Unsubscribe": "One-Click"})
            assert (done.status_code, "keine Nachrichten dieser Art mehr" in done.text) == (200, True)
        assert "<form" not in (await stranger.get(address)).text
        for wrong in (address + "0", "/unsubscribe/é", "/unsubscribe/x-1-started-00"):
            assert (await stranger.get(wrong)).status_code == 404
            assert (await stranger.post(wrong)).status_code == 404
    assert await chosen(anybody) == ["ended"]

    await app.database.write(telling.start, station, evse=3, token="ANN", customer_id=ann)
    await app.database.write(telling.stop, station, told)
    assert (await boxes.next(ANN))["Subject"] == "Ihr Ladevorgang ist beendet: Home"
    await tell_customers(app.database)
    kept = (await anybody.get("/me/notices", params={"limit": 2})).json()
    assert [each["kind"] for each in kept["items"]] == ["ended", "started"]
    rest = (await anybody.get("/me/notices", params={"limit": 2, "cursor": kept["next"]})).json()
    assert [(each["kind"], each["state"]) for each in rest["items"]] == [("started", "sent")]
    assert all("unsubscribe" not in each["text"] for each in (*kept["items"], *rest["items"]))

    await login(anybody, "boss@example.com")
    assert (await anybody.get("/customers/A/notices")).json()["items"][0]["why"] is None
    log = (await anybody.get("/audit", params={"subject": "customer"})).json()["items"]
    log = [each for each in log if each["action"] == "change_notice_choices"]
    assert [each["actor"]["name"] for each in log] == ["the link in a notice", ANN]
    offers = {"kinds": ["receipt"], "wallet_below": "7.5", "sms_channel": None}
    seen = {"If-Match": (await anybody.get("/organization/notices")).headers["etag"]}
    changed = await anybody.patch("/organization/notices", json=offers, headers=seen)
    assert (changed.json(), changed.headers["etag"] != seen["If-Match"]) == (offers, True)
    assert (await anybody.patch("/organization/notices", json={"kinds": []}, headers=seen)).status_code == 412
    assert (await anybody.get("/organization/notices")).json() == offers
    refused = await anybody.patch("/customers/A/notice-choices", json={"kinds": {"started": True}})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "kinds.started")


async def test_S4_026_a_driver_who_wants_SMS_gets_them_alone_and_gets_out_by_the_link(
    anybody: httpx.AsyncClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    vonage = importlib.import_module("apprise.plugins.vonage").NotifyVonage
    monkeypatch.setattr(vonage, "request_rate_per_sec", 0)

    def set_up(work: Work) -> tuple[Station, int]:
        home = organizations.home(work)
        row = customers.create(work, home, public_id="A", name="Ann", phone="+4915112345678", language="de")
        made, _ = stations.create(work, home, app.keys, identity="CP1")
        return Station(made.id, "CP1", home, "1.6", "accepted", True), row.id

    station, ann = await app.database.write(set_up)
    await login(anybody, "boss@example.com")
    wanted = {"kinds": {"started": True}, "way": "sms"}
    refused = await anybody.patch("/customers/A/notice-choices", json=wanted)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "way")  # nothing sends any
    made = await anybody.post("/alert-channels", json={"name": "SMS", "kind": "sms", "address": SMS})
    offered = await anybody.patch("/organization/notices", json={"sms_channel": made.json()["id"]})
    assert offered.json()["sms_channel"] == made.json()["id"]
    chosen = (await anybody.patch("/customers/A/notice-choices", json=wanted)).json()
    assert [chosen[name] for name in ("way", "phone", "sms_offered", "email")] == ["sms", "+4915112345678", True, None]

    async with receiving() as sink:
        monkeypatch.setattr(vonage, "notify_url", sink.url)
        sink.answers = [answer(200)]
        await app.database.write(telling.start, station, evse=1, token="ANN", customer_id=ann)
        async with asyncio.timeout(PATIENCE_S):
            while not sink.requests:
                await asyncio.sleep(0.01)
        [request] = sink.requests
        sent = {name: value for name, [value] in parse_qs(request.body.decode()).items()}
        assert sent["to"] == "4915112345678"  # and not whoever the alerts go to
        text, _, stop = sent["text"].partition("\nNicht mehr: https://csms.example")
        assert text.startswith("Das Laden an Home hat um ")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}") as stranger:
            assert (await stranger.post(stop)).status_code == 200
    kinds = (await anybody.get("/customers/A/notice-choices")).json()["kinds"]
    assert not any(each["since"] for each in kinds)


async def chosen(client: httpx.AsyncClient) -> list[str]:
    kinds = (await client.get("/me/notice-choices")).json()["kinds"]
    return [each["kind"] for each in kinds if each["since"] is not None]
