"""Without an account: from the code on the charger to what is taken of what was held, over the web port, the bank's page and the charger's socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from stationmaster.app import App
from stationmaster.domain import connectors, organizations, payments, session_limits, sessions, sites, stations, tariffs
from stationmaster.domain.credentials import Keys
from stationmaster.domain.guests import places, visits
from stationmaster.domain.guests.tables import VisitRow
from stationmaster.domain.ledger import ledger_accounts
from stationmaster.settings import PaymentAccount, Payments, Settings
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests.patience import PATIENCE_S
from tests.payments.world import DECLINED, FINE, Counter

pytestmark = pytest.mark.any_database
API = "/api/v1"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    account = PaymentAccount(name="test", kind="test")
    return settings.model_copy(update={"payments": Payments(providers=[account])})


def now(minutes: int = 0) -> str:
    """As a charger tells it: a remote start is waited for at the hour that it is."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Guest:
    """A phone in front of CP1."""

    def __init__(self, http: httpx.AsyncClient, place: str) -> None:
        self.http = http
        self.place = place
        self.visit: dict[str, Any] = {}

    async def begin(self, once: str = "a-browser-of-somebody") -> dict[str, Any]:
        answer = await self.http.post(f"{API}/pay/places/{self.place}/visits", json={"once": once})
        assert answer.status_code == 201, answer.text
        self.visit = answer.json()
        return self.visit

    async def until(self, so: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while not so(self.visit):
                await asyncio.sleep(0.2)
                self.visit = (await self.http.get(f"{API}/pay/visits/{self.visit['id']}")).json()
        return self.visit

    async def pays(self, card: str = FINE) -> httpx.Response:
        address = (await self.until(lambda visit: visit["pay_at"]))["pay_at"]
        assert FINE in (await self.http.get(address)).text
        return await self.http.post(address, data={"card": card})


async def correct(app: App, energy_wh: str) -> None:
    """A person corrects the only session there is."""

    def change(work: Work) -> None:
        [row] = work.execute(sessions.sessions.select()).all()
        figures = sessions.Figures(energy_wh=Decimal(energy_wh))
        sessions.correct(work, row.organization_id, row.public_id, by="op", note="The meter was wrong", figures=figures)

    await app.database.write(change)


async def books(app: App) -> dict[str, str]:
    """What is in each account that is not empty."""
    table = ledger_accounts.c
    rows = await app.database.read(lambda work: work.execute(ledger_accounts.select().where(table.balance != 0)).all())
    return {f"{row.kind} {row.name}".strip(): f"{row.balance:.2f}" for row in rows}


@pytest.fixture
async def guest(app: App, charger: Any) -> AsyncIterator[tuple[Guest, Any]]:
    one = await charger("CP1")
    await one.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})

    def prepare(work: Work) -> str:
        home = organizations.home(work)
        sites.create(work, home, public_id="H", name="Harbour")
        stations.change(work, home, "CP1", {"site": "Harbour"})
        price = {"price_per_kwh": Decimal("0.79"), "currency": "EUR"}
        tariffs.create(work, home, public_id="public", name="Public", standard=True, **price)
        return places.make(work, home, "CP1")[0].public_id

    place = await app.database.write(prepare)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}") as http:
        yield Guest(http, place), one


async def test_D_03_a_guest_pays_charges_and_gets_back_what_was_not_used(app: App, guest: tuple[Guest, Any]) -> None:
    phone, one = guest
    place = (await phone.http.get(f"{API}/pay/places/{phone.place}")).json()
    assert (place["site"], place["evse"], place["hold"], place["can_pay"]) == ("Harbour", 1, "50.00", True)
    assert place["tariff"]["price_per_kwh"] == "0.79"
    first = await phone.begin()
    assert (await phone.begin())["id"] == first["id"]  # another tab: the same visit, and one hold
    assert "declined" in (await phone.pays(DECLINED)).text
    paid = await phone.pays()
    assert (paid.status_code, paid.headers["location"]) == (303, f"/pay/{phone.place}?visit={first['id']}")
    _, number, action, asked = await one.receive()
    assert (action, asked["connectorId"]) == ("RemoteStartTransaction", 1)
    await one.send([3, number, {"status": "Accepted"}])
    await phone.until(lambda visit: visit["state"] == "starting" and visit["until"])
    started = await one.start(tag=asked["idTag"], meter=0, at=now(-60))
    assert started["idTagInfo"]["status"] == "Accepted"
    await phone.until(lambda visit: visit["state"] == "charging")
    limits = select(session_limits.session_limits.c.amount)
    assert await app.database.read(lambda work: work.execute(limits).scalar()) == 50  # M-17: it is ended before
    other = await phone.http.get(f"{API}/pay/places/{phone.place}")
    assert other.json()["why_not"] == "Somebody charges here."
    await one.stop(started["transactionId"], meter=62_900, at=now())
    over = await phone.until(lambda visit: visit["state"] == "over")
    assert (over["outcome"], over["held"], over["paid"]) == ("paid", "50.00", "49.69")
    receipt = await phone.http.get(over["receipt"])
    assert receipt.status_code == 200 and "49.69 EUR" in receipt.text
    assert over["session"]["cost"] == "49.69"
    assert over["email"] is False
    assert await books(app) == {"clearing test": "-49.69", "revenue": "49.69"}
    await correct(app, "22900")  # a person has seen that the meter was wrong: 22.9 × 0.79 = 18.09
    back = await phone.until(lambda visit: visit["given_back"])
    assert (back["paid"], back["given_back"]) == ("49.69", "31.60")
    # The card was good for this visit only.
    refused = await one.start(tag=asked["idTag"], meter=70_000, at=now())
    assert refused["idTagInfo"]["status"] == "Invalid"


