"""Pictures of sites and chargers: brought, drawn anew, and shown to whoever has their address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.params import FromPath
from litestar.response import Stream

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext, of_server
from stationmaster.api.resources import files
from stationmaster.domain import images
from stationmaster.domain.errors import Invalid
from stationmaster.domain.images import Kind
from stationmaster.domain.permissions import Permission
from stationmaster.files import Kept, TooLarge, pictures
from stationmaster.files.pictures import Drawn, NoPicture


class Image(msgspec.Struct, frozen=True):
    """A picture. `url` and `thumbnail_url` are shown without a log-in, to whoever knows them; they never change."""

    id: str
    url: str
    thumbnail_url: str
    width: int
    height: int
    size: int
    created_at: datetime


@get("/sites/{site_id:str}/images", permission=Permission.VIEW)
async def list_site_images(site_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> list[Image]:
    """Pictures of a site, the oldest first."""
    return await _listed(context, caller, "site", site_id)


@post("/sites/{site_id:str}/images", permission=Permission.ADMINISTER, request_max_body_size=None)
async def add_site_image(
    site_id: FromPath[str], request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext
) -> Image:
    """Add a picture: the body is a JPEG, PNG or WebP file as it is, or a form with one."""
    return await _added(request, context, caller, "site", site_id)


@delete("/sites/{site_id:str}/images/{image_id:str}", permission=Permission.ADMINISTER)
async def remove_site_image(
    site_id: FromPath[str], image_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> None:
    """Remove a picture."""
    await _removed(context, caller, "site", site_id, image_id)


@get("/stations/{station_id:str}/images", permission=Permission.VIEW)
async def list_station_images(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> list[Image]:
    """Pictures of a charger, the oldest first."""
    return await _listed(context, caller, "station", station_id)


@post("/stations/{station_id:str}/images", permission=Permission.ADMINISTER, request_max_body_size=None)
async def add_station_image(
    station_id: FromPath[str], request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext
) -> Image:
    """Add a picture: the body is a JPEG, PNG or WebP file as it is, or a form with one."""
    return await _added(request, context, caller, "station", station_id)


@delete("/stations/{station_id:str}/images/{image_id:str}", permission=Permission.ADMINISTER)
async def remove_station_image(
    station_id: FromPath[str], image_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> None:
    """Remove a picture."""
    await _removed(context, caller, "station", station_id, image_id)


router = Router(
    "/",
    route_handlers=[
        list_site_images,
        add_site_image,
        remove_site_image,
        list_station_images,
        add_station_image,
        remove_station_image,
    ],
    tags=["pictures"],
)


@get("/files/images/{image_id:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def show_image(request: Request[Any, Any, Any], image_id: FromPath[str]) -> Response[Any]:
    """A picture."""
    context = of_server(request.scope)
    row = await context.database.read(images.by_address, image_id)
    return await _shown(request, context, row.kept_as, row.size)


@get("/files/images/{image_id:str}/thumbnail", permission=Permission.PUBLIC, include_in_schema=False)
async def show_thumbnail(request: Request[Any, Any, Any], image_id: FromPath[str]) -> Response[Any]:
    """The small one of it."""
    context = of_server(request.scope)
    row = await context.database.read(images.by_address, image_id)
    return await _shown(request, context, row.thumbnail_kept_as, row.thumbnail_size)


async def _listed(context: Context, caller: Caller, kind: Kind, name: str) -> list[Image]:
    rows = await context.database.read(images.listed, caller.organization, kind, name)
    return [_public_form(row) for row in rows]


async def _added(request: Request[Any, Any, Any], context: Context, caller: Caller, kind: Kind, name: str) -> Image:
    await context.database.read(images.check, caller.organization, kind, name)
    content = await brought(request, context)
    async with context.pictures.turn():
        try:
            made = await asyncio.to_thread(pictures.drawn, content)
        except NoPicture as error:
            raise Invalid("body", error.reason) from None
    kept: list[Kept] = []
    try:
        for part in (made.content, made.thumbnail):
            kept.append(await context.folder.keep(_once(part), limit=len(part)))
        row = await context.database.write(images.add, caller.organization, kind, name, _picture(made, *kept))
    except BaseException:
        for each in kept:
            await context.folder.drop(each.name)
        raise
    return _public_form(row)


async def brought(request: Request[Any, Any, Any], context: Context) -> bytes:
    """The bytes of a picture, in memory. Raises `HTTPException`, `Invalid`."""
    settings = context.settings.files
    limit, content = settings.max_image_mb * files.MEGABYTE, bytearray()
    with files.refusing(limit):
        files.check_length(request, limit)
        async with asyncio.timeout(settings.upload_timeout_s):
            async for chunk in files.content(request, []):
                content += chunk
                if len(content) > limit:
                    raise TooLarge(f"more than {limit} bytes")
    return bytes(content)


async def _removed(context: Context, caller: Caller, kind: Kind, name: str, image_id: str) -> None:
    row = await context.database.write(images.remove, caller.organization, kind, name, image_id)
    for kept_as in (row.kept_as, row.thumbnail_kept_as):
        await context.folder.drop(kept_as)


async def _shown(request: Request[Any, Any, Any], context: Context, kept_as: str, size: int) -> Response[Any]:
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Disposition": "inline",
        "ETag": f'"{kept_as}"',
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=pictures.MEDIA_TYPE)
    headers["Content-Length"] = str(size)
    content = context.folder.chunks(kept_as, size=size)
    return Stream(content, headers=headers, media_type=pictures.MEDIA_TYPE)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _picture(made: Drawn, whole: Kept, thumbnail: Kept) -> images.Picture:
    return images.Picture(whole.name, whole.size, made.width, made.height, thumbnail.name, thumbnail.size)


def _public_form(row: images.ImageRow) -> Image:
    url = f"/files/images/{row.public_id}"
    return Image(row.public_id, url, f"{url}/thumbnail", row.width, row.height, row.size, row.created_at)
