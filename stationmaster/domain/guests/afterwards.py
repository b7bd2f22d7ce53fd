"""Paying after charging, with the cable locked (M-20): what is due is asked for at the end, and the cable is released once it is paid.

Nobody is held: after `visits.CABLE_HELD_FOR` it is released in any case, and what is due is a claim.
"""

from __future__ import annotations

from sqlalchemy import select

from stationmaster.domain import commands, sessions
from stationmaster.domain.errors import Conflict
from stationmaster.domain.events import Event
from stationmaster.domain.guests import settling, visits
from stationmaster.domain.guests.tables import VisitRow
from stationmaster.domain.payments import asking, states
from stationmaster.domain.payments.asking import NewPayment
from stationmaster.domain.payments.tables import PaymentRow
from stationmaster.storage import Work


class CableFree(Event, frozen=True, kw_only=True, gc=False):
    """A guest has paid, or need not stay for it: the charger is to release their cable."""

    visit: str
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


def settle(work: Work, row: VisitRow, payment: PaymentRow | None) -> None:
    """As far as it can be done now; done again it changes nothing."""
    assert row.currency is not None and row.release_at is not None
    due = settling.due_of(work, row, row.currency)
    paid = payment is not None and payment.state == "paid"
    over = row.release_at <= work.now
    if over or paid or (due is not None and not due):
        row = _release(work, row)
    if due is None:
        return
    if due and not paid and not over:
        if row.asked_to_pay_at is None:
            visits.change(work, row, asked_to_pay_at=work.now)
            visits.tell_by_mail(work, row, "to_pay", due)
        return
    if payment is not None and not paid:
        payment = asking.release(work, payment.id)  # what comes all the same goes back
        paid = payment.state == "paid"  # at the last moment
    settling.even(work, row, payment, due, reason="What was too much of a guest's payment.")
    if paid or not due:
        visits.end(work, row, "paid" if due else "free", "Thank you.")
    else:
        visits.end(work, row, "owed", "You have not paid in time, so the amount is still owed.")
    settling.give_receipt(work, row, min(due, settling.paid_of(payment, due.currency)))


def begin_to_pay(work: Work, visit: str, *, provider: str, return_url: str) -> VisitRow:
    """The guest pays now; asked twice it is one payment. Raises `NotFound`, `Conflict`."""
    row = visits.find(work, visit, lock=True)
    if row.state != "to_pay" or row.release_at is None or row.release_at <= work.now:
        raise Conflict("nothing is to be paid here now")
    assert row.currency is not None and row.session is not None
    due = settling.due_of(work, row, row.currency)
    if due is None:
        raise Conflict("the bill is not written yet; try again in a moment")
    payment = visits.payment_of(work, row, lock=True)
    if not due or (payment is not None and payment.state == "paid"):
        settle(work, row, payment)
        return visits.find(work, visit)
    if payment is not None and payment.state in states.OPEN:
        if payment.amount == due.minor and payment.state != "releasing":
            return row
        asking.release(work, payment.id)  # the session was corrected meanwhile
    wanted = NewPayment(
        provider=provider,
        purpose="session",
        amount=due,
        capture="at_once",
        description="Charging",
        return_url=return_url,
        pay_within=row.release_at - work.now,
        email=row.email,
    )
    new = asking.ask(work, row.organization_id, wanted, by=visits.asker(row.public_id))
    asking.name_session(work, new.id, row.session)
    return visits.change(work, row, payment_id=new.id)


def _release(work: Work, row: VisitRow) -> VisitRow:
    if row.released_at is not None:
        return row
    work.publish(CableFree(visit=row.public_id, organization_id=row.organization_id))
    return visits.change(work, row, released_at=work.now)


def to_release(work: Work, visit: str) -> tuple[int, commands.Unlock] | None:
    """The charger and what it is to be asked; None where it has done so, or somebody else charges there by now."""
    row = visits.find(work, visit)
    if row.released_at is None or row.session is None or _has_released(work, row):
        return None
    if any(each.evse in (None, row.evse) for each in sessions.active_at(work, row.station_id)):
        return None
    session = sessions.get(work, row.organization_id, row.session)
    return row.station_id, commands.Unlock(evse=row.evse, connector=session.connector or 1)


def _has_released(work: Work, row: VisitRow) -> bool:
    table = commands.commands.c
    mine = (table.station_id == row.station_id, table.asked_by == visits.asker(row.public_id), table.name == "unlock")
    return work.execute(select(table.id).where(*mine, table.state == "done").limit(1)).first() is not None
