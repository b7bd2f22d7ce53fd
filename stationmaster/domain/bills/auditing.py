"""Proof that ledger and bills say the same: what `make audit-ledger` looks at."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, case, func, select

from stationmaster.domain.bills.tables import bills, that_hold
from stationmaster.domain.invoices import invoices
from stationmaster.domain.ledger import auditing as of_ledger
from stationmaster.domain.ledger import ledger_accounts, ledger_entries, ledger_transactions
from stationmaster.domain.ledger.auditing import Problem
from stationmaster.storage import Work

_MOST = 100  # of one kind, that are told
_INCOME = ("revenue", "tax", "round_off")


def problems(work: Work) -> Iterator[Problem]:
    """Everything that is not as it must be, in the ledger and between it and the bills."""
    yield from of_ledger.problems(work)
    yield from _revisions(work)
    yield from _sessions(work)
    for organization, year in invoices.gaps(work):
        yield Problem("has a gap in the numbers of its documents", f"organization {organization}, {year}")


def _revisions(work: Work) -> Iterator[Problem]:
    """The revisions of a session are numbered without gaps."""
    counted = select(bills.c.session_id, func.count().label("there"), func.max(bills.c.revision).label("last"))
    grouped = counted.group_by(bills.c.session_id)
    for row in work.execute(grouped.having(func.count() != func.max(bills.c.revision))):
        yield Problem("has a gap in the revisions of its bill", f"session {row.session_id}")


def _sessions(work: Work) -> Iterator[Problem]:
    """What was booked for a session is what the bill says that holds."""
    booked, entry, account = ledger_transactions.c, ledger_entries.c, ledger_accounts.c
    sums = (
        select(booked.session_id, booked.currency, func.sum(entry.amount).label("amount"))
        .join_from(ledger_transactions, ledger_entries, entry.transaction_id == booked.id)
        .join(ledger_accounts, account.id == entry.account_id)
        .where(booked.kind.in_(("bill", "correction")), account.kind.in_(_INCOME))
        .group_by(booked.session_id, booked.currency)
        .subquery()
    )
    same = and_(sums.c.session_id == bills.c.session_id, sums.c.currency == bills.c.currency)
    due = case((bills.c.state == "booked", bills.c.total), else_=0)
    came = func.coalesce(sums.c.amount, 0)
    wrong = that_hold(select(bills.c.session_id, due.label("due"), came.label("came"))).where(due != came)
    for row in work.execute(wrong.join_from(bills, sums, same, isouter=True).limit(_MOST)):
        yield Problem(f"was billed {row.due} and booked {row.came}", f"session {row.session_id}")
    orphans = select(sums.c.session_id).join_from(sums, bills, bills.c.session_id == sums.c.session_id, isouter=True)
    for row in work.execute(orphans.where(bills.c.id.is_(None)).limit(_MOST)):
        yield Problem("was booked and never billed", f"session {row.session_id}")
