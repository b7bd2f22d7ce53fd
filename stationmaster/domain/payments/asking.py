"""Payments as we want them, and what we ask of their providers. What is asked goes out as a delivery (`background/payments.py`), never from here."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import insert, select, update

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.events import Event
from stationmaster.domain.money.amounts import Money, of_minor
from stationmaster.domain.payments import states
from stationmaster.domain.payments.states import Move
from stationmaster.domain.payments.tables import PaymentRow, Purpose, payments
from stationmaster.payment_words import SavedMethod, Told
from stationmaster.storage import Work

FIRST_LOOK = timedelta(seconds=4)
LONGEST_PAUSE = timedelta(minutes=30)
ANSWERED_WITHIN = timedelta(days=3, hours=1)  # a provider is asked for three days

Act = Literal["begin", "raise", "capture", "release", "refund", "find"]


class PaymentAsked(Event, frozen=True, kw_only=True, gc=False):
    """Something is to be asked of a provider. `refund` is our id of one."""

    payment: str
    act: Act
    refund: str | None = None
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


class PaymentChanged(Event, frozen=True, kw_only=True, gc=False):
    """A payment is in another state now."""

    organization_id: int
    payment: str
    purpose: Purpose
    state: states.State


class HoldRaised(Event, frozen=True, kw_only=True, gc=False):
    """More is held for a payment than before."""

    organization_id: int
    payment: str


class ComparisonAsked(Event, frozen=True, kw_only=True, gc=False):
    """A provider's books are to be compared with ours, now."""

    organization_id: int
    provider: str
    since: datetime
    until: datetime


class NewPayment(NamedTuple):
    """What is to be paid. `{payment}` in `return_url` becomes its id."""

    provider: str
    purpose: Purpose
    amount: Money
    capture: Literal["later", "at_once"]
    description: str
    return_url: str
    pay_within: timedelta
    customer_id: int | None = None
    claim_id: int | None = None
    email: str | None = None
    method: SavedMethod | None = None
    save: bool = False


def ask(work: Work, organization_id: int, new: NewPayment, *, by: str) -> PaymentRow:
    """A new payment, which its provider is told of after the commit; for a card alone it is of nothing. Raises `Invalid`."""
    if new.amount.minor <= 0 and new.purpose != "card":
        raise Invalid("amount", "must be more than nothing")
    public_id = f"pay_{secrets.token_hex(12)}"
    values = {
        "organization_id": organization_id,
        "public_id": public_id,
        "provider": new.provider,
        "purpose": new.purpose,
        "state": "asked",
        "capture": new.capture,
        "customer_id": new.customer_id,
        "claim_id": new.claim_id,
        "currency": new.amount.currency,
        "amount": new.amount.minor,
        "expires_at": work.now + new.pay_within,
        "description": new.description,
        "email": new.email,
        "return_url": new.return_url.replace("{payment}", public_id),
        "method": None if new.method is None else msgspec.to_builtins(new.method),
        "save": new.save,
        "made_by": by,
        "made_at": work.now,
        "changed_at": work.now,
        "look_at": work.now + FIRST_LOOK,
    }
    row: PaymentRow = work.execute(insert(payments).values(values).returning(*payments.c)).one()
    work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="begin"))
    facts = {"amount": str(new.amount), "purpose": row.purpose, "provider": row.provider}
    audit.record(work, "ask_payment", Subject("payment", row.public_id), after=facts, organization=organization_id)
    return row


def get(work: Work, organization_id: int, payment: str, *, lock: bool = False) -> PaymentRow:
    """One payment. Raises `NotFound`."""
    mine = select(payments).where(payments.c.organization_id == organization_id, payments.c.public_id == payment)
    row: PaymentRow | None = work.execute(mine.with_for_update() if lock else mine).one_or_none()
    if row is None:
        raise NotFound("there is no payment {id!r}", id=payment)
    return row


def where_to_pay(row: PaymentRow) -> tuple[str | None, dict[str, str]]:
    """The provider's page, and what another page needs to do without it; only while somebody has yet to pay."""
    told = row.told if row.state == "pending" else None
    return (None, {}) if told is None else (told.get("pay_at"), told.get("client") or {})


def of_key(work: Work, payment_id: int, *, lock: bool = False) -> PaymentRow:
    """The same by its key."""
    mine = select(payments).where(payments.c.id == payment_id)
    row: PaymentRow = work.execute(mine.with_for_update() if lock else mine).one()
    return row


