"""What has happened and a customer may want to hear of: sessions, their prices, reservations, receipts.

Heard as reactions: each notice is written once, in the transaction that marks the event as heard. Of what is told late nobody is told that it begins.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from stationmaster.domain import bills, looks, sessions, stations, tokens
from stationmaster.domain.customer_notices import choices, telling
from stationmaster.domain.customer_notices.tables import notice_choices
from stationmaster.domain.customer_notices.telling import Notice
from stationmaster.domain.customer_notices.texts import Title
from stationmaster.domain.events import (
    BillMade,
    ReservationChanged,
    SessionChanged,
    SessionEnded,
    SessionStarted,
)
from stationmaster.domain.invoices.invoices import InvoiceRow
from stationmaster.domain.money.amounts import Money, zero
from stationmaster.domain.outbox import reacts_when
from stationmaster.domain.sessions import ListedRow
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared, not_deleted

NEWS = timedelta(minutes=15)  # a beginning is told no later
STILL_NEWS = timedelta(days=1)  # and an end, or a reservation


def _begins(work: Work, event: SessionStarted | SessionChanged) -> bool:
    """Asked in the transaction of a charger's message. A card may be told after the beginning (2.x)."""
    session = event.session
    fresh = session.status == "active" and session.started_at > work.now - NEWS
    return fresh and session.authorization not in sessions.REFUSED and choices.has_chosen(work, event.customer_key)


@reacts_when(_begins)
def tell_of_start(work: Work, event: SessionStarted | SessionChanged) -> None:
    """Charging has started."""
    row = sessions.locked(work, event.session.id)
    if row is None or row.customer_id is None or row.status != "active" or row.started_at <= work.now - NEWS:
        return
    if row.authorization in sessions.REFUSED:
        return
    place = telling.place_of(work, row.station_id)
    facts = {"place": place.name, "since": row.started_at}
    telling.tell(work, Notice(row.customer_id, "started", telling.about_session(row), "started", facts, place.zone))


def _ends(work: Work, event: SessionEnded) -> bool:
    return choices.has_chosen(work, event.customer_key)


@reacts_when(_ends)
def tell_of_end(work: Work, event: SessionEnded) -> None:
    """A session has ended: with its price, once that is known; at once, where there is none."""
    row = sessions.locked(work, event.session.id)
    if row is None or row.status == "active" or row.review or row.excluded:
        return  # its bill tells of it, when a person has freed it
    bills.settle(work, row.public_id)
    _tell_of_end(work, row)


def _is_theirs(work: Work, event: BillMade) -> bool:
    return work.first(_chosen_in, session=event.session) is not None


_chosen_in = Prepared(
    select(notice_choices.c.id)
    .join(sessions.sessions, sessions.sessions.c.customer_id == notice_choices.c.customer_id)
    .where(sessions.sessions.c.public_id == bindparam("session"))
)


@reacts_when(_is_theirs)
def tell_of_price(work: Work, event: BillMade) -> None:
    """A session has a price, or another than the one that its customer was told."""
    row = sessions.locked(work, event.session)
    if row is not None and row.status != "active":
        _tell_of_end(work, row)


def _tell_of_end(work: Work, row: ListedRow) -> None:
    if row.customer_id is None or row.stopped_at is None:
        return
    about = telling.about_session(row)
    told_at = telling.told_at(work, row.customer_id, "ended", about)
    if told_at is not None:
        _tell_of_correction(work, row, told_at)
        return
    if row.stopped_at <= work.now - STILL_NEWS or row.review or row.excluded or row.status != "completed":
        return
    last = bills.newest(work, row.id)
    mine = last is not None and last.customer_id == row.customer_id and last.state == "booked"
    price = bills.total_of(last) if last is not None and mine else None
    place = telling.place_of(work, row.station_id)
    facts = {
        "place": place.name,
        "begin": row.started_at,
        "end": row.stopped_at,
        "duration": row.stopped_at - row.started_at,
        "energy": "–" if row.energy_wh is None else row.energy_wh.scaleb(-3),
        "price": price,
    }
    also = None if price is None else "ended.price"
    notice = Notice(row.customer_id, "ended", about, "ended", facts, place.zone, also, happened_at=row.stopped_at)
    telling.tell(work, notice)


