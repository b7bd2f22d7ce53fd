"""The web application's files, and the headers that every answer carries (API-17, API-30).

All files are read at the start and served from memory, by their exact names: no path from outside ever reaches the disk.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, route
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import HttpMethod
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import Message, Scope

from stationmaster.api.auth import Permission
from stationmaster.api.context import of_server

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"

_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}
_COMPRESSED = {".html", ".js", ".mjs", ".css", ".svg", ".json", ".map", ".webmanifest", ".txt"}

# What watches over servers asks for these by habit; a page in answer would tell it that all is well.
_PROBES = {"healthz", "livez", "readyz"}

NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stationmaster</title>
<style>body { font: 1rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }</style></head>
<body><h1>Stationmaster is running</h1>
<p>The server works; only its web pages have not been built yet. Run <code>make setup</code> in the project's folder, then
start the server again.</p>
<p>Until then, the <a href="/api/docs">API</a> is all there.</p></body></html>
"""


async def security_headers(message: Message, scope: Scope) -> None:
    """Gives every answer its headers."""
    if message["type"] != "http.response.start":
        return
    answer = MutableScopeHeaders.from_message(message)
    for name, value in _HEADERS.items():
        answer[name] = value
    settings = of_server(scope).settings
    answer["Content-Security-Policy"] = policy(settings.maps.tiles)
    if settings.web.secure_cookies:
        answer["Strict-Transport-Security"] = "max-age=31536000"
    if "cache-control" not in answer:
        answer["Cache-Control"] = "no-store"


@cache
def policy(map_tiles: str | None) -> str:
    """The content security policy: all is of this server, but for maps where a setting names who has them."""
    if map_tiles is None:
        return _POLICY
    where = urlsplit(map_tiles)
    return f"{_POLICY}; connect-src 'self' {where.scheme}://{where.netloc}"


class _File:
    """One file of the web application, as it goes over the wire."""

    def __init__(self, path: Path, name: str) -> None:
        self.content = path.read_bytes()
        self.media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self.etag = f'"{hashlib.blake2b(self.content, digest_size=12).hexdigest()}"'
        # The bundler puts a hash of the content into these names, so they never change.
        forever = name.startswith("assets/")
        self.cache = "public, max-age=31536000, immutable" if forever else "no-cache"
        self._compress = path.suffix in _COMPRESSED and len(self.content) > 1000
        self._compressed: bytes | None = None

    async def answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        headers = {"ETag": self.etag, "Cache-Control": self.cache}
        if self._compress:
            headers["Vary"] = "Accept-Encoding"
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers, media_type=self.media_type)
        content = self.content
        if self._compress and "gzip" in request.headers.get("accept-encoding", ""):
            if self._compressed is None:
                self._compressed = await asyncio.to_thread(gzip.compress, content, 6)
            content = self._compressed
            headers["Content-Encoding"] = "gzip"
        return Response(content, headers=headers, media_type=self.media_type)


def pages(dist: Path = DIST) -> HTTPRouteHandler:
    """The route of everything that is not the API: files by name, and for every other path the application itself."""
    files = {
        name: _File(path, name)
        for path in sorted(dist.rglob("*"))
        if path.is_file() and (name := path.relative_to(dist).as_posix())
    }

    @route(
        ["/", "/{path:path}"],
        http_method=list(HttpMethod),
        permission=Permission.PUBLIC,
        include_in_schema=False,
        status_code=200,
    )
    async def page(request: Request[Any, Any, Any], path: FromPath[str] = "/") -> Response[Any]:
        name = path.strip("/")
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowedException(headers={"allow": "GET, HEAD"})
        if name in files:
            return await files[name].answer(request)
        if name in _PROBES or f"{name}/".startswith("assets/") or name.rpartition("/")[2].count("."):
            raise NotFoundException("there is no such file")
        entry = "pay.html" if name.startswith("pay/") else "index.html"  # guests at a charger have a page of their own
        if entry in files:
            return await files[entry].answer(request)
        return Response(NOT_BUILT, media_type="text/html", headers={"Cache-Control": "no-cache"})

    return page
