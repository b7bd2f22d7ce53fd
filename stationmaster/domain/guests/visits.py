"""A guest's visit: they pay, the charger is started, they charge, what is due is taken, and the rest is released.

Where they pay after charging there is no payment until then (`afterwards.py`).

Each step is one function in the writer; what reaches the provider or the charger goes out as a delivery. A step that is done twice changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from sqlalchemy import func, insert, select, update

from stationmaster.domain import bills, commands, customers, looks, prices, session_limits, sessions, versions
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.events import Event, MailDue
from stationmaster.domain.guests import places
from stationmaster.domain.guests.tables import Outcome, PlaceRow, VisitRow, guest_visits, pay_places
from stationmaster.domain.invoices import issuers
from stationmaster.domain.invoices.invoices import InvoiceRow, newest_of_session
from stationmaster.domain.money.amounts import Money, of_minor
from stationmaster.domain.outbox import reacts
from stationmaster.domain.payments import asking, claims, refunds
from stationmaster.domain.payments.asking import HoldRaised, NewPayment, PaymentChanged
from stationmaster.domain.payments.tables import PaymentRow, payments
from stationmaster.domain.tokens import tokens, uid_key
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted

SHOWN_FOR = timedelta(days=90)
NOT_ASKED_FOR = timedelta(minutes=15)
NO_ANSWER_FOR = timedelta(minutes=3)
CABLE_HELD_FOR = timedelta(minutes=15)  # of who pays after charging; then it is released in any case (M-20)
MOST_PAYING = 20  # at one place at a time: who does not pay is over after `payments.pay_within_minutes`
MOST_STEPS = 10  # of what is held at first: so much may be held in all; Stripe raises a hold ten times at the most
PLUG_IN_WITHIN = timedelta(hours=1)  # the card of a visit is good for so long; charging may go on after it


class GuestPays(Event, frozen=True, kw_only=True, gc=False):
    """A guest has gone to pay: a charger of 2.1 lets nobody else begin there meanwhile."""

    visit: str
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


class GuestReady(Event, frozen=True, kw_only=True, gc=False):
    """A guest has paid: the charger is to start."""

    visit: str
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


class GuestStops(Event, frozen=True, kw_only=True, gc=False):
    """A guest's session is to be stopped."""

    visit: str
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


class Offer(NamedTuple):
    """How a guest can pay here, by the settings."""

    provider: str
    hold: Mapping[str, Decimal]  # in each currency
    pay_within: timedelta
    at_once: bool  # the provider cannot hold an amount: what is not used is given back


def begin(work: Work, place_id: str, offer: Offer, *, once: str, email: str | None, return_url: str) -> VisitRow:
    """A visit, or the one that this browser has begun here already (D-03). Raises `NotFound`, `Invalid`, `Conflict`."""
    shown = places.shown(work, place_id)
    known = select(guest_visits).where(guest_visits.c.place_id == shown.row.id, guest_visits.c.once == once)
    row: VisitRow | None = work.execute(known).one_or_none()
    if row is not None:
        return row
    if email is not None and not customers.is_email(email):
        raise Invalid("email", "is no e-mail address")
    places.lock(work, shown.row)
    check_free(work, shown)
    assert shown.tariff is not None
    amount = hold_of(offer, shown.tariff.currency)
    public_id = secrets.token_urlsafe(16)
    if shown.row.pays_after:
        if email is None:
            raise Invalid("email", "is needed here, where one pays after charging")
        claims.check_trusted(work, shown.row.organization_id, email)
        after = {"pays_after": True, "currency": amount.currency, "most": amount.minor}
        return _ready(work, _new(work, shown.row, public_id, once=once, email=email, **after))
    paying = (guest_visits.c.place_id == shown.row.id, guest_visits.c.state == "paying")
    if work.execute(select(func.count()).select_from(guest_visits).where(*paying)).scalar_one() >= MOST_PAYING:
        raise Conflict("too many are about to pay here; try again in a few minutes")
    payment = asking.ask(
        work,
        shown.row.organization_id,
        NewPayment(
            provider=offer.provider,
            purpose="session",
            amount=amount,
            capture="at_once" if offer.at_once else "later",
            description=f"{shown.place.site.name}, {shown.row.evse}",
            return_url=return_url.replace("{visit}", public_id),
            pay_within=offer.pay_within,
            email=email,
        ),
        by=asker(public_id),
    )
    made = _new(work, shown.row, public_id, once=once, email=email, payment_id=payment.id)
    work.publish(GuestPays(visit=public_id, organization_id=shown.row.organization_id))
    return made


