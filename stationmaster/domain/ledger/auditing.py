"""`make audit-ledger`: proof of the books, from the entries alone. Each line it finds is a bug, or somebody's hand in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, func, or_, select

from stationmaster.domain.ledger.holds import ledger_holds
from stationmaster.domain.ledger.tables import ledger_accounts, ledger_entries, ledger_transactions
from stationmaster.storage import Work

_MOST = 100  # of one kind, that are told


class Problem(NamedTuple):
    """What is wrong, and with what."""

    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def problems(work: Work) -> Iterator[Problem]:
    """Everything that is not as it must be, of all organizations."""
    for what, statement in CHECKS.items():
        for row in work.execute(statement.limit(_MOST)):
            yield Problem(what, " ".join(f"{name} {value}" for name, value in row._mapping.items()))


_account, _booked, _entry, _hold = ledger_accounts.c, ledger_transactions.c, ledger_entries.c, ledger_holds.c
_named = (_account.id.label("account"), _account.kind, _account.currency, _account.balance)


def _sums() -> Select[Any]:
    sums = (
        select(
            _entry.account_id,
            func.sum(_entry.amount).label("amount"),
            func.count().label("entries"),
            func.max(_entry.number).label("last"),
        )
        .group_by(_entry.account_id)
        .subquery()
    )
    joined = select(*_named).join_from(ledger_accounts, sums, sums.c.account_id == _account.id, isouter=True)
    return joined.where(
        or_(
            func.coalesce(sums.c.amount, 0) != _account.balance,
            func.coalesce(sums.c.entries, 0) != _account.last_number,
            func.coalesce(sums.c.last, 0) != _account.last_number,
        )
    )


def _running() -> Select[Any]:
    before = func.lag(_entry.balance).over(partition_by=_entry.account_id, order_by=_entry.number)
    number = func.lag(_entry.number).over(partition_by=_entry.account_id, order_by=_entry.number)
    each = select(
        _entry.id,
        _entry.balance - _entry.amount - func.coalesce(before, 0),
        _entry.number - func.coalesce(number, 0),
    ).subquery()
    entry, off_by, step = each.c
    return select(entry.label("entry")).where(or_(off_by != 0, step != 1))


def _transactions() -> Select[Any]:
    joined = select(_booked.id.label("transaction"), _booked.key).join_from(
        ledger_transactions, ledger_entries, _entry.transaction_id == _booked.id, isouter=True
    )
    amount = func.sum(_entry.amount)
    return joined.group_by(_booked.id, _booked.key).having(or_(amount.is_(None), amount != 0, func.count() < 2))


def _strangers() -> Select[Any]:
    booked = and_(_booked.id == _entry.transaction_id, _booked.organization_id == _entry.organization_id)
    account = and_(_account.id == _entry.account_id, _account.organization_id == _entry.organization_id)
    joined = select(_entry.id.label("entry")).join_from(ledger_entries, ledger_transactions, booked, isouter=True)
    joined = joined.join(ledger_accounts, account, isouter=True)
    return joined.where(or_(_booked.id.is_(None), _account.id.is_(None), _booked.currency != _account.currency))


def _holds() -> Select[Any]:
    held = func.sum(case((_hold.closed_at.is_(None), _hold.from_bonus + _hold.from_wallet), else_=0))
    sums = (
        select(_hold.customer_id, _hold.currency, held.label("amount"))
        .group_by(_hold.customer_id, _hold.currency)
        .subquery()
    )
    same = and_(sums.c.customer_id == _account.customer_id, sums.c.currency == _account.currency)
    joined = select(*_named).join_from(ledger_accounts, sums, same, isouter=True)
    return joined.where(_account.kind == "held", func.coalesce(sums.c.amount, 0) != _account.balance)


CHECKS: dict[str, Select[Any]] = {
    "the balance or the number of its entries is not what they come to": _sums(),
    "does not go on from the entry before it": _running(),
    "does not add up to nothing": _transactions(),
    "is of another organization or currency than its account or transaction": _strangers(),
    "is not the sum of what is held": _holds(),
    "is below zero": select(*_named).where(_account.kind.in_(("wallet", "bonus", "held")), _account.balance < 0),
}
