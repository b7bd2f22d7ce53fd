"""What is asked of a provider of payments, in our words: the file beside this one with the provider's name says it in theirs.

Amounts go in the smallest unit of their currency (403 yen are 403, 4.03 euros are 403, 0.329 dinars are 329). Every function that moves money takes a `key`: told
twice with one key, a provider does it once. All of them run outside of the writer, so each may be told again after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

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


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as we want it.

    `payment` is our id of it: the provider is to say it with all that it tells of the payment, as metadata. `capture`: `later` holds the amount, to be
    captured or released by us. `method` is one that the payer has saved with the provider before (`Told.method`); with it the payer is not
    asked. `save` asks for one to be kept. The payer comes back to `return_url`, whatever has happened; that proves nothing. Nobody is to pay after `expires_at`, as far as the provider can see to that.
    """

    payment: str
    amount: Amount
    capture: Literal["later", "at_once"]
    description: str
    return_url: str
    expires_at: datetime
    email: str | None = None
    method: SavedMethod | None = None
    save: bool = False


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


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook, understood: its own id, and what it says. Neither: it is about something that does not concern us."""

    id: str
    at: datetime
    kind: str
    payment: Told | None = None
    refund: Refunded | None = None


class Movement(NamedTuple):
    """Money that came to us or went back, in the provider's own list: a charge that was captured (positive), a refund or a reversal (negative)."""

    reference: str  # of the charge, or of the refund
    kind: Literal["charge", "refund", "reversal"]
    amount: Amount
    at: datetime
    payment: str | None  # our id of it, where it has one


class Refused(Exception):
    """The provider has said no, and would again. The sentence is for people; `code` is the provider's."""

    def __init__(self, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code


class Unclear(Exception):
    """No answer came, or none that says what was done: it may have been. To be told again, with the same key."""


class Forged(Exception):
    """What came as a webhook has no good signature, or an old one."""


class Provider(Protocol):
    """One account with a provider. Each function raises `Refused` or `Unclear`, and nothing else."""

    kind: str  # stripe, razorpay, test
    can_hold: (
        bool  # whether an amount can be held first; else all of it is paid at once, and what is not used goes back
    )

    async def begin(self, asked: Asked, *, key: str) -> Told:
        """A new payment. With a saved method it may be authorised or paid at once; without, `pay_at` or `client` says how the payer pays."""

    async def capture(self, told: Told, amount: Amount, *, key: str) -> Told:
        """Take so much of what is held, once; the rest is released. `told` is the newest that is known of the payment."""

    async def release(self, told: Told, *, key: str) -> Told:
        """Hold nothing any more; of a payment that is still pending, let nobody pay it."""

    async def refund(self, told: Told, amount: Amount, *, refund: str, charge: str, key: str) -> Refunded:
        """Give back so much of a charge. `refund` is our id of it."""

    async def find(self, reference: str) -> Told:
        """What is so now, whatever webhooks have said or not said."""

    async def find_refund(self, reference: str) -> Refunded:
        """The same of a refund."""

    async def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        """All that came and went in `since` ≤ at < `until`, by the provider's own list."""

    def event(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Event:
        """What a webhook says. The signature is over the very bytes; header names are in lower case. Raises `Forged`, also when it was signed more than `SIGNED_WITHIN_S` ago."""

    async def close(self) -> None:
        """The end of its connections."""


SIGNED_WITHIN_S = 300.0