def _new(work: Work, place: PlaceRow, public_id: str, **values: Any) -> VisitRow:
    values |= {
        "organization_id": place.organization_id,
        "public_id": public_id,
        "place_id": place.id,
        "station_id": place.station_id,
        "evse": place.evse,
        "state": "paying",
        "made_at": work.now,
    }
    made: VisitRow = work.execute(insert(guest_visits).values(values).returning(*guest_visits.c)).one()
    return made


def hold_of(offer: Offer, currency: str) -> Money:
    """How much is held in a currency. Raises `Conflict` where nobody has said it."""
    amount = offer.hold.get(currency)
    if amount is None:
        raise Conflict("one cannot pay here in {currency}: payments.hold names no amount to hold", currency=currency)
    return Money(amount, currency)


def check_free(work: Work, shown: places.Shown) -> None:
    """Whether one can begin to pay here. Raises `Conflict`."""
    if shown.tariff is None:
        raise Conflict("there is no price here yet, so nobody can pay")
    if shown.plugs and all(plug.availability == "out_of_order" for plug in shown.plugs):
        raise Conflict("this is out of order")
    if _is_taken(work, shown.row.station_id, shown.row.evse):
        raise Conflict("somebody charges here")


def _is_taken(work: Work, station_id: int, evse: int) -> bool:
    if any(each.evse in (None, evse) for each in sessions.active_at(work, station_id)):
        return True
    table = guest_visits.c
    others = (table.station_id == station_id, table.evse == evse, table.state.in_(("starting", "charging")))
    return work.execute(select(table.id).where(*others).limit(1)).first() is not None


def find(work: Work, public_id: str, *, lock: bool = False) -> VisitRow:
    """A visit by its id, which only its guest has; 90 days after it there is nothing any more. Raises `NotFound`."""
    mine = select(guest_visits).where(guest_visits.c.public_id == public_id)
    row: VisitRow | None = work.execute(mine.with_for_update() if lock else mine).one_or_none()
    if row is None or (row.ended_at is not None and row.ended_at + SHOWN_FOR <= work.now):
        raise NotFound("there is nothing here any more")
    return row


def give_up(work: Work, public_id: str) -> VisitRow:
    """The guest does not want to, before anything is charged. Raises `NotFound`, `Conflict`.

    A charger that waits for the cable gives up by itself; the card of the visit is good for nothing any more.
    """
    row = find(work, public_id, lock=True)
    if row.state == "starting":
        _see_start(work, row)  # it may have begun since the clock has looked
        row = find(work, public_id)
    if row.state == "over":
        return row
    if row.state not in ("paying", "starting"):
        raise Conflict("charging has begun: stop it")
    payment = payment_of(work, row, lock=True)
    if payment is None:
        return _not_started(work, row, "You have not charged.", "given_up")
    came = payment.state in ("authorised", "paid")
    sentence = "You have not charged, and what was set aside is released." if came else "You have not paid."
    return _not_started(work, row, sentence, "given_up")


def more(payment: PaymentRow, steps: Mapping[str, Decimal]) -> Money | None:
    """How much may be set aside in all, as the next step (`payments.hold`); None where it may not be more than it is."""
    step = steps.get(payment.currency)
    if step is None or payment.state != "authorised" or payment.raise_to is not None:
        return None
    held = of_minor(payment.amount, payment.currency)
    raised = held + Money(step, payment.currency)
    return raised if raised.amount <= step * MOST_STEPS else None


def set_aside_more(work: Work, public_id: str, amount: Decimal, steps: Mapping[str, Decimal]) -> VisitRow:
    """The guest wants to charge for more than is held (P-09). Raises `NotFound`, `Conflict`, `Invalid`."""
    row = find(work, public_id, lock=True)
    if row.state != "charging":
        raise Conflict("more is set aside only while something is charged")
    payment = payment_of(work, row)
    if payment is None:
        raise Conflict("one pays after charging here, so nothing is set aside")
    if payment.capture != "later":
        raise Conflict("this was paid at once, and cannot be raised; charge again for more")
    most = steps.get(payment.currency, Decimal(0)) * MOST_STEPS
    if amount > most:
        raise Invalid("amount", "is {most} {currency} at the most", most=most, currency=payment.currency)
    asking.raise_hold(work, payment.id, Money(amount, payment.currency))
    return row


