"""What must be fetched from outside before a unit of work, for which no handler can wait: OCSP, a roaming authorisation."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, get_type_hints

from stationmaster.domain.stations import Station
from stationmaster.ocpp.messages import Request, Response
from stationmaster.outside import Outside
from stationmaster.storage import Work

Prepares = Callable[[Outside, Station, Any], Awaitable[Any]]


class Preparation(NamedTuple):
    """A step before the handler of a request; its result is the handler's fourth argument."""

    function: Prepares
    result: type
    default: (
        Any  # what the handler gets when the step fails, takes too long, or is not run (a replay from the quarantine)
    )
    timeout_s: float
    wanted: Callable[[Any], bool] | None = None  # whether this request needs the step at all; None: each does
    handler: Callable[..., Response] | None = None


def preparation_of(
    function: Prepares, *, default: Any, timeout_s: float, wanted: Callable[[Any], bool] | None
) -> tuple[type[Request], Preparation]:
    """The request a step is for, and the step. Raises `TypeError` for a signature that names none."""
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters)
    request, result = hints.get(parameters[2]) if len(parameters) == 3 else None, hints.get("return")
    if not (isinstance(request, type) and issubclass(request, Request)) or not inspect.iscoroutinefunction(function):
        raise TypeError(f"{function.__qualname__}: must be async (outside, station, request)")
    if not isinstance(result, type) or not isinstance(default, result):
        raise TypeError(f"{function.__qualname__}: the default is not what it returns")
    return request, Preparation(function, result, default, timeout_s, wanted)


def wants(handler: Callable[..., Response]) -> type | None:
    """The type of the fourth parameter of a handler, if it has one."""
    parameters = list(inspect.signature(handler).parameters)
    return get_type_hints(handler)[parameters[3]] if len(parameters) > 3 else None


def with_prepared(handler: Callable[..., Response], prepared: Any) -> Callable[[Work, Station, Any], Response]:
    """The handler as the unit of work calls it."""

    @functools.wraps(handler)
    def ready(work: Work, station: Station, request: Any) -> Response:
        return handler(work, station, request, prepared)

    return ready
