"""`@on` and `@sends`: the signature is the registration. A wrong pair fails at import."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from stationmaster.domain.commands import Command
from stationmaster.domain.stations import Station
from stationmaster.ocpp.dialects import Dialect
from stationmaster.ocpp.messages import Request, Response
from stationmaster.storage import Work

Handler = Callable[[Work, Station, Any], Response]
Sender = Callable[[Work, Station, Any], Request]
H = TypeVar("H", bound=Callable[..., Any])


class Routes:
    """The handlers and senders of one version, or of one block of it."""

    def __init__(self, dialect: Dialect, *parts: Routes) -> None:
        self.dialect = dialect
        self.handlers: dict[str, Handler] = {}
        self.senders: dict[type[Command], Sender] = {}
        for part in parts:
            self.handlers |= part.handlers
            self.senders |= part.senders

    def on(self, function: H) -> H:
        """Register `function(work, station, request) -> response` for the request it names."""
        request, response = _signature(function)
        if not issubclass(request, Request) or response is not request.response:
            raise TypeError(f"{function.__qualname__}: {request.__name__} is not answered by {response.__name__}")
        if request.action not in self.dialect.from_station:
            raise TypeError(f"{function.__qualname__}: stations do not send {request.action}")
        self.handlers[request.action] = function
        return function

    def sends(self, function: H) -> H:
        """Register `function(work, station, command) -> request` for the command it names."""
        command, request = _signature(function)
        if not issubclass(command, Command) or not issubclass(request, Request):
            raise TypeError(f"{function.__qualname__}: must turn a Command into a Request")
        if request.action not in self.dialect.from_csms:
            raise TypeError(f"{function.__qualname__}: stations do not accept {request.action}")
        self.senders[command] = function
        return function


def _signature(function: Callable[..., Any]) -> tuple[Any, Any]:
    hints = get_type_hints(function)
    third = list(inspect.signature(function).parameters)[2]
    return hints[third], hints["return"]
