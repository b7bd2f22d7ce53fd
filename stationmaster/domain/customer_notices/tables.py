"""Where it is kept what customers want to be told of. What they were told is in `alert_notices`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, get_args

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from stationmaster.storage.columns import BigInt, Exact, Json, UtcTime, key, metadata, organization

Kind = Literal["started", "nearly_full", "ended", "idle_fee", "reservation", "wallet_low", "receipt"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Way = Literal["email", "sms"]

FULL_AT = 80
"""Percent of the battery at which a car is nearly full, for who says nothing else."""
WALLET_BELOW = Decimal(5)
"""A balance below this is low, where an organization says nothing else; in whatever currency it is."""

notice_choices = Table(
    "notice_choices",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),  # by which the links in notices know it
    Column("customer_id", BigInt, ForeignKey("customers.id"), nullable=False, unique=True),
    # Of each kind that they want: since when, and in which version that was chosen.
    Column("kinds", Json, nullable=False),
    Column("full_at_percent", Integer, nullable=False, server_default=str(FULL_AT)),
    Column("way", Text, nullable=False, server_default="email"),  # email or sms; what cannot be sent so goes by mail
    Column("version", Integer, nullable=False, server_default="1"),
    Column("updated_at", UtcTime, nullable=False),
)

notice_offers = Table(
    "notice_offers",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False, unique=True),
    Column("kinds", Json, nullable=False),
    Column("wallet_below", Exact(3), nullable=False),
    Column("sms_channel_id", BigInt),  # of alert_channels: by whose account SMS to customers go
    Column("updated_at", UtcTime, nullable=False),
)


class ChoiceRow(Protocol):
    """A row of `notice_choices`."""

    id: int
    organization_id: int
    public_id: str
    customer_id: int
    kinds: dict[Kind, dict[str, Any]]
    full_at_percent: int
    way: Way
    version: int
    updated_at: datetime