def stop(work: Work, public_id: str) -> VisitRow:
    """The guest has had enough. Raises `NotFound`, `Conflict`."""
    row = find(work, public_id, lock=True)
    if row.state != "charging":
        raise Conflict("nothing is being charged")
    return _stop(work, row)


@reacts
def payment_changed(work: Work, event: PaymentChanged) -> None:
    """What a guest's payment has come to."""
    if event.purpose != "session":
        return
    payment = asking.get(work, event.organization_id, event.payment)
    mine = select(guest_visits).where(guest_visits.c.payment_id == payment.id).with_for_update()
    row: VisitRow | None = work.execute(mine).one_or_none()
    if row is None or row.state == "over":
        return
    if row.state == "paying" and payment.state in ("authorised", "paid"):
        _start(work, row)
    elif row.state == "paying" and payment.state in ("refused", "expired", "released", "reversed"):
        end(work, row, "not_paid", payment.reason or "It was not paid.")
    elif payment.state == "reversed" and row.state == "starting":
        _not_started(work, row, "Your bank has taken the payment back.")
    elif payment.state in ("reversed", "released") and row.state == "charging":
        _stop(work, row)
    elif row.state in ("to_pay", "settling"):
        settle(work, row, payment)


@reacts
def hold_raised(work: Work, event: HoldRaised) -> None:
    """A guest's session may cost more from now on."""
    payment = asking.get(work, event.organization_id, event.payment)
    mine = select(guest_visits).where(guest_visits.c.payment_id == payment.id).with_for_update()
    row: VisitRow | None = work.execute(mine).one_or_none()
    if row is not None and row.state == "charging" and row.session is not None:
        key = sessions.get(work, row.organization_id, row.session).id
        session_limits.set_aside(work, key, of_minor(payment.amount, payment.currency))


def _start(work: Work, row: VisitRow) -> None:
    if _is_taken(work, row.station_id, row.evse):
        _not_started(work, row, "Somebody else has begun to charge here.")
    else:
        _ready(work, row)


def _ready(work: Work, row: VisitRow) -> VisitRow:
    """The charger is asked to start, with a card that is good for this visit only."""
    token = f"GUEST{secrets.token_hex(7).upper()}"  # 1.6 has room for 20 characters
    values = {
        "organization_id": row.organization_id,
        "uid": token,
        "uid_key": uid_key(token),
        "kind": "",
        "label": "Guest",
        "status": "accepted",
        "expires_at": work.now + PLUG_IN_WITHIN,
    }
    work.execute(insert(tokens).values(**values, **versions.first(work)))
    work.publish(GuestReady(visit=row.public_id, organization_id=row.organization_id))
    return change(work, row, state="starting", token=token)


class Start(NamedTuple):
    """What the charger is to be asked."""

    station_id: int
    command: commands.RemoteStart


def to_start(work: Work, visit: str) -> Start | None:
    """None: not any more, or it was asked already."""
    row = find(work, visit)
    if row.state != "starting" or row.command is not None or row.token is None:
        return None
    if _asked(work, row) is not None:  # and we died before we could note it
        return None
    return Start(row.station_id, commands.RemoteStart(token=row.token, evse=row.evse))


def _asked(work: Work, row: VisitRow) -> str | None:
    table = commands.commands.c
    mine = (table.station_id == row.station_id, table.asked_by == asker(row.public_id), table.name == "remote-start")
    found: str | None = work.execute(select(table.public_id).where(*mine).order_by(table.id.desc()).limit(1)).scalar()
    return found


def asker(visit: str) -> str:
    """Who asks for a guest, in the history of commands."""
    return f"guest {visit[:8]}"


def not_started(work: Work, visit: str, sentence: str) -> None:
    """The charger could not be asked."""
    row = find(work, visit, lock=True)
    if row.state == "starting":
        _not_started(work, row, sentence)


def to_tell(work: Work, visit: str) -> tuple[int, commands.NotifyWebPaymentStarted] | None:
    """That somebody pays, and for how long they may take; None where they are done."""
    row = find(work, visit)
    payment = payment_of(work, row)
    if payment is None or row.state != "paying":
        return None
    left = payment.expires_at - work.now
    if left.total_seconds() < 1:
        return None
    timeout_s = min(3600, int(left.total_seconds()))
    return row.station_id, commands.NotifyWebPaymentStarted(evse=row.evse, timeout_s=timeout_s)


