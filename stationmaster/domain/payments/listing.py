"""Lists of payments, and what the things they are about are called outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import select

from stationmaster.domain import customers, versions
from stationmaster.domain.payments.states import State
from stationmaster.domain.payments.tables import PaymentRow, Purpose, payment_claims, payments
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed, only


class Names(NamedTuple):
    """Ids by keys, and the names of the customers."""

    customers: dict[int | None, str]
    people: dict[int | None, str]
    claims: dict[int | None, str]


class _Owned(Protocol):
    @property
    def customer_id(self) -> int | None: ...


def list_payments(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    state: State | None = None,
    purpose: Purpose | None = None,
    customer: str | None = None,
) -> Found[PaymentRow]:
    """The newest first. Raises `NotFound` for a customer that is none."""
    table = payments.c
    mine = select(payments).where(table.organization_id == organization_id)
    key = None if customer is None else customers.get(work, organization_id, customer).id
    mine = only(mine, {table.state: state, table.purpose: purpose, table.customer_id: key})
    return listed(work, mine, wanted, key=table.id)


def names_of(work: Work, rows: Sequence[_Owned]) -> Names:
    """What their customers and claims are called."""
    table = customers.customers.c
    keys = {row.customer_id for row in rows if row.customer_id is not None}
    owners = work.execute(select(table.id, table.public_id, table.name).where(table.id.in_(keys))).all() if keys else []
    ids, people = ({row.id: getattr(row, each) for row in owners} for each in ("public_id", "name"))
    return Names(ids, people, versions.ids_of(work, payment_claims, [getattr(row, "claim_id", None) for row in rows]))
