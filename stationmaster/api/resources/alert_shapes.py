"""What alerts, their rules and channels look like outside."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from stationmaster.api.shapes import Text, exact
from stationmaster.domain.alerts import texts
from stationmaster.domain.alerts.book import ListedAlert, State, StepRow
from stationmaster.domain.alerts.kinds import KindName, Severity
from stationmaster.domain.alerts.pauses import Pause
from stationmaster.domain.alerts.tables import By, ChannelKind, ChannelRow, NoticeRow, NoticeState

Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$(?!\n)", description="As in 07:30")]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=527_040)]
Amount = Annotated[Decimal, msgspec.Meta(description="Exact, as a text: of money, or percent")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
Note = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
Address = Annotated[str, msgspec.Meta(min_length=8, max_length=2000, pattern=r"^[^\x00-\x20\x7f]*$(?!\n)")]
When = Annotated[datetime, msgspec.Meta(tz=True)]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody should know of. `title` says it in English, `facts` are what is in it. `station` is null where it is about
    several (`facts.chargers`), or about none. `told_at` is null while it waits for the end of the quiet hours."""

    id: str
    state: State
    kind: KindName
    severity: Severity
    title: str
    rule: str
    rule_name: str
    station: str | None
    facts: dict[str, Any]
    since: datetime
    opened_at: datetime
    told_at: datetime | None
    escalated_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None


class AlertStep(msgspec.Struct, frozen=True):
    """Something that became of an alert."""

    at: datetime
    what: str
    by: str | None
    note: str | None


class AlertDetail(Alert, frozen=True, kw_only=True):
    """An alert with its history, oldest first."""

    steps: list[AlertStep]


class UnseenAlerts(msgspec.Struct, frozen=True):
    """How many are open that nobody looks after, and how many of them were opened since you have looked."""

    open: int
    unseen: int


class AlertNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to write beside it."""

    note: Note | None = None


class Receivers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets a message: users by role or id, and addresses, by e-mail; channels by their id."""

    roles: Annotated[list[Id], msgspec.Meta(max_length=20)] = []
    users: Annotated[list[Id], msgspec.Meta(max_length=100)] = []
    addresses: Annotated[list[Email], msgspec.Meta(max_length=100)] = []
    channels: Annotated[list[Id], msgspec.Meta(max_length=50)] = []


class AlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is watched for: everywhere, at one site, or of one charger; the nearest rule of a kind holds.

    `minutes` is how long it must be so; of `unstable` the time in which six drops count, of `certificate_expiring` how long before its end.
    `amount` is money in the wallet, or percent of the disk. Quiet hours are by the clock of the site.
    """

    id: str
    name: str
    kind: KindName
    severity: Severity
    active: bool
    site: str | None
    station: str | None
    minutes: int | None
    amount: str | None
    at_time: str | None
    quiet_from: str | None
    quiet_until: str | None
    tell: Receivers
    tell_resolved: bool
    escalate_after_minutes: int | None
    escalate_to: Receivers | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class NewAlertRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule to be added. What is left out is as it is for a first rule of this kind, but that nobody is told."""

    name: Text
    kind: KindName
    severity: Severity | None = None
    active: bool = True
    site: Id | None = None
    station: Id | None = None
    minutes: Minutes | None = None
    amount: Amount | None = None
    at_time: Clock | None = None
    quiet_from: Clock | None = None
    quiet_until: Clock | None = None
    tell: Receivers | None = None
    tell_resolved: bool = True
    escalate_after_minutes: Minutes | None = None
    escalate_to: Receivers | None = None


class AlertRuleChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    severity: Severity | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    site: Id | msgspec.UnsetType | None = msgspec.UNSET
    station: Id | msgspec.UnsetType | None = msgspec.UNSET
    minutes: Minutes | msgspec.UnsetType | None = msgspec.UNSET
    amount: Amount | msgspec.UnsetType | None = msgspec.UNSET
    at_time: Clock | msgspec.UnsetType | None = msgspec.UNSET
    quiet_from: Clock | msgspec.UnsetType | None = msgspec.UNSET
    quiet_until: Clock | msgspec.UnsetType | None = msgspec.UNSET
    tell: Receivers | msgspec.UnsetType = msgspec.UNSET
    tell_resolved: bool | msgspec.UnsetType = msgspec.UNSET
    escalate_after_minutes: Minutes | msgspec.UnsetType | None = msgspec.UNSET
    escalate_to: Receivers | msgspec.UnsetType | None = msgspec.UNSET