async def test_P_09_a_guest_has_more_set_aside_while_charging(app: App, charger: Any, guest: tuple[Guest, Any]) -> None:
    """Hold 50, raised to 65: the charger may go on for more, and what is due is taken of the whole."""
    phone, one = guest
    await phone.begin()
    await phone.pays()
    _, number, _, asked = await one.receive()
    await one.send([3, number, {"status": "Accepted"}])
    url = f"{API}/pay/visits/{phone.visit['id']}/hold"
    early = await phone.http.post(url, json={"amount": "65.00"})
    assert (early.status_code, early.json()["detail"]) == (409, "more is set aside only while something is charged")
    started = await one.start(tag=asked["idTag"], meter=0, at=now(-60))
    visit = await phone.until(lambda visit: visit["state"] == "charging")
    assert (visit["more"], visit["raising"]) == ("100.00", False)
    for wrong in ("50.00", "-1", "65.001", "500.01"):
        refused = await phone.http.post(url, json={"amount": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "amount"), wrong
    for _ in range(2):  # a nervous thumb: one raise
        assert (await phone.http.post(url, json={"amount": "65.00"})).status_code in (202, 422)
    visit = await phone.until(lambda visit: visit["held"] == "65.00")
    assert (visit["raising"], visit["not_raised"]) == (False, None)
    limit = select(session_limits.session_limits.c.amount)
    async with asyncio.timeout(PATIENCE_S):
        while await app.database.read(lambda work: work.execute(limit).scalar()) != 65:
            await asyncio.sleep(0.05)
    await one.stop(started["transactionId"], meter=80_000, at=now())
    over = await phone.until(lambda visit: visit["state"] == "over")
    assert (over["held"], over["paid"], over["outcome"]) == ("65.00", "63.20", "paid")
    assert await books(app) == {"clearing test": "-63.20", "revenue": "63.20"}


async def test_P_09_what_costs_nothing_is_released_whole(app: App, guest: tuple[Guest, Any]) -> None:
    phone, one = guest
    await phone.begin()
    await phone.pays()
    _, number, _, asked = await one.receive()
    await one.send([3, number, {"status": "Accepted"}])
    started = await one.start(tag=asked["idTag"], meter=0, at=now(-60))
    too_late = await phone.http.post(f"{API}/pay/visits/{phone.visit['id']}/give-up")
    assert (too_late.status_code, too_late.json()["detail"]) == (409, "charging has begun: stop it")
    await phone.until(lambda visit: visit["state"] == "charging")
    stopped = await phone.http.post(f"{API}/pay/visits/{phone.visit['id']}/stop")
    assert stopped.status_code == 200
    _, number, action, sent = await one.receive()
    assert (action, sent["transactionId"]) == ("RemoteStopTransaction", started["transactionId"])
    await one.send([3, number, {"status": "Accepted"}])
    await one.stop(started["transactionId"], meter=0, at=now())
    over = await phone.until(lambda visit: visit["state"] == "over")
    assert (over["outcome"], over["paid"]) == ("free", None)
    home = await app.database.write(organizations.home)
    [payment] = (await app.database.read(payments.list_payments, home, Wanted())).rows
    assert (payment.state in ("releasing", "released"), payment.captured) == (True, 0)
    assert await books(app) == {}


async def test_D_02_who_thinks_better_of_it_pays_nothing(app: App, guest: tuple[Guest, Any]) -> None:
    phone, one = guest
    await phone.begin()
    await phone.pays()
    _, number, _, asked = await one.receive()
    await one.send([3, number, {"status": "Accepted"}])
    await phone.until(lambda visit: visit["state"] == "starting" and visit["until"])
    given_up = await phone.http.post(f"{API}/pay/visits/{phone.visit['id']}/give-up")
    assert (given_up.json()["state"], given_up.json()["outcome"], given_up.json()["paid"]) == ("over", "given_up", None)
    late = await one.start(tag=asked["idTag"], meter=0, at=now())
    assert late["idTagInfo"]["status"] == "Invalid"  # a cable that is put in now is nobody's
    assert await books(app) == {}


async def test_D_02_a_charger_that_refuses_costs_nothing(app: App, guest: tuple[Guest, Any]) -> None:
    phone, one = guest
    visit = await phone.begin()
    told = await app.database.read(visits.to_tell, visit["id"])  # one of 2.1 hears that somebody pays
    assert told is not None and told[1].evse == 1 and 540 <= told[1].timeout_s <= 600
    await phone.pays()
    _, number, _, _ = await one.receive()
    await one.send([3, number, {"status": "Rejected"}])
    over = await phone.until(lambda visit: visit["state"] == "over")
    assert (over["outcome"], over["paid"], over["sentence"]) == ("not_started", None, "The charger has refused.")


async def test_D_02_what_is_paid_in_the_moment_of_giving_up_goes_back(counter: Counter) -> None:
    def begin(work: Work) -> VisitRow:
        stations.create(work, counter.home, Keys(b"a key that is only good for tests"), identity="CP1")
        sites.create(work, counter.home, public_id="H", name="Harbour")
        stations.change(work, counter.home, "CP1", {"site": "Harbour"})
        connectors.declare(work, counter.home, "CP1", evse=1, connector=1, facts=dict.fromkeys(connectors.FACTS))
        price = {"price_per_kwh": Decimal("0.79"), "currency": "EUR"}
        tariffs.create(work, counter.home, public_id="public", name="Public", standard=True, **price)
        place = places.make(work, counter.home, "CP1")[0].public_id
        offer = visits.Offer("test", {"EUR": Decimal(50)}, timedelta(minutes=10), at_once=True)
        return visits.begin(work, place, offer, once="a-browser", email=None, return_url="https://csms.example/")

    visit = await counter(begin)
    await counter.all()
    [asked] = counter.bank.payments.values()
    counter.bank.pay(asked.reference, card=FINE)
    await counter.bank.deliver()  # and nothing has followed from it yet
    given_up = await counter(visits.give_up, visit.public_id)
    await counter.all()
    assert (given_up.outcome, asked.refunded, await counter.books()) == ("given_up", 5000, {})


async def pays_after(app: App, place: str) -> None:
    """The operator lets guests of this place pay after charging."""

    def change(work: Work) -> None:
        places.let_pay_after(work, places.find(work, place).organization_id, "CP1", 1, pays_after=True)

    await app.database.write(change)


async def charged_first(app: App, phone: Guest, one: Any) -> dict[str, Any]:
    """A guest who pays afterwards has charged 22.9 kWh, and the charger has told that it is over."""
    await pays_after(app, phone.place)
    place = (await phone.http.get(f"{API}/pay/places/{phone.place}")).json()
    assert (place["pays_after"], place["hold"], place["can_pay"]) == (True, "50.00", True)
    url = f"{API}/pay/places/{phone.place}/visits"
    nobody = await phone.http.post(url, json={"once": "a-browser-of-somebody"})
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (422, "email")
    begun = await phone.http.post(url, json={"once": "a-browser-of-somebody", "email": "guest@example.com"})
    phone.visit = begun.json()
    assert (phone.visit["state"], phone.visit["provider"], phone.visit["pay_at"]) == ("starting", None, None)
    _, number, action, asked = await one.receive()
    assert (action, asked["connectorId"]) == ("RemoteStartTransaction", 1)
    await one.send([3, number, {"status": "Accepted"}])
    started = await one.start(tag=asked["idTag"], meter=0, at=now(-60))
    assert started["idTagInfo"]["status"] == "Accepted"
    visit = await phone.until(lambda visit: visit["state"] == "charging")
    assert (visit["held"], visit["more"]) == ("50.00", None)
    limits = select(session_limits.session_limits.c.amount)
    assert await app.database.read(lambda work: work.execute(limits).scalar()) == 50  # more is not lent
    early = await phone.http.post(f"{API}/pay/visits/{visit['id']}/pay")
    assert (early.status_code, early.json()["detail"]) == (409, "nothing is to be paid here now")
    await one.stop(started["transactionId"], meter=22_900, at=now())
    return await phone.until(lambda visit: visit["state"] == "to_pay" and visit["due"])


async def test_M_20_a_guest_pays_after_charging_and_then_the_cable_is_released(
    app: App, guest: tuple[Guest, Any]
) -> None:
    phone, one = guest
    visit = await charged_first(app, phone, one)
    assert (visit["due"], visit["release_at"] is not None, visit["paid"]) == ("18.09", True, None)
    pay = f"{API}/pay/visits/{visit['id']}/pay"
    assert (await phone.http.post(pay)).status_code == (await phone.http.post(pay)).status_code == 200
    assert "declined" in (await phone.pays(DECLINED)).text  # and the cable stays where it is
    assert (await phone.pays()).status_code == 303
    _, number, action, asked = await one.receive()
    assert (action, asked) == ("UnlockConnector", {"connectorId": 1})
    await one.send([3, number, {"status": "Unlocked"}])
    over = await phone.until(lambda visit: visit["state"] == "over")
    assert (over["outcome"], over["paid"], over["due"]) == ("paid", "18.09", None)
    assert "18.09 EUR" in (await phone.http.get(over["receipt"])).text
    assert await books(app) == {"clearing test": "-18.09", "revenue": "18.09"}
    home = await app.database.write(organizations.home)
    assert len((await app.database.read(payments.list_payments, home, Wanted())).rows) == 1
    await correct(app, "12900")  # 12.9 × 0.79 = 10.19: the rest goes back
    back = await phone.until(lambda visit: visit["given_back"])
    assert back["given_back"] == "7.90"


async def test_M_20_nobody_is_held_for_longer_than_a_quarter_of_an_hour(app: App, guest: tuple[Guest, Any]) -> None:
    phone, one = guest
    visit = await charged_first(app, phone, one)
    await phone.http.post(f"{API}/pay/visits/{visit['id']}/pay")
    address = (await phone.until(lambda visit: visit["pay_at"]))["pay_at"]

    def time_passes(work: Work) -> None:
        work.execute(visits.guest_visits.update().values(release_at=work.now))

    await app.database.write(time_passes)
    _, number, action, _ = await one.receive()
    assert action == "UnlockConnector"
    await one.send([3, number, {"status": "Unlocked"}])
    over = await phone.until(lambda visit: visit["state"] == "over")
    assert (over["outcome"], over["paid"]) == ("owed", None)
    claims = payments.payment_claims
    [claim] = await app.database.read(lambda work: work.execute(claims.select()).all())
    assert (claim.amount, claim.currency, claim.email, claim.state) == (1809, "EUR", "guest@example.com", "open")
    assert claim.reason == "The session was not paid after charging."
    assert over["claim"] == f"/pay/claims/{claim.public_id}"
    assert await books(app) == {"receivable": "-18.09", "revenue": "18.09"}
    # What is paid a moment too late goes back, for it is claimed already; and this address is lent nothing meanwhile.
    assert "over" in (await phone.http.post(address, data={"card": FINE})).text
    assert await books(app) == {"receivable": "-18.09", "revenue": "18.09"}
    await one.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
    again = {"once": "another-browser-of-theirs", "email": "Guest@example.com"}
    refused = await phone.http.post(f"{API}/pay/places/{phone.place}/visits", json=again)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "one cannot pay after charging with this address",
    )


