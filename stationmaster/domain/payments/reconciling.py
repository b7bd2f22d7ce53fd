"""Whether the provider's books say the same as ours: every movement of money that only one of the two has, or with another amount."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, cast

import msgspec
from sqlalchemy import Column, ForeignKey, Index, Table, Text, insert, select

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Invalid
from stationmaster.domain.ledger import ledger_accounts, ledger_entries, ledger_transactions
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments.asking import ComparisonAsked
from stationmaster.domain.payments.hearing import Source
from stationmaster.payment_words import Amount, Movement, MovementKind
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata

SLACK = timedelta(days=3)  # of two clocks, and of what is told late: at its ends a list is looked at a little further

payment_checks = Table(
    "payment_checks",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("provider", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("movements", BigInt, nullable=False),  # how many were compared
    Column("differences", Json),
)
Index("ix_payment_checks_provider", payment_checks.c.organization_id, payment_checks.c.provider, payment_checks.c.id)

What = Literal["missing_here", "missing_there", "other_amount"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One movement on which the two do not agree: `theirs` and `ours` are amounts in the smallest unit, None where there is none."""

    what: What
    kind: MovementKind
    reference: str
    currency: str
    theirs: int | None
    ours: int | None
    at: datetime
    payment: str | None


def differences(
    theirs: Sequence[Movement], ours: Sequence[Movement], *, since: datetime, until: datetime
) -> list[Difference]:
    """What only one has in `since` ≤ at < `until`, whatever the clock of the other says; or both, with other amounts."""
    here = {_name(each): each for each in ours}
    there = {_name(each): each for each in theirs}
    found = []
    for name in sorted(here.keys() | there.keys()):
        mine, other = here.get(name), there.get(name)
        one = other or mine
        assert one is not None
        if mine is not None and other is not None:
            if mine.amount == other.amount:
                continue
            what: What = "other_amount"
        else:
            what = "missing_here" if mine is None else "missing_there"
        if since <= one.at < until:
            found.append(
                Difference(
                    what=what,
                    kind=one.kind,
                    reference=one.reference,
                    currency=one.amount.currency,
                    theirs=None if other is None else other.amount.minor,
                    ours=None if mine is None else mine.amount.minor,
                    at=one.at,
                    payment=one.payment or (None if mine is None else mine.payment),
                )
            )
    return found


def _name(movement: Movement) -> tuple[str, str]:
    # A reversal has another name with each provider; of a payment there is one.
    return movement.kind, (movement.payment or "" if movement.kind == "reversal" else movement.reference)


def ours(work: Work, source: Source, since: datetime, until: datetime) -> list[Movement]:
    """What is booked with this account, by the ledger itself, `SLACK` further at both ends."""
    transaction, account, entry = ledger_transactions.c, ledger_accounts.c, ledger_entries.c
    moved = (
        select(transaction.key, transaction.reference, transaction.at, account.currency, entry.amount)
        .join_from(ledger_entries, ledger_accounts, account.id == entry.account_id)
        .join(ledger_transactions, transaction.id == entry.transaction_id)
        .where(
            account.organization_id == source.organization_id,
            account.kind == "clearing",
            account.name == source.provider,
            transaction.at >= since - SLACK,
            transaction.at < until + SLACK,
        )
    )
    found = []
    for row in work.execute(moved.order_by(entry.id)):
        what, name, *step = row.key.split(":")
        kind: MovementKind = "refund" if what == "refund" else "reversal" if step == ["reversed"] else "charge"
        amount = Amount(-Money(row.amount, row.currency).minor, row.currency)
        payment = name if what == "payment" else None
        found.append(Movement(row.reference or name, kind, amount, row.at, payment))
    return found


class CheckRow(Protocol):
    """A row of the table."""

    id: int
    provider: str
    since: datetime
    until: datetime
    made_at: datetime
    movements: int
    differences: list[dict[str, Any]]


def check(work: Work, source: Source, theirs: Sequence[Movement], since: datetime, until: datetime) -> CheckRow:
    """Compare, and keep what came of it."""
    found = differences(theirs, ours(work, source, since, until), since=since, until=until)
    values = {
        "organization_id": source.organization_id,
        "provider": source.provider,
        "since": since,
        "until": until,
        "made_at": work.now,
        "movements": sum(since <= each.at < until for each in theirs),
        "differences": msgspec.to_builtins(found),
    }
    return cast(CheckRow, work.execute(insert(payment_checks).values(values).returning(*payment_checks.c)).one())


def ask(work: Work, organization_id: int, provider: str, since: datetime, until: datetime) -> None:
    """Compare this span now; what comes of it is the newest comparison in a moment. Raises `Invalid`."""
    if since >= until:
        raise Invalid("since", "must be before `until`")
    work.publish(ComparisonAsked(organization_id=organization_id, provider=provider, since=since, until=until))
    span = {"since": since, "until": until}
    audit.record(work, "compare_books", Subject("provider", provider), after=span, organization=organization_id)


def next_span(work: Work, source: Source) -> tuple[datetime, datetime] | None:
    """What is to be compared next: a day, once it is over; None: not yet."""
    last = newest(work, source.organization_id, source.provider, most=1)
    today = work.now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = last[0].until if last else today - timedelta(days=1)
    return None if since >= today else (since, today)


def newest(work: Work, organization_id: int, provider: str | None = None, *, most: int = 30) -> list[CheckRow]:
    """The last comparisons, newest first."""
    mine = select(payment_checks).where(payment_checks.c.organization_id == organization_id)
    if provider is not None:
        mine = mine.where(payment_checks.c.provider == provider)
    return cast(list[CheckRow], work.execute(mine.order_by(payment_checks.c.id.desc()).limit(most)).all())
