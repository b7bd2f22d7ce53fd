"""API keys: how programs of a customer's say who they are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, Text, paged
from stationmaster.domain import api_keys
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key. It is found in lists and logs by its `prefix`; `permissions` are what it may do now."""

    id: str
    name: str
    prefix: str
    role: str | None
    permissions: list[str]
    sites: list[str] | None
    made_by: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class CreatedApiKey(ApiKey, frozen=True, kw_only=True):
    """A new key with its text, which is shown only this once."""

    key: str


class NewApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to be added, with a role or a list of permissions. `sites` are the names of those it is limited to."""

    name: Text
    role: str | None = None
    permissions: list[str] | None = None
    sites: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=200)] | None = None
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


@get("/", permission=Permission.MANAGE_KEYS)
async def list_api_keys(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[ApiKey]:
    """Keys that have not been removed, newest first."""
    rows = await context.database.read(api_keys.listed, caller.organization, limit=limit, cursor=cursor)
    return paged(rows, limit, lambda row: ApiKey(**_facts(row)))


@post("/", permission=Permission.MANAGE_KEYS)
async def add_api_key(data: JSONBody[NewApiKey], caller: GivenCaller, context: GivenContext) -> CreatedApiKey:
    """Add a key; the answer holds its text, once. It may do no more than its maker, and ends when they leave."""
    if data.sites is None and caller.scope is not None:
        raise Invalid("sites", "must be given, since you are limited to some yourself")
    made, text = await context.database.write(
        api_keys.create,
        caller.organization,
        name=data.name,
        role=data.role,
        names=data.permissions,
        site_names=data.sites,
        expires_at=data.expires_at,
        made_by=caller.actor.id if caller.actor.kind == "user" else None,
        within=caller.permissions,
    )
    return CreatedApiKey(**_facts(made), key=text)


@delete("/{key_id:str}", permission=Permission.MANAGE_KEYS)
async def remove_api_key(key_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """The key does not work any more; on other nodes within half a minute."""
    await context.database.write(api_keys.remove, caller.organization, key_id)
    context.standings.forget_all()


router = Router("/api-keys", route_handlers=[list_api_keys, add_api_key, remove_api_key], tags=["API keys"])


def _facts(key: api_keys.ApiKey) -> dict[str, Any]:
    return {
        "id": key.public_id,
        "name": key.name,
        "prefix": key.prefix,
        "role": key.role,
        "permissions": sorted(key.permissions),
        "sites": key.site_names,
        "made_by": key.made_by,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }
