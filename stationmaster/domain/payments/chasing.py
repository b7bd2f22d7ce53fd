"""What is done about what is owed: the saved card is tried, or whoever owes it is told where to pay; after some tries in vain they may not charge."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from stationmaster.domain import looks
from stationmaster.domain.customers import customers
from stationmaster.domain.errors import Conflict
from stationmaster.domain.events import MailDue
from stationmaster.domain.invoices import issuers
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments import asking, claims, methods
from stationmaster.domain.payments.asking import NewPayment
from stationmaster.domain.payments.claims import Schedule
from stationmaster.domain.payments.tables import ClaimRow, PaymentRow, payment_claims
from stationmaster.storage import Work

TRY_FOR = timedelta(hours=1)  # a saved card is paid with at once, or not at all


def chase(work: Work, schedule: Schedule, *, most: int = 50) -> int:
    """Try those that are due. Returns how many were."""
    rows = claims.due(work, most=most)
    for row in rows:
        # While it is being paid nothing is decided: a payment is locked before its claim, and these are locked.
        if asking.open_of_claim(work, row.id) is None and claims.settle(work, row.id).state != "open":
            continue
        amount = claims.to_ask(work, row)
        if not amount:
            continue
        tried = claims.tried(work, row, schedule)
        if tried.state != "open":
            continue
        if tried.customer_id is not None and tried.tries > schedule.block_after:
            _block(work, tried, tried.customer_id)
        _try(work, tried, amount)
    return len(rows)


def ask_to_pay(work: Work, row: ClaimRow, *, provider: str, return_url: str, pay_within: timedelta) -> PaymentRow:
    """Whoever owes it pays it themselves; what they have begun to pay before is not asked twice. Raises `Conflict` where another payment has it all."""
    begun = asking.open_of_claim(work, row.id)
    if begun is not None:
        return begun
    amount = claims.to_ask(work, row)
    if not amount:
        raise Conflict("what is owed is being paid already")
    new = _payment_of(row, provider, amount, return_url=return_url, pay_within=pay_within)
    return asking.ask(work, row.organization_id, new._replace(email=row.email), by="who owes it")


def _block(work: Work, row: ClaimRow, customer_id: int) -> None:
    work.execute(update(payment_claims).where(payment_claims.c.id == row.id).values(blocks=True))
    mine = (customers.c.id == customer_id, customers.c.blocked_at.is_(None))
    work.execute(update(customers).where(*mine).values(blocked_at=work.now))


def _try(work: Work, row: ClaimRow, amount: Money) -> None:
    saved = None if row.customer_id is None else methods.of_customer(work, row.customer_id)
    if saved is not None:
        if asking.open_of_claim(work, row.id) is None:
            new = _payment_of(row, saved.provider, amount, return_url="", pay_within=TRY_FOR)
            asking.ask(work, row.organization_id, new._replace(method=saved.method), by="stationmaster")
        if row.tries == 1:
            return  # it may well be paid; when it was refused, they hear of it with the next try
    email = row.email or _email_of(work, row)
    if email is not None:
        work.publish(
            MailDue(
                kind="owed",
                email=email,
                organization=looks.shown_name(work, row.organization_id),
                now=str(amount),
                path=f"pay/claims/{row.public_id}",
                language=_language_of(work, row),
                sender=looks.own_name(work, row.organization_id),
                organization_id=row.organization_id,
            )
        )


def _payment_of(row: ClaimRow, provider: str, amount: Money, *, return_url: str, pay_within: timedelta) -> NewPayment:
    return NewPayment(
        provider=provider,
        purpose="claim",
        amount=amount,
        capture="at_once",
        description="What is owed for charging",
        return_url=return_url,
        pay_within=pay_within,
        customer_id=row.customer_id,
        claim_id=row.id,
    )


def _email_of(work: Work, row: ClaimRow) -> str | None:
    if row.customer_id is None:
        return None
    found: str | None = work.execute(select(customers.c.email).where(customers.c.id == row.customer_id)).scalar()
    return found


def _language_of(work: Work, row: ClaimRow) -> str:
    mine = select(customers.c.language).where(customers.c.id == row.customer_id)
    own: str | None = None if row.customer_id is None else work.execute(mine).scalar()
    return own or issuers.get(work, row.organization_id).language