def to_stop(work: Work, visit: str) -> tuple[int, str] | None:
    """The key of the charger and the session that is to be stopped."""
    row = find(work, visit)
    return None if row.state != "charging" or row.session is None else (row.station_id, row.session)


# By the clock


def open_ones(work: Work) -> list[str]:
    """Visits in which the charger has the next word."""
    table = guest_visits.c
    mine = select(table.public_id).where(table.ended_at.is_(None), table.state != "paying")
    return list(work.execute(mine.order_by(table.id)).scalars())


def step(work: Work, visit: str) -> None:
    """What the charger has said meanwhile."""
    row = find(work, visit, lock=True)
    if row.state == "starting":
        _see_start(work, row)
    elif row.state == "charging":
        _see_session(work, row)
    elif row.state in ("to_pay", "settling"):
        settle(work, row, payment_of(work, row))


def _see_start(work: Work, row: VisitRow) -> None:
    command = row.command or _asked(work, row)
    if command is None:
        payment = payment_of(work, row)
        ready_at = row.made_at if payment is None else payment.changed_at
        if work.now > ready_at + NOT_ASKED_FOR:
            _not_started(work, row, "The charger could not be asked.")
        return
    table = commands.commands
    found = commands.CommandRow._make(work.execute(select(table).where(table.c.public_id == command)).one())
    if found.session is not None:
        change(work, row, state="charging", command=command, session=found.session)
        payment = payment_of(work, row)
        if payment is not None:
            asking.name_session(work, payment.id, found.session)
        key = sessions.get(work, row.organization_id, found.session).id
        session_limits.set_aside(work, key, may_cost(row, payment))
        if row.pays_after:
            tell_by_mail(work, row, "runs", may_cost(row, payment))
    elif found.has_failed or found.state == "expired" or _has_said_nothing(work, found):
        _not_started(work, row, found.detail or "The charger did not start.")
    elif row.command is None:
        change(work, row, command=command)


def _has_said_nothing(work: Work, found: commands.CommandRow) -> bool:
    """Whether a start whose answer was lost came to nothing: a session in time would have been told of."""
    return found.state == "failed" and work.now > (found.until or found.asked_at + NO_ANSWER_FOR)


def _see_session(work: Work, row: VisitRow) -> None:
    assert row.session is not None
    session = sessions.get(work, row.organization_id, row.session)
    if session.status == "active":
        return
    if row.pays_after:
        row = change(work, row, state="to_pay", release_at=work.now + CABLE_HELD_FOR)
    else:
        row = change(work, row, state="settling")
    settle(work, row, payment_of(work, row))


def settle(work: Work, row: VisitRow, payment: PaymentRow | None) -> None:
    """It has ended: what is due is taken as soon as it is known, and the rest goes back."""
    from stationmaster.domain.guests import afterwards, settling  # which book

    if row.pays_after:
        afterwards.settle(work, row, payment)
    else:
        assert payment is not None
        settling.settle(work, row, payment)


def place_of(work: Work, row: VisitRow) -> str:
    """The code of the place of a visit."""
    place: str = work.execute(select(pay_places.c.public_id).where(pay_places.c.id == row.place_id)).scalar_one()
    return place


def payment_of(work: Work, row: VisitRow, *, lock: bool = False) -> PaymentRow | None:
    """The payment of a visit; None: they pay afterwards, and have not begun to."""
    return None if row.payment_id is None else asking.of_key(work, row.payment_id, lock=lock)


def may_cost(row: VisitRow, payment: PaymentRow | None) -> Money:
    """So much the session of a visit may cost: what is set aside for it, or what the operator lends who pays afterwards."""
    if row.most is not None and row.currency is not None:
        return of_minor(row.most, row.currency)
    assert payment is not None
    return of_minor(payment.amount, payment.currency)


def tell_by_mail(work: Work, row: VisitRow, kind: Literal["runs", "to_pay"], amount: Money) -> None:
    """Who pays after charging is sent the address of their visit: what it costs so far is there, and where to pay in the end."""
    if row.email is None:
        return
    work.publish(
        MailDue(
            kind=kind,
            email=row.email,
            organization=looks.shown_name(work, row.organization_id),
            now=str(amount),
            path=f"pay/{place_of(work, row)}?visit={row.public_id}",
            language=issuers.get(work, row.organization_id).language,
            sender=looks.own_name(work, row.organization_id),
            organization_id=row.organization_id,
        )
    )


