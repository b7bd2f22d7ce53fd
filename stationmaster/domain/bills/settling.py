"""From a session to its bill and into the ledger, in one transaction: each session exactly once, whoever asks and how often.

A bill is never changed. Where a session is corrected, left out or taken in again, the next revision books what it differs by from the one before.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import insert, select

from stationmaster.domain import moments, prices, session_terms, sessions, site_hosts, sites, stations, tariffs
from stationmaster.domain.bills.payers import Payer, charged, given_back, payer_of
from stationmaster.domain.bills.tables import BillRow, State, bills, newest, read, written
from stationmaster.domain.events import (
    BillMade,
    SessionChanged,
    SessionCorrected,
    SessionEnded,
    SessionEvent,
    SessionReviewed,
)
from stationmaster.domain.ledger import Account, Entry, TransactionRow, book, holds, lock_customer
from stationmaster.domain.money.amounts import Money, rounded, total, zero
from stationmaster.domain.money.bill import Bill
from stationmaster.domain.outbox import reacts_when
from stationmaster.domain.prices import Priced
from stationmaster.domain.sessions import ListedRow
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared

_OUT = frozenset({"cancelled", "invalid"})  # statuses of sessions that count for nothing


def _may_cost(work: Work, event: SessionEvent) -> bool:
    """Asked in the transaction of a charger's message: where there is no tariff at all, nothing is left to be done after it."""
    return event.session.status != "active" and work.first(_any_tariff) is not None


_any_tariff = Prepared(select(tariffs.tariffs.c.id).limit(1))


@reacts_when(_may_cost)
def bill_session(work: Work, event: SessionEnded | SessionCorrected | SessionChanged | SessionReviewed) -> None:
    settle(work, event.session.id)


def settle(work: Work, session_id: str) -> BillRow | None:
    """Bring bill and ledger in line with what a session is now. The new revision; None where there is nothing new.

    What is held for a person's review is neither billed nor taken back before it is freed. Where meter values were dropped, the bill that is there holds.
    """
    row = sessions.locked(work, session_id)
    if row is None or row.review or sessions.VALUES_DROPPED in (row.flags or ()):
        return None
    last = newest(work, row.id)
    goes_on = row.status in ("active", "pending")  # perhaps again, where its end was undone
    counts = not (goes_on or row.excluded or row.status in _OUT)
    priced = _priced(work, row) if counts else None
    if not goes_on:
        for hold in holds.of_session(work, row.id):  # the bill is paid out of all that there is
            holds.release(work, hold)
    payer = None if priced is None else payer_of(work, row)
    now = _state_of(work, row, priced, payer)
    if last is None and now == "taken_back":
        return None
    if last is not None and _says_the_same(last, now, payer, priced):
        return None
    return _revise(work, row, last, now, payer, priced)


def _state_of(work: Work, row: ListedRow, priced: Priced | None, payer: Payer | None) -> State:
    """What was free when it was first billed stays free, and what was to be paid is to be paid: other terms are for the next session."""
    if priced is None:
        return "taken_back"
    if payer is None:
        return "kept"
    before: State | None = None
    if payer.customer_id is not None:
        mine = (bills.c.session_id == row.id, bills.c.customer_id == payer.customer_id, bills.c.state != "taken_back")
        first = select(bills.c.state).where(*mine).order_by(bills.c.revision).limit(1)
        before = work.execute(first).scalar()
    return before or ("kept" if payer.billing == "free" else "booked")


def _says_the_same(last: BillRow, state: State, payer: Payer | None, priced: Priced | None) -> bool:
    if last.state != state or state == "taken_back":
        return last.state == state
    assert priced is not None
    return last.customer_id == (None if payer is None else payer.customer_id) and read(last) == priced.bill


def _priced(work: Work, row: ListedRow) -> Priced | None:
    """By what holds for it; what is billed once is from then on by the same terms. None where no tariff holds."""
    fixed = session_terms.fix(work, row)
    if fixed is None:
        return None
    priced = prices.by(work, row, fixed)
    # A person has freed it, whatever made it doubtful.
    notes = tuple(note for note in priced.bill.notes if note != "held")
    return priced._replace(bill=msgspec.structs.replace(priced.bill, notes=notes))


