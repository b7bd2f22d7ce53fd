"""`GET /deliveries`, `POST /deliveries/{id}/retry`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.background import invoicing, mails, notices, payments, webhooks
from stationmaster.domain import audit, deliveries, events, organizations
from stationmaster.domain.alerts import telling
from stationmaster.domain.alerts.telling import Receiver, Written
from stationmaster.domain.credentials import Keys
from stationmaster.domain.deliveries import Queue, delivery_of
from stationmaster.domain.guests.visits import GuestReady
from stationmaster.domain.payments.asking import PaymentAsked
from stationmaster.gateway import guests
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.outside.payments import Providers
from stationmaster.settings import Mail, Web, Webhooks
from stationmaster.storage import Database, Work
from tests.api.conftest import PASSWORD, Client

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


async def test_every_delivery_is_found_with_what_it_is_about(
    admin: Client, web: Application, as_role: Callable[..., Any], charger: Any, database: Database
) -> None:
    home = charger.organization_id
    now = database.clock()
    queue = Queue(
        [
            delivery_of(webhooks.webhook, to=lambda event: ["https://hook.example/x"]),
            delivery_of(mails.mail, to=lambda event: [event.email]),
            delivery_of(invoicing.mail_invoice, to=lambda event: [event.email]),
            delivery_of(notices.notice, to=lambda event: [event.receiver]),
            delivery_of(payments.ask_provider, to=lambda event: [event.payment]),
            delivery_of(guests.start_guest, to=lambda event: [event.visit]),
        ],
        {Webhooks: None, Mail: None, Web: None, Keys: None, Providers: None, Switchboard: None},
    )
    database.before_commit.append(queue.keep)

    def publish(work: Work, organization_id: int) -> None:
        receiver = Receiver("email", "ann@example.com", None, None)
        telling.add(work, organization_id, receiver, Written("Low", "", "en"), kind="test")
        for event in (
            events.MailDue(
                kind="invitation", email="bob@example.com", organization="", organization_id=organization_id
            ),
            events.InvoiceMailDue(invoice="r1", email="cy@example.com", organization_id=organization_id),
            PaymentAsked(payment="p1", act="capture", organization_id=organization_id),
            GuestReady(visit="secret-address", organization_id=organization_id),
        ):
            work.publish(event)

    other = await database.write(organizations.create, name="Other")
    await database.write(publish, other.id)
    assert (await admin.get(PATH)).json()["items"] == []  # API-11
    await database.write(publish, home)
    offline = events.StationOffline(station_id=charger.id, station="CP1", at=now)
    await database.write(lambda work: work.publish(offline))
    found = (await admin.get(PATH)).json()["items"]
    told = {each["way"] + " " + each["event"]: (each["receiver"], each["station"], each["about"]) for each in found}
    assert told == {
        "webhook StationOffline": ("https://hook.example/x", "CP1", None),
        "mail MailDue": ("bob@example.com", None, {"kind": "mail", "id": "invitation"}),
        "mail InvoiceMailDue": ("cy@example.com", None, {"kind": "invoice", "id": "r1"}),
        "notice NoticeDue": ("ann@example.com", None, None),
        "payment PaymentAsked": ("p1", None, {"kind": "payment", "id": "p1"}),
        "charger GuestReady": ("", None, None),  # whoever knows the address of a visit is the guest
    }
    assert [each["title"] for each in found if each["event"] == "NoticeDue"] == ["Low"]
    assert "secret-address" not in (await admin.get(PATH)).text

    # Who may not look at customers, or is limited to some sites, sees what is about chargers, or about theirs.
    made = await admin.post("/api/v1/api-keys", json={"name": "hooks", "permissions": ["administer"]})
    async with Client(web) as key:
        key.headers["Authorization"] = f"Bearer {made.json()['key']}"
        assert [each["station"] for each in (await key.get(PATH)).json()["items"]] == ["CP1"]
    await admin.post("/api/v1/sites", json={"name": "Elsewhere"})
    scoped = {"email": "some@example.com", "password": PASSWORD, "role": "administrator", "sites": ["Elsewhere"]}
    assert (await admin.post("/api/v1/users", json=scoped)).status_code == 201
    async with Client(web) as limited:
        await limited.login("some@example.com")
        assert (await limited.get(PATH)).json()["items"] == []

    # What was an act is not done once more; a receipt is.
    while rows := await database.write(queue.claim, limit=10):
        for row in rows:
            await database.write(deliveries.finished, row, took_ms=1)
    again = {each["event"]: await admin.post(f"{PATH}/{each['id']}/replay") for each in found}
    assert {event for event, answer in again.items() if answer.status_code == 201} == {
        "StationOffline",
        "InvoiceMailDue",
    }
    assert {answer.status_code for answer in again.values()} == {201, 409}
