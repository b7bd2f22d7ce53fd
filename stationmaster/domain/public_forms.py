"""What everyone outside sees of a session, a reservation and a command; below the events, because these carry them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec


class Session(msgspec.Struct, frozen=True, gc=False):
    """A session as everyone outside sees it. Energy in Wh; the reason and the charging state in our words."""

    id: str
    station: str
    evse: int | None
    connector: int | None
    transaction_id: str
    token: str | None
    authorization: str | None
    status: str
    charging_state: str | None
    started_at: datetime
    stopped_at: datetime | None
    stop_reason: str | None
    stop_reason_told: str | None
    meter_start_wh: Decimal | None
    meter_stop_wh: Decimal | None
    energy_wh: Decimal | None
    flags: tuple[str, ...]
    review: bool
    excluded: bool


class Reservation(msgspec.Struct, frozen=True):
    """A reservation as everyone outside sees it. Without `evse` any connector of the charger is kept."""

    id: str
    station: str
    evse: int | None
    connector_type: str | None
    token: str
    group: str | None  # whose cards may use it as well
    state: str  # requested, accepted, refused, used, expired, cancelled, removed (by the charger)
    reason: str | None  # a sentence
    session: str | None  # that came of it
    requested_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None


class CommandRecord(msgspec.Struct, frozen=True):
    """A command and what came of it, as everyone outside sees it."""

    id: str
    name: str  # a command's, or `call` for a raw call
    arguments: dict[str, Any]
    state: str  # asked, sent, awaiting, done, failed, expired
    status: str  # in short: pending, accepted, rejected, answered, failed, timeout, replaced, late
    outcome: str | None  # the exact word, as `reboot_required`
    sentence: str | None
    remark: str | None  # what was done on purpose, as "forced: the card is blocked"
    awaits: str | None  # what shows that it was done: session, boot, login, report, firmware
    until: datetime | None  # and by when
    progress: str | None
    session: str | None  # the session that came of it
    data: dict[str, Any] | None  # what the charger told, in our shape
    response: dict[str, Any] | None  # and in its own
    detail: str | None  # the same as `sentence`
    asked_by: str
    asked_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    finished_at: datetime | None
    took_ms: float | None
