"""What chargers fetch from us and bring to us, by the addresses we gave them: no log-in, the address is the key.

Chargers are simple: some try again and again, some go on where they were cut off (`Range`), some bring a file with PUT, some with
POST, some as a form, and some put its name behind the address they were given.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import multipart  # type: ignore[import-untyped]
from litestar import Request, Response, Router, route
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Stream

from stationmaster.api.auth import Permission
from stationmaster.api.context import of_server
from stationmaster.domain import firmware, logs
from stationmaster.domain.errors import Invalid
from stationmaster.files import Files, Full, Kept, TooLarge
from stationmaster.reason_words import Reason

MEGABYTE = 1024 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_BOUNDARY = re.compile(r'boundary="?([^";,]{1,200})"?', re.IGNORECASE)
_FILE_NAME = re.compile(r'filename="?([^";]{1,200})"?', re.IGNORECASE)


@route(
    ["/firmware/{key:str}", "/firmware/{key:str}/{name:str}"],
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    permission=Permission.PUBLIC,
    include_in_schema=False,
    status_code=200,
)
async def fetch_firmware(
    request: Request[Any, Any, Any], key: FromPath[str], name: FromPath[str] = ""
) -> Response[Any]:
    """The firmware of an update, whole or a part of it, until it is installed."""
    context = of_server(request.scope)
    opened = context.links.open("firmware", key, now=context.database.clock())
    file = await context.database.write(firmware.fetch, opened.public_id)
    return await serve(request, context.folder, file.kept_as, file.size, file.sha256, name=file.name)


@route(
    ["/logs/{key:str}", "/logs/{key:str}/{name:str}"],
    http_method=[HttpMethod.PUT, HttpMethod.POST],
    permission=Permission.PUBLIC,
    include_in_schema=False,
    status_code=201,
    request_max_body_size=None,
)
async def bring_log(request: Request[Any, Any, Any], key: FromPath[str], name: FromPath[str] = "") -> Response[str]:
    """A log that a charger was asked for. The first file that has come whole is kept; then the address is used up."""
    context = of_server(request.scope)
    opened = context.links.open("logs", key, now=context.database.clock())
    await context.database.read(logs.wanted, opened.public_id)
    named: list[str] = [name or opened.rest]
    kept = await take(
        request,
        context.folder,
        content(request, named),
        limit=context.settings.files.max_log_mb * MEGABYTE,
        within_s=context.settings.files.upload_timeout_s,
    )
    try:
        if kept.size == 0:
            raise Invalid("body", "is empty; send the bytes of the file")
        await context.database.write(
            logs.received,
            opened.public_id,
            name=named[-1] or None,
            kept_as=kept.name,
            size=kept.size,
            sha256=kept.sha256,
        )
    except BaseException:
        await context.folder.drop(kept.name)
        raise
    return Response("thank you\n", status_code=201, media_type="text/plain")


router = Router("/files", route_handlers=[fetch_firmware, bring_log])


async def take(
    request: Request[Any, Any, Any],
    folder: Files,
    chunks: AsyncIterator[bytes],
    *,
    limit: int,
    within_s: float,
) -> Kept:
    """Keep a body that is sent to us, within its limits. Raises `HTTPException` with what to tell the sender."""
    check_length(request, limit)
    with refusing(limit):
        async with asyncio.timeout(within_s):
            return await folder.keep(chunks, limit=limit)


def check_length(request: Request[Any, Any, Any], limit: int) -> None:
    """What says at once that it is too large is not read. Raises `HTTPException`."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limit + MEGABYTE:  # a form has some bytes of its own
        raise HTTPException(status_code=413, detail=_too_large(limit))


@contextlib.contextmanager
def refusing(limit: int) -> Iterator[None]:
    """What goes wrong with a body that is sent to us, as an `HTTPException` for its sender."""
    try:
        yield
    except TooLarge:
        raise HTTPException(status_code=413, detail=_too_large(limit)) from None
    except TimeoutError:
        raise HTTPException(status_code=408, detail=Reason("this took too long")) from None
    except multipart.MultipartError as error:
        raise HTTPException(status_code=400, detail=Reason("this form cannot be read: {why}", why=error)) from None
    except Full as error:
        raise HTTPException(status_code=507, detail=Reason("the file cannot be kept: {why}", why=error)) from None


async def content(request: Request[Any, Any, Any], named: list[str]) -> AsyncIterator[bytes]:
    """The bytes of the file: the body as it is, or the first file of a form. A name in the form is added to `named`."""
    kind = request.headers.get("content-type", "")
    boundary = _BOUNDARY.search(kind)
    if not kind.lower().startswith("multipart/form-data") or boundary is None:
        async for chunk in request.stream():
            yield chunk
        return
    with multipart.PushMultipartParser(boundary[1], max_segment_count=32) as parser:
        inside = found = False
        async for chunk in request.stream():
            for part in parser.parse(chunk):
                if isinstance(part, multipart.MultipartSegment):
                    inside = not found and bool(part.filename or part.name)
                    if inside and part.filename:
                        found = True
                        named.append(part.filename)
                elif part is None:
                    inside = False
                elif inside and found:
                    yield bytes(part)


async def serve(
    request: Request[Any, Any, Any], folder: Files, kept_as: str, size: int, sha256: str, *, name: str
) -> Response[Any]:
    """A kept file, or the part of it that was asked for."""
    if not await folder.has(kept_as):
        raise HTTPException(status_code=410, detail=Reason("the bytes of this file are not here any more"))
    start, stop, status = 0, size, 200
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{sha256[:32]}"',
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    asked = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    same = request.headers.get("if-range", headers["ETag"]) == headers["ETag"]
    if asked is not None and (asked[1] or asked[2]) and same:
        if asked[1]:
            start, stop = int(asked[1]), min(int(asked[2]) + 1 if asked[2] else size, size)
        else:
            start, stop = max(0, size - int(asked[2])), size
        if start >= stop:
            raise HTTPException(
                status_code=416,
                detail=Reason("this part is not in the file"),
                headers={"Content-Range": f"bytes */{size}"},
            )
        status, headers["Content-Range"] = 206, f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    body = _nothing() if request.method == "HEAD" else folder.chunks(kept_as, start=start, size=stop - start)
    return Stream(body, status_code=status, headers=headers, media_type="application/octet-stream")


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def _too_large(limit: int) -> Reason:
    return Reason("this is larger than the {most} MB that are taken", most=limit // MEGABYTE)
