"""Lists of payments, and what the things they are about are called outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import select

from stationmaster.domain import customers
from stationmaster.domain.payments.states import State
from stationmaster.domain.payments.tables import PaymentRow, Purpose, payment_claims, payments
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed, only, rows_among


class Names(NamedTuple):
    """Ids by keys."""

    customers: dict[int | None, str]
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
    claims = sorted({key for row in rows if (key := getattr(row, "claim_id", None)) is not None})
    owners = sorted({row.customer_id for row in rows if row.customer_id is not None})
    return Names(_ids(work, customers.customers, owners), _ids(work, payment_claims, claims))


def _ids(work: Work, table: Any, keys: Sequence[int]) -> dict[int | None, str]:
    asked = select(table.c.id, table.c.public_id)
    return {row.id: row.public_id for row in rows_among(work, asked, table.c.id, keys)}