def _tell_of_correction(work: Work, row: ListedRow, told_at: datetime) -> None:
    """The price is another than the one that was told last, with the end or as a correction."""
    assert row.customer_id is not None
    customer, about = row.customer_id, telling.about_session(row)

    def is_told(bill: bills.ListedBill) -> bool:
        return telling.told_at(work, customer, "ended", f"{about}:{bill.revision}") is not None

    revisions = bills.of_session(work, row.organization_id, row.public_id)
    if len(revisions) < 2 or revisions[0].made_at <= told_at:
        return
    newest, *before = revisions
    last = next((bill for bill in before if bill.made_at <= told_at or is_told(bill)), before[-1])
    was, now = (_price(bill, customer) for bill in (last, newest))
    if was == now:
        return
    place = telling.place_of(work, row.station_id)
    facts = {"place": place.name, "begin": row.started_at, "price": now, "before": was}
    notice = Notice(customer, "ended", f"{about}:{newest.revision}", "ended.corrected", facts, place.zone)
    telling.tell(work, notice)


def _price(bill: bills.ListedBill, customer_key: int) -> Money:
    """What a customer pays by a bill: nothing, where it is taken back, free, or another's."""
    theirs = bill.state == "booked" and bill.customer_id == customer_key
    return bills.total_of(bill) if theirs else zero(bill.currency)


_OF_STATE = {"accepted": "made", "expired": "expired", "cancelled": "cancelled", "removed": "cancelled"}


def _is_told(work: Work, event: ReservationChanged) -> bool:
    return event.reservation.state in _OF_STATE and work.first(_anybody) is not None


_anybody = Prepared(select(notice_choices.c.id).limit(1))


@reacts_when(_is_told)
def tell_of_reservation(work: Work, event: ReservationChanged) -> None:
    """A place is kept for a customer, or no more."""
    told = event.reservation
    key = _OF_STATE.get(told.state)
    when = told.accepted_at if key == "made" else told.ended_at
    if key is None or when is None or when <= work.now - NEWS or told.accepted_at is None:
        return
    if key == "made" and told.expires_at <= work.now:
        return
    customer = holder_of(work, event.station_id, told.token)
    if customer is None:
        return
    place = telling.place_of(work, event.station_id)
    facts = {"place": place.name, "until": told.expires_at}
    about = f"reservation:{told.id}:{key}"
    telling.tell(work, Notice(customer, "reservation", about, f"reservation.{key}", facts, place.zone))


def holder_of(work: Work, station_id: int, token: str) -> int | None:
    """Whose card this is now, where the charger is."""
    table, there = tokens.tokens, stations.stations.c
    organization = select(there.organization_id).where(there.id == station_id).scalar_subquery()
    mine = select(table.c.customer_id).where(
        table.c.organization_id == organization, table.c.uid_key == tokens.uid_key(token), not_deleted(table)
    )
    found: int | None = work.execute(mine.where(table.c.customer_id.is_not(None)).limit(1)).scalar()
    return found


def tell_of_receipt(work: Work, made: InvoiceRow) -> None:
    """A receipt or an invoice was issued that is not mailed to its customer anyway."""
    if made.customer_id is None:
        return
    facts = {
        "title": Title(made.kind, made.number),
        "organization": looks.shown_name(work, made.organization_id),
        "total": Money(made.total, made.currency),
        "link": "{link}",
    }
    about = f"invoice:{made.public_id}"
    telling.tell(work, Notice(made.customer_id, "receipt", about, "receipt", facts))
