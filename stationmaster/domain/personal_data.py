"""What is kept of a person who is a customer: given out when they ask for it, and erased when they ask for that (API-35).

Erased, sessions stay with all their figures, for they are what bills stand on; but nothing leads from them to the person any more. The
message log, the history of commands and the quarantine may still have the number of a card, which is nobody's then, until they are
dropped by age.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from sqlalchemy import Select, delete, func, or_, select, update

from stationmaster.domain import (
    accounts,
    audit,
    bills,
    customers,
    drivers,
    local_lists,
    payments,
    push_devices,
    second_factors,
    token_aliases,
    versions,
    wallets,
)
from stationmaster.domain.alerts.tables import NoticeRow
from stationmaster.domain.audit import Subject
from stationmaster.domain.bills import ListedBill
from stationmaster.domain.customer_notices import choices, telling
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.identities import identities
from stationmaster.domain.invoices import invoices
from stationmaster.domain.invoices.invoices import InvoiceRow
from stationmaster.domain.one_time_links import one_time_links
from stationmaster.domain.payments import PaymentRow, methods
from stationmaster.domain.push_devices import DeviceRow
from stationmaster.domain.reservations import reservations
from stationmaster.domain.saved_views import saved_views
from stationmaster.domain.sessions import ListedRow, sessions
from stationmaster.domain.sessions.lists import with_names
from stationmaster.domain.sessions.table import is_open
from stationmaster.domain.stations import stations
from stationmaster.domain.tokens import OwnedToken, TokenRow, select_tokens, tokens, uid_key
from stationmaster.domain.vehicles import VehicleRow, select_vehicles, vehicles
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

ERASED_NAME = "Erased"
AT_ONCE = 500

T = TypeVar("T")


class PersonalData(NamedTuple):
    """All of one customer: removed vehicles and cards too."""

    customer: CustomerRow
    vehicles: list[VehicleRow]
    tokens: list[OwnedToken]
    sessions: list[ListedRow]
    user: accounts.UserRow | None  # who they are when they log in
    wallet: list[wallets.Transaction]
    bills: list[ListedBill]  # those before a correction too
    payments: list[PaymentRow]
    invoices: list[InvoiceRow]
    notice_choices: choices.Choices
    notices: list[NoticeRow]  # what they were told
    devices: list[DeviceRow]  # where they are told, beside mail


def gather(work: Work, organization_id: int, customer_id: str) -> PersonalData:
    """What is kept of a customer. Raises `NotFound`, and `Conflict` for who sees only a part of it."""
    _check_sees_all(work)
    customer = customers.get(work, organization_id, customer_id)
    cars = select_vehicles().where(vehicles.c.customer_id == customer.id)
    cards = select_tokens().where(tokens.c.customer_id == customer.id)
    charged = with_names().where(sessions.c.customer_id == customer.id)
    user = drivers.user_of(work, customer)
    return PersonalData(
        customer,
        list(work.execute(cars.order_by(vehicles.c.id))),
        list(work.execute(cards.order_by(tokens.c.id))),
        list(work.execute(charged.order_by(sessions.c.id))),
        user,
        _all(lambda wanted: wallets.list_transactions(work, organization_id, customer_id, wanted)),
        bills.of_customer(work, customer.id),
        _all(lambda wanted: payments.list_payments(work, organization_id, wanted, customer=customer_id)),
        _all(lambda wanted: invoices.list_invoices(work, organization_id, wanted, customer_id=customer.id)),
        choices.of(work, customer.id),
        _all(lambda wanted: telling.list_notices(work, customer.id, wanted)),
        [] if user is None else push_devices.listed(work, user.id),
    )


def _all(page: Callable[[Wanted], Found[T]]) -> list[T]:
    """All pages of a list."""
    found = page(Wanted(AT_ONCE))
    rows = list(found.rows)
    while found.next is not None:
        found = page(Wanted(AT_ONCE, found.next))
        rows += found.rows
    return rows


def erase(work: Work, organization_id: int, customer_id: str, *, expected: versions.Expected = None) -> None:
    """Erase a person, who may be removed already: name, phone, e-mail, vehicles, cards, notices, what the audit log has of them,
    and their user, if a driver is all that this is.

    Raises `NotFound`, `Outdated`, and `Conflict` while they charge, or for who would erase only a part.
    """
    _check_sees_all(work)
    person = _living_or_removed(work, organization_id, customer_id)
    versions.check(person, expected)
    charging = select(sessions.c.id).where(sessions.c.customer_id == person.id, is_open)
    if work.execute(charging.limit(1)).scalar() is not None:
        raise Conflict("a session of this customer goes on: end it first")
    nobody = f"erased-{secrets.token_hex(6)}"
    _erase_cards(work, organization_id, person, nobody)
    _erase_user(work, organization_id, person, nobody)
    mine = vehicles.c.customer_id == person.id
    for vehicle_id in work.execute(select(vehicles.c.public_id).where(mine)).scalars().all():
        audit.forget(work, organization_id, Subject("vehicle", vehicle_id), called=nobody)
    work.execute(delete(vehicles).where(mine))
    methods.forget(work, person.id)
    choices.forget(work, person.id)
    audit.forget(work, organization_id, Subject("customer", person.public_id), called=nobody)
    versions.change(
        work,
        customers.customers,
        person,
        {
            "public_id": nobody,
            "name": ERASED_NAME,
            "name_key": ERASED_NAME.casefold(),
            "phone": None,
            "email": None,
            "language": None,
            "billing_address": None,
            "tax_number": None,
            "created_by": None,  # perhaps themselves
            "deleted_at": person.deleted_at or work.now,
            "erased_at": work.now,
        },
    )
    audit.record(work, "erase_customer", Subject("customer", nobody), organization=organization_id)


def _check_sees_all(work: Work) -> None:
    if work.narrow is not None:
        raise Conflict("this is about all sites, and you are limited to some")


def _living_or_removed(work: Work, organization_id: int, customer_id: str) -> CustomerRow:
    """The one with this id, else the one that had it last, locked."""
    table = customers.customers
    mine: Select[tuple[CustomerRow]] = select(table).where(
        table.c.organization_id == organization_id, table.c.public_id == customer_id, table.c.erased_at.is_(None)
    )
    newest = mine.order_by(table.c.deleted_at.is_not(None), table.c.deleted_at.desc(), table.c.id.desc()).limit(1)
    row: CustomerRow | None = versions.find(work, newest, lock=True)
    if row is None:
        raise NotFound("there is no customer {id!r}", id=customer_id)
    return row


def _erase_user(work: Work, organization_id: int, person: CustomerRow, nobody: str) -> None:
    """Somebody who does more here than charge goes on to do so, and is no customer any more."""
    present = drivers.user_of(work, person)
    if present is not None and present.role == drivers.ROLE:
        accounts.remove(work, organization_id, present.public_id)
    elif present is not None:
        drivers.link(work, organization_id, present.public_id, customer=None)
    for row in drivers.removed_users_of(work, person):
        user = accounts.from_row(row)
        second_factors.remove(work, user)
        for table in (identities, one_time_links, accounts.refresh_tokens, saved_views, push_devices.push_devices):
            work.execute(delete(table).where(table.c.user_id == row.id))
        known = {"email": nobody, "email_key": nobody, "name": None, "password_hash": accounts.NO_PASSWORD}
        work.execute(update(accounts.users).where(accounts.users.c.id == row.id).values(known))
        audit.forget(work, organization_id, accounts.subject_of(user), called=nobody)
        audit.forget_actor(work, organization_id, accounts.actor_of(user), called=nobody)


def _erase_cards(work: Work, organization_id: int, person: CustomerRow, nobody: str) -> None:
    """Each card gets another number, here and at the sessions and reservations it was used for, so that these still belong together."""
    mine = select(tokens).where(tokens.c.customer_id == person.id).order_by(tokens.c.id)
    cards: list[TokenRow] = list(work.execute(mine))
    numbers: dict[str, str] = {}
    for card in cards:
        number = numbers.setdefault(uid_key(card.uid), f"{nobody}-{len(numbers) + 1}")
        # Two kinds may share a number, and removed cards may: what keeps them apart is that none of them lives.
        work.execute(
            update(tokens)
            .where(tokens.c.id == card.id)
            .values(
                uid=number,
                uid_key=number.upper(),
                label=None,
                group=None,
                status="blocked",
                deleted_at=func.coalesce(tokens.c.deleted_at, work.now),
            )
        )
        token_aliases.forget(work, card.id)
        audit.forget(work, organization_id, Subject("token", card.uid), called=number)
    charged_before = select(sessions.c.token_key).where(
        sessions.c.customer_id == person.id, sessions.c.token_key.is_not(None)
    )
    for key in work.execute(charged_before.distinct()).scalars().all():
        numbers.setdefault(key, f"{nobody}-{len(numbers) + 1}")  # of a card that is somebody else's by now
    own = {uid_key(card.uid) for card in cards}
    here = select(stations.c.id).where(stations.c.organization_id == organization_id)
    for key, number in numbers.items():
        # From before it was known whose card it is.
        unknown = [sessions.c.customer_id.is_(None)] if key in own else []
        theirs = (
            sessions.c.organization_id == organization_id,
            or_(sessions.c.customer_id == person.id, *unknown),
            sessions.c.token_key == key,
        )
        work.execute(update(sessions).where(*theirs).values(token=number, token_key=number.upper()))
        stopped = (sessions.c.customer_id == person.id, func.upper(sessions.c.stop_token) == key)
        work.execute(update(sessions).where(*stopped).values(stop_token=number))
        if key in own:
            reserved = (reservations.c.token_key == key, reservations.c.station_id.in_(here))
            work.execute(
                update(reservations).where(*reserved).values(token=number, token_key=number.upper(), group=None)
            )
    if cards:
        local_lists.cards_changed(work, organization_id)
