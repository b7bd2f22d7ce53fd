"""`make crash`: kill -9 the server under load, again and again; then compare the chargers' journals with the database, and prove the books.

Every simulated charger writes each message to its journal before it sends it, and the answer before it forgets the message.
What was answered must be in the database, once; every session must have exactly the journal's energy (rules, 6.1), and be billed and
booked exactly once. Meanwhile people pay by a provider that falls ill (crash_payments.py): each payment is booked once, and nothing is held for ever.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import func, select

import stationmaster.app  # noqa: F401 — all that follows from an event has to be known
from stationmaster.background import outbox
from stationmaster.domain import bills, customers, ledger, message_packs, organizations, tariffs, tokens
from stationmaster.domain.bills import auditing
from stationmaster.domain.ledger import Account, Entry
from stationmaster.domain.message_log import messages
from stationmaster.domain.metering import meter_values
from stationmaster.domain.money.amounts import Money, total, zero
from stationmaster.domain.sessions import sessions
from stationmaster.domain.stations import stations
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.journal import Ledger
from stationmaster.simulator.station import Habits, RetryIds
from stationmaster.simulator.v16 import CannotCharge, ChargePoint16
from stationmaster.storage import Database, Work
from tools import crash_payments, running

FACTOR = 120.0  # simulated seconds in a second: a session of minutes takes a second or two
RETRY_IDS: tuple[RetryIds, ...] = ("same", "new", "drop")  # a third of the chargers each


@dataclass
class Report:
    """What was killed, what was checked, and what was lost (nothing, or it is a bug)."""

    kills: int = 0
    answered: int = 0
    sessions: int = 0
    billed: Money = field(default_factory=lambda: zero("EUR"))
    paid: int = 0  # payments at the provider's page
    given_back: int = 0
    visited: int = 0  # guests who have charged
    troubles: Counter[str] = field(default_factory=Counter)  # the provider's moods, by requests that met them
    ready_s: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


async def run(
    url: str,
    folder: Path,
    *,
    kills: int,
    count: int,
    seed: int,
    progress: Any = lambda: None,
    forked: bool = False,
    up_s: tuple[float, float] = (1.0, 4.0),
    payers: int = 0,
    guests: int = 0,
) -> Report:
    """Load, kill after `up_s` seconds (between these two), restart, `kills` times; let every queue empty itself; check.

    `payers` top up their wallets meanwhile, and at `guests` chargers more one pays without an account.
    """
    driven = [f"CRASH-{number:03d}" for number in range(1, count + 1)]
    visited = [f"GUEST-{number:03d}" for number in range(1, guests + 1)]
    identities = [*driven, *visited]
    secrets = await asyncio.to_thread(running.prepare, url, identities)
    await asyncio.to_thread(charge_money, url)
    places = await asyncio.to_thread(crash_payments.prepare, url, payers, visited)
    report, chance, began = Report(), random.Random(seed), datetime.now(UTC)
    people, stop = crash_payments.People(), asyncio.Event()
    async with crash_payments.provider(seed) as provider:
        paying = provider.settings() if payers or guests else {}
        server = running.Server(url, folder, forked=forked, **paying)
        report.ready_s.append(await asyncio.to_thread(server.start))
        chargers = {
            name: _charger(server, folder, name, secrets[name], place, seed) for place, name in enumerate(identities)
        }
        webhooks = asyncio.create_task(provider.live(f"http://127.0.0.1:{server.web}/api/v1/payments/webhooks/stripe"))
        try:
            async with asyncio.TaskGroup() as group:
                for name in driven:
                    group.create_task(_drivers(chargers[name], stop))
                for name in visited:
                    group.create_task(
                        crash_payments.visit(server, provider, chargers[name], places[name], people, stop)
                    )
                for number in range(payers):
                    group.create_task(crash_payments.top_up(server, provider, number, people, stop))
                for _ in range(kills):
                    await asyncio.sleep(chance.uniform(*up_s))
                    await asyncio.to_thread(server.kill)
                    report.kills += 1
                    await asyncio.sleep(chance.uniform(0.0, 0.5))
                    report.ready_s.append(await asyncio.to_thread(server.start))
                    progress()
                await asyncio.sleep(1)
                stop.set()
            async with asyncio.timeout(90):
                for charger in chargers.values():
                    await charger.flushed()
            await crash_payments.settled(url, provider)
            for charger in chargers.values():
                await charger.close()
        finally:
            await asyncio.to_thread(server.stop)
            webhooks.cancel()
        await settle(url)
        report.paid, report.given_back, report.visited = people.paid, people.given_back, people.charged
        report.troubles = provider.server.troubles
        await asyncio.to_thread(check, url, folder, identities, report, provider, people)
        report.lost += await crash_payments.differences(url, provider, began)
    return report


PAID_IN = Money(Decimal(1_000_000), "EUR")


def charge_money(url: str) -> None:
    """Everybody charges with the card of one customer, whose wallet pays."""

    def fill(work: Work) -> None:
        home = organizations.home(work)
        price: dict[str, Any] = {
            "price_per_kwh": Decimal("0.39"),
            "price_per_session": Decimal("0.50"),
            "tax_percent": Decimal(19),
        }
        tariffs.create(work, home, name="Day", currency="EUR", standard=True, **price)
        customer = customers.create(work, home, public_id="crash", name="Crash", billing="prepaid")
        tokens.change(work, home, running.TAG, {"customer": "crash"})
        entries = [Entry(Account("clearing", name="cash"), -PAID_IN), Entry(Account("wallet", customer.id), PAID_IN)]
        ledger.book(work, home, key="crash", kind="top_up", entries=entries, customer_id=customer.id)

    async def write() -> None:
        database = Database(url, lanes=1, readers=1)
        database.start()
        try:
            await database.write(fill)
        finally:
            await database.stop()

    asyncio.run(write())


async def settle(url: str) -> None:
    """What was left in the outbox is done, as the next start would."""
    database = Database(url, lanes=1, readers=1)
    database.start()
    try:
        while await outbox.deliver_due(database):
            pass
    finally:
        await database.stop()


def _charger(server: running.Server, folder: Path, name: str, secret: str, place: int, seed: int) -> ChargePoint16:
    """A guest's charger lives at our pace: a remote start is waited for at the hour that it is."""
    habits = Habits(
        retry_ids=RETRY_IDS[place % 3], call_timeout_s=5.0, retry_wait_s=0.5, reconnect_s=0.2, reconnect_max_s=1.0
    )
    return ChargePoint16(
        name,
        server.chargers,
        password=secret,
        clock=Clock(factor=1.0 if name.startswith("GUEST") else FACTOR),
        seed=seed,
        habits=habits,
        journal=folder / f"{name}.journal",
    )