def _stop(work: Work, row: VisitRow) -> VisitRow:
    work.publish(GuestStops(visit=row.public_id, organization_id=row.organization_id))
    return change(work, row, stop_asked_at=work.now)


def _not_started(work: Work, row: VisitRow, sentence: str, outcome: Outcome = "not_started") -> VisitRow:
    payment = payment_of(work, row, lock=True)
    if payment is None:
        pass
    elif payment.state == "paid":
        refunds.ask(work, row.organization_id, payment.public_id, None, reason=sentence, by="stationmaster")
    else:
        asking.release(work, payment.id)
    return end(work, row, outcome, sentence)


def end(work: Work, row: VisitRow, outcome: Outcome, sentence: str) -> VisitRow:
    """Nothing follows any more."""
    if row.token is not None:
        mine = (tokens.c.organization_id == row.organization_id, tokens.c.uid_key == uid_key(row.token))
        found = work.execute(select(tokens).where(*mine, not_deleted(tokens))).one_or_none()
        if found is not None:
            versions.delete(work, tokens, found)
    return change(work, row, state="over", outcome=outcome, sentence=sentence, ended_at=work.now)


def change(work: Work, row: VisitRow, **values: Any) -> VisitRow:
    """The visit with these values."""
    changed = update(guest_visits).where(guest_visits.c.id == row.id).values(values)
    new: VisitRow = work.execute(changed.returning(*guest_visits.c)).one()
    return new


def forget(work: Work) -> int:
    """Who is gone for 90 days is forgotten: nothing tells any more where they were written to. Returns how many were."""
    table = guest_visits.c
    gone = (table.ended_at <= work.now - SHOWN_FOR, table.email.is_not(None))
    found = work.execute(select(table.id, table.payment_id).where(*gone).limit(500)).all()
    if found:
        paid = [row.payment_id for row in found if row.payment_id is not None]
        work.execute(update(payments).where(payments.c.id.in_(paid)).values(email=None))
        work.execute(update(guest_visits).where(table.id.in_([row.id for row in found])).values(email=None))
    return len(found)


# What a guest sees


class Progress(NamedTuple):
    """How far a visit is, with its payment, its session and what that comes to."""

    visit: VisitRow
    place: str
    payment: PaymentRow | None
    until: datetime | None
    session: sessions.ListedRow | None
    so_far: sessions.SoFar | None
    cost: Money | None
    due: Money | None  # of who pays now, after charging
    receipt: InvoiceRow | None
    claim: str | None  # what is still owed


def progress(work: Work, public_id: str) -> Progress:
    """Raises `NotFound`."""
    row = find(work, public_id)
    payment = payment_of(work, row)
    session = None if row.session is None else sessions.get(work, row.organization_id, row.session)
    so_far = None if session is None else sessions.so_far(work, [session]).get(session.id)
    receipt = None if row.session is None else newest_of_session(work, row.organization_id, row.session)
    cost = _cost(work, row)
    due = _due(work, row) if row.state == "to_pay" else None
    claim = None
    if row.outcome == "owed" and row.session is not None:
        claim = claims.open_for(work, row.organization_id, row.session)
    return Progress(row, place_of(work, row), payment, _until(work, row), session, so_far, cost, due, receipt, claim)


def _due(work: Work, row: VisitRow) -> Money | None:
    """By the bill, where it is written already."""
    revisions = [] if row.session is None else bills.of_session(work, row.organization_id, row.session)
    return bills.total_of(revisions[0]) if revisions else None


def look(work: Work, public_id: str) -> None:
    """Ask the provider what is so. Raises `NotFound`."""
    row = find(work, public_id)
    payment = payment_of(work, row)
    if payment is not None:
        asking.look(work, row.organization_id, payment.public_id)


def _until(work: Work, row: VisitRow) -> datetime | None:
    if row.state != "starting" or (command := row.command or _asked(work, row)) is None:
        return None
    table = commands.commands.c
    until: datetime | None = work.execute(select(table.until).where(table.public_id == command)).scalar()
    return until


def _cost(work: Work, row: VisitRow) -> Money | None:
    if row.session is None:
        return None
    try:
        return prices.of_session(work, row.organization_id, row.session).bill.total
    except Conflict:
        return None
