"""What went wrong, as application/problem+json (RFC 9457): sentences for people, fields and codes for programs."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from stationmaster.api.context import request_id
from stationmaster.api.live import TooManyViewers
from stationmaster.api.logins import NotLoggedIn
from stationmaster.api.rates import TooManyRequests
from stationmaster.api.throttle import TooBusy, TooManyAttempts
from stationmaster.domain import imports, reasons
from stationmaster.domain.accounts import WrongCredentials
from stationmaster.domain.errors import DomainError, Invalid, NotFound, Unreachable
from stationmaster.domain.imports import NotTaken
from stationmaster.domain.links import BadLink, Gone
from stationmaster.domain.versions import Outdated
from stationmaster.files import Away
from stationmaster.reason_words import Reason
from stationmaster.storage import StorageUnavailable
from stationmaster.storage.engines import is_trouble
from stationmaster.storage.lists import BadSort
from stationmaster.storage.queries import BadCursor

log = structlog.get_logger()
MAX_PROBLEMS = 200  # of a file, that are told
MEDIA_TYPE = "application/problem+json"


class FieldProblem(msgspec.Struct, frozen=True):
    """One value that cannot be accepted. `reason` is a sentence in English that goes on from the field; `code` stays the same whatever
    its values are: `must_have_at_least_least_characters` with the value `least`."""

    field: str
    reason: str
    code: str
    values: dict[str, str | int]


class Problem(msgspec.Struct, frozen=True):
    """Why a request failed. `detail` is a sentence in English; `code` and `values` say what it was made of, where that is not said
    by `errors`. `instance` is there for an error of ours: the id under which it is in the server's log."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem]
    code: str | msgspec.UnsetType = msgspec.UNSET
    values: dict[str, str | int] | msgspec.UnsetType = msgspec.UNSET
    instance: str | msgspec.UnsetType = msgspec.UNSET


_TITLES = {
    400: "This cannot be read",
    401: "Please log in",
    403: "This is not allowed",
    404: "There is no such thing",
    405: "This cannot be done here",
    408: "This took too long",
    409: "Not as things are now",
    410: "This is not here any more",
    412: "It has changed meanwhile",
    413: "This is too large",
    422: "This cannot be accepted",
    429: "Too many attempts",
    500: "Something went wrong here",
    507: "There is no room",
    503: "Not at this moment",
    504: "The charger did not answer",
}


def refused(errors: list[FieldProblem]) -> Response[Problem]:
    """Values that cannot be accepted: each sentence at its field, and all of them together for whoever shows only that."""
    errors = _once(errors)
    return problem(422, " ".join(_sentence(f"{each.field} {each.reason}") for each in errors), errors)


def at(field: str, reason: Reason) -> FieldProblem:
    """A field, and why its value cannot be accepted."""
    return FieldProblem(field, str(reason), reason.code, reason.values)


