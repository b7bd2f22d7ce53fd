"""Where alerts are kept: rules, channels, pauses, the alerts with their history, and every notice that was to be sent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, true

from stationmaster.domain import versions
from stationmaster.domain.alerts.kinds import KindName, Severity
from stationmaster.storage.columns import BigInt, Exact, Json, UtcTime, key, metadata, organization

ChannelKind = Literal["sms", "chat", "push", "webhook"]
By = Literal["email", "sms", "chat", "push", "webhook", "app"]
NoticeState = Literal["waiting", "sent", "failed", "not_sent"]


alert_rules = Table(
    "alert_rules",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("site_id", BigInt, ForeignKey("sites.id")),  # what it is about; with neither of the two, everything
    Column("station_id", BigInt, ForeignKey("stations.id")),
    Column("minutes", Integer),  # how long it must be so; what that means says the kind
    Column("amount", Exact(3)),  # of money, or percent
    Column("at_time", Text),  # of a digest, by the clock of the site
    Column("quiet_from", Text),  # by the clock of the site; none: never quiet
    Column("quiet_until", Text),
    Column("tell", Json, nullable=False),  # roles, users, addresses, channels
    Column("tell_resolved", Boolean, nullable=False, server_default=true()),
    Column("escalate_after_minutes", Integer),
    Column("escalate_to", Json),
    *versions.columns(),
)
_present = alert_rules.c.deleted_at.is_(None)
Index(
    "uq_alert_rules_public_id",
    alert_rules.c.organization_id,
    alert_rules.c.public_id,
    unique=True,
    sqlite_where=_present,
    postgresql_where=_present,
)

alert_channels = Table(
    "alert_channels",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", LargeBinary, nullable=False),  # sealed: it holds the key of an account elsewhere
    Column("shown", Text, nullable=False),  # of the address, what may be seen
    Column("active", Boolean, nullable=False, server_default=true()),
    *versions.columns(),
)
Index("ix_alert_channels_organization_id", alert_channels.c.organization_id, alert_channels.c.id)

alert_pauses = Table(
    "alert_pauses",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("site_id", BigInt, ForeignKey("sites.id")),
    Column("station_id", BigInt, ForeignKey("stations.id")),
    Column("from_at", UtcTime, nullable=False),
    Column("until_at", UtcTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("made_by", Text),
)
Index("ix_alert_pauses_organization_id", alert_pauses.c.organization_id, alert_pauses.c.until_at)

alerts = Table(
    "alerts",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("rule_id", BigInt, ForeignKey("alert_rules.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("subject", Text, nullable=False),  # what it is about: one of a rule is open at a time
    Column("site_id", BigInt, ForeignKey("sites.id")),
    Column("station_id", BigInt, ForeignKey("stations.id")),
    Column("members", Json),  # the keys of the chargers, where there are several
    Column("facts", Json, nullable=False),  # what its texts say
    Column("zone", Text, nullable=False),  # the clock there
    Column("since", UtcTime, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("told_at", UtcTime),  # empty: it waits for the end of the quiet hours
    Column("escalated_at", UtcTime),
    Column("acknowledged_at", UtcTime),
    Column("acknowledged_by", Text),
    Column("resolved_at", UtcTime),
    Column("resolved_by", Text),  # empty: it is well again by itself
)
_open = alerts.c.resolved_at.is_(None)
Index(  # exactly once, also with two nodes: the database decides
    "uq_alerts_open",
    alerts.c.rule_id,
    alerts.c.subject,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)
Index("ix_alerts_organization_id", alerts.c.organization_id, alerts.c.id)
Index("ix_alerts_station_id", alerts.c.station_id, alerts.c.id)

alert_steps = Table(
    "alert_steps",
    metadata,
    key(),
    organization(),
    Column("alert_id", BigInt, ForeignKey("alerts.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("what", Text, nullable=False),  # opened, told, escalated, acknowledged, joined, resolved
    Column("by", Text),
    Column("note", Text),
)

alert_notices = Table(
    "alert_notices",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("alert_id", BigInt, ForeignKey("alerts.id"), index=True),
    Column("customer_id", BigInt, ForeignKey("customers.id"), index=True),
    Column("kind", Text, nullable=False),  # opened, escalated, resolved, digest, test; or one of a customer's
    Column("about", Text),  # of a customer's: what it is about, of which they are told once
    Column("channel", Text, nullable=False),  # email, sms, chat, push, webhook
    Column("channel_id", BigInt, ForeignKey("alert_channels.id")),
    Column("receiver", Text, nullable=False),  # an address, a phone number, or the name of the channel
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("sent_at", UtcTime),
    Column("pushed_at", UtcTime),  # when a device of theirs has got it, too
    Column("why", Text),  # why it was not sent, or failed the last time
)
Index("ix_alert_notices_organization_id", alert_notices.c.organization_id, alert_notices.c.id)
Index("ix_alert_notices_at", alert_notices.c.at)
_told_once = alert_notices.c.about.is_not(None)
Index(  # also with two nodes, and after a restart
    "uq_alert_notices_about",
    alert_notices.c.customer_id,
    alert_notices.c.kind,
    alert_notices.c.about,
    unique=True,
    sqlite_where=_told_once,
    postgresql_where=_told_once,
)

alert_digests = Table(
    "alert_digests",
    metadata,
    key(),
    organization(),
    Column("rule_id", BigInt, ForeignKey("alert_rules.id"), nullable=False),
    Column("zone", Text, nullable=False),
    Column("day", Text, nullable=False),  # by the clock there, as in 2026-11-26
    Column("at", UtcTime, nullable=False),
)
Index("uq_alert_digests_day", alert_digests.c.rule_id, alert_digests.c.zone, alert_digests.c.day, unique=True)

alerts_read = Table(
    "alerts_read",
    metadata,
    Column("user_id", BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("alert_id", BigInt, nullable=False),  # the newest that they have seen
)


class RuleRow(Protocol):
    """A row of `alert_rules`."""

    id: int
    organization_id: int
    public_id: str
    name: str
    kind: KindName
    severity: Severity
    active: bool
    site_id: int | None
    station_id: int | None
    minutes: int | None
    amount: Decimal | None
    at_time: str | None
    quiet_from: str | None
    quiet_until: str | None
    tell: dict[str, list[str]]
    tell_resolved: bool
    escalate_after_minutes: int | None
    escalate_to: dict[str, list[str]] | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class ChannelRow(Protocol):
    """A row of `alert_channels`."""

    id: int
    organization_id: int
    public_id: str
    name: str
    kind: ChannelKind
    address: bytes
    shown: str
    active: bool
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class AlertRow(Protocol):
    """A row of `alerts`."""

    id: int
    organization_id: int
    public_id: str
    rule_id: int
    kind: KindName
    severity: Severity
    subject: str
    site_id: int | None
    station_id: int | None
    members: list[int] | None
    facts: dict[str, Any]
    zone: str
    since: datetime
    opened_at: datetime
    told_at: datetime | None
    escalated_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None


class NoticeRow(Protocol):
    """A row of `alert_notices`."""

    id: int
    organization_id: int
    public_id: str
    alert_id: int | None
    customer_id: int | None
    kind: str
    about: str | None
    channel: By
    channel_id: int | None
    receiver: str
    subject: str
    body: str
    language: str
    at: datetime
    state: NoticeState
    tries: int
    sent_at: datetime | None
    pushed_at: datetime | None
    why: str | None
