"""Customers: who charges and is billed. They drive vehicles (`vehicles.py`) and have cards (`tokens.py`).

A customer may be a person, whose data are theirs: `personal_data.py` gives them out, and erases them. What was charged stays.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Column, ForeignKey, Index, Select, Table, Text, func, insert, or_, select

from stationmaster.domain import audit, customer_groups, customer_terms, phones, tariffs, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.customer_terms import TERMS, Billing
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, Json, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed
from stationmaster.storage.queries import is_among, not_deleted, search
from stationmaster.storage.trigrams import searched

customers = Table(
    "customers",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False),  # the operator's own id of it
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # as it is sorted
    Column("phone", Text),  # see phones.py
    Column("email", Text),
    Column("blocked_at", UtcTime),  # owes something that was tried too often; may not charge
    Column("erased_at", UtcTime),  # nothing here tells any more who it was
    # On which terms they charge: see customer_terms.py.
    Column("billing", Text, nullable=False, server_default="free"),
    Column("currency", Text),  # of the limit and the budget
    Column("credit_limit", Exact()),  # how much they may owe; empty: as much as they want
    Column("monthly_budget", Exact()),
    Column("language", Text),
    Column("billing_address", Json),
    Column("tax_number", Text),
    Column("group_id", BigInt, ForeignKey("customer_groups.id"), index=True),
    Column("tariff_id", BigInt, ForeignKey("tariffs.id")),  # before that of the group, and those of places
    *versions.columns(),
)
_living = customers.c.deleted_at.is_(None)
for _name, _column in (("uq_customers_public_id", customers.c.public_id), ("uq_customers_phone", customers.c.phone)):
    Index(_name, customers.c.organization_id, _column, unique=True, sqlite_where=_living, postgresql_where=_living)
Index("ix_customers_organization_id", customers.c.organization_id, customers.c.id)
Index("ix_customers_email", customers.c.organization_id, func.lower(customers.c.email), customers.c.id)
Index("ix_customers_updated", customers.c.organization_id, customers.c.updated_at, customers.c.id)
Index("ix_customers_created", customers.c.organization_id, customers.c.created_at, customers.c.id)
Index("ix_customers_public_id", customers.c.organization_id, customers.c.public_id, customers.c.id)
Index(
    "ix_customers_deleted",
    customers.c.organization_id,
    customers.c.id,
    sqlite_where=customers.c.deleted_at.is_not(None),
    postgresql_where=customers.c.deleted_at.is_not(None),
)
Index("ix_customers_name_key", customers.c.organization_id, customers.c.name_key, customers.c.id)

SEARCHED = searched(customers.c.public_id, customers.c.name, customers.c.email, customers.c.phone)

FACTS = ("name", "phone", "email")
"""What a person may say of a customer."""

SORTS = {
    "id": customers.c.public_id,
    "name": customers.c.name_key,
    "phone": customers.c.phone,
    "email": func.lower(customers.c.email),
    "created": customers.c.id,
    "updated": customers.c.updated_at,
}
"""What a list of customers can be sorted by."""

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f.]+(\.[^@\s\x00-\x1f\x7f.]+)*")


class CustomerRow(Protocol):
    """A row of the table."""

    id: int
    public_id: str
    name: str
    phone: str | None
    email: str | None
    erased_at: datetime | None
    billing: Billing
    currency: str | None
    credit_limit: Decimal | None
    monthly_budget: Decimal | None
    language: str | None
    billing_address: dict[str, str] | None
    tax_number: str | None
    group_id: int | None
    tariff_id: int | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class Names(NamedTuple):
    """By which ids the group and the tariff of a customer are known."""

    group: str | None
    tariff: str | None


def create(work: Work, /, organization_id: int, *, public_id: str | None = None, **given: Any) -> CustomerRow:
    """A new customer of these `FACTS` and `TERMS`, of this `group` and `tariff`. Raises `Invalid`, and `Conflict` when the id or the
    phone is another's."""
    values = checked(dict.fromkeys(FACTS) | given) | customer_terms.checked(customer_terms.NOTHING | given)
    values |= _references(work, organization_id, given)
    public_id = public_id or secrets.token_hex(8)
    _check_free(work, organization_id, public_id=public_id, phone=values["phone"])
    new = insert(customers).values(
        organization_id=organization_id, public_id=public_id, **values, **versions.first(work)
    )
    row: CustomerRow = work.execute(new.returning(*customers.c)).one()
    _record(work, "add_customer", organization_id, row, after=_whole(work, row))
    return row


