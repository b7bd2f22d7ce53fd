"""What the API says of itself: the OpenAPI document, and a plain page of it that needs nothing from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import msgspec
from litestar import Request, Router
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from stationmaster.api.auth import Permission
from stationmaster.api.errors import MEDIA_TYPE, Problem

_ABOUT = """The API of Stationmaster. Log in with `POST /api/v1/auth/login` and send the access token as
`Authorization: Bearer …`. Times are ISO 8601 in UTC, energy is in Wh, power in W. Lists answer `items` and `next`, the
`cursor` of the page after. Errors are application/problem+json with `title`, `status`, `detail` and `errors`, a list of
`field` and `reason`."""


def config(version: str) -> OpenAPIConfig:
    """The document at /api/openapi.json and the page at /api/docs."""
    return OpenAPIConfig(
        title="Stationmaster",
        version=version,
        description=_ABOUT,
        use_handler_docstrings=True,
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"token": []}],
        openapi_router=Router(
            "/api",
            route_handlers=[],
            opt={"permission": Permission.PUBLIC},
            include_in_schema=False,
            before_request=_nothing_else,
        ),
        render_plugins=[_Page(path="/docs"), _Document(path="/openapi.json", media_type=MediaType.JSON)],
    )


async def _nothing_else(request: Request[Any, Any, Any]) -> None:
    # The router's own answer to other paths is a page; ours is a problem, as everywhere.
    if "path" in request.path_params:
        raise NotFoundException("there is nothing with such a name")


class _Document(JsonRenderPlugin):
    """The document itself."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _with_problems(openapi_schema))


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Every operation fails in one and the same shape; the framework would describe its own."""
    shapes = document["components"].setdefault("schemas", {})
    if "Problem" not in shapes:
        (_, described) = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
        shapes.update(described)
        reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
        failed = {"description": "It failed, and why", "content": {MEDIA_TYPE: reference}}
        for item in document["paths"].values():
            for operation in item.values():
                operation["responses"].pop("400", None)
                operation["responses"]["default"] = failed
    return document


class _Page(OpenAPIRenderPlugin):
    """The document as a page to read: no scripts, nothing loaded from anywhere."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        openapi_schema = _with_problems(openapi_schema)
        groups: dict[str, list[str]] = {}
        for path, item in openapi_schema.get("paths", {}).items():
            for method, operation in item.items():
                if isinstance(operation, dict) and "operationId" in operation:
                    tag = (operation.get("tags") or ["other"])[0]
                    groups.setdefault(tag, []).append(_operation(path, method, operation))
        schemas = openapi_schema.get("components", {}).get("schemas", {})
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
