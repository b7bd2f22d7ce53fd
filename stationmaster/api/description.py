"""What the API says of itself: the OpenAPI document, and a plain page of it that needs nothing from elsewhere.

Programs are made from the document (our own pages first), so its names are short and stay: an operation is called like its
function here (`list_stations` → `listStations`), a shape like its class, a page of a list `StationPage`.

The document is a file, which `make generate` writes and a test compares with the routes. Written by a server when it is asked for, it would take two seconds
in which hardly a charger is answered.
"""

from __future__ import annotations

import asyncio
import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from stationmaster.api.auth import Permission
from stationmaster.api.errors import MEDIA_TYPE, Problem
from stationmaster.api.live_shapes import LiveEvent, OwnLiveEvent
from stationmaster.api.resources.invoices import PDF
from stationmaster.domain.file_formats import FORMATS

FILE = Path(__file__).with_name("openapi.json")
DOCUMENT, DOCS = "/openapi.json", "/docs"
_ABOUT = """The API of Stationmaster. Log in with `POST /api/v1/auth/login` and send the access token as
`Authorization: Bearer …`. Times are ISO 8601 in UTC, energy is in Wh, power in W. Lists answer `items` and `next`, the
`cursor` of the page after. One thing is answered with its `ETag`: sent as `If-Match` with what changes it, 412 says that somebody
else was quicker. PATCH changes what is given, PUT makes it what is given. Errors are application/problem+json with `title`, `status`, `detail` and `errors`, a list of
`field`, `reason`, `code` and `values`: the sentences are English, a code stays the same whatever its values are. A POST with an `Idempotency-Key` is done once, however often it is sent within a day: the same request gets the answer that was kept, another one
422, and 409 while the first is in hand. `RateLimit-Limit`, `-Remaining` and `-Reset` say how much may be asked in this minute; beyond it is 429 with `Retry-After`."""


def config(version: str) -> OpenAPIConfig:
    """The document at /api/openapi.json and the page at /api/docs."""
    return OpenAPIConfig(
        title="Stationmaster",
        version=version,
        description=_ABOUT,
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"token": []}],
        openapi_router=Router(
            "/api",
            route_handlers=[],
            opt={"permission": Permission.PUBLIC},
            include_in_schema=False,
            before_request=_answer,
        ),
        render_plugins=[JsonRenderPlugin(path=DOCS), JsonRenderPlugin(path=DOCUMENT)],  # for their paths only
    )


async def _answer(request: Request[Any, Any, Any]) -> Response[bytes]:
    """In place of the framework, which would write the document anew."""
    # The router's own answer to other paths is a page; ours is a problem, as everywhere.
    if "path" in request.path_params:
        raise NotFoundException("there is nothing with such a name")
    if request.url.path.endswith(DOCUMENT):
        return Response(await asyncio.to_thread(_document), media_type=MediaType.JSON)
    return Response(await asyncio.to_thread(_page), media_type=MediaType.HTML)


