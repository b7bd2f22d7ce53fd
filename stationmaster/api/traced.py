"""A request to the API as a trace, or as a part of its caller's (`traceparent`, W3C)."""

from __future__ import annotations

import re

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from stationmaster.traces import Traces

# A stream of events goes on for hours.
_TRACED = re.compile(r"/api/(?!v1/(me/)?events$)")


async def answered(traces: Traces, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Told by its route, never by its path: that may have a card or a person in it."""
    if not traces.on or scope["type"] != ScopeType.HTTP or not _TRACED.match(scope["path"]):
        await app(scope, receive, send)
        return
    method = str(scope["method"])
    parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
    with traces.span("request", kind="server", parent=parent) as trace:
        if trace is None or not trace.recorded:
            await app(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                route, status = str(scope.get("path_template", "")), message["status"]
                facts: dict[str, str | int] = {
                    "http.request.method": method,
                    "http.route": route,
                    "http.response.status_code": status,
                    "request_id": str(scope["state"].get("request_id", "")),
                }
                trace.tell(facts, name=f"{method} {route}" if route else None)
                if status >= 500:
                    trace.fail(str(status))
            await send(message)

        await app(scope, receive, telling)
