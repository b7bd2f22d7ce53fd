"""What topics tell each other. Published inside a unit of work, heard after its commit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.public_forms import CommandRecord, Reservation, Session


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag=True):
    """Something that happened, told in the past tense. `station` is the charger's own identity."""


class StationEvent(Event, frozen=True, kw_only=True, gc=False):
    station_id: int
    station: str
    at: datetime


class StationChanged(StationEvent, frozen=True, kw_only=True, gc=False):
    """Its record was created, changed or deleted; `entry` is what it is now (stations.entry), None when deleted."""

    entry: Any

    organization_id: int


class StationConnected(StationEvent, frozen=True, kw_only=True, gc=False):
    generation: int
    source: str


class StationDisconnected(StationEvent, frozen=True, kw_only=True, gc=False):
    generation: int
    reason: str


class StationOnline(StationEvent, frozen=True, kw_only=True, gc=False):
    """Reachable again after it had been reported offline."""


class StationOffline(StationEvent, frozen=True, kw_only=True, gc=False):
    """Gone for longer than the grace period; short reconnects are not told."""


class StationBooted(StationEvent, frozen=True, kw_only=True, gc=False):
    registration: str
    vendor: str
    model: str
    firmware: str | None


class BootRefused(StationEvent, frozen=True, kw_only=True, gc=False):
    """It has booted with a serial number that its certificate does not have (B01.FR.12)."""


class ConnectorStatusChanged(StationEvent, frozen=True, kw_only=True, gc=False):
    evse: int
    connector: int
    status: str
    error_code: str | None
    info: str | None


class SessionEvent(StationEvent, frozen=True, kw_only=True, gc=False):
    """`customer_key` is whose session it is; who hears of it outside learns that only where they may."""

    session: Session
    customer_key: int | None = None


class SessionStarted(SessionEvent, frozen=True, kw_only=True, gc=False):
    pass


class SessionEnded(SessionEvent, frozen=True, kw_only=True, gc=False):
    pass


class SessionCorrected(SessionEvent, frozen=True, kw_only=True, gc=False):
    """A late stop amended a session that had been closed with an estimate."""


class SessionChanged(SessionEvent, frozen=True, kw_only=True, gc=False):
    """More became known of it, or a person has changed it."""


class SessionReviewed(SessionEvent, frozen=True, kw_only=True, gc=False):
    """A person has looked at a session that was held, and its figures hold."""


class SessionLimitNear(SessionEvent, frozen=True, kw_only=True, gc=False):
    """What there is for a session that goes on is nearly used up: money, credit, the energy of its card. It is ended when it is."""

    because: str  # hold, wallet, credit, budget, card


class MeterRead(StationEvent, frozen=True, kw_only=True, gc=False):
    """A meter value of a charging connector. `energy_wh` is the register, `power_w` the total over the phases."""

    evse: int
    transaction_id: str | None
    energy_wh: Decimal | None
    power_w: Decimal | None
    soc_percent: Decimal | None
    session_energy_wh: Decimal | None = None  # what the session has taken by then, where whoever tells it knows


class MessageLogged(StationEvent, frozen=True, kw_only=True, gc=False):
    exchange: Exchange


class CommandChanged(StationEvent, frozen=True, kw_only=True, gc=False):
    command: CommandRecord


class ReservationChanged(StationEvent, frozen=True, kw_only=True, gc=False):
    """It was asked for, or something came of it."""

    reservation: Reservation


class ConnectionRefused(Event, frozen=True, kw_only=True, gc=False):
    identity: str
    reason: str
    at: datetime


class Alarm(StationEvent, frozen=True, kw_only=True, gc=False):
    """Something a person should look at: a quarantined message, a takeover too many, a foreign transaction id."""

    kind: str
    detail: str


class MailDue(Event, frozen=True, kw_only=True, gc=False):
    """Somebody is to be told something by mail. `link` is the name of a one-time link, which opens nothing without our key."""

    kind: Literal[
        "invitation", "password", "registration", "email", "known", "moved", "owed", "runs", "to_pay", "file_failed"
    ]
    email: str
    organization: str
    link: str | None = None
    now: str = ""  # the new address of who has moved, what is owed, which file and why
    path: str = ""  # where the link leads, if it is none of those that work once
    language: str | None = None  # of the one who reads it, as in de or de-AT
    sender: str = ""  # the name it is sent in; empty: that of the settings
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


class BillMade(Event, frozen=True, kw_only=True, gc=False):
    """A session has a bill, or another one than before."""

    session: str
    station_id: int = 0  # 0: it was kept before this was told


class PriceWanted(Event, frozen=True, kw_only=True, gc=False):
    """A card may charge at a charger that shows prices and is not told them with its answer."""

    organization_id: int
    station_id: int
    token: str  # as the charger has told it
    customer_id: int | None = None  # the key of whose it is


class InvoiceMailDue(Event, frozen=True, kw_only=True, gc=False):
    """Somebody is to be sent a receipt, an invoice or a credit note."""

    invoice: str
    email: str
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


class ReportMailDue(Event, frozen=True, kw_only=True, gc=False):
    """Somebody is to be sent a report of a period by mail; it is made when it is sent."""

    organization_id: int
    schedule: int  # which has asked for it
    report: Literal["site", "uptime", "revenue", "host"]
    period: str
    site: str | None = None
    format: Literal["pdf", "xlsx", "csv"] = "pdf"
    language: str | None = None  # None: the organization's
    email: str


class AlertChanged(Event, frozen=True, kw_only=True, gc=False):
    """An alert was opened, acknowledged, escalated or resolved. `station_id` is empty where it is about no single charger."""

    organization_id: int
    station_id: int | None
    alert: str
    at: datetime


class NoticeDue(Event, frozen=True, kw_only=True, gc=False):
    """Somebody is to be told something, by mail or by a channel; `receiver` has its own queue."""

    notice: str
    receiver: str
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


class PushDue(Event, frozen=True, kw_only=True, gc=False):
    """A notice is to go to a device of its person as well."""

    notice: str
    device: str
    organization_id: int
