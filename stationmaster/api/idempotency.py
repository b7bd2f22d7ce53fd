"""`Idempotency-Key`: a POST that was sent twice is done once, and answered twice (API-33).

It holds for every POST of somebody who has logged in, with a body of JSON or none, for 24 hours, on all nodes. An answer that says that
nothing was done (4xx, 503) is not kept: the same request may be tried again. An answer of 5xx that may have done something is kept.

A server may die at any moment. What has not been committed may be tried again by then; what has, is answered: where a route answers with what its unit of
work has made, that answer is kept within it, without the headers that come later.
"""

from __future__ import annotations

import functools
import re
import secrets
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.serialization import encode_json
from litestar.types import Message, Receive, Scope, Send

from stationmaster.api.context import of_server
from stationmaster.domain import idempotency
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Invalid
from stationmaster.storage import Work

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
REPLAYED = "Idempotency-Replayed"
_BYTES = "latin-1"  # a character for each byte, since not every answer is a text
_NOT_KEPT = {b"content-length", b"date", b"x-request-id"}  # they are made for each answer


class _Answer(msgspec.Struct, frozen=True):
    headers: list[tuple[str, str]]
    body: str


async def before_request(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """The answer that was kept; None when this is to be done now. The caller is known by here."""
    key = request.headers.get("idempotency-key")
    caller = request.scope.get("user")
    kind = request.headers.get("content-type", "application/json")
    if key is None or request.method != "POST" or caller is None or not kind.startswith("application/json"):
        return None
    if _KEY.fullmatch(key) is None:
        raise Invalid(idempotency.FIELD, "must have 1 to 255 characters, without blanks")
    context = of_server(request.scope)
    asked = idempotency.digest(
        request.method, request.scope["path"], request.scope["query_string"], await request.body()
    )
    who = f"{caller.organization}:{caller.actor.kind}:{caller.actor.id}"
    this = idempotency.Try(who, key, context.node, secrets.token_hex(8))
    context.in_hand.add(this.run)  # before anybody can read that it is begun
    request.scope["state"]["in_hand"] = this.run
    kept = await context.database.write(idempotency.begin, this, asked, in_hand=context.in_hand)
    if kept is None:
        request.scope["state"]["idempotency"] = this
        request.scope["state"]["mark"] = functools.partial(_mark, this, request.route_handler, context.keys)
        return None
    answer = msgspec.json.decode(context.keys.opened(kept.answer), type=_Answer)
    headers = dict(answer.headers) | {REPLAYED: "true"}
    return Response(answer.body.encode(_BYTES), status_code=kept.status, headers=headers)


def _mark(this: idempotency.Try, route: HTTPRouteHandler, keys: Keys, work: Work, result: object) -> None:
    """Something is done, in this transaction (`SignedStore`)."""
    kept = None
    if type(result) is route.parsed_fn_signature.return_type.annotation:
        headers = [("content-type", "application/json")]
        kept = _sealed(keys, route.status_code, headers, encode_json(result))
    idempotency.mark(work, this, kept)


def _sealed(keys: Keys, status: int, headers: list[tuple[str, str]], body: bytes) -> idempotency.Kept:
    answer = msgspec.json.encode(_Answer(headers, body.decode(_BYTES))).decode()
    return idempotency.Kept(status, keys.sealed(answer))


async def answered(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """Run a request, and keep what comes of it before its caller hears it, where it is the first with its key."""
    began: Message | None = None
    body = b""

    async def gathered(message: Message) -> None:
        nonlocal began, body
        this: idempotency.Try | None = scope["state"].get("idempotency")
        if this is None:
            await send(message)
        elif message["type"] == "http.response.start":
            began = message
        elif message["type"] == "http.response.body":
            body += message.get("body", b"")
            if not message.get("more_body", False) and began is not None:
                await _settle(scope, this, began, body)
                await send(began)
                await send({"type": "http.response.body", "body": body, "more_body": False})

    try:
        await app(scope, receive, gathered)
    finally:
        of_server(scope).in_hand.discard(scope["state"].get("in_hand"))


async def _settle(scope: Scope, this: idempotency.Try, began: Any, body: bytes) -> None:
    context = of_server(scope)
    status: int = began["status"]
    if 400 <= status < 500 or status == 503:
        await context.database.write(idempotency.release, this)
        return
    headers = [(name.decode(), value.decode()) for name, value in began["headers"] if name.lower() not in _NOT_KEPT]
    await context.database.write(idempotency.keep, this, _sealed(context.keys, status, headers, body))