async def _drivers(charger: ChargePoint16, stop: asyncio.Event) -> None:
    """One driver after the other, whatever happens to the server."""
    charger.start()
    await charger.until_ready()
    while not stop.is_set():
        with contextlib.suppress(CannotCharge):
            await charger.plug_in()
            await charger.tap(running.TAG)
            await charger.charge(minutes=charger.chance.uniform(2, 6))
            await charger.tap(running.TAG)
        await charger.unplug()


def check(
    url: str,
    folder: Path,
    identities: list[str],
    report: Report,
    provider: crash_payments.Provider,
    people: crash_payments.People,
) -> None:
    """Invariants I1 and I2 of the rules, charger by charger, and the money."""
    database = Database(url, lanes=1, readers=1)
    try:
        for identity in identities:
            journal = Ledger.read(folder / f"{identity}.journal")
            database._read(_check_one, identity, journal, report)
        database._read(_check_money, report, crash_payments.total_taken(provider))
        report.lost += database._read(crash_payments.check, provider, people)
    finally:
        database.close()


def _check_one(work: Work, identity: str, ledger: Ledger, report: Report) -> None:
    station_id = work.execute(select(stations.c.id).where(stations.c.identity == identity)).scalar_one()
    report.answered += len(ledger.acknowledged)
    report.lost += unknown_to_the_log(work, identity, ledger)
    report.lost += [
        f"{identity}: {entry.action} was given up: {entry.errors}" for entry in ledger.entries.values() if entry.dropped
    ]
    report.lost += [f"{identity}: {entry.action} is still waiting" for entry in ledger.waiting]
    for problem in _sessions(work, station_id, ledger, report):
        report.lost.append(f"{identity}: {problem}")


def unknown_to_the_log(work: Work, identity: str, ledger: Ledger) -> list[str]:
    """What was answered and is not in the message log, nor packed by now; a heartbeat need not be."""
    station_id = work.execute(select(stations.c.id).where(stations.c.identity == identity)).scalar_one()
    stored = set(
        work.execute(
            select(messages.c.message_id).where(
                messages.c.station_id == station_id, messages.c.direction == "in", messages.c.outcome == "ok"
            )
        ).scalars()
    )
    packed = (each.exchange for each in message_packs.listed(work, station_id, None, action=None, most=sys.maxsize))
    stored |= {each.message_id for each in packed if (each.direction, each.outcome) == ("in", "ok")}
    return [
        f"{identity}: {entry.action} {entry.ids} was answered and is not in the message log"
        for entry in ledger.acknowledged
        if entry.action != "Heartbeat" and not stored.intersection(entry.ids)
    ]