def _once(errors: Iterable[FieldProblem]) -> list[FieldProblem]:
    return list({(each.field, each.reason): each for each in errors}.values())


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def problem(
    status: int,
    detail: str,
    errors: list[FieldProblem] | None = None,
    *,
    headers: dict[str, str] | None = None,
    instance: str | msgspec.UnsetType = msgspec.UNSET,
) -> Response[Problem]:
    """The answer to a request that failed. A detail that is a `Reason` is told with its code."""
    title = _TITLES.get(status, "This did not work")
    code = detail.code if isinstance(detail, Reason) else msgspec.UNSET
    values = detail.values if isinstance(detail, Reason) else msgspec.UNSET
    said = Problem("about:blank", title, status, str(detail), _once(errors or ()), code, values, instance)
    return Response(said, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _domain(_request: Request[Any, Any, Any], error: DomainError) -> Response[Problem]:
    match error:
        case Invalid():
            return refused([at(error.field, error.reason)])
        case NotTaken():
            where = [at(_cell(each), each.reason) for each in error.tally.problems[:MAX_PROBLEMS]]
            return problem(422, error.reason, where)
        case NotFound():
            return problem(404, error.reason)
        case Outdated():
            return problem(412, error.reason)
        case NotLoggedIn() | WrongCredentials():
            return problem(401, error.reason, headers={"WWW-Authenticate": "Bearer"})
        case Unreachable():
            return problem(503, error.reason, headers={"Retry-After": "5"})
        case BadLink():
            return problem(403, error.reason)
        case Gone():
            return problem(410, error.reason)
        case TooManyViewers():
            return problem(503, error.reason, headers={"Retry-After": "10"})
        case TooBusy():
            return problem(503, error.reason, headers={"Retry-After": str(error.RETRY_AFTER_S)})
        case TooManyRequests():
            return problem(429, error.reason, headers=error.rate.headers | {"Retry-After": str(error.rate.reset_s)})
        case TooManyAttempts():
            return problem(429, error.reason, headers={"Retry-After": str(error.retry_after_s)})
        case _:
            # It exists already, is not connected, or its state does not allow this now.
            return problem(409, error.reason)


def _cell(wrong: imports.Problem) -> str:
    return f"row {wrong.row}, {wrong.field}" if wrong.field else f"row {wrong.row}"


def _http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    if error.detail == _LEFT:
        return problem(400, "The request was not sent to its end.")  # nobody hears this
    if error.status_code >= 500 and error.status_code not in (504, 507):
        return _unexpected(_request, error)
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        fields = [at(*_place(item)) for item in error.extra]
        return refused(fields)
    return problem(error.status_code, error.detail, headers=error.headers)


_LEFT = "client disconnected prematurely"  # as the framework says it; no failure of ours (A7)


def _place(item: Any) -> tuple[str, Reason]:
    if item.get("key") == "data":  # what the framework calls the whole body
        return "body", Reason("is missing")
    said = item.get("message", Reason("cannot be accepted"))
    # `from` is a word of Python's, so its parameter is called `from_` here.
    where = str(item.get("key") or item.get("source") or "body").removesuffix("_")
    return where, said if isinstance(said, Reason) else reasons.plain(str(said))


def _body(_request: Request[Any, Any, Any], error: msgspec.ValidationError) -> Response[Problem]:
    return refused([at(*reasons.located(error))])


def _not_json(_request: Request[Any, Any, Any], _error: Exception) -> Response[Problem]:
    return problem(
        400, Reason("the body is not JSON that can be read"), [at("body", Reason("is not JSON that can be read"))]
    )


def _cursor(_request: Request[Any, Any, Any], error: BadCursor) -> Response[Problem]:
    return refused([at("cursor", error.reason)])


def _sort(_request: Request[Any, Any, Any], error: BadSort) -> Response[Problem]:
    return refused([at("sort", error.reason)])


def _storage(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    if isinstance(error, DBAPIError) and not is_trouble(error):
        return _unexpected(request, error)
    return problem(
        503, Reason("The database cannot be reached; please try again in a moment."), headers={"Retry-After": "5"}
    )


def _files_away(_request: Request[Any, Any, Any], error: Away) -> Response[Problem]:
    log.error("files.away", why=str(error))
    return problem(
        503, Reason("The store of files cannot be reached; please try again in a moment."), headers={"Retry-After": "5"}
    )


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Our own mistake: told in the log, not to the caller (API-24)."""
    instance = request_id(request)
    # Not exc_info: renderers like to print local variables, and those hold tokens and passwords (ATK-13).
    trace = "".join(traceback.format_exception(error))
    log.error("api.failed", instance=instance, method=request.method, path=request.url.path, exception=trace)
    return problem(500, f"Something went wrong here. It is in the server's log as {instance}.", instance=instance)


HANDLERS: ExceptionHandlersMap = {
    DomainError: _domain,
    HTTPException: _http,
    msgspec.ValidationError: _body,
    msgspec.DecodeError: _not_json,
    BadCursor: _cursor,
    BadSort: _sort,
    StorageUnavailable: _storage,
    NoConnection: _storage,
    DBAPIError: _storage,
    Away: _files_away,
    Exception: _unexpected,
}