def capture(work: Work, payment_id: int, amount: Money) -> PaymentRow:
    """Take so much of what is held; the rest is released. Asked again it changes nothing. Raises `Conflict` for more than is held (PAY-03).

    Nothing is asked of a hold whose time is over: what was wanted of it is owed (M-18).
    """
    row = of_key(work, payment_id, lock=True)
    if row.state in ("capturing", "paid", "lost"):
        return row
    if row.state != "authorised":
        raise Conflict("nothing is held for payment {id}, which is {state}", id=row.public_id, state=row.state)
    if not 0 < amount.minor <= row.amount or amount.currency != row.currency:
        raise Conflict("{amount} cannot be taken of {held}", amount=amount, held=of_minor(row.amount, row.currency))
    row = changed(work, row, states.move(row.state, "capture"), wanted=amount.minor)
    if row.hold_until is not None and row.hold_until <= work.now:
        over = "The hold was over before the session had ended."
        return changed(work, row, states.move(row.state, "capture_refused"), code="hold_over", reason=over)
    work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="capture"))
    return row


def raise_hold(work: Work, payment_id: int, amount: Money) -> PaymentRow:
    """Hold so much in all, where the provider can do that; nothing is different until it says so (P-09). Asked again it changes nothing.

    Raises `Conflict` where nothing is held, or another amount is asked for at this moment, and `Invalid` where it is no more than is held.
    """
    row = of_key(work, payment_id, lock=True)
    if row.state != "authorised" or row.reference is None:
        raise Conflict("nothing is set aside here that could be raised")
    if amount.currency != row.currency:
        raise Invalid("amount", "is in {currency}", currency=row.currency)
    if amount.minor == row.raise_to:
        return row
    if row.raise_to is not None:
        raise Conflict("your bank is being asked for more already")
    if amount.minor <= row.amount:
        raise Invalid(
            "amount", "must be more than the {held} that are set aside already", held=of_minor(row.amount, row.currency)
        )
    row = changed(work, row, None, raise_to=amount.minor, raise_refused=None)
    work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="raise"))
    facts = {"amount": str(of_minor(row.amount, row.currency))}
    more = {"amount": str(amount)}
    subject = Subject("payment", row.public_id)
    audit.record(work, "raise_hold", subject, before=facts, after=more, organization=row.organization_id)
    return row


def raised(work: Work, row: PaymentRow, told: Told) -> bool:
    """What is held is more by now, by the provider's word. False where it says nothing of the kind, or the payment has gone on since."""
    if row.raise_to is None or row.state != "authorised" or told.state != "authorised" or told.amount is None:
        return False
    if told.amount.minor != row.raise_to or told.amount.currency != row.currency:
        return False
    changed(work, row, None, amount=row.raise_to, raise_to=None)
    work.publish(HoldRaised(organization_id=row.organization_id, payment=row.public_id))
    return True


def not_raised(work: Work, row: PaymentRow, sentence: str) -> None:
    """The provider does not hold more. What it holds, it holds on."""
    changed(work, row, None, raise_to=None, raise_refused=sentence)


def release(work: Work, payment_id: int) -> PaymentRow:
    """Hold nothing, and let nobody pay it any more. Asked again, or too late, it changes nothing."""
    row = of_key(work, payment_id, lock=True)
    if row.state not in ("asked", "pending", "authorised"):
        return row
    if row.state == "asked" and row.reference is None:
        return changed(work, row, states.move(row.state, "time_over"))
    row = changed(work, row, states.move(row.state, "release"))
    work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="release"))
    return row


def look(work: Work, organization_id: int, payment: str) -> PaymentRow:
    """Ask the provider now what is so. Raises `NotFound`."""
    row = get(work, organization_id, payment)
    if row.reference is not None and row.state in states.OPEN:
        work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="find"))
    return row


def name_session(work: Work, payment_id: int, session: str) -> None:
    """Which session it is for, as soon as there is one."""
    work.execute(update(payments).where(payments.c.id == payment_id).values(session=session))


may_still_come = payments.c.state.in_(states.OPEN) & (payments.c.state != "releasing")
"""What comes of one that is being released goes back."""


