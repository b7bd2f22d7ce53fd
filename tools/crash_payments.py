"""What `make crash` plays with a provider of payments: a Stripe that falls ill, people who top up a wallet, and guests who pay at the charger.

The provider is a process of its own as far as the server can tell: it lives through each kill, and what it has taken is the truth that our books are
held against at the end. It is down, slow, broken, or does what it is asked and loses the answer; its webhooks come late, twice, in any order or never.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx
from sqlalchemy import select

from stationmaster.background.payments import compare
from stationmaster.domain import connectors, customers, ledger, organizations, sites, stations
from stationmaster.domain.guests import places
from stationmaster.domain.guests.tables import guest_visits
from stationmaster.domain.ledger import Account as LedgerAccount
from stationmaster.domain.money.amounts import Money, of_minor
from stationmaster.domain.payments import Source
from stationmaster.domain.payments.states import OPEN
from stationmaster.domain.payments.tables import payment_refunds, payments
from stationmaster.outside import Http
from stationmaster.outside.payments import Account
from stationmaster.outside.payments.stripe import Stripe
from stationmaster.simulator.v16 import CannotCharge, ChargePoint16
from stationmaster.storage import Database, Work
from tests.payments.fake_stripe import FakeStripe
from tests.payments.serving import Answered, Server, listening
from tools import running

KEY, SECRET = "sk_test_fake", "whsec_fake_of_the_crash_test"
CARD, DECLINED = "4242424242424242", "4000000000000002"
MOODS = ("well",) * 6 + ("down", "slow", "broken", "forgetful")
OURS = [ip_network("127.0.0.0/8")]
API = "/api/v1"
LEAST_S = 0.3  # between two questions of one phone
PATIENCE_S = 300.0  # of a guest: a remote start that a kill has cut off is judged after three minutes


class Ill(Server):
    """The provider's HTTP, in one mood after the other."""

    def __init__(self, fake: FakeStripe, chance: random.Random) -> None:
        super().__init__(fake)
        self.mood = "well"
        self.troubles: Counter[str] = Counter()
        self._chance = chance

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.troubles[self.mood] += 1
        match self.mood:
            case "down":
                writer.close()
                return
            case "slow":
                await asyncio.sleep(self._chance.uniform(0.2, 3))
            case "broken":
                self.refuse.append(Answered(500, {"error": {"type": "api_error", "message": "Something went wrong."}}))
            case "forgetful":
                self.lose_answers += 1
        await super().serve(reader, writer)


