"""The HTTP side: REST under /api/v1, its description, live events, and the web application."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import ImproperlyConfiguredException, ValidationException

from stationmaster.api import auth, commands, description, errors, guard, pages
from stationmaster.api.context import Context
from stationmaster.api.live_shapes import WORDS
from stationmaster.api.resources import (
    connections,
    events,
    messages,
    review,
    sessions,
    sites,
    states,
    stations,
    status,
    tokens,
)
from stationmaster.domain.permissions import Permission

MAX_BODY_BYTES = 1024 * 1024

API = Router(
    "/api/v1",
    route_handlers=[
        auth.router,
        status.router,
        stations.router,
        states.router,
        connections.router,
        messages.router,
        commands.router,
        sessions.router,
        tokens.router,
        sites.router,
        review.router,
        events.router,
    ],
)


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body is read straight into the route's type: no number from a text, no unknown field."""

    async def json(self) -> Any:
        body = await self.body()
        if b"\\u0000" in body:  # PostgreSQL cannot keep this character, and nobody can see it
            raise ValidationException(extra=[{"key": "body", "message": "has a character that is not text (U+0000)"}])
        field = self.route_handler.parsed_data_field
        try:
            return msgspec.json.decode(body, type=Any if field is None else field.annotation)
        except (RecursionError, UnicodeDecodeError) as error:
            raise msgspec.DecodeError("too deep, or not UTF-8") from error


def build(context: Context) -> Litestar:
    """The application. `context.live` hears the database's events; `app.py` wires that, and closes it before the server stops."""

    async def begin(_app: Litestar) -> None:
        await context.live.begin(context.database, WORDS)

    app = Litestar(
        route_handlers=[API, status.health, pages.pages()],
        request_class=StrictRequest,
        dependencies={
            "context": Provide(lambda: context, sync_to_thread=False),
            "caller": Provide(guard.caller, sync_to_thread=False),
        },
        guards=[guard.guard],
        exception_handlers=errors.HANDLERS,
        before_send=[pages.security_headers(https=context.settings.web.secure_cookies)],
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=description.config(version("stationmaster")),
        logging_config=None,
        on_startup=[begin],
        state=State({"context": context}),
        debug=False,
    )
    _check_permissions(app)
    return app


def _check_permissions(app: Litestar) -> None:
    """Every route declares what it asks of its caller; one that does not never starts (API-10)."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            answers_options_only = handler.http_methods == {"OPTIONS"}  # added by the framework; the guard denies it
            if not answers_options_only and not isinstance(handler.opt.get("permission"), Permission):
                raise ImproperlyConfiguredException(f"{route.path}: this route declares no permission")