def _sessions(work: Work, station_id: int, ledger: Ledger, report: Report) -> Iterator[str]:
    """Each transaction of the journal is one session, with its energy; each meter value is stored once, with its session."""
    rows = {
        row.transaction_id: row for row in work.execute(select(sessions).where(sessions.c.station_id == station_id))
    }
    if len(rows) != len(ledger.transactions):
        yield f"{len(ledger.transactions)} transactions, but {len(rows)} sessions"
    counted = select(meter_values.c.transaction_id, meter_values.c.taken_text, meter_values.c.session_id, func.count())
    grouped = counted.where(meter_values.c.station_id == station_id).group_by(
        meter_values.c.transaction_id, meter_values.c.taken_text, meter_values.c.session_id
    )
    stored: list[Any] = list(work.execute(grouped))
    values = {(number, text): (session_id, times) for number, text, session_id, times in stored}
    for transaction in ledger.transactions.values():
        report.sessions += 1
        row = rows.get(str(transaction.transaction_id))
        if row is None:
            yield f"transaction {transaction.key} ({transaction.transaction_id}) has no session"
            continue
        energy_wh = transaction.energy_wh
        if energy_wh is not None and (row.status != "completed" or row.energy_wh != Decimal(energy_wh)):
            yield f"session {row.transaction_id} is {row.status} with {row.energy_wh} Wh, the journal says {energy_wh} Wh"
        for entry in transaction.entries:
            if entry.action != "MeterValues" or not entry.acknowledged:
                continue
            for value in entry.payload["meterValue"]:
                session_id, times = values.get((row.transaction_id, value["timestamp"]), (None, 0))
                if session_id != row.id or times != 1:
                    yield f"a meter value of session {row.transaction_id} is stored {times} times"


def _check_money(work: Work, report: Report, taken: Money) -> None:
    """Each session that has ended and is not held has one bill, which is booked; and the books are right, with what a provider has `taken`."""
    report.lost += [str(problem) for problem in auditing.problems(work)]
    ended = select(sessions.c.id, sessions.c.public_id).where(sessions.c.status == "completed", ~sessions.c.review)
    billed = Counter(work.execute(select(bills.bills.c.session_id)).scalars())
    rows = work.execute(ended).all()
    report.lost += [f"session {row.public_id} is not billed" for row in rows if not billed[row.id]]
    due = bills.amounts_of(work, [row.id for row in rows])
    report.billed = total(list(due.values()), PAID_IN.currency)
    theirs = ledger.ledger_accounts.c.kind.in_(("wallet", "held", "receivable"))
    left: Decimal = work.execute(select(func.sum(ledger.ledger_accounts.c.balance)).where(theirs)).scalar_one()
    if left != (PAID_IN + taken - report.billed).amount:
        report.lost.append(f"{report.billed} was billed, and {left} is left of {PAID_IN} and {taken}")


def main() -> None:
    arguments = _arguments()
    reports = [_one(kind, arguments) for kind in ([arguments.only] if arguments.only else ["sqlite", "postgresql"])]
    raise SystemExit(any(report.lost for report in reports))


def _one(kind: str, arguments: argparse.Namespace) -> Report:
    """The whole test on one kind of database, with a progress bar; prints what came of it."""
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with (
        Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar,
        tempfile.TemporaryDirectory(prefix="stationmaster-crash-") as name,
        running.database(kind, Path(name)) as url,
    ):
        task = bar.add_task(f"kill -9 on {kind}", total=arguments.kills)
        report = uvloop.run(
            run(
                url,
                Path(name),
                kills=arguments.kills,
                count=arguments.stations,
                seed=arguments.seed,
                payers=arguments.payers,
                guests=arguments.guests,
                progress=lambda: bar.advance(task),
            )
        )
    print(
        f"{kind}: {report.kills} kills in {time.monotonic() - began:.0f} s, {report.answered} answered messages, "
        f"{report.sessions} sessions, {report.billed} billed, {report.paid} payments, {report.given_back} refunds and {report.visited} guests with a provider that was {_listed(report.troubles)}, ready again after {max(report.ready_s):.1f} s at the most: {len(report.lost)} lost"
    )
    for line in report.lost[:20]:
        print(f"  {line}")
    return report


def _listed(troubles: Counter[str]) -> str:
    return ", ".join(f"{mood} {times} times" for mood, times in troubles.most_common())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="on each database")
    parser.add_argument("--stations", type=int, default=40, help="simulated chargers, each with a journal")
    parser.add_argument("--payers", type=int, default=4, help="customers who top up their wallets meanwhile")
    parser.add_argument("--guests", type=int, default=4, help="more chargers, where one pays without an account")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    return parser.parse_args()


if __name__ == "__main__":
    main()