def get(work: Work, organization_id: int, customer_id: str, *, lock: bool = False) -> CustomerRow:
    """The customer with this id. Raises `NotFound`."""
    mine = _mine(organization_id, customer_id).where(not_deleted(customers))
    row: CustomerRow | None = versions.find(work, mine, lock=lock)
    if row is None:
        raise NotFound("there is no customer {id!r}", id=customer_id)
    return row


def change(
    work: Work,
    organization_id: int,
    customer_id: str,
    changes: Mapping[str, Any],
    *,
    expected: versions.Expected = None,
) -> CustomerRow:
    """Set what is given of `FACTS`, `TERMS`, `group` and `tariff`. Raises `NotFound`, `Outdated`, `Invalid`, `Conflict`."""
    customer = get(work, organization_id, customer_id, lock=True)
    versions.check(customer, expected)
    values = checked(facts(customer) | {name: changes[name] for name in FACTS if name in changes})
    values |= customer_terms.checked(terms(customer) | {name: changes[name] for name in TERMS if name in changes})
    values |= _references(work, organization_id, changes)
    before = _whole(work, customer)
    if values["phone"] != customer.phone:
        _check_free(work, organization_id, phone=values["phone"])
    changed = versions.change(work, customers, customer, values)
    _record(work, "change_customer", organization_id, customer, before=before, after=_whole(work, changed))
    return changed


def remove(work: Work, organization_id: int, customer_id: str, *, expected: versions.Expected = None) -> None:
    """Soft: sessions keep whose they were. Raises `NotFound`, `Outdated`, and `Conflict` while the customer has cards."""
    from stationmaster.domain.tokens import tokens  # which knows of customers

    customer = get(work, organization_id, customer_id, lock=True)
    versions.check(customer, expected)
    cards = select(func.count()).where(tokens.c.customer_id == customer.id, not_deleted(tokens))
    count = work.execute(cards).scalar_one()
    if count:
        one = "customer {id!r} has one card: remove it first"
        raise Conflict(
            one if count == 1 else "customer {id!r} has {count} cards: remove them first", id=customer_id, count=count
        )
    versions.delete(work, customers, customer)
    _record(work, "remove_customer", organization_id, customer, before=_whole(work, customer))


def restore(work: Work, organization_id: int, customer_id: str) -> CustomerRow:
    """Bring back the one that was removed last. Raises `NotFound`, and `Conflict` when its id or phone is in use again."""
    mine = _mine(organization_id, customer_id).where(customers.c.erased_at.is_(None))
    gone: CustomerRow = versions.newest_deleted(work, customers, mine, f"customer {customer_id!r}")
    _check_free(work, organization_id, public_id=gone.public_id, phone=gone.phone)
    restored = versions.change(work, customers, gone, {"deleted_at": None})
    _record(work, "restore_customer", organization_id, restored, after=_whole(work, restored))
    return restored


def list_customers(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    deleted: bool = False,
) -> Found[CustomerRow]:
    """The customers that are so, in `created_from` ≤ created < `created_to`. What is searched for may stand in the name, the id, the
    phone, the e-mail, or on a card."""
    mine = select(customers).where(customers.c.organization_id == organization_id, customers.c.erased_at.is_(None))
    mine = mine.where(customers.c.deleted_at.is_not(None) if deleted else not_deleted(customers))
    if created_from is not None:
        mine = mine.where(customers.c.created_at >= created_from)
    if created_to is not None:
        mine = mine.where(customers.c.created_at < created_to)
    if wanted.search:
        mine = mine.where(_is_about(organization_id, wanted.search)).execution_options(by_text=True)
    return listed(work, mine, wanted._replace(search=None), key=customers.c.id, sorts=SORTS)


def named(work: Work, organization_id: int, customer_id: str | None, *, field: str = "customer") -> int | None:
    """The key of the customer that something belongs to; None when none is named. Raises `Invalid`."""
    if customer_id is None:
        return None
    try:
        return get(work, organization_id, customer_id).id
    except NotFound as missing:
        raise Invalid(field, missing.reason) from None


