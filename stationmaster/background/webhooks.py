"""Tells other programs what happened here: signed JSON, posted to the addresses in the settings."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from stationmaster.domain.deliveries import Undeliverable, delivers
from stationmaster.domain.events import (
    Alarm,
    SessionCorrected,
    SessionEnded,
    SessionStarted,
    StationEvent,
    StationOffline,
    StationOnline,
)
from stationmaster.outside import Outside
from stationmaster.settings import Webhooks

SIGNATURE = "Stationmaster-Signature"
_encode = msgspec.json.Encoder(decimal_format="number").encode

# What an event is called outside, and what it says beyond station and time.
_WORDS: dict[type[StationEvent], tuple[str, Callable[[Any], dict[str, Any]]]] = {
    SessionStarted: ("session_started", lambda event: {"session": event.session}),
    SessionEnded: ("session_ended", lambda event: {"session": event.session}),
    SessionCorrected: ("session_corrected", lambda event: {"session": event.session}),
    StationOffline: ("station_offline", lambda event: {}),
    StationOnline: ("station_online", lambda event: {}),
    Alarm: ("alarm", lambda event: {"kind": event.kind, "detail": event.detail}),
}


def receivers(event: StationEvent, webhooks: Webhooks) -> list[str]:
    """The addresses that want to hear of it."""
    kind, _ = _WORDS[type(event)]
    return [hook.url for hook in webhooks.to if not hook.events or kind in hook.events]


@delivers(to=receivers)
async def webhook(
    outside: Outside,
    event: SessionStarted | SessionEnded | SessionCorrected | StationOffline | StationOnline | Alarm,
    webhooks: Webhooks,
) -> None:
    """Post one event to one address."""
    hook = next((hook for hook in webhooks.to if hook.url == outside.receiver), None)
    if hook is None:
        raise Undeliverable("this address is no more in the settings")
    kind, words = _WORDS[type(event)]
    body = _encode({"id": outside.key, "type": kind, "at": event.at, "station": event.station} | words(event))
    now = outside.database.clock()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": outside.key,
        SIGNATURE: signature(hook.secret, body, now),
        "User-Agent": "Stationmaster",
    }
    answer = await outside.http.post(hook.url, body, headers)
    if answer.status == 410:
        raise Undeliverable("the receiver says that it is gone for good (410)")
    if not answer.fine:
        raise ConnectionError(f"the receiver answered {answer.status}")


def signature(secret: str, body: bytes, at: datetime) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 of the time, a point and the body. The time lets a receiver refuse old ones."""
    seconds = int(at.astimezone(UTC).timestamp())
    digest = hmac.new(secret.encode(), b"%d.%s" % (seconds, body), hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
