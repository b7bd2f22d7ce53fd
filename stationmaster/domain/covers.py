"""Whether there is money, credit or energy left for who wants to charge, and how far it goes.

It is asked when a card is shown, where its customer pays or it has a budget, and by the clock while a session goes on; never when a
meter value comes. Who charges already is let go on and stop with their card: their session is ended by us when nothing is left
(`session_limits.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

import msgspec
from sqlalchemy import and_, bindparam, func, or_, select

from stationmaster.domain import driver_texts, energy_budgets, moments, months, prices, sessions
from stationmaster.domain.bills import bills, that_hold
from stationmaster.domain.customer_terms import Billing
from stationmaster.domain.customers import customers
from stationmaster.domain.driver_texts import Why
from stationmaster.domain.ledger import Account, AccountKind, balance, ledger_accounts
from stationmaster.domain.money.amounts import Money, zero
from stationmaster.domain.months import Month
from stationmaster.domain.sessions import ListedRow
from stationmaster.domain.sessions.lists import with_names
from stationmaster.domain.sessions.table import is_open
from stationmaster.domain.stations import Station
from stationmaster.domain.tokens import Authorization, ShownToken, tokens, uid_key
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared, not_deleted


class Terms(Protocol):
    """Of a customer, how they pay."""

    organization_id: int
    billing: Billing
    currency: str | None
    credit_limit: Decimal | None
    monthly_budget: Decimal | None
    language: str | None
    blocked_at: datetime | None


class _Fund(Protocol):
    kind: AccountKind
    currency: str
    balance: Decimal


class Allowance(NamedTuple):
    """The most that a session may cost, and what says so."""

    why: Why
    most: Money


_terms = Prepared(
    select(*(customers.c[name] for name in Terms.__annotations__)).where(customers.c.id == bindparam("key"))
)
_funds = Prepared(
    select(ledger_accounts.c.kind, ledger_accounts.c.currency, ledger_accounts.c.balance).where(
        ledger_accounts.c.customer_id == bindparam("key")
    )
)
_open_here = Prepared(
    select(sessions.sessions.c.token_key, sessions.sessions.c.customer_id).where(
        sessions.sessions.c.station_id == bindparam("station_id"), is_open
    )
)


def judged(work: Work, station: Station, token: ShownToken, answer: Authorization) -> Authorization:
    """The answer for a card that may charge, if nothing is missing for it. A charger must not remember what may be used up soon (C17)."""
    most: Decimal | None = None
    language: str | None = None
    why: Why | None = None
    until = ""
    if token.budget_wh is not None and token.budget_period is not None:
        zone = moments.zone_named(prices.time_zone_of(work, station.id))
        since = energy_budgets.begin_of(token.budget_period, work.now, zone)
        if used_wh(work, station.organization_id, uid_key(token.uid), since=since) >= token.budget_wh:
            why = "card"
            until = f"{energy_budgets.end_of(token.budget_period, work.now, zone).astimezone(zone):%Y-%m-%d}"
    if token.customer_id is not None:
        terms: Terms = work.first(_terms, key=token.customer_id)
        funds = _funds_of(work, token.customer_id, terms)
        most, language = _prepaid(terms, funds), terms.language
        why = why or _missing(terms, funds) or _over_budget(work, station, token.customer_id, terms)
    if why is None or _charges_here(work, station, token):
        return msgspec.structs.replace(answer, cached_until=work.now, most=most)
    message = driver_texts.no_more(why, language, until=until)
    return msgspec.structs.replace(answer, status="no_credit", message=message, cached_until=work.now)


def _funds_of(work: Work, customer_key: int, terms: Terms) -> list[_Fund]:
    """What a customer has and owes; nothing where it does not matter."""
    if terms.billing == "free" or (terms.billing == "postpaid" and terms.credit_limit is None):
        return []
    return [row for row in work.run(_funds, key=customer_key) if terms.currency in (None, row.currency)]


def _missing(terms: Terms, funds: Sequence[_Fund]) -> Why | None:
    """What a customer has none of, before a session begins."""
    if terms.blocked_at is not None:
        return "owed"
    if terms.billing == "prepaid":
        return None if any(row.kind in ("wallet", "bonus") and row.balance > 0 for row in funds) else "wallet"
    owed = sum((-row.balance for row in funds if row.kind == "receivable"), Decimal(0))
    return "credit" if terms.credit_limit is not None and owed >= terms.credit_limit else None


def _prepaid(terms: Terms, funds: Sequence[_Fund]) -> Decimal | None:
    """What a prepaid customer has; None where it is in several currencies, for the charger knows one only."""
    if terms.billing != "prepaid":
        return None
    there = [row for row in funds if row.kind in ("wallet", "bonus", "held") and row.balance]
    one_currency = len({row.currency for row in there}) == 1
    return sum((row.balance for row in there), Decimal(0)) if one_currency else None


def _over_budget(work: Work, station: Station, customer_key: int, terms: Terms) -> Why | None:
    if terms.billing == "free" or terms.monthly_budget is None or terms.currency is None:
        return None
    month = months.at(work.now, moments.zone_named(prices.time_zone_of(work, station.id)))
    billed = billed_in(work, customer_key, month, terms.currency)
    return "budget" if billed.amount >= terms.monthly_budget else None


def billed_in(work: Work, customer_key: int, month: Month, currency: str) -> Money:
    """What a customer was billed in a month, each day that of the site."""
    first, after = month.days
    mine = select(func.sum(bills.c.total)).where(
        bills.c.customer_id == customer_key,
        bills.c.currency == currency,
        bills.c.booked_on >= first,
        bills.c.booked_on < after,
    )
    amount: Decimal | None = work.execute(that_hold(mine)).scalar()
    return zero(currency) if amount is None else Money(amount, currency)


def _charges_here(work: Work, station: Station, token: ShownToken) -> bool:
    mine = uid_key(token.uid)
    return any(
        row.token_key == mine or (token.customer_id is not None and row.customer_id == token.customer_id)
        for row in work.run(_open_here, station_id=station.id)
    )


def used_wh(work: Work, organization_id: int, card: str, *, since: datetime) -> Decimal:
    """What a card has taken since then; a session that had begun before counts with what it took from then on.

    Those that have begun and ended since are added up by the database; readings are looked at of the few others only.
    """
    table = sessions.sessions
    of_card = (table.c.organization_id == organization_id, table.c.token_key == card, table.c.excluded.is_(False))
    whole = (~is_open, table.c.started_at >= since, table.c.stopped_at > since)
    taken: Decimal | None = work.execute(select(func.sum(table.c.energy_wh)).where(*of_card, *whole)).scalar()
    others = or_(is_open, and_(table.c.started_at < since, table.c.stopped_at > since))
    rows: Sequence[ListedRow] = work.execute(with_names().where(*of_card, others)).all()
    return (taken or Decimal(0)) + sum((_taken(work, row, since) for row in rows), Decimal(0))


def _taken(work: Work, row: ListedRow, since: datetime) -> Decimal:
    return energy_budgets.taken_since(prices.readings_of(sessions.energy_of(work, row)), since)


def budget_of(work: Work, row: sessions.SessionRow) -> energy_budgets.Budget | None:
    """That of the card by which a session goes."""
    if row.token_key is None:
        return None
    mine = select(tokens.c.budget_wh, tokens.c.budget_period).where(
        tokens.c.organization_id == row.organization_id,
        tokens.c.uid_key == row.token_key,
        tokens.c.customer_id.is_not_distinct_from(row.customer_id),
        tokens.c.budget_wh.is_not(None),
        not_deleted(tokens),
    )
    found = work.execute(mine.limit(1)).one_or_none()
    return None if found is None else energy_budgets.Budget(found.budget_wh, found.budget_period)


def is_limited(work: Work, customer_key: int | None) -> bool:
    """Whether what a customer charges has to be looked after, so that it does not cost more than there is."""
    if customer_key is None:
        return False
    [terms] = work.run(_terms, key=customer_key)
    if terms.billing == "free":
        return False
    return terms.billing == "prepaid" or terms.credit_limit is not None or terms.monthly_budget is not None


def allowances(
    work: Work, row: sessions.SessionRow, currency: str, *, held: Money, others: Money, month: Month
) -> Iterator[Allowance]:
    """How much a session may cost in this currency. `held` is set aside for it, `others` of the customer that go on have cost that much by now."""
    if row.customer_id is None:
        return
    [terms] = work.run(_terms, key=row.customer_id)

    def there(kind: AccountKind) -> Money:
        return balance(work, row.organization_id, Account(kind, row.customer_id), currency)

    if terms.billing == "prepaid":
        yield Allowance("wallet", held + there("wallet") + there("bonus"))
    elif terms.billing == "postpaid" and terms.credit_limit is not None:
        limit = Money(terms.credit_limit, currency) if terms.currency == currency else zero(currency)
        yield Allowance("credit", limit + there("receivable") - others)
    if terms.billing != "free" and terms.monthly_budget is not None and terms.currency == currency:
        left = Money(terms.monthly_budget, currency) - billed_in(work, row.customer_id, month, currency)
        yield Allowance("budget", left - others)
