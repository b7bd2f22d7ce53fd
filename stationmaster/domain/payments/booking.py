"""What is booked when money comes, goes back, or is given up. Each is booked under a key of its own, so it is booked once; docs/payments.md has examples.

What goes back is first set aside in `refunds`, until the provider has said that it has gone.
"""

from __future__ import annotations

from stationmaster.domain import ledger, wallets
from stationmaster.domain.ledger import Account, Entry, TransactionKind
from stationmaster.domain.money.amounts import Money, of_minor
from stationmaster.domain.payments.tables import ClaimRow, PaymentRow, RefundRow
from stationmaster.storage import Work

REFUNDS = Account("refunds")
WRITE_OFF = Account("write_off")


def taken(work: Work, row: PaymentRow, amount: Money) -> None:
    """It has come: to the wallet, or to what is owed."""
    kind: TransactionKind = "top_up" if row.purpose == "top_up" else "payment"
    entries = [Entry(_clearing(row), -amount), Entry(_target(row), amount)]
    _book(work, row, f"payment:{row.public_id}:taken", kind, entries, reference=row.charge)
    if row.purpose == "top_up" and row.customer_id is not None:
        key = f"payment:{row.public_id}:owed"
        wallets.pay_owed(work, row.organization_id, row.customer_id, amount.currency, key=key)


def taken_back(work: Work, row: PaymentRow, amount: Money) -> Money:
    """The payer's bank has taken it back: out of the wallet as far as it goes. Returns the rest, which is owed."""
    if not amount:
        return amount
    target = _target(row)
    there = amount
    if target.kind == "wallet":
        there = min(amount, ledger.balance(work, row.organization_id, target, amount.currency))
    entries = [Entry(_clearing(row), amount), Entry(target, -there), Entry(_receivable(row), there - amount)]
    _book(work, row, f"payment:{row.public_id}:reversed", "payment", entries, reference=row.charge)
    return amount - there if target.kind == "wallet" else amount


def unwanted_came(work: Work, row: PaymentRow, amount: Money, *, charge: str) -> None:
    """It has come, and is to go back."""
    entries = [Entry(_clearing(row), -amount), Entry(REFUNDS, amount)]
    _book(work, row, f"charge:{row.provider}:{charge}", "payment", entries, reference=charge)


def refund_asked(work: Work, row: PaymentRow, refund: str, amount: Money) -> None:
    """A person gives it back: it is set aside until it has gone. Raises `NotEnough` where it is spent."""
    entries = [Entry(_target(row), -amount), Entry(REFUNDS, amount)]
    _book(work, row, f"refund:{refund}:asked", "refund", entries, reference=refund)


def refund_done(work: Work, row: PaymentRow, refund: RefundRow, *, reference: str) -> None:
    """It has gone back."""
    amount = of_minor(refund.amount, row.currency)
    entries = [Entry(REFUNDS, -amount), Entry(_clearing(row), amount)]
    _book(work, row, f"refund:{refund.public_id}:done", "refund", entries, reference=reference)


def refund_failed(work: Work, row: PaymentRow, refund: RefundRow) -> None:
    """It could not go back, and is where it was."""
    amount = of_minor(refund.amount, row.currency)
    entries = [Entry(REFUNDS, -amount), Entry(_target(row), amount)]
    _book(work, row, f"refund:{refund.public_id}:failed", "refund", entries, reference=refund.public_id)


def written_off(work: Work, row: ClaimRow, amount: Money) -> None:
    """A person has given it up."""
    entries = [Entry(WRITE_OFF, -amount), Entry(Account("receivable", row.customer_id), amount)]
    key = f"claim:{row.public_id}:written_off"
    ledger.book(
        work,
        row.organization_id,
        key=key,
        kind="write_off",
        entries=entries,
        customer_id=row.customer_id,
        reference=row.public_id,
    )


def _book(
    work: Work, row: PaymentRow, key: str, kind: TransactionKind, entries: list[Entry], *, reference: str | None
) -> None:
    ledger.book(
        work,
        row.organization_id,
        key=key,
        kind=kind,
        entries=entries,
        customer_id=row.customer_id,
        description=row.description,
        reference=reference,
    )


def _clearing(row: PaymentRow) -> Account:
    """Money that is with the provider."""
    return Account("clearing", name=row.provider)


def _target(row: PaymentRow) -> Account:
    """What the money is for."""
    return Account("wallet", row.customer_id) if row.purpose == "top_up" else _receivable(row)


def _receivable(row: PaymentRow) -> Account:
    return Account("receivable", row.customer_id)
