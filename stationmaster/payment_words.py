"""What providers of payments tell, in our words: `outside/payments` turns theirs into these, and `domain/payments` takes them as they are.

Amounts are in the smallest unit of their currency (403 yen are 403, 4.03 euros are 403, 0.329 dinars are 329).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

State = Literal["pending", "authorised", "paid", "released", "refused", "expired", "reversed"]
"""How far a payment is with its provider.

- `pending`: the payer has yet to do something, or the bank has.
- `authorised`: the amount is held for us, and nothing of it is ours yet.
- `paid`: it is ours, or the part of it that was captured.
- `released`: nothing was taken, and nothing is held any more.
- `refused`: the payer's bank has said no, or the payer; another attempt is another payment.
- `expired`: its time is over, for paying or for capturing, and nothing was taken.
- `reversed`: it was ours, and was taken back: a charge-back, a direct debit that was returned. Not our own refund.
"""


class Amount(NamedTuple):
    """So many of the smallest units of a currency (ISO 4217)."""

    minor: int
    currency: str


class SavedMethod(msgspec.Struct, frozen=True):
    """What a payer has saved with the provider: their ids of the payer and of the card, and what people call it (`visa ···· 4242`)."""

    payer: str
    method: str
    label: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says of a payment at a moment; by an answer or by a webhook, it is the same.

    `reference` is the provider's id of the payment as a whole (of an order, where several attempts belong to one), `charge` of the attempt that has brought money, or holds it: what is refunded.
    `amount` is what is held, or was asked; `captured` what is ours of it, refunded or not. `hold_until` is when a hold ends by itself: the
    provider knows, not we. `pay_at` is where the payer pays; `client` what a page needs to let them pay without leaving it. `reason` is a sentence for people.
    """

    reference: str
    state: State
    at: datetime
    payment: str | None = None
    charge: str | None = None
    amount: Amount | None = None
    captured: int = 0
    hold_until: datetime | None = None
    pay_at: str | None = None
    client: dict[str, str] = {}
    code: str | None = None
    reason: str | None = None
    method: SavedMethod | None = None


RefundState = Literal["pending", "done", "failed"]


class Refunded(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says of a refund. `refund` is our id of it, `charge` what it is of; it is matched by `reference` or `refund`, and by nothing else."""

    reference: str
    state: RefundState
    at: datetime
    refund: str | None = None
    charge: str | None = None
    amount: Amount | None = None
    reason: str | None = None


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook, understood: its own id, and what it says. Neither: it is about something that does not concern us."""

    id: str
    at: datetime
    kind: str
    payment: Told | None = None
    refund: Refunded | None = None


MovementKind = Literal["charge", "refund", "reversal"]


class Movement(NamedTuple):
    """Money that came to us or went back, in the provider's own list: a charge that was captured (positive), a refund or a reversal (negative)."""

    reference: str  # of the charge, or of the refund
    kind: MovementKind
    amount: Amount
    at: datetime
    payment: str | None  # our id of it, where it has one


def checked(said: T) -> T:
    """The same, when each field has its type: what tells it was made of JSON of others. Raises `msgspec.ValidationError`."""
    return msgspec.convert(msgspec.to_builtins(said), type(said))
