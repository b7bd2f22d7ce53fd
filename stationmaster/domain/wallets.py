"""Wallets: the money that customers have with us. There are none yet, so nobody has booked anything."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from stationmaster.domain import customers
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

Kind = Literal["credit", "debit"]


class Transaction(NamedTuple):
    """One entry of a wallet, and what was in it then."""

    id: str
    kind: Kind
    amount: Decimal
    balance: Decimal
    currency: str
    description: str | None
    reference: str | None
    created_at: datetime


def list_transactions(work: Work, organization_id: int, customer_id: str, wanted: Wanted) -> Found[Transaction]:
    """The entries of a customer's wallet, the newest first. Raises `NotFound`."""
    customers.get(work, organization_id, customer_id)
    return Found([], None)