def document(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document of the application, as it is served and as the pages are built from it."""
    return _finished(app.openapi_schema.to_schema())


@cache
def _document() -> bytes:
    return FILE.read_bytes()


def _operation_id(handler: HTTPRouteHandler, _method: Any, _path: Any) -> str:
    first, *others = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", handler.handler_name).lower().split("_")
    return first + "".join(word.capitalize() for word in others)


def _finished(document: dict[str, Any]) -> dict[str, Any]:
    """The framework's document with short names, live events, and one shape for every failure in place of the framework's."""
    document = _numbers(_renamed(document))
    shapes = document["components"]["schemas"]
    (live, own, _), described = msgspec.json.schema_components(
        [LiveEvent, OwnLiveEvent, Problem], ref_template=_SHAPES + "{name}"
    )
    for name, shape in described.items():
        shapes.setdefault(name, shape)
    shapes["LiveEvent"] = live | {"description": "What `GET /api/v1/events` tells: the event's name is its `type`."}
    shapes["OwnLiveEvent"] = own | {
        "description": "What `GET /api/v1/me/events` tells: the event's name is its `type`."
    }
    failed = {"description": "It failed, and why", "content": {MEDIA_TYPE: {"schema": {"$ref": _SHAPES + "Problem"}}}}
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"].pop("400", None)
            operation["responses"]["default"] = failed
            operation["responses"].get("204", {}).pop("content", None)
            _of_each_format(operation)
            if event := _STREAMS.get(operation["operationId"]):
                told = {"schema": {"$ref": _SHAPES + event}}
                operation["responses"]["200"] = {
                    "description": "A stream of events; the data of each is one of these",
                    "headers": {},
                    "content": {"text/event-stream": told},
                }
    shapes = document["components"]["schemas"] = dict(sorted(shapes.items()))
    return document


def _of_each_format(operation: dict[str, Any]) -> None:
    """A file that is asked for in a `format` is of the media type of each that there is."""
    forms = [each["schema"]["enum"] for each in operation.get("parameters", ()) if each["name"] == "format"]
    content = operation["responses"].get("200", {}).get("content", {})
    if forms and (file := content.pop("application/octet-stream", None)) is not None:
        content |= {PDF if form == "pdf" else FORMATS[form].media_type: file for form in forms[0]}


_SHAPES = "#/components/schemas/"
_STREAMS = {"listenToEvents": "LiveEvent", "listenToOwnSessions": "OwnLiveEvent"}
_GENERIC = re.compile(r"^(?P<generic>[A-Za-z]+)_(?:[\w.]*\.)?(?P<of>[A-Za-z]+)_$")


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """`Page_stationmaster.api.resources.sites.Site_` is `SitePage`."""
    names = {
        name: match["of"] + match["generic"]
        for name in document["components"]["schemas"]
        if (match := _GENERIC.match(name)) is not None
    }
    text = json.dumps(document)
    for name, short in names.items():
        text = text.replace(json.dumps(_SHAPES + name), json.dumps(_SHAPES + short))
        text = text.replace(json.dumps(name) + ":", json.dumps(short) + ":")
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def _numbers(part: Any) -> Any:
    """A whole number is a number: of the two, which the framework lists as two choices of one, it would be both."""
    if isinstance(part, list):
        return [_numbers(each) for each in part]
    if not isinstance(part, dict):
        return part
    part = {name: _numbers(each) for name, each in part.items()}
    choices = part.get("oneOf", [])
    if {"type": "integer"} in choices and {"type": "number"} in choices:
        left = [each for each in choices if each != {"type": "integer"}]
        part |= {"oneOf": left}
        if len(left) == 1:
            del part["oneOf"]
            part |= left[0]
    return part


@cache
def _page() -> bytes:
    """The document as a page to read. The framework's own pages load scripts from elsewhere, which our headers forbid."""
    document = json.loads(_document())
    groups: dict[str, list[str]] = {}
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                tag = (operation.get("tags") or ["other"])[0]
                groups.setdefault(tag, []).append(_operation(path, method, operation))
    schemas = document.get("components", {}).get("schemas", {})
    parts = [f"<h2>{escape(tag)}</h2>{''.join(operations)}" for tag, operations in sorted(groups.items())]
    parts.append("<h2>Shapes</h2>" + "".join(_shape(name, shape) for name, shape in sorted(schemas.items())))
    return _FRAME.format(about=escape(_ABOUT), parts="\n".join(parts)).encode()


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(each['name'])}</code> ({escape(each['in'])}) {escape(each.get('description') or '')}</li>"
        for each in operation.get("parameters", [])
        if isinstance(each, dict) and "name" in each
    )
    answers = "".join(
        f"<li>{escape(str(status))}: {_content(answer)}</li>"
        for status, answer in operation.get("responses", {}).items()
    )
    body = operation.get("requestBody")
    return (
        f"<details><summary><b>{escape(method.upper())}</b> <code>{escape(path)}</code> "
        f"{escape(operation.get('description') or operation.get('summary') or '')}</summary>"
        + (f"<p>Parameters</p><ul>{parameters}</ul>" if parameters else "")
        + (f"<p>Body: {_content(body)}</p>" if body else "")
        + f"<p>Answers</p><ul>{answers}</ul></details>"
    )


def _content(holder: dict[str, Any]) -> str:
    shapes = [_reference(media.get("schema", {})) for media in (holder.get("content") or {}).values()]
    return ", ".join(filter(None, shapes)) or escape(holder.get("description") or "")


def _reference(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    choices = [_reference(each) for each in schema.get("oneOf", []) if each.get("type") != "null"]
    return " or ".join(filter(None, choices)) or escape(str(schema.get("type", "")))


def _shape(name: str, shape: dict[str, Any]) -> str:
    text = escape(json.dumps(shape, indent=2, default=str))
    return f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><pre>{text}</pre></details>'


_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stationmaster API</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
summary {{ cursor: pointer; padding: .3rem 0; }} details:target {{ outline: 2px solid; }}
details[open] {{ border-left: 3px solid; padding-left: 1rem; }} pre {{ overflow-x: auto; font-size: .85rem; }}
</style></head>
<body><h1>Stationmaster API</h1><p>{about}</p><p><a href="/api/openapi.json">OpenAPI document</a></p>
{parts}
</body></html>
"""
