"""What is asked of a provider of payments, in our words: the file beside this one with the provider's name says it in theirs.

Every function that moves money takes a `key`: told twice with one key, a provider does it once. All of them run outside of the writer, so
each may be told again after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from stationmaster.payment_words import Amount, Movement, Refunded, SavedMethod, Told, Webhook


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as we want it.

    `payment` is our id of it: the provider is to say it with all that it tells of the payment, as metadata. `capture`: `later` holds the amount, to be
    captured or released by us. `method` is one that the payer has saved with the provider before (`Told.method`); with it the payer is not
    asked. `save` asks for one to be kept; where the amount is nothing, only that is done: it is `paid` when it is kept, with its `method`. The payer comes back to `return_url`, whatever has happened; that proves nothing. Nobody is to pay after `expires_at`, as far as the provider can see to that.
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

    async def increase(self, told: Told, amount: Amount, *, key: str) -> Told:
        """Hold so much in all of a payment that is held: more than before, and for as long. Raises `Refused` where provider, card or bank cannot: then it is held as before."""

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

    def event(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Webhook:
        """What a webhook says. The signature is over the very bytes; header names are in lower case. Raises `Forged`, also when it was signed more than `SIGNED_WITHIN_S` ago."""

    async def close(self) -> None:
        """The end of its connections."""


SIGNED_WITHIN_S = 300.0