def _revise(
    work: Work, row: ListedRow, last: BillRow | None, state: State, payer: Payer | None, priced: Priced | None
) -> BillRow:
    """Keep the next revision, and book what it differs by from the last."""
    revision = 1 if last is None else last.revision + 1
    facts = _facts(work, row, last, priced)
    if payer is not None:
        facts["customer_id"] = payer.customer_id
    day = work.now.astimezone(moments.zone_named(facts["time_zone"])).date()
    bill = None if priced is None else priced.bill
    was = None if last is None or last.state != "booked" else Payer(last.customer_id)
    share = _share(work, facts)
    before = {} if last is None or was is None else _income(read(last), share)
    after = _income(bill, share) if state == "booked" else {}
    booking = _Booking(row, f"bill:{row.public_id}:{revision}", day, _description(work, facts))
    for customer in sorted({each.customer_id for each in (was, payer) if each and each.customer_id is not None}):
        lock_customer(work, row.organization_id, customer)
    if was is not None and payer is not None and was.customer_id != payer.customer_id:
        _book_difference(work, booking._replace(key=f"{booking.key}:back"), before, {}, was)
        before = {}
    who = payer or was
    booked = None if who is None else _book_difference(work, booking, before, after, who)
    new = insert(bills).values(
        public_id=secrets.token_hex(8),
        organization_id=row.organization_id,
        session_id=row.id,
        revision=revision,
        state=state,
        bill=None if bill is None else written(bill),
        made_at=work.now,
        booked_on=day.isoformat(),
        transaction_id=None if booked is None else booked.id,
        **facts,
        **_amounts(bill),
    )
    made: BillRow = work.execute(new.returning(*bills.c)).one()
    work.publish(BillMade(session=row.public_id, station_id=row.station_id))
    return made


_STAY = ("customer_id", "site_id", "tariff_id", "terms", "decided_by", "time_zone", "currency", "host_percent")


def _facts(work: Work, row: ListedRow, last: BillRow | None, priced: Priced | None) -> dict[str, Any]:
    """What a bill says of its place and price: once said, it stays."""
    if last is not None:
        return {name: getattr(last, name) for name in _STAY}
    assert priced is not None
    table = stations.stations.c
    site: int | None = work.execute(select(table.site_id).where(table.id == row.station_id)).scalar_one()
    host = site_hosts.of_key(work, site)
    return {
        "customer_id": None,
        "site_id": site,
        "host_percent": None if host is None else host.percent,
        "tariff_id": priced.tariff_key,
        "terms": priced.terms.number,
        "decided_by": priced.decided_by,
        "time_zone": priced.time_zone,
        "currency": priced.bill.currency,
    }


def _description(work: Work, facts: Mapping[str, Any]) -> str:
    """What a customer reads in their wallet: the place by its name, for a charger's own identity is the operator's."""
    site = select(sites.sites.c.name).where(sites.sites.c.id == facts["site_id"])
    name: str | None = work.execute(site).scalar()
    return "Charging" if name is None else f"Charging at {name}"


def _amounts(bill: Bill | None) -> dict[str, Decimal]:
    if bill is None:
        return dict.fromkeys(("net", "tax", "round_off", "total"), Decimal(0))
    tax = total([each.amount for each in bill.taxes], bill.currency)
    amounts = {"net": bill.net, "tax": tax, "round_off": bill.round_off, "total": bill.total}
    return {name: money.amount for name, money in amounts.items()}


class _Booking(NamedTuple):
    row: ListedRow
    key: str
    day: date
    description: str


def _book_difference(
    work: Work, booking: _Booking, before: Mapping[Account, Money], after: Mapping[Account, Money], payer: Payer
) -> TransactionRow | None:
    """Book what the income is to be other than before; None where it is the same."""
    row = booking.row
    differences = [
        Entry(account, amount)
        for account in {**before, **after}
        if (amount := _minus(after.get(account), before.get(account)))
    ]
    if not differences:
        return None
    due = total([entry.amount for entry in differences], differences[0].amount.currency)
    if due.amount >= 0:
        paid = charged(work, row.organization_id, payer, due)
    else:
        paid = given_back(work, row.organization_id, row.id, payer.customer_id, -due)
    return book(
        work,
        row.organization_id,
        key=booking.key,
        kind="correction" if before else "bill",
        entries=[*differences, *paid],
        customer_id=payer.customer_id,
        session_id=row.id,
        description=booking.description,
        reference=row.public_id,
        booked_on=booking.day,
    )


def _minus(one: Money | None, other: Money | None) -> Money:
    if one is None:
        assert other is not None
        return -other
    return one if other is None else one - other


class _Share(NamedTuple):
    """What of the net is for the host of a site, in percent."""

    site: str
    percent: Decimal


def _share(work: Work, facts: Mapping[str, Any]) -> _Share | None:
    if facts["host_percent"] is None:
        return None
    site = select(sites.sites.c.public_id).where(sites.sites.c.id == facts["site_id"])
    return _Share(work.execute(site).scalar_one(), facts["host_percent"])


def _income(bill: Bill | None, share: _Share | None) -> dict[Account, Money]:
    """What a bill brings, by the accounts it is booked in."""
    if bill is None:
        return {}
    found = {Account("revenue"): bill.net, Account("round_off"): bill.round_off}
    for tax in bill.taxes:
        account = Account("tax", name=f"{tax.name} {tax.percent.normalize():f} %")
        found[account] = found.get(account, zero(bill.currency)) + tax.amount
    if share is not None:
        theirs = rounded(bill.net.amount * share.percent / 100, bill.currency)
        found |= {Account("shares"): -theirs, Account("host", name=share.site): theirs}
    return {account: amount for account, amount in found.items() if amount}
