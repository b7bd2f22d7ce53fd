"""Drivers: users who are customers, and see what is their own as such (D-01).

A user is one customer at the most, and a customer one user: what a customer has are the cards, cars and journeys of whoever reads it.
Who registers becomes a customer of their own. That somebody is one of those who are there already is said by whoever manages users,
and never found out by an address or a phone, since these are whatever somebody once typed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from stationmaster.domain import accounts, audit, customers, organizations, versions
from stationmaster.domain.accounts import User, users
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted

ROLE = "driver"
"""What who comes by themselves is."""


def customer_of(work: Work, organization_id: int, user_id: str) -> CustomerRow:
    """Who a user is as a customer. Raises `NotFound` when they are none."""
    row = find(work, organization_id, user_id)
    if row is None:
        raise NotFound("you are not a customer here yet; whoever runs the chargers can say which one you are")
    return row


def find(work: Work, organization_id: int, user_id: str) -> CustomerRow | None:
    """The same; None when they are none."""
    theirs = select(users.c.customer_id).where(
        users.c.organization_id == organization_id, users.c.public_id == user_id, not_deleted(users)
    )
    table = customers.customers
    mine = select(table).where(
        table.c.id == theirs.scalar_subquery(), table.c.organization_id == organization_id, not_deleted(table)
    )
    row: CustomerRow | None = work.execute(mine).one_or_none()
    return row


def id_of(work: Work, user: User) -> str | None:
    """The id of the customer that a user is, if they are one."""
    row = find(work, user.organization_id, user.id)
    return None if row is None else row.public_id


def link(work: Work, organization_id: int, user_id: str, *, customer: str | None) -> User:
    """Say which customer a user is; None: none. Who was another one before has to log in again.

    Raises `NotFound`, `Invalid`, and `Conflict` when somebody else is this customer.
    """
    organizations.lock(work, organization_id)
    user = accounts.get(work, organization_id, user_id)
    before = accounts.row_of(work, user).customer_id
    key = customers.named(work, organization_id, customer)
    if key == before:
        return user
    other = select(users.c.email).where(users.c.customer_id == key, not_deleted(users))
    if key is not None and (taken := work.execute(other).scalar()) is not None:
        raise Conflict("customer {customer!r} is {taken} already", customer=customer, taken=taken)
    version = user.version if before is None else user.version + 1
    work.execute(update(users).where(users.c.id == user.key).values(customer_id=key, version=version))
    audit.record(
        work,
        "change_user",
        accounts.subject_of(user),
        before={"customer": ids(work, [before]).get(before)},
        after={"customer": customer},
        organization=organization_id,
    )
    return accounts.get(work, organization_id, user_id)


def become_customer(work: Work, user: User) -> None:
    """Somebody who came by themselves, and has confirmed their address, is a customer from now on."""
    if user.role != ROLE or accounts.row_of(work, user).customer_id is not None:
        return
    email = user.email if customers.is_email(user.email) else None
    with audit.acting(work, accounts.actor_of(user)):
        made = customers.create(work, user.organization_id, name=user.name or user.email, email=email)
        link(work, user.organization_id, user.id, customer=made.public_id)


def ids(work: Work, keys: Sequence[int | None]) -> dict[int | None, str]:
    """The ids that customers are known by, by key."""
    return versions.ids_of(work, customers.customers, keys)


def user_of(work: Work, customer: CustomerRow) -> accounts.UserRow | None:
    """The user that a customer is."""
    mine = accounts.selected.where(users.c.customer_id == customer.id, not_deleted(users))
    row: accounts.UserRow | None = work.execute(mine).one_or_none()
    return row


def may_be_written_to(work: Work, customer: CustomerRow, email: str) -> bool:
    """Whether a customer may say this address themselves: the one there is, or theirs as a user, which is confirmed; notices to others' would be theirs to send."""
    user = user_of(work, customer)
    known = {customer.email, None if user is None else user.email}
    return email.strip().casefold() in {one.casefold() for one in known if one is not None}


def removed_users_of(work: Work, customer: CustomerRow) -> list[accounts.UserRow]:
    """Users that a customer was, who are removed."""
    mine = accounts.selected.where(users.c.customer_id == customer.id, users.c.deleted_at.is_not(None))
    return list(work.execute(mine))