@dataclass
class Provider:
    """The fake, its moods, and what it has still to tell."""

    fake: FakeStripe
    server: Ill
    chance: random.Random
    well: asyncio.Event = field(default_factory=asyncio.Event)
    told: int = 0
    webhooks: Counter[str] = field(default_factory=Counter)

    def settings(self) -> dict[str, str]:
        """What a server has to know of it."""
        account = {"name": "stripe", "kind": "stripe", "key": KEY, "secret": SECRET, "url": self.server.url}
        return {
            "STATIONMASTER_PAYMENTS__PROVIDERS": json.dumps([account]),
            "STATIONMASTER_PAYMENTS__PAY_WITHIN_MINUTES": "0.5",
            "STATIONMASTER_OUTSIDE__ALLOWED_NETWORKS": json.dumps([str(each) for each in OURS]),
            "STATIONMASTER_WEB__PUBLIC_URL": "https://csms.example",
            "STATIONMASTER_WEB__REQUESTS_PER_MINUTE": "100000",
            "STATIONMASTER_WEB__REQUESTS_PER_MINUTE_OF_ONE_ADDRESS": "100000",
        }

    async def live(self, url: str) -> None:
        """Be ill now and then, until it has to be `well`; tell what has happened, as webhooks are told."""
        waiting: list[tuple[int, Any]] = []
        async with httpx.AsyncClient(timeout=2) as client:
            while True:
                self.fake.now = int(time.time())
                self.server.mood = "well" if self.well.is_set() else self.chance.choice(MOODS)
                new = self.fake.events[self.told :]
                self.told += len(new)
                for event in new:
                    times = 1 if self.well.is_set() else self.chance.choice((0, 1, 1, 1, 2, 3))
                    self.webhooks[str(times)] += 1
                    waiting += [(0, event)] * times
                self.chance.shuffle(waiting)
                still = []
                for tries, event in waiting:
                    headers, body = self.fake.signed(event)
                    try:
                        answer = await client.post(url, content=body, headers=headers)
                        taken = answer.is_success
                    except httpx.HTTPError:
                        taken = False
                    if not taken and tries < 100:
                        still.append((tries + 1, event))
                waiting = still
                await asyncio.sleep(self.chance.uniform(0.1, 0.6))

    def pays(self, pay_at: str, card: str) -> bool:
        """Somebody pays at its page, if it is still open. Whether they could."""
        page = self.fake._things[pay_at.rpartition("/")[2]]
        if page["status"] != "open":
            return False
        self.fake.pay(page["id"], card=card)
        return bool(page["status"] == "complete")

    def taken(self) -> dict[str, int]:
        """What it has of each of our payments, less what it gave back, in cents: by the payment's id."""
        found: Counter[str] = Counter()
        for thing in self.fake._things.values():
            if thing["object"] == "payment_intent" and thing["status"] == "succeeded":
                found[thing["metadata"]["payment"]] += thing["amount_received"]
            elif thing["object"] == "refund" and thing["status"] == "succeeded":
                found[self.fake._things[thing["payment_intent"]]["metadata"]["payment"]] -= thing["amount"]
        return {payment: minor for payment, minor in found.items() if minor}

    def held(self) -> int:
        """How many holds there are that nobody has taken or let go."""
        return sum(thing.get("status") == "requires_capture" for thing in self.fake._things.values())

    def twice(self) -> list[str]:
        """Payments for which it has charged more than one card."""
        charged = Counter(
            thing["metadata"]["payment"]
            for thing in self.fake._things.values()
            if thing["object"] == "payment_intent" and thing["status"] == "succeeded"
        )
        return [payment for payment, times in charged.items() if times > 1]


@contextlib.asynccontextmanager
async def provider(seed: int) -> AsyncIterator[Provider]:
    chance = random.Random(seed)
    fake = FakeStripe(KEY, SECRET)
    fake.now = int(time.time())
    async with listening(Ill(fake, chance)) as server:
        yield Provider(fake, server, chance)


@dataclass
class People:
    """Who pays: what they were told that we have, and how far all of it came."""

    acknowledged: set[str] = field(default_factory=set)  # payments and visits that we have confirmed
    paid: int = 0
    given_back: int = 0
    charged: int = 0


def prepare(url: str, payers: int, guests: list[str]) -> dict[str, str]:
    """A customer for each payer, who pays in advance; a place to pay at each guest's charger, at every other one after charging. The places, by charger."""

    def fill(work: Work) -> dict[str, str]:
        home, made = organizations.home(work), {}
        for number in range(payers):
            customers.create(work, home, public_id=f"payer-{number}", name="Payer", billing="prepaid")
        if guests:
            sites.create(work, home, public_id="H", name="Harbour")
        for number, identity in enumerate(guests):
            stations.change(work, home, identity, {"site": "Harbour"})
            connectors.declare(work, home, identity, evse=1, connector=1, facts=dict.fromkeys(connectors.FACTS))
            made[identity] = places.make(work, home, identity)[0].public_id
            places.let_pay_after(work, home, identity, 1, pays_after=number % 2 == 1)
        return made

    async def write() -> dict[str, str]:
        database = Database(url, lanes=1, readers=1)
        database.start()
        try:
            return await database.write(fill)
        finally:
            await database.stop()

    return asyncio.run(write())


class Phone:
    """Asks until it is answered, however often the server is killed meanwhile."""

    def __init__(self, server: running.Server) -> None:
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.web}{API}", timeout=5)

    async def close(self) -> None:
        await self._http.aclose()

    async def log_in(self) -> None:
        login = await self.ask("POST", "/auth/login", {"email": running.EMAIL, "password": running.PASSWORD})
        self._http.headers["Authorization"] = f"Bearer {login['access_token']}"

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """The answer that was a success; `status` beside it says which, 409 among them: what cannot be done just now."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._http.request(method, path, json=body, headers=headers)
                if answer.is_success or answer.status_code == 409:
                    return {"status": answer.status_code, **answer.json()}
                if answer.status_code < 500 and answer.status_code not in (425, 429):
                    raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
            await asyncio.sleep(LEAST_S)

    async def until(self, path: str, so: Callable[[dict[str, Any]], Any], seconds: float) -> dict[str, Any]:
        """What it says at last; after that many seconds, whatever it says."""
        end = time.monotonic() + seconds
        while True:
            now = await self.ask("GET", path)
            if so(now) or time.monotonic() > end:
                return now
            await asyncio.sleep(LEAST_S)


async def top_up(server: running.Server, theirs: Provider, number: int, people: People, stop: asyncio.Event) -> None:
    """One customer pays into their wallet, again and again; some are declined first, some leave the page."""
    phone, chance = Phone(server), random.Random(number)
    try:
        await phone.log_in()
        while not stop.is_set():
            body = {"customer": f"payer-{number}", "amount": str(chance.randint(5, 80)), "currency": "EUR"}
            once = secrets.token_hex(12)
            made = await phone.ask("POST", "/payments/top-ups", body, **{"Idempotency-Key": once})
            assert made["status"] == 201, made
            people.acknowledged.add(made["id"])
            path = f"/payments/{made['id']}"
            now = (await phone.until(path, _is_further, 6))["payment"]
            if now["pay_at"] is None or chance.random() < 0.15:
                continue
            if chance.random() < 0.2:
                theirs.pays(now["pay_at"], DECLINED)
            if not theirs.pays(now["pay_at"], CARD):
                continue
            people.paid += 1
            now = (await phone.until(path, _is_over, chance.choice((0, 4))))["payment"]
            if now["state"] == "paid" and chance.random() < 0.5:
                refund = {"amount": "2.50", "reason": "It was too much"}
                await phone.ask("POST", f"{path}/refund", refund, **{"Idempotency-Key": f"{once}-back"})
                people.given_back += 1
    finally:
        await phone.close()


def _is_further(answer: dict[str, Any]) -> bool:
    return bool(answer["payment"]["pay_at"]) or _is_over(answer)


def _is_over(answer: dict[str, Any]) -> bool:
    return answer["payment"]["state"] not in OPEN


async def visit(
    server: running.Server,
    theirs: Provider,
    charger: ChargePoint16,
    place: str,
    people: People,
    stop: asyncio.Event,
) -> None:
    """One guest after the other at a charger: pay, charge, take the cable out; or charge first, and pay then."""
    phone = Phone(server)
    charger.start()
    await charger.until_ready()
    try:
        while not stop.is_set():
            await charger.plug_in()
            body = {"once": secrets.token_hex(16), "email": "guest@example.com"}
            made = await phone.ask("POST", f"/pay/places/{place}/visits", body)
            if made["status"] == 201:
                people.acknowledged.add(made["id"])
                await _guest(phone, theirs, charger, made, people)
            await charger.unplug()
            await asyncio.sleep(LEAST_S)
    finally:
        await phone.close()


async def _guest(phone: Phone, theirs: Provider, charger: ChargePoint16, made: dict[str, Any], people: People) -> None:
    """Pays, waits until the charger begins or the visit is over, charges, and takes the cable out; or pays at the end."""
    path = f"/pay/visits/{made['id']}"
    if not made["pays_after"]:
        now = await phone.until(path, lambda visit: visit["pay_at"] or visit["state"] != "paying", PATIENCE_S)
        if now["pay_at"] is None or not theirs.pays(now["pay_at"], CARD):
            return
        people.paid += 1
    now = await phone.until(path, lambda visit: visit["state"] in ("charging", "over"), PATIENCE_S)
    if now["state"] == "charging":
        people.charged += 1
        with contextlib.suppress(CannotCharge):
            await charger.charge(minutes=charger.chance.uniform(0.01, 0.04))
    await charger.unplug()
    if made["pays_after"]:
        now = await phone.until(path, lambda visit: visit["state"] == "over" or visit["due"], PATIENCE_S)
        if now["state"] == "to_pay":
            await phone.ask("POST", f"{path}/pay")
            now = await phone.until(path, lambda visit: visit["pay_at"] or visit["state"] == "over", PATIENCE_S)
            if now["pay_at"] is not None and theirs.pays(now["pay_at"], CARD):
                people.paid += 1


async def settled(url: str, theirs: Provider, *, seconds: float = 480) -> None:
    """The provider is well again, and everything that was begun comes to its end; what does not in this time is found by the checks.

    A remote start that the last kill has cut off is judged after three minutes, and what it held is let go after that.
    """
    theirs.well.set()
    database = Database(url, lanes=1, readers=1)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end and database._read(unfinished):
            await asyncio.sleep(0.5)
    finally:
        database.close()


def unfinished(work: Work) -> list[str]:
    """Payments, refunds and visits to which something is still to happen."""
    going_on = select(payments.c.public_id, payments.c.state).where(payments.c.state.in_(OPEN))
    refunds = select(payment_refunds.c.public_id, payment_refunds.c.state)
    visits = select(guest_visits.c.public_id, guest_visits.c.state).where(
        guest_visits.c.state.not_in(("over", "to_pay"))
    )
    rows = [*work.execute(going_on), *work.execute(refunds.where(payment_refunds.c.state != "done"))]
    return [f"{row.public_id} is {row.state}" for row in [*rows, *work.execute(visits)]]


def check(work: Work, theirs: Provider, people: People) -> list[str]:
    """What was confirmed is there; what the provider has taken is what we have booked, once, and where it belongs."""
    wrong = unfinished(work)
    rows = {row.public_id: row for row in work.execute(select(payments))}
    known = rows.keys() | set(work.execute(select(guest_visits.c.public_id)).scalars())
    wrong += [f"{name} was confirmed, and is not there" for name in people.acknowledged - known]
    wrong += [f"{name} was charged twice" for name in theirs.twice()]
    if theirs.held():
        wrong.append(f"{theirs.held()} holds were neither taken nor let go")
    taken = theirs.taken()
    for name in sorted(taken.keys() | rows.keys()):
        ours = rows[name].captured - rows[name].refunded if name in rows else 0
        if ours != taken.get(name, 0):
            wrong.append(f"of {name} the provider has {taken.get(name, 0)} cents, we have {ours}")
    wallets: Counter[int] = Counter()
    for row in rows.values():
        if row.purpose == "top_up" and row.customer_id is not None:
            wallets[row.customer_id] += row.captured - row.refunded
    for customer, minor in wallets.items():
        balance = ledger.balance(work, organizations.home(work), LedgerAccount("wallet", customer), "EUR")
        if balance != of_minor(minor, "EUR"):
            wrong.append(f"the wallet of customer {customer} has {balance}, and {of_minor(minor, 'EUR')} was paid in")
    return wrong


def total_taken(theirs: Provider) -> Money:
    """All that the provider has taken and not given back."""
    return of_minor(sum(theirs.taken().values()), "EUR")


async def differences(url: str, theirs: Provider, since: datetime) -> list[str]:
    """What the comparison of every night finds."""
    database = Database(url, lanes=1, readers=1)
    database.start()
    try:
        adapter = Stripe(
            Http(OURS), secret_key=KEY, webhook_secret=SECRET, clock=lambda: datetime.now(UTC), url=theirs.server.url
        )
        source = Source("stripe", await database.write(organizations.home))
        until = datetime.now(UTC) + timedelta(seconds=2)
        found = await compare(database, Account("stripe", None, adapter), source, since, until)
        return [f"the books differ from the provider's: {one}" for one in found.differences]
    finally:
        await database.stop()
