"""What a provider has said, as the domain takes it: `outside/payments/provider.py` has the same words, and says what they mean."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

ToldState = Literal["pending", "authorised", "paid", "released", "refused", "expired", "reversed"]


class SavedMethod(msgspec.Struct, frozen=True):
    """A card that a payer has saved with the provider."""

    payer: str
    method: str
    label: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is so of a payment. Amounts are in the smallest unit of their currency."""

    reference: str
    state: ToldState
    at: datetime
    payment: str | None = None
    charge: str | None = None
    amount: tuple[int, str] | None = None
    captured: int = 0
    hold_until: datetime | None = None
    pay_at: str | None = None
    client: dict[str, str] = {}
    code: str | None = None
    reason: str | None = None
    method: SavedMethod | None = None


class Refunded(msgspec.Struct, frozen=True, kw_only=True):
    """What is so of a refund."""

    reference: str
    state: Literal["pending", "done", "failed"]
    at: datetime
    refund: str | None = None
    charge: str | None = None
    amount: tuple[int, str] | None = None
    reason: str | None = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook of a provider."""

    id: str
    at: datetime
    kind: str
    payment: Told | None = None
    refund: Refunded | None = None
