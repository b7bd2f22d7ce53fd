"""A database, the bank for practice behind a real port of this machine, and what runs between them, by hand."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_network
from typing import Any, TypeVar

from stationmaster.background import payments as background
from stationmaster.background.deliveries import Deliverer
from stationmaster.background.outbox import deliver_due
from stationmaster.domain import customers, organizations, outbox, payments
from stationmaster.domain.deliveries import Queue, delivery_of
from stationmaster.domain.ledger import ledger_accounts
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments import NewPayment, PaymentRow, Source, hearing
from stationmaster.outside import Http, Outside
from stationmaster.outside.payments import Account, Providers
from stationmaster.outside.payments.test import Practice
from stationmaster.outside.payments.test_bank import Bank, serving
from stationmaster.payment_words import checked
from stationmaster.storage import Database

T = TypeVar("T")
TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
FINE, DECLINED = "4242424242424242", "4000000000000002"


class Counter:
    """`await world(f, …)` is a unit of work at `world.now`; `await world.all()` lets everything that is due go out, and webhooks come in."""

    def __init__(self, database: Database, bank: Bank, provider: Practice, now: datetime) -> None:
        self.database = database
        self.bank = bank
        self.provider = provider
        self.now = now
        self.home = 0
        self.ida = 0  # the key of a customer
        self.source = Source("test", 0)
        self.webhooks = True
        providers = Providers([Account("test", None, provider)])
        send = background.ask_provider
        queue = Queue([delivery_of(send, to=lambda event: [event.payment], timeout_s=30)], {Providers: providers})
        outside = Outside(database, Http([ip_network("127.0.0.0/8")]))
        self.deliverer = Deliverer(database, queue, outside, at_once=4, look_every_s=0.01)
        database.before_commit += [outbox.keep, queue.keep]
        database.clock = lambda: self.now
        bank.clock = lambda: self.now
        bank.post = self.hear

    async def __call__(self, f: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return await self.database.write(f, *args, **kwargs)

    async def hear(self, body: bytes, headers: dict[str, str]) -> bool:
        if not self.webhooks:
            return True
        lowered = {name.lower(): value for name, value in headers.items()}
        event = self.provider.event(body, lowered, now=self.now)
        await self(hearing.hear, self.source, checked(event))
        return True

    async def all(self) -> None:
        while await self.deliverer.once() or await deliver_due(self.database):
            pass
        await self.bank.deliver()
        while await self.deliverer.once() or await deliver_due(self.database):
            pass

    async def later(self, **time: float) -> None:
        """Time passes, and what the clock does is done."""
        self.now += timedelta(**time)
        await self(payments.look_after)
        await self.all()

    async def ask(self, amount: str = "50.00", **more: Any) -> PaymentRow:
        facts: dict[str, Any] = {
            "provider": "test",
            "purpose": "top_up",
            "capture": "at_once",
            "description": "Top-up",
            "return_url": "https://csms.example/",
            "customer_id": None if more.get("purpose") == "session" else self.ida,
            "pay_within": timedelta(minutes=10),
        } | more
        new = NewPayment(amount=Money(Decimal(amount), facts.pop("currency", "EUR")), **facts)
        row: PaymentRow = await self(payments.ask, self.home, new, by="test")
        await self.all()
        return await self.row(row)

    async def row(self, row: PaymentRow) -> PaymentRow:
        return await self(payments.get, self.home, row.public_id)

    async def books(self) -> dict[str, str]:
        """What is in each account that is not empty."""
        table = ledger_accounts.c
        rows = await self(lambda work: work.execute(ledger_accounts.select().where(table.balance != 0)).all())
        return {row.kind: str(Money(row.balance, row.currency)) for row in rows}

    async def pays(self, row: PaymentRow, card: str = FINE) -> PaymentRow:
        now = await self.row(row)
        assert now.reference is not None
        self.bank.pay(now.reference, card=card)
        await self.all()
        return await self.row(row)


@contextlib.asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Counter]:
    bank = Bank(lambda: TEN, secret="practice")
    async with serving(bank) as port:
        http = Http([ip_network("127.0.0.0/8")], timeout_s=0.5)
        provider = Practice(http, url=f"http://127.0.0.1:{port}", secret="practice", page="/test-bank/test/")
        counter = Counter(database, bank, provider, TEN)
        counter.home = await counter(organizations.home)
        counter.source = Source("test", counter.home)
        counter.ida = (await counter(customers.create, counter.home, public_id="IDA", name="Ida")).id
        yield counter
