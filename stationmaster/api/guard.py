"""The one guard that decides who may do what (API-10)."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from stationmaster.api import callers
from stationmaster.api.callers import Caller
from stationmaster.domain.permissions import Permission


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Deny by default: a route that names no permission is for nobody."""
    if "\x00" in connection.scope["path"] or b"%00" in connection.scope["query_string"]:
        raise NotFoundException("there is nothing with such a name")  # PostgreSQL has no such character
    permission = handler.opt.get("permission")
    if permission is Permission.PUBLIC:
        return
    caller = await callers.authenticate(connection, connection.app.state.context)
    if permission not in caller.permissions:
        raise PermissionDeniedException(f"this needs the permission {permission}, which {caller.actor.name} has not")
    connection.scope["user"] = caller


def caller(request: Request[Any, Any, Any]) -> Caller:
    """Handed to routes as `caller`."""
    who: Caller = request.scope["user"]
    return who
