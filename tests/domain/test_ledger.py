"""The ledger: what is booked adds up to nothing, once for each key, and no wallet goes below zero, whoever pulls at it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stationmaster.domain import customers, ledger, organizations
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.ledger import Account, Entry, NotEnough, auditing, holds
from stationmaster.domain.money.amounts import Money
from stationmaster.storage import Database, Work
from tests.domain.conftest import World

pytestmark = pytest.mark.every_case  # locks, and sums of money

REVENUE, BANK = Account("revenue"), Account("clearing", name="bank")


def eur(amount: str | int) -> Money:
    return Money(Decimal(amount), "EUR")


def top_up(work: Work, home: int, customer: int, amount: Money, key: str = "first") -> ledger.TransactionRow:
    entries = [Entry(BANK, -amount), Entry(Account("wallet", customer), amount)]
    return ledger.book(work, home, key=key, kind="top_up", entries=entries, customer_id=customer)


def spend(work: Work, home: int, customer: int, amount: Money, key: str) -> ledger.TransactionRow:
    entries = [Entry(Account("wallet", customer), -amount), Entry(REVENUE, amount)]
    return ledger.book(work, home, key=key, kind="bill", entries=entries, customer_id=customer)


async def customer(world: World, name: str = "Ann") -> int:
    return await world(lambda work: customers.create(work, world.home, name=name).id)


async def in_it(world: World, account: Account) -> str:
    return str((await world(ledger.balance, world.home, account, "EUR")).amount)


async def problems(world: World) -> list[str]:
    return await world(lambda work: [str(each) for each in auditing.problems(work)])


async def test_S1_070_a_wallet_has_what_was_paid_in_less_what_was_spent(world: World) -> None:
    ann = await customer(world)
    await world(top_up, world.home, ann, eur("50"))
    await world(spend, world.home, ann, eur("11.57"), "a session")
    assert [await in_it(world, each) for each in (Account("wallet", ann), BANK, REVENUE)] == [
        "38.43",
        "-50.00",
        "11.57",
    ]
    assert await problems(world) == []


async def test_a_key_books_once_and_nothing_else(world: World) -> None:
    ann = await customer(world)
    first = await world(top_up, world.home, ann, eur(5))
    again = await world(top_up, world.home, ann, eur(5))
    assert (first.id, await in_it(world, Account("wallet", ann))) == (again.id, "5.00")
    with pytest.raises(Conflict, match="otherwise"):
        await world(top_up, world.home, ann, eur(6))
    assert await in_it(world, Account("wallet", ann)) == "5.00"


async def test_API_11_who_is_confined_to_an_organization_books_there_and_nowhere_else(world: World) -> None:
    ann = await customer(world)
    other = await world(lambda work: organizations.create(work, name="Elsewhere").id)

    def confined(work: Work, organization: int) -> None:
        with work.within(organization):
            top_up(work, organization, ann, eur(5))

    with pytest.raises(NotFound):
        await world(confined, other)
    await world(confined, world.home)
    assert await in_it(world, Account("wallet", ann)) == "5.00"


@pytest.mark.any_database
async def test_what_does_not_add_up_in_one_currency_is_not_booked(world: World) -> None:
    ann = await customer(world)
    wallet = Account("wallet", ann)
    for entries in (
        [Entry(wallet, eur(5))],
        [Entry(wallet, eur(5)), Entry(BANK, eur(-4))],
        [Entry(wallet, eur(5)), Entry(BANK, Money(Decimal(-5), "USD"))],
        [Entry(wallet, eur(0)), Entry(BANK, eur(0))],
        [],
    ):
        with pytest.raises(ValueError, match="cannot be booked"):
            await world(ledger.book, world.home, key="k", kind="top_up", entries=entries)
    assert await problems(world) == []


async def test_a_wallet_never_goes_below_zero(world: World) -> None:
    ann = await customer(world)
    await world(top_up, world.home, ann, eur("10"))

    def spend_what_is_not_there(work: Work) -> str:
        try:
            spend(work, world.home, ann, eur("10.01"), "too much")
        except NotEnough as refused:
            return str(refused)
        raise AssertionError("it was booked")

    # Whoever goes on after it leaves nothing behind.
    assert await world(spend_what_is_not_there) == "there is 10.00 EUR in the wallet, and 10.01 EUR would be needed"
    assert await in_it(world, Account("wallet", ann)) == "10.00"
    assert await problems(world) == []


TAMPER = [
    "UPDATE ledger_entries SET amount = amount + 1",
    "DELETE FROM ledger_entries",
    "DELETE FROM ledger_transactions",
    "DELETE FROM ledger_accounts",
    "UPDATE ledger_transactions SET key = 'another'",
    "UPDATE ledger_accounts SET currency = 'USD'",
    "UPDATE ledger_accounts SET balance = -1 WHERE kind = 'wallet'",
    "UPDATE ledger_transactions SET off_by = 1",
    # An entry that nothing stands against, or that does not go on from its account.
    "INSERT INTO ledger_entries (organization_id, transaction_id, account_id, number, amount, balance)"
    " SELECT organization_id, transaction_id, account_id, number + 1, 1, balance + 1 FROM ledger_entries",
    "INSERT INTO ledger_entries (organization_id, transaction_id, account_id, number, amount, balance)"
    " SELECT organization_id, transaction_id, account_id, number + 5, amount, balance FROM ledger_entries",
]


@pytest.mark.parametrize("statement", TAMPER)
async def test_the_database_itself_keeps_the_books(world: World, statement: str) -> None:
    ann = await customer(world)
    await world(top_up, world.home, ann, eur("10"))
    with pytest.raises(DBAPIError):
        await world(lambda work: work.execute(text(statement)))
    assert await in_it(world, Account("wallet", ann)) == "10.00"
    assert await problems(world) == []


async def test_the_database_commits_nothing_that_does_not_add_up(world: World) -> None:
    """Each entry goes on from its account, and still one is missing."""
    ann = await customer(world)
    await world(top_up, world.home, ann, eur("10"))
    one_sided = (
        "UPDATE ledger_accounts SET balance = balance + 1, last_number = last_number + 1",
        "INSERT INTO ledger_entries (organization_id, transaction_id, account_id, number, amount, balance)"
        " SELECT organization_id, (SELECT max(id) FROM ledger_transactions), id, last_number, 1, balance FROM ledger_accounts",
    )
    if world.database.kind == "sqlite":  # which keeps thousandths
        one_sided = tuple(
            each.replace("+ 1, last", "+ 1000, last").replace(", 1, bal", ", 1000, bal") for each in one_sided
        )
    with pytest.raises(DBAPIError):
        await world(lambda work: [work.execute(text(each)) for each in one_sided])
    assert await problems(world) == []


async def test_a_hold_takes_what_was_given_first_and_gives_it_back(world: World) -> None:
    ann = await customer(world)
    bonus, wallet, held = (Account(kind, ann) for kind in ("bonus", "wallet", "held"))
    await world(top_up, world.home, ann, eur(20))
    given = [Entry(Account("refunds"), eur(-5)), Entry(bonus, eur(5))]
    await world(ledger.book, world.home, key="given", kind="bonus", entries=given, customer_id=ann)

    async def hold(amount: int) -> Any:
        return await world(holds.hold, world.home, name="s", customer_id=ann, amount=eur(amount))

    row = await hold(12)
    assert [await in_it(world, each) for each in (bonus, wallet, held)] == ["0.00", "13.00", "12.00"]
    row = await hold(15)
    row = await hold(10)  # no less
    assert [await in_it(world, each) for each in (bonus, wallet, held)] == ["0.00", "10.00", "15.00"]
    with pytest.raises(NotEnough):
        await hold(26)
    for _ in range(2):
        await world(holds.release, row)
    assert [await in_it(world, each) for each in (bonus, wallet, held)] == ["5.00", "20.00", "0.00"]
    with pytest.raises(Conflict, match="over"):
        await hold(1)
    assert await problems(world) == []


async def test_the_ledger_comes_to_nothing_after_any_sequence(world: World) -> None:
    chance = random.Random(9)
    people = [await customer(world, name) for name in ("Ann", "Bob")]

    def step(work: Work, number: int) -> None:
        who, amount = chance.choice(people), Money(Decimal(chance.randint(1, 3000)).scaleb(-2), "EUR")
        acts: list[Callable[[], Any]] = [
            lambda: top_up(work, world.home, who, amount, f"top-up {number}"),
            lambda: spend(work, world.home, who, amount, f"session {number}"),
            lambda: holds.hold(work, world.home, name=f"hold {number // 7}", customer_id=who, amount=amount),
            lambda: [holds.release(work, row) for row in holds.of_customer(work, who)],
        ]
        with contextlib.suppress(Conflict):
            chance.choice(acts)()

    for number in range(120):
        await world(step, number)
    assert await problems(world) == []
    everything = await world(lambda work: work.execute(text("SELECT sum(balance) FROM ledger_accounts")).scalar())
    assert everything == 0


async def test_eight_at_once_on_two_nodes_take_no_more_than_there_is(world: World, database_url: str) -> None:
    ann = await customer(world)
    await world(top_up, world.home, ann, eur(50))
    nodes = [Database(database_url, lanes=4) for _ in range(2)]
    for node in nodes:
        node.start()

    async def pull(number: int) -> bool:
        done: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
        asked = (world.home, ann, eur(3), f"session {number}")
        node = nodes[number % 2]
        node.submit(spend, asked, lambda _, error: done.set_result(error), lane=number // 2, apart=True)
        error = await done
        assert error is None or isinstance(error, NotEnough), error
        return error is None

    try:
        taken = await asyncio.gather(*(pull(number) for number in range(24)))
    finally:
        for node in nodes:
            await node.stop()
    assert sum(taken) == 16
    assert await in_it(world, Account("wallet", ann)) == "2.00"
    assert await problems(world) == []
