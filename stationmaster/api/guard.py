"""The one guard that decides who may do what (API-10)."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException, PermissionDeniedException, ValidationException
from litestar.handlers import BaseRouteHandler

from stationmaster.api import callers
from stationmaster.api.callers import Caller
from stationmaster.api.context import of_server
from stationmaster.api.logins import NotLoggedIn
from stationmaster.domain.failures import network
from stationmaster.domain.permissions import Permission
from stationmaster.reason_words import Reason

COUNTED = ("/api/v1/", "/receipts/", "/unsubscribe/")  # of what is for everybody; pages, files and pictures are cheap


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Deny by default: a route that names no permission is for nobody."""
    if "\x00" in connection.scope["path"] or b"%00" in connection.scope["query_string"]:
        raise NotFoundException(detail=Reason("there is nothing with such a name"))  # PostgreSQL has no such character
    permission = handler.opt.get("permission")
    if permission is Permission.PUBLIC:
        if connection.scope["path"].startswith(COUNTED):
            _count_address(connection)
        return
    context = of_server(connection.scope)
    try:
        caller = await callers.authenticate(connection, context)
    except NotLoggedIn:
        _count_address(connection)
        raise
    who = f"{caller.actor.kind} {caller.actor.id}"
    connection.scope["state"]["rate"] = context.rates.take(who, context.settings.web.requests_per_minute)
    if permission is not Permission.LOGGED_IN and permission not in caller.permissions:
        raise PermissionDeniedException(
            detail=Reason(
                "this needs the permission {permission}, which {name} has not",
                permission=permission,
                name=caller.actor.name,
            )
        )
    connection.scope["user"] = caller
    _check_parameters(connection, handler)


def _count_address(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """A request without a log-in that holds counts for the address it comes from. Raises `TooManyRequests`."""
    context = of_server(connection.scope)
    source = network(connection.client.host if connection.client else "")
    limit = context.settings.web.requests_per_minute_of_one_address
    connection.scope["state"]["rate"] = context.rates.take(f"address {source}", limit)


def _check_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A filter that is misspelt, or not there yet, must not be answered as if it had been heard (O-13)."""
    known: frozenset[str] | None = handler.opt.get("parameters")
    if known is None or not connection.scope["query_string"]:
        return
    unknown = [name for name in connection.query_params if name not in known]
    if unknown:
        said = (
            "is not a parameter of this request; there are {known}" if known else "is not a parameter of this request"
        )
        reason = Reason(said, known=", ".join(sorted(known)))
        raise ValidationException(extra=[{"key": name, "message": reason} for name in dict.fromkeys(unknown)])


def caller(request: Request[Any, Any, Any]) -> Caller:
    """Handed to routes as `caller`."""
    who: Caller = request.scope["user"]
    return who
