"""`@on`, `@sends` and `@answers`: the signature is the registration. A wrong pair fails at import."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from stationmaster.domain.commands import Answer, Asked, Awaits, Command
from stationmaster.domain.credentials import Keys
from stationmaster.domain.links import Links
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.handlers.preparing import Preparation, preparation_of, wants, with_prepared
from stationmaster.ocpp.dialects import Dialect
from stationmaster.ocpp.messages import Request, Response
from stationmaster.storage import Work
from stationmaster.storage.together import Part

Handler = Callable[[Work, Station, Any], Response]
Sender = Callable[..., "Request | Sequence[Request] | Ask[Any]"]
Answerer = Callable[..., Answer]
Ahead = Callable[[Work, Station, Any], Part | None]
H = TypeVar("H", bound=Callable[..., Any])
A = TypeVar("A", bound=Callable[..., "Part | None"])
R = TypeVar("R", bound=Request)
T = TypeVar("T")


class Ask(msgspec.Struct, Generic[R], frozen=True):
    """What a sender returns when there is more to say than one request.

    Requests go out one after the other, until one brings no answer. `awaits` says what must follow an accepted command;
    `request_id` is the number by which the station will name it; `lets_in` are actions that a station which is not accepted yet
    may send because of this (CON-21). `in_order`: after a refusal the rest is not sent.
    """

    requests: list[R]
    awaits: Awaits | None = None
    request_id: int | None = None
    lets_in: tuple[str, ...] = ()
    in_order: bool = False


class Routes:
    """The handlers, senders and answers of one version, or of one block of it."""

    def __init__(self, dialect: Dialect, *parts: Routes) -> None:
        self.dialect = dialect
        self.handlers: dict[str, Handler] = {}
        self.senders: dict[type[Command], Sender] = {}
        self.answerers: dict[tuple[type[Command], str], Answerer] = {}
        self.preparations: dict[str, Preparation] = {}
        self.ahead: dict[str, Ahead] = {}
        self._wanting: dict[str, tuple[Handler, type]] = {}  # handlers with a fourth parameter
        for part in parts:
            part.check()
            self.handlers |= part.handlers
            self.senders |= part.senders
            self.answerers |= part.answerers
            self.preparations |= part.preparations
            self.ahead |= part.ahead
            self._wanting |= part._wanting

    def on(self, function: H) -> H:
        """Register `function(work, station, request) -> response` for the request it names."""
        request, response = _signature(function)
        if not issubclass(request, Request) or response is not request.response:
            raise TypeError(f"{function.__qualname__}: {request.__name__} is not answered by {response.__name__}")
        if request.action not in self.dialect.from_station:
            raise TypeError(f"{function.__qualname__}: stations do not send {request.action}")
        self.handlers[request.action] = function
        if (wanted := wants(function)) is not None:
            self._wanting[request.action] = function, wanted
        return function

    def asks_ahead(self, function: A) -> A:
        """Register `function(work, station, request) -> Part | None`: what the handler will ask, so that one statement asks it for
        all stations of a commit. What the handler then asks by `work.ask` must be the same."""
        request, returned = _signature(function)
        if not issubclass(request, Request) or returned != Part | None:
            raise TypeError(f"{function.__qualname__}: must turn a Request into its Part of a statement, or None")
        self.ahead[request.action] = function
        return function

    def prepares(
        self, *, default: Any, timeout_s: float = 5.0, wanted: Callable[[Any], bool] | None = None
    ) -> Callable[[H], H]:
        """Register `async def f(outside, station, request) -> T`: run before the unit of work, for the handler's fourth parameter.

        `wanted(request)` says which requests need it; the handler of another is given the default at once."""

        def register(function: H) -> H:
            request, preparation = preparation_of(function, default=default, timeout_s=timeout_s, wanted=wanted)
            self.preparations[request.action] = preparation
            return function

        return register

    def sends(self, function: H) -> H:
        """Register `function(work, station, command)` for the command it names. It returns a request, a list of them, or an `Ask`.

        A sender or an answer that makes secrets asks for `keys` as well, a sender that hands out addresses for `links`."""
        command, returned = _signature(function)
        if not issubclass(command, Command):
            raise TypeError(f"{function.__qualname__}: must turn a Command into a Request")
        for request in requests_in(returned):
            if request.action not in self.dialect.from_csms:
                raise TypeError(f"{function.__qualname__}: stations do not accept {request.action}")
        self.senders[command] = function
        return function

    def answers(self, function: H) -> H:
        """Register `function(work, station, command, request, response) -> Answer`. An answer that is only a status needs none."""
        hints = get_type_hints(function)
        command, request, response = (hints[name] for name in list(inspect.signature(function).parameters)[2:5])
        if hints["return"] is not Answer or response is not request.response:
            raise TypeError(f"{function.__qualname__}: must turn a {request.response.__name__} into an Answer")
        if request not in self.requests_of(command):
            raise TypeError(f"{function.__qualname__}: {command.__name__} does not send {request.__name__}")
        self.answerers[command, request.action] = function
        return function

    def wants_prepared(self, action: str, request: Request) -> bool:
        """Whether something must be fetched before this request is handled."""
        preparation = self.preparations.get(action)
        return preparation is not None and (preparation.wanted is None or preparation.wanted(request))

    def requests_of(self, command: type[Command]) -> list[type[Request]]:
        """Which requests a command becomes in this version; none if it has no such command."""
        sender = self.senders.get(command)
        return [] if sender is None else list(requests_in(_signature(sender)[1]))

    def answerer(self, command: type[Command], action: str) -> Answerer:
        """Who understands what this command and request are answered with."""
        return self.answerers.get((command, action), words.plain_answer)

    def check(self) -> None:
        """Raises TypeError for a request whose answer nobody would understand, and for a preparation without its handler."""
        for command in self.senders:
            for request in self.requests_of(command):
                if (command, request.action) not in self.answerers and not words.is_plain(request.response):
                    raise TypeError(f"{command.__name__}: nothing @answers {request.response.__name__}")
        for action, (handler, wanted) in self._wanting.items():
            preparation = self.preparations.get(action)
            if preparation is None or preparation.result is not wanted:
                raise TypeError(f"{action}: nothing @prepares the {wanted.__name__} of its handler")
            self.preparations[action] = preparation._replace(handler=handler)
            self.handlers[action] = with_prepared(handler, preparation.default)
        for action in self.preparations.keys() - self._wanting.keys():
            raise TypeError(f"{action}: no handler takes what is prepared")


def with_keys(function: Callable[..., T], keys: Keys, asked: Asked | None = None) -> Callable[..., T]:
    """A sender or an answer, given the keys if it asks for them; an answer also who asked, for the history of what it changes."""
    wanted = inspect.signature(function).parameters
    given = {name: it for name, it in (("keys", keys), ("asked", asked)) if name in wanted}
    return partial(function, **given) if given else function


def with_links(function: Callable[..., T], links: Links) -> Callable[..., T]:
    """A sender, given the addresses of our files if it asks for them."""
    return partial(function, links=links) if "links" in inspect.signature(function).parameters else function


def asking(asked: Request | Sequence[Request] | Ask[Any]) -> Ask[Any]:
    """What a sender has returned, in its full form."""
    if isinstance(asked, Ask):
        return asked
    return Ask([asked] if isinstance(asked, Request) else list(asked))


def requests_in(hint: Any) -> Iterator[type[Request]]:
    """The requests that a sender may return, from its annotation: `Reset`, `list[GetVariables]`, `Ask[Reset]`, or a union."""
    if isinstance(hint, type) and issubclass(hint, Request):
        yield hint
    elif get_origin(hint) in (list, Ask, Union, types.UnionType):
        for part in get_args(hint):
            yield from requests_in(part)
    else:
        raise TypeError(f"{hint} is no Request")


def _signature(function: Callable[..., Any]) -> tuple[Any, Any]:
    hints = get_type_hints(function)
    third = list(inspect.signature(function).parameters)[2]
    return hints[third], hints["return"]
