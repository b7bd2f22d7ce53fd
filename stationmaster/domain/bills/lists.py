"""Finding bills, with the names that people know things by."""

from __future__ import annotations

from typing import Any, Protocol, cast

from sqlalchemy import Select, select

from stationmaster.domain import tariffs as topic
from stationmaster.domain.bills.tables import BillRow, bills, newest, read, that_hold
from stationmaster.domain.customers import customers
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.ledger import ledger_accounts, ledger_entries
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.prices import Priced
from stationmaster.domain.sessions import SessionRow, sessions
from stationmaster.domain.sites import sites
from stationmaster.domain.tariffs import Level, tariffs
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed

_PAID_FROM = ("bonus", "wallet", "receivable")


class ListedBill(BillRow, Protocol):
    """A row with the ids of what it names."""

    session: str
    customer: str | None
    site: str | None
    tariff: str


def list_bills(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    customer_id: int | None = None,
    site: str | None = None,
    booked_from: str | None = None,
    booked_to: str | None = None,
) -> Found[ListedBill]:
    """The bills that hold, the newest first; of those days in the books, `booked_from` ≤ day < `booked_to`."""
    mine = that_hold(_named()).where(bills.c.organization_id == organization_id)
    if customer_id is not None:
        mine = mine.where(bills.c.customer_id == customer_id)
    if site is not None:
        mine = mine.where(sites.c.public_id == site)
    if booked_from is not None:
        mine = mine.where(bills.c.booked_on >= booked_from)
    if booked_to is not None:
        mine = mine.where(bills.c.booked_on < booked_to)
    return listed(work, mine, wanted, key=bills.c.id)


def get(work: Work, organization_id: int, bill_id: str) -> ListedBill:
    """One bill, whether it holds or not. Raises `NotFound`."""
    mine = _named().where(bills.c.organization_id == organization_id, bills.c.public_id == bill_id)
    row: ListedBill | None = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is no bill {id!r}", id=bill_id)
    return row


def of_session(work: Work, organization_id: int, session_id: str) -> list[ListedBill]:
    """All revisions of a session's bill, the newest first."""
    mine = _named().where(bills.c.organization_id == organization_id, sessions.c.public_id == session_id)
    return list(work.execute(mine.order_by(bills.c.revision.desc())))


def of_customer(work: Work, customer_key: int) -> list[ListedBill]:
    """All that a customer was billed, in the order in which it was; what was before a correction too."""
    return list(work.execute(_named().where(bills.c.customer_id == customer_key).order_by(bills.c.id)))


def paid_from(work: Work, row: BillRow) -> dict[str, Money]:
    """Out of what this revision was paid, by kind of account: negative where something went back there."""
    table = ledger_accounts.c
    mine = select(table.kind, ledger_entries.c.amount).join_from(
        ledger_entries, ledger_accounts, table.id == ledger_entries.c.account_id
    )
    booked = mine.where(ledger_entries.c.transaction_id == row.transaction_id, table.kind.in_(_PAID_FROM))
    return {entry.kind: -Money(entry.amount, row.currency) for entry in work.execute(booked)}


def _named() -> Select[Any]:
    named = select(
        bills,
        sessions.c.public_id.label("session"),
        customers.c.public_id.label("customer"),
        sites.c.public_id.label("site"),
        tariffs.c.public_id.label("tariff"),
    )
    source = bills.join(sessions, sessions.c.id == bills.c.session_id)
    source = source.join(tariffs, tariffs.c.id == bills.c.tariff_id)
    source = source.outerjoin(customers, customers.c.id == bills.c.customer_id)
    return named.select_from(source.outerjoin(sites, sites.c.id == bills.c.site_id))


def as_priced(work: Work, row: SessionRow) -> Priced:
    """What a session was billed, in the form of its price. Raises `Conflict` where nothing was, or it was taken back."""
    last = newest(work, row.id)
    bill = None if last is None else read(last)
    if last is None or bill is None:
        raise Conflict("this session has no bill, and its meter values were dropped after their time")
    tariff: str = work.execute(select(tariffs.c.public_id).where(tariffs.c.id == last.tariff_id)).scalar_one()
    terms = next(each for each in topic.terms_of(work, last.tariff_id) if each.number == last.terms)
    level = cast(Level | None, last.decided_by)
    return Priced(bill, tariff, last.tariff_id, terms, level, last.time_zone)
