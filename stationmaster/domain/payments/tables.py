"""The tables of payments, and what their rows look like. Amounts are in the smallest unit of the payment's currency."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy import text as sql

from stationmaster.domain.payments.states import State
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata, organization

Purpose = Literal["top_up", "session", "claim", "card"]
"""What it is for: money for a customer's wallet, the session of a guest, what somebody owes; or a card is saved, and nothing paid."""


payments = Table(
    "payments",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("provider", Text, nullable=False),  # the name of the account; `cash` and `bank` are entered by people
    Column("purpose", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("capture", Text, nullable=False),  # at_once, or later: then the amount is held first
    Column("customer_id", BigInt, ForeignKey("customers.id"), index=True),  # none: of a guest
    Column("claim_id", BigInt, ForeignKey("payment_claims.id"), index=True),
    Column("currency", Text, nullable=False),
    Column("amount", BigInt, nullable=False),  # that was asked, or is held
    Column("raise_to", BigInt),  # so much is asked to be held in all, and the provider has not answered yet
    Column("raise_refused", Text),  # why no more is held, for the payer
    Column("wanted", BigInt),  # of what is held, by us
    Column("captured", BigInt, nullable=False, server_default=sql("0")),
    Column("refunded", BigInt, nullable=False, server_default=sql("0")),  # or about to be
    Column("reference", Text),  # the provider's id of it
    Column("charge", Text),
    Column("told", Json),  # the newest that the provider has said
    Column("hold_until", UtcTime),
    Column("expires_at", UtcTime, nullable=False),  # nobody is to pay later
    Column("description", Text, nullable=False),
    Column("email", Text),
    Column("return_url", Text, nullable=False),
    Column("session", Text),  # the id of the session that it is for
    Column("method", Json),  # a saved one, with which it is paid
    Column("save", Boolean, nullable=False, server_default=sql("false")),  # the payer has said so: keep one
    Column("code", Text),
    Column("reason", Text),  # of what went wrong, for people
    Column("made_by", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("look_at", UtcTime),  # when the provider is asked what is so
    Column("looks", Integer, nullable=False, server_default=sql("0")),
)
Index("ix_payments_organization_id", payments.c.organization_id, payments.c.id)
Index("ix_payments_reference", payments.c.provider, payments.c.reference)
_looked_after = payments.c.look_at.is_not(None)
Index("ix_payments_look_at", payments.c.look_at, sqlite_where=_looked_after, postgresql_where=_looked_after)

payment_charges = Table(
    "payment_charges",
    metadata,
    key(),
    organization(),
    Column("payment_id", BigInt, ForeignKey("payments.id"), nullable=False, index=True),
    Column("provider", Text, nullable=False),
    Column("reference", Text, nullable=False),  # the provider's id of the charge
    Column("kind", Text, nullable=False),  # kept; late or second: it goes back
    Column("amount", BigInt, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("reversed_at", UtcTime),
    UniqueConstraint("provider", "reference"),
)

payment_refunds = Table(
    "payment_refunds",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("payment_id", BigInt, ForeignKey("payments.id"), nullable=False, index=True),
    Column("charge", Text, nullable=False),
    Column("amount", BigInt, nullable=False),
    Column("state", Text, nullable=False),  # asked, pending, done, failed
    Column("reference", Text),
    Column("why", Text, nullable=False),  # late, second, person
    Column("reason", Text),
    Column("error", Text),
    Column("asked_by", Text),
    Column("asked_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
)
Index("ix_payment_refunds_reference", payment_refunds.c.reference)

payment_events = Table(
    "payment_events",
    metadata,
    key(),
    organization(),
    Column("provider", Text, nullable=False),
    Column("event", Text, nullable=False),  # the provider's id of it
    Column("kind", Text, nullable=False),
    Column("payment_id", BigInt, ForeignKey("payments.id")),
    Column("what_came", Text, nullable=False),  # what came of it, in a word
    Column("at", UtcTime, nullable=False),
    Column("heard_at", UtcTime, nullable=False),
    UniqueConstraint("provider", "event"),
)

payment_claims = Table(
    "payment_claims",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("customer_id", BigInt, ForeignKey("customers.id"), index=True),  # none: of a guest
    Column("session", Text),  # the id of the session that it is for
    Column("currency", Text, nullable=False),
    Column("amount", BigInt, nullable=False),
    Column("state", Text, nullable=False),  # open, paid, written_off
    Column("reason", Text, nullable=False),  # why it was not paid
    Column("email", Text),
    Column("tries", Integer, nullable=False, server_default=sql("0")),
    Column("next_try_at", UtcTime),
    Column("blocks", Boolean, nullable=False, server_default=sql("false")),  # who owes it may not charge
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("ended_by", Text),
    Column("note", Text),
)
Index("ix_payment_claims_organization_id", payment_claims.c.organization_id, payment_claims.c.id)
_open_claims = payment_claims.c.next_try_at.is_not(None)
Index(
    "ix_payment_claims_next_try_at",
    payment_claims.c.next_try_at,
    sqlite_where=_open_claims,
    postgresql_where=_open_claims,
)


class PaymentRow(Protocol):
    """A row of `payments`."""

    id: int
    organization_id: int
    public_id: str
    provider: str
    purpose: Purpose
    state: State
    capture: Literal["later", "at_once"]
    customer_id: int | None
    claim_id: int | None
    currency: str
    amount: int
    raise_to: int | None
    raise_refused: str | None
    wanted: int | None
    captured: int
    refunded: int
    reference: str | None
    charge: str | None
    told: dict[str, Any] | None
    hold_until: datetime | None
    expires_at: datetime
    description: str
    email: str | None
    return_url: str
    session: str | None
    method: dict[str, Any] | None
    save: bool
    code: str | None
    reason: str | None
    made_by: str
    made_at: datetime
    changed_at: datetime
    look_at: datetime | None
    looks: int


RefundState = Literal["asked", "pending", "done", "failed"]
Why = Literal["late", "second", "person"]


class RefundRow(Protocol):
    """A row of `payment_refunds`."""

    id: int
    organization_id: int
    public_id: str
    payment_id: int
    charge: str
    amount: int
    state: RefundState
    reference: str | None
    why: Why
    reason: str | None
    error: str | None
    asked_by: str | None
    asked_at: datetime
    ended_at: datetime | None


ClaimState = Literal["open", "paid", "written_off"]


class ClaimRow(Protocol):
    """A row of `payment_claims`."""

    id: int
    organization_id: int
    public_id: str
    customer_id: int | None
    session: str | None
    currency: str
    amount: int
    state: ClaimState
    reason: str
    email: str | None
    tries: int
    next_try_at: datetime | None
    blocks: bool
    made_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    note: str | None