async def test_M_20_what_cannot_be_billed_yet_holds_nobody_either(app: App, guest: tuple[Guest, Any]) -> None:
    """A session that a person must look at has no price: the cable is released in time, and what is due is claimed then."""
    phone, one = guest
    await pays_after(app, phone.place)
    body = {"once": "a-browser-of-somebody", "email": "guest@example.com"}
    phone.visit = (await phone.http.post(f"{API}/pay/places/{phone.place}/visits", json=body)).json()
    _, number, _, asked = await one.receive()
    await one.send([3, number, {"status": "Accepted"}])
    started = await one.start(tag=asked["idTag"], meter=0, at=now(-60))
    await phone.until(lambda visit: visit["state"] == "charging")
    await one.stop(started["transactionId"], meter=9_000_000, at=now())  # nobody can charge that in an hour
    visit = await phone.until(lambda visit: visit["state"] == "to_pay")
    no_bill = await phone.http.post(f"{API}/pay/visits/{visit['id']}/pay")
    assert (no_bill.status_code, visit["due"]) == (409, None)

    def time_passes(work: Work) -> None:
        work.execute(visits.guest_visits.update().values(release_at=work.now))

    await app.database.write(time_passes)
    _, number, action, _ = await one.receive()
    assert action == "UnlockConnector"
    await one.send([3, number, {"status": "Unlocked"}])
    await correct(app, "10000")

    def accept(work: Work) -> None:
        [row] = work.execute(sessions.sessions.select()).all()
        if row.review:
            sessions.release(work, row.organization_id, row.public_id, by="op", note="It was 10 kWh.")

    await app.database.write(accept)
    over = await phone.until(lambda visit: visit["state"] == "over")
    assert (over["outcome"], await books(app)) == ("owed", {"receivable": "-7.90", "revenue": "7.90"})
