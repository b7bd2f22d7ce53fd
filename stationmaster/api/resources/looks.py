"""How one's own organization shows itself: its name, logo and colour."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import GivenCaller, GivenContext, of_server
from stationmaster.api.resources.images import brought
from stationmaster.api.shapes import IfMatch, given, tagged, tags_of
from stationmaster.domain import looks
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.looks import Look
from stationmaster.domain.permissions import Permission
from stationmaster.files import pictures
from stationmaster.files.pictures import NoPicture

ShownName = Annotated[str, msgspec.Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-Fa-f]{6}$(?!\n)", description="As in #0b6e5f")]


class Logo(msgspec.Struct, frozen=True):
    """A logo. `url` is shown without a log-in, to whoever knows it; it never changes. Sizes in pixels."""

    url: str
    width: int
    height: int


class Colours(msgspec.Struct, frozen=True):
    """A colour, and what it becomes where it would be too pale or too dark: for words on white, for words in the dark, and for words on it."""

    colour: str
    on_light: str
    on_dark: str
    text: str


class OrganizationLook(msgspec.Struct, frozen=True):
    """How an organization shows itself. Null where it has said nothing: then `shown_name` is its name, and `colours` are ours."""

    name: str | None
    colour: str | None
    shown_name: str
    colours: Colours
    logo: Logo | None


class LookChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays, and null empties it."""

    name: ShownName | msgspec.UnsetType | None = msgspec.UNSET
    colour: Colour | msgspec.UnsetType | None = msgspec.UNSET


@get("/look", permission=Permission.LOGGED_IN)
async def get_look(caller: GivenCaller, context: GivenContext) -> Response[OrganizationLook]:
    """How one's own organization shows itself on pages, on paper and in mails."""
    return _tagged(await context.database.read(looks.get, caller.organization))


@patch("/look", permission=Permission.OWN)
async def change_look(
    data: JSONBody[LookChanges], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> Response[OrganizationLook]:
    """Change its name or colour; what is issued already stays as it is."""
    changes, expected = given(data), tags_of(if_match)
    return _tagged(await context.database.write(looks.change, caller.organization, changes, expected=expected))


@post("/logo", permission=Permission.OWN, request_max_body_size=None, status_code=200)
async def set_logo(
    request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> Response[OrganizationLook]:
    """Bring a logo: the body is a JPEG, PNG or WebP file as it is, or a form with one. It takes the place of the one before."""
    expected = tags_of(if_match)
    content = await brought(request, context)
    async with context.pictures.turn():
        try:
            made = await asyncio.to_thread(pictures.logo, content)
        except NoPicture as error:
            raise Invalid("body", error.reason) from None
    size = {"width": made.width, "height": made.height}
    written = context.database.write(looks.set_logo, caller.organization, made.content, expected=expected, **size)
    return _tagged(await written)


@delete("/logo", permission=Permission.OWN, status_code=200)
async def remove_logo(
    caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> Response[OrganizationLook]:
    """Show none from now on."""
    expected = tags_of(if_match)
    return _tagged(await context.database.write(looks.set_logo, caller.organization, None, expected=expected))


router = Router("/organization", route_handlers=[get_look, change_look, set_logo, remove_logo], tags=["organizations"])


@get("/files/logos/{logo_id:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def show_logo(request: Request[Any, Any, Any], logo_id: FromPath[str]) -> Response[bytes]:
    """A logo."""
    content = await of_server(request.scope).database.read(looks.logo_content, logo_id)
    if content is None:
        raise NotFound("there is no such picture")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Content-Disposition": "inline"}
    return Response(content, headers=headers, media_type="image/png")


def look_form(look: Look) -> OrganizationLook:
    """As everybody may see it."""
    logo = None if look.logo is None else Logo(f"/files/logos/{look.logo.public_id}", look.logo.width, look.logo.height)
    return OrganizationLook(look.name, look.colour, look.shown_name, Colours(*look.colours), logo)


def _tagged(look: Look) -> Response[OrganizationLook]:
    return tagged(look, look_form(look))
