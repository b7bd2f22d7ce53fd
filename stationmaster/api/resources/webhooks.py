"""Webhooks: which other programs are told what happens here."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath, JSONBody

from stationmaster.api.callers import Caller
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, Text, given, paged
from stationmaster.domain import webhooks
from stationmaster.domain.permissions import Permission
from stationmaster.outside.http import Failed, Refused
from stationmaster.reason_words import Reason

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"^[^\x00-\x20\x7f]*$(?!\n)")]
Secret = Annotated[str, msgspec.Meta(min_length=16, max_length=200)]
Events = Annotated[list[str], msgspec.Meta(max_length=50)]
When = Annotated[datetime, msgspec.Meta(tz=True)]


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is told what happens; everything, when `events` is empty. `waiting_behind` is its place in the event log."""

    id: str
    name: str | None
    url: str
    events: list[str]
    active: bool
    waiting_behind: str
    replaying: bool
    created_at: datetime
    changed_at: datetime


class CreatedWebhook(Webhook, frozen=True, kw_only=True):
    """A new webhook with the secret that signs what is sent to it; it is shown only this once."""

    secret: str


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A webhook to be added. Without `secret` one is made."""

    url: Url
    name: Text | None = None
    events: Events = []
    active: bool = True
    secret: Secret | None = None


class WebhookChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    name: Text | msgspec.UnsetType | None = msgspec.UNSET
    events: Events | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class WebhookSecret(msgspec.Struct, frozen=True):
    """The new secret, shown only this once; what is sent from now on is signed with it."""

    id: str
    secret: str


class WebhookSecretChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret to set; without it one is made."""

    secret: Secret | None = None


class WebhookTest(msgspec.Struct, frozen=True):
    """What came of a message of type `test`. `error` says why it did not get there; what was answered is not shown."""

    delivered: bool
    status: int | None
    error: str | None
    took_ms: int


class WebhookReplay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The time to tell again: `from_at` is in it, `to_at` is not. Without `to_at`, to the end."""

    from_at: When
    to_at: When | None = None


class WebhookReplayBegun(msgspec.Struct, frozen=True):
    """The part of the event log that is told again. Those of its events that the webhook wants become deliveries, in parts."""

    events_in_log: int


@get("/", permission=Permission.ADMINISTER)
async def list_webhooks(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[Webhook]:
    """Webhooks, newest first. Those in the settings are not among them."""
    _check_scope(caller)
    rows = await context.database.read(webhooks.listed, caller.organization, limit=limit, cursor=cursor)
    return paged(rows, limit, lambda row: Webhook(**_facts(row)))


@post("/", permission=Permission.ADMINISTER)
async def add_webhook(data: JSONBody[NewWebhook], caller: GivenCaller, context: GivenContext) -> CreatedWebhook:
    """Add a webhook; it is told what happens from now on. The answer holds its secret, once."""
    _check_scope(caller)
    row, secret = await context.database.write(
        webhooks.create,
        caller.organization,
        context.keys,
        url=data.url,
        name=data.name,
        events=data.events,
        active=data.active,
        secret=data.secret,
    )
    return CreatedWebhook(**_facts(row), secret=secret)


@get("/{webhook_id:str}", permission=Permission.ADMINISTER)
async def get_webhook(webhook_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Webhook:
    """One webhook."""
    _check_scope(caller)
    return Webhook(**_facts(await context.database.read(webhooks.get, caller.organization, webhook_id)))


@patch("/{webhook_id:str}", permission=Permission.ADMINISTER)
async def change_webhook(
    webhook_id: FromPath[str], data: JSONBody[WebhookChanges], caller: GivenCaller, context: GivenContext
) -> Webhook:
    """Change the fields that are given. One that is switched on again is told what it has missed, as far as the log goes back."""
    _check_scope(caller)
    row = await context.database.write(webhooks.change, caller.organization, webhook_id, given(data))
    return Webhook(**_facts(row))


@delete("/{webhook_id:str}", permission=Permission.ADMINISTER)
async def remove_webhook(webhook_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Remove a webhook. What still waits for it is put aside."""
    _check_scope(caller)
    await context.database.write(webhooks.remove, caller.organization, webhook_id)


@post("/{webhook_id:str}/secret", permission=Permission.ADMINISTER, status_code=200)
async def change_webhook_secret(
    webhook_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    data: JSONBody[WebhookSecretChange | None] = None,
) -> WebhookSecret:
    """Give it a new secret."""
    _check_scope(caller)
    secret = None if data is None else data.secret
    shown = await context.database.write(
        webhooks.new_secret, caller.organization, webhook_id, context.keys, secret=secret
    )
    return WebhookSecret(webhook_id, shown)


@post("/{webhook_id:str}/test", permission=Permission.ADMINISTER, status_code=200)
async def test_webhook(webhook_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> WebhookTest:
    """Post a signed message of type `test` now, and say what came of it. It is not tried again."""
    _check_scope(caller)
    row = await context.database.read(webhooks.get, caller.organization, webhook_id)
    key, now = f"test-{secrets.token_hex(8)}", context.database.clock()
    body = webhooks.message(key, {"type": "test", "at": now})
    headers = webhooks.headers(key, context.keys.opened(row.secret), body, now)
    await context.database.write(webhooks.record_test, row)
    began = time.monotonic()
    status, error = None, None
    try:
        answer = await context.http.post(row.url, body, headers)
        status = answer.status
        error = None if answer.fine else f"the receiver answered {status}"
    except (Refused, Failed) as failure:
        error = str(failure)
    return WebhookTest(error is None, status, error, round((time.monotonic() - began) * 1000))


@post("/{webhook_id:str}/replay", permission=Permission.ADMINISTER, status_code=202)
async def replay_webhook(
    webhook_id: FromPath[str], data: JSONBody[WebhookReplay], caller: GivenCaller, context: GivenContext
) -> WebhookReplayBegun:
    """Tell it again what happened in a time, as it is true now. Each message has another `id`, and the same `event` as before."""
    _check_scope(caller)
    count = await context.database.write(
        webhooks.replay, caller.organization, webhook_id, since=data.from_at, until=data.to_at
    )
    return WebhookReplayBegun(count)


router = Router(
    "/webhooks",
    route_handlers=[
        list_webhooks,
        add_webhook,
        get_webhook,
        change_webhook,
        remove_webhook,
        change_webhook_secret,
        test_webhook,
        replay_webhook,
    ],
    tags=["webhooks"],
)


def _check_scope(caller: Caller) -> None:
    """A webhook hears of all sites."""
    if caller.scope is not None:
        raise PermissionDeniedException(detail=Reason("a webhook hears of all sites, and you are limited to some"))


def _facts(row: webhooks.WebhookRow) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "name": row.name,
        "url": row.url,
        "events": row.events,
        "active": row.active,
        "waiting_behind": str(row.place),
        "replaying": row.replay_until is not None,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
    }