def _is_about(organization_id: int, text: str) -> Any:
    from stationmaster.domain.tokens import SEARCHED as SEARCHED_OF_TOKENS  # which knows of customers
    from stationmaster.domain.tokens import tokens

    # Those of all cards that are so, found once: to look for the cards of each customer would take longer.
    theirs = select(tokens.c.customer_id).where(
        tokens.c.organization_id == organization_id,
        tokens.c.customer_id.is_not(None),
        not_deleted(tokens),
        search(text, SEARCHED_OF_TOKENS),
        search(text, (tokens.c.uid, tokens.c.label)),
    )
    digits = phones.search_text(text)
    # In all that is searched as well, for that has an index.
    typed = [] if digits is None else [search(digits, SEARCHED) & customers.c.phone.contains(digits, autoescape=True)]
    return or_(search(text, SEARCHED), is_among(customers.c.id, theirs), *typed)


def _mine(organization_id: int, customer_id: str) -> Select[Any]:
    return select(customers).where(customers.c.organization_id == organization_id, customers.c.public_id == customer_id)


def _check_free(work: Work, organization_id: int, *, public_id: str | None = None, phone: str | None) -> None:
    if public_id is not None:
        taken = _mine(organization_id, public_id).where(not_deleted(customers))
        if work.execute(taken).first() is not None:
            raise Conflict("there is a customer with the id {id!r} already", id=public_id)
    if phone is not None:
        mine = (customers.c.organization_id == organization_id, customers.c.phone == phone, not_deleted(customers))
        other = work.execute(select(customers.c.public_id).where(*mine)).scalar()
        if other is not None:
            raise Conflict("the phone {phone} is that of customer {customer!r}", phone=phone, customer=other)


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as they are kept. Raises `Invalid`."""
    email: str | None = given["email"]
    if email is not None:
        email = email.strip()
        if not is_email(email):
            raise Invalid("email", "{email!r} is no e-mail address", email=email)
    name = given["name"].strip()
    if not name:
        raise Invalid("name", "is empty")
    phone = None if given["phone"] is None else phones.kept(given["phone"])
    return {"name": name, "name_key": name.casefold(), "phone": phone, "email": email}


def is_email(text: str) -> bool:
    """Whether this is an address that a customer can have."""
    return _EMAIL.fullmatch(text) is not None


def facts(row: CustomerRow) -> dict[str, Any]:
    """What a person may say of a customer, as it is."""
    return {name: getattr(row, name) for name in FACTS}


def terms(row: CustomerRow) -> dict[str, Any]:
    """On which terms a customer charges."""
    return {name: getattr(row, name) for name in TERMS}


def names_of(work: Work, rows: Iterable[CustomerRow]) -> dict[int, Names]:
    """The group and the tariff of each of these, by the key of the customer."""
    known = list(rows)
    groups = versions.ids_of(work, customer_groups.customer_groups, [row.group_id for row in known])
    named = versions.ids_of(work, tariffs.tariffs, [row.tariff_id for row in known])
    return {row.id: Names(groups.get(row.group_id), named.get(row.tariff_id)) for row in known}


def _references(work: Work, organization_id: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the group and the tariff, where they are named. Raises `Invalid`."""
    keys: dict[str, Any] = {}
    if "group" in given:
        keys["group_id"] = customer_groups.named(work, organization_id, given["group"])
    if "tariff" in given:
        keys["tariff_id"] = tariffs.named(work, organization_id, given["tariff"])
    return keys


def _whole(work: Work, row: CustomerRow) -> dict[str, Any]:
    """All that a person may say of a customer, for the audit log: nothing of terms where there are none."""
    said = {name: value for name, value in terms(row).items() if value != customer_terms.NOTHING[name]}
    named = {name: value for name, value in names_of(work, [row])[row.id]._asdict().items() if value is not None}
    return facts(row) | said | named


def _record(
    work: Work, action: str, organization_id: int, row: CustomerRow, *, before: Any = None, after: Any = None
) -> None:
    subject = Subject("customer", row.public_id)
    audit.record(work, action, subject, before=before, after=after, organization=organization_id)
