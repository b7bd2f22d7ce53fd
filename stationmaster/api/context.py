"""What the API is given by `app.py`, and hands to every route."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency

from stationmaster.api.callers import Caller
from stationmaster.api.exports.streams import Exports
from stationmaster.api.live import Live
from stationmaster.api.logins import Standings
from stationmaster.api.rates import Rates
from stationmaster.api.store import Mark, SignedStore, Store
from stationmaster.api.throttle import Throttle, Turns
from stationmaster.domain.audit import Actor, Signature, Subject
from stationmaster.domain.credentials import Keys
from stationmaster.domain.links import Links
from stationmaster.domain.permissions import Permission
from stationmaster.domain.quarantine import Play
from stationmaster.files import Files
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.outside import Http
from stationmaster.outside.openid import OpenId
from stationmaster.outside.payments import Providers
from stationmaster.reason_words import Reason
from stationmaster.settings import Settings
from stationmaster.traces import OFF, Traces

_TOO_MANY_PICTURES = Reason("Too many pictures come at this moment; please try again in a few seconds.")


@dataclass(frozen=True)
class Context:
    """Everything a route may need."""

    database: Store
    keys: Keys
    settings: Settings
    switchboard: Switchboard
    play: Play  # messages from the quarantine
    started_at: datetime
    metrics: Callable[[], Awaitable[bytes]]  # of this process, as Prometheus reads them
    unready: Callable[[], str | None] = lambda: None  # why nobody is let in at this moment
    live: Live = field(default_factory=Live)
    standings: Standings = field(default_factory=Standings)
    throttle: Throttle = field(default_factory=Throttle)
    letters: Throttle = field(default_factory=Throttle)  # mails that strangers ask for; none is ever "right"
    passwords: Turns = field(default_factory=Turns)
    pictures: Turns = field(
        default_factory=lambda: Turns(at_once=1, waiting=20, too_many=_TOO_MANY_PICTURES)
    )  # each takes a core and much memory
    exports: Exports = field(default_factory=Exports)
    rates: Rates = field(default_factory=Rates)
    links: Links = field(kw_only=True)  # that chargers are given
    folder: Files = field(kw_only=True)  # of files
    openid: OpenId = field(default_factory=lambda: OpenId(Http()))  # providers of log-ins
    providers: Providers = field(default_factory=Providers)  # of payments
    traces: Traces = OFF
    http: Http = field(kw_only=True)  # for addresses that a person has entered
    node: str = ""  # this process among the nodes
    once: bool = False  # this request is to be done once, and what it does says so
    in_hand: set[str] = field(default_factory=set)  # tries of requests that are to be done once (api/idempotency.py)

    @property
    def mails(self) -> bool:
        """Whether this server sends mail."""
        return self.settings.mail.host is not None

    def signed(self, signature: Signature, mark: Mark | None = None) -> Context:
        """The same, with a database that acts in somebody's name."""
        return dataclasses.replace(self, database=SignedStore(self.database, signature, mark), once=mark is not None)


def of_server(scope: Any) -> Context:
    """What the server that this request reached has given (`Application`)."""
    context: Context = scope["state"]["context"]
    return context


def given(request: Request[Any, Any, Any]) -> Context:
    """Handed to routes as `context`."""
    context = of_server(request.scope)
    caller: Caller | None = request.scope.get("user")
    return context.signed(signature_of(request, caller), request.scope["state"].get("mark"))


def signature_of(request: Request[Any, Any, Any], caller: Caller | None) -> Signature:
    """Who stands behind what this request changes."""
    return Signature(
        actor=_NOBODY if caller is None else caller.actor,
        organization=None if caller is None else caller.organization,
        sites=None if caller is None else caller.scope,
        confined=request.route_handler.opt.get("permission") is not Permission.MANAGE_ORGANIZATIONS,
        source=source_of(request),
        browser=_browser_of(request),
        request_id=request_id(request),
        fallback=None if caller is None else lambda: _described(request),
    )


def source_of(request: Request[Any, Any, Any]) -> str:
    """The address a request comes from."""
    return request.client.host if request.client else ""


def _browser_of(request: Request[Any, Any, Any]) -> str:
    """What a browser, or a program, says that it is."""
    said: str = request.headers.get("user-agent", "")
    return "".join(letter for letter in said[:300] if letter.isprintable())


def request_id(request: Request[Any, Any, Any]) -> str:
    """What this request is called in the audit log, in the server's log and in its answer's `X-Request-Id`."""
    return str(request.scope["state"].setdefault("request_id", secrets.token_hex(8)))


_NOBODY = Actor("nobody", "", "")  # that has not logged in yet


def _described(request: Request[Any, Any, Any]) -> tuple[str, Subject, Any]:
    """An act as the request describes it: the route's name, the first name in its path, and the body."""
    name, value = next(iter(request.path_params.items()), ("", ""))
    subject = Subject(name.removesuffix("_id") or request.scope["path"].rpartition("/")[2], str(value))
    return request.route_handler.handler_name, subject, request.scope["state"].get("body")


# What a route may ask for by these names: `caller: GivenCaller, context: GivenContext`.
GivenContext: TypeAlias = NamedDependency[Context]
GivenCaller: TypeAlias = NamedDependency[Caller]