def open_of_claim(work: Work, claim_id: int, *, lock: bool = False) -> PaymentRow | None:
    """A payment of this claim that may still come."""
    mine = select(payments).where(payments.c.claim_id == claim_id, may_still_come)
    newest = mine.order_by(payments.c.id.desc()).limit(1)
    row: PaymentRow | None = work.execute(newest.with_for_update() if lock else newest).one_or_none()
    return row


def call_off(work: Work, claim_id: int) -> None:
    """Nobody is to pay this claim any more; what comes all the same goes back."""
    mine = select(payments.c.id).where(payments.c.claim_id == claim_id, payments.c.state.in_(states.OPEN))
    for key in work.execute(mine.order_by(payments.c.id)).scalars().all():
        release(work, key)


class Job(NamedTuple):
    """What a provider is to be told now."""

    payment: PaymentRow
    told: Told | None


def job(work: Work, asked: PaymentAsked) -> Job | None:
    """What is to be done of what was asked; None: nothing any more."""
    mine = select(payments).where(payments.c.public_id == asked.payment)
    row: PaymentRow | None = work.execute(mine).one_or_none()
    if row is None:
        return None
    told = None if row.told is None else msgspec.convert(row.told, Told)
    wanted = {
        "begin": row.state == "asked",
        "raise": row.state == "authorised" and row.raise_to is not None,
        "capture": row.state == "capturing",
        "release": row.state in ("releasing", "released", "refused", "expired"),
        "refund": True,  # whether it still is, its own row says
        "find": row.reference is not None,
    }[asked.act]
    if not wanted or (told is None and asked.act != "begin"):
        return None
    return Job(row, told)


def changed(work: Work, row: PaymentRow, move: Move | None, **values: Any) -> PaymentRow:
    """A payment that has moved on, with what follows from it; everything in this transaction, so it follows once."""
    from stationmaster.domain.payments import following  # which asks for more

    state = row.state if move is None else move.to
    values |= {"state": state}
    if state != row.state:
        values |= {"changed_at": work.now, "looks": 0, "look_at": work.now + FIRST_LOOK}
    if state not in states.OPEN:
        values["look_at"] = None
    new: PaymentRow = work.execute(
        update(payments).where(payments.c.id == row.id).values(values).returning(*payments.c)
    ).one()
    if move is not None:
        following.follow(work, new, move.effect)
    if state != row.state:
        work.publish(
            PaymentChanged(organization_id=row.organization_id, payment=row.public_id, purpose=row.purpose, state=state)
        )
    return new


# What is asked when nobody has said anything


def to_look_after(work: Work) -> bool:
    """Whether there is a payment of which we have heard nothing for a while; a look that writes nothing."""
    return work.execute(_unheard(work.now).limit(1)).first() is not None


def look_after(work: Work, *, most: int = 50) -> int:
    """Those whose time is over have expired; of the others the provider is asked, ever more seldom. Webhooks are lost, too."""
    rows: list[PaymentRow] = list(work.execute(_unheard(work.now).limit(most)).all())
    for found in rows:
        row = of_key(work, found.id, lock=True)
        if row.state in ("asked", "pending") and row.expires_at <= work.now and not _may_be_charged(row, work.now):
            changed(work, row, states.move(row.state, "time_over"), reason="Nobody has paid in time.")
            if row.reference is not None:
                work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="release"))
            continue
        pause = min(FIRST_LOOK * 2 ** min(row.looks + 1, 20), LONGEST_PAUSE)
        mine = update(payments).where(payments.c.id == row.id)
        work.execute(mine.values(look_at=min(work.now + pause, _next(row, work.now)), looks=row.looks + 1))
        if row.reference is not None:
            work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="find"))
    return len(rows)


def _may_be_charged(row: PaymentRow, now: datetime) -> bool:
    """Whether a saved card is asked for, and nobody has answered: it is charged perhaps, so it is not over before that is known, or given up."""
    return row.method is not None and row.reference is None and now < row.made_at + ANSWERED_WITHIN


def _next(row: PaymentRow, now: datetime) -> datetime:
    """When it is looked at in any case."""
    return row.expires_at if row.state in ("asked", "pending") and row.expires_at > now else now + LONGEST_PAUSE


def _unheard(now: datetime) -> Any:
    return (
        select(payments).where(payments.c.look_at.is_not(None), payments.c.look_at <= now).order_by(payments.c.look_at)
    )