class AlertTest(msgspec.Struct, frozen=True):
    """How many messages are on their way; the history of messages says what comes of them."""

    messages: int


class AlertChannel(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages go beside e-mail. Of the address only its beginning is shown: it holds the key of an account elsewhere."""

    id: str
    name: str
    kind: ChannelKind
    shown: str
    active: bool
    created_at: datetime
    created_by: str | None
    updated_at: datetime


class NewAlertChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A channel to be added. `address` is one of apprise (`slack://…`, `twilio://…`), or for a webhook the https address that is posted to."""

    name: Text
    kind: ChannelKind
    address: Address
    active: bool = True


class AlertChannelChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    address: Address | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class AlertChannelTest(msgspec.Struct, frozen=True):
    """What came of a test message. `error` says why it did not get there."""

    delivered: bool
    error: str | None


class AlertNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was to be sent. `why` says why it was not, or what went wrong the last time."""

    id: str
    kind: str
    channel: By
    receiver: str
    subject: str
    body: str
    language: str
    at: datetime
    state: NoticeState
    tries: int
    sent_at: datetime | None
    why: str | None


class AlertPause(msgspec.Struct, frozen=True, kw_only=True):
    """A time of planned work, in which nobody is told; of neither a site nor a charger: of all chargers."""

    id: str
    site: str | None
    station: str | None
    from_at: datetime
    until_at: datetime
    note: str
    made_by: str | None


class NewAlertPause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Planned work; without `from_at` from now on."""

    until_at: When
    note: Note
    from_at: When | None = None
    site: Id | None = None
    station: Id | None = None


def alert_form(row: ListedAlert) -> Alert:
    """An alert as it is shown."""
    return Alert(**_alert_facts(row))


def detail_form(row: ListedAlert, steps: list[StepRow]) -> AlertDetail:
    """The same with its history."""
    return AlertDetail(**_alert_facts(row), steps=[AlertStep(each.at, each.what, each.by, each.note) for each in steps])


def channel_form(row: ChannelRow) -> AlertChannel:
    """A channel as it is shown."""
    names = ("name", "kind", "shown", "active", "created_at", "created_by", "updated_at")
    return AlertChannel(id=row.public_id, **{name: getattr(row, name) for name in names})


def notice_form(row: NoticeRow) -> AlertNotice:
    """A message as it is shown."""
    names = AlertNotice.__struct_fields__[1:]
    facts = {name: getattr(row, name) for name in names}
    return AlertNotice(id=row.public_id, **facts | {"body": row.body.replace("{link}", "").rstrip()})


def pause_form(row: Pause) -> AlertPause:
    """Planned work as it is shown."""
    return AlertPause(id=row.public_id, **{name: getattr(row, name) for name in AlertPause.__struct_fields__[1:]})


def rule_form(row: Any, facts: dict[str, Any]) -> AlertRule:
    """A rule as it is shown."""
    when = {name: getattr(row, name) for name in ("created_at", "created_by", "updated_at", "deleted_at")}
    to = facts["escalate_to"]
    said = {"tell": Receivers(**facts["tell"]), "escalate_to": None if to is None else Receivers(**to)}
    return AlertRule(id=row.public_id, **facts | when | said | {"amount": exact(facts["amount"])})


def _alert_facts(row: ListedAlert) -> dict[str, Any]:
    state: State = "open" if row.acknowledged_at is None else "acknowledged"
    same = (
        "kind",
        "severity",
        "rule",
        "rule_name",
        "facts",
        "since",
        "opened_at",
        "told_at",
        "escalated_at",
        "acknowledged_at",
        "acknowledged_by",
        "resolved_at",
        "resolved_by",
    )
    return {name: getattr(row, name) for name in same} | {
        "id": row.public_id,
        "state": "resolved" if row.resolved_at is not None else state,
        "title": texts.title(None, row.kind, row.facts, zone=row.zone),
        "station": row.station,
    }
