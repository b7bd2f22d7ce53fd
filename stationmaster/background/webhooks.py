"""Tells other programs what happened here: signed JSON, posted to the addresses in the settings, and to the webhooks of organizations."""

from __future__ import annotations

from stationmaster.domain import event_log, signatures
from stationmaster.domain import webhooks as resources
from stationmaster.domain.credentials import Keys
from stationmaster.domain.deliveries import Undeliverable, delivers
from stationmaster.domain.event_log import Logged
from stationmaster.domain.events import (
    Alarm,
    SessionCorrected,
    SessionEnded,
    SessionStarted,
    StationEvent,
    StationOffline,
    StationOnline,
)
from stationmaster.domain.timers import every
from stationmaster.outside import Outside
from stationmaster.settings import Webhooks
from stationmaster.storage import Database


def receivers(event: StationEvent, webhooks: Webhooks) -> list[str]:
    """The addresses in the settings that want to hear of it."""
    kind = event_log.name_of(event)
    return [hook.url for hook in webhooks.to if not hook.events or kind in hook.events]


@delivers(to=receivers)
async def webhook(
    outside: Outside,
    event: SessionStarted | SessionEnded | SessionCorrected | StationOffline | StationOnline | Alarm,
    webhooks: Webhooks,
) -> None:
    """Post one event to one address of the settings."""
    hook = next((hook for hook in webhooks.to if hook.url == outside.receiver), None)
    if hook is None:
        raise Undeliverable("this address is no more in the settings")
    await _post(outside, resources.Target(hook.url, hook.secret), event)


@delivers(to=lambda event: [])  # its rows are made from the event log, by `feed_webhooks`
async def to_webhook(outside: Outside, event: Logged, keys: Keys) -> None:
    """Post one event to a webhook of an organization."""
    try:
        target = await outside.database.read(resources.target, outside.receiver, keys)
    except ValueError as error:
        raise Undeliverable(str(error)) from None
    if target is None:
        raise Undeliverable("this webhook was removed")
    await _post(outside, target, event)


@every(seconds=1)
async def feed_webhooks(database: Database) -> None:
    """Number what is new in the event log, and queue it for the webhooks that want it. Any node may do it, one at a time."""
    while await database.read(resources.are_behind):
        await database.write_apart(resources.feed, delivery=signatures.name_of(to_webhook))


async def _post(outside: Outside, target: resources.Target, event: StationEvent) -> None:
    body = resources.message(outside.key, event_log.words_of(event))
    now = outside.database.clock()
    answer = await outside.http.post(target.url, body, resources.headers(outside.key, target.secret, body, now))
    if answer.status == 410:
        raise Undeliverable("the receiver says that it is gone for good (410)")
    if not answer.fine:
        raise ConnectionError(f"the receiver answered {answer.status}")
