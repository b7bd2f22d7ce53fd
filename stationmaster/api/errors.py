"""What went wrong, as application/problem+json (RFC 9457): a sentence for people, field and reason for programs."""

from __future__ import annotations

import re
import secrets
import traceback
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from stationmaster.api.live import TooManyViewers
from stationmaster.api.logins import NotLoggedIn, TooManyAttempts
from stationmaster.domain.accounts import WrongCredentials
from stationmaster.domain.errors import DomainError, Invalid, NotFound, Unreachable
from stationmaster.storage import StorageUnavailable
from stationmaster.storage.engines import is_trouble
from stationmaster.storage.queries import BadCursor

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"


class FieldProblem(msgspec.Struct, frozen=True):
    """One value that cannot be accepted."""

    field: str
    reason: str


class Problem(msgspec.Struct, frozen=True):
    """Why a request failed. `instance` is there for an error of ours: the id under which it is in the server's log."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem]
    instance: str | msgspec.UnsetType = msgspec.UNSET


def problem(
    status: int,
    detail: str,
    errors: list[FieldProblem] | None = None,
    *,
    headers: dict[str, str] | None = None,
    instance: str | msgspec.UnsetType = msgspec.UNSET,
) -> Response[Problem]:
    """The answer to a request that failed."""
    said = Problem("about:blank", HTTPStatus(status).phrase, status, detail, errors or [], instance)
    return Response(said, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _domain(_request: Request[Any, Any, Any], error: DomainError) -> Response[Problem]:
    match error:
        case Invalid():
            return problem(422, str(error), [FieldProblem(error.field, error.reason)])
        case NotFound():
            return problem(404, str(error))
        case NotLoggedIn() | WrongCredentials():
            return problem(401, str(error), headers={"WWW-Authenticate": "Bearer"})
        case Unreachable():
            return problem(503, str(error), headers={"Retry-After": "5"})
        case TooManyViewers():
            return problem(503, str(error), headers={"Retry-After": "10"})
        case TooManyAttempts():
            return problem(429, str(error), headers={"Retry-After": str(error.retry_after_s)})
        case _:
            # It exists already, is not connected, or its state does not allow this now.
            return problem(409, str(error))


def _http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    if error.status_code >= 500:
        return _unexpected(_request, error)
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        fields = [FieldProblem(*_place(item)) for item in error.extra]
        return problem(422, "; ".join(f"{item.field}: {item.reason}" for item in fields), fields)
    return problem(error.status_code, str(error.detail), headers=error.headers)


def _place(item: Any) -> tuple[str, str]:
    if item.get("key") == "data":  # what the framework calls the whole body
        return "body", "is missing"
    return str(item.get("key") or item.get("source") or "body"), str(item.get("message", "cannot be accepted"))


def _body(_request: Request[Any, Any, Any], error: msgspec.ValidationError) -> Response[Problem]:
    found = located(error)
    return problem(422, f"{found.field}: {found.reason}", [found])


_AT = re.compile(r"^(?P<reason>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>.*)`", re.DOTALL)


def located(error: msgspec.ValidationError) -> FieldProblem:
    """The field a body failed at, and why: msgspec says both in one sentence."""
    match = _AT.match(str(error))
    assert match is not None
    path = (match["path"] or "$").removeprefix("$").removeprefix(".")
    reason = match["reason"]
    if (named := _NAMED.match(reason)) is not None:
        path = ".".join(filter(None, (path, named["field"])))
        reason = "is missing" if named["what"].startswith("missing") else "is not a field of this request"
    return FieldProblem(path or "body", reason)


def _not_json(_request: Request[Any, Any, Any], _error: Exception) -> Response[Problem]:
    return problem(400, "the body is not JSON that can be read", [FieldProblem("body", "not readable JSON")])


def _cursor(_request: Request[Any, Any, Any], error: BadCursor) -> Response[Problem]:
    return problem(422, f"cursor: {error}", [FieldProblem("cursor", str(error))])


def _storage(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    if isinstance(error, DBAPIError) and not is_trouble(error):
        return _unexpected(request, error)
    return problem(503, "The database cannot be reached; please try again in a moment.", headers={"Retry-After": "5"})


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Our own mistake: told in the log, not to the caller (API-24)."""
    instance = secrets.token_hex(8)
    # Not exc_info: renderers like to print local variables, and those hold tokens and passwords (ATK-13).
    trace = "".join(traceback.format_exception(error))
    log.error("api.failed", instance=instance, method=request.method, path=request.url.path, trace=trace)
    return problem(500, f"Something went wrong here. It is in the server's log as {instance}.", instance=instance)


HANDLERS: ExceptionHandlersMap = {
    DomainError: _domain,
    HTTPException: _http,
    msgspec.ValidationError: _body,
    msgspec.DecodeError: _not_json,
    BadCursor: _cursor,
    StorageUnavailable: _storage,
    NoConnection: _storage,
    DBAPIError: _storage,
    Exception: _unexpected,
}
