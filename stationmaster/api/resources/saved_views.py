"""Views of lists: filters, order and columns under a name, of whoever keeps them, on each of their devices."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.auth import check_person, myself
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Page
from stationmaster.domain import saved_views
from stationmaster.domain.accounts import User
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission
from stationmaster.domain.saved_views import ViewRow
from stationmaster.storage import Work

# A `$` alone would let a line end pass behind it.
Path = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^/[^\x00-\x1f\x7f?#\\]*$(?!\n)")]
Search = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^(\?[^\x00-\x1f\x7f#]*)?$(?!\n)")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]


class SavedView(msgspec.Struct, frozen=True):
    """A list as somebody has arranged it: `page` is its path, `search` the rest of its address.

    `mine`: it is the caller's own. `by`: who keeps it; others have it when it is `shared`.
    """

    id: str
    page: str
    name: str
    search: str
    shared: bool
    mine: bool
    by: str
    created_at: datetime


class NewSavedView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A view to be kept. `search` is empty, or begins with a question mark. `shared`: all of the organization who may look have it."""

    page: Path
    name: Name
    search: Search
    shared: bool = False


@get("/", permission=Permission.LOGGED_IN)
async def list_saved_views(caller: GivenCaller, context: GivenContext) -> Page[SavedView]:
    """My views, by page and name, and those that are shared with me; no more than a few hundred, so they are one page."""
    check_person(caller)

    def read(work: Work) -> Page[SavedView]:
        user = myself(work, caller)
        found = saved_views.listed(work, user, with_shared=Permission.VIEW in caller.permissions)
        return Page([_public_form(row, user) for row in found], None)

    return await context.database.read(read)


@post("/", permission=Permission.LOGGED_IN)
async def keep_view(data: JSONBody[NewSavedView], caller: GivenCaller, context: GivenContext) -> SavedView:
    """Keep a view, up to 200. One of mine with the same name, on the same page, is replaced. To share it one must be an administrator."""
    check_person(caller)
    if data.shared and Permission.ADMINISTER not in caller.permissions:
        raise Invalid("shared", "takes the permission to administer")
    name = data.name.strip()
    if not name:
        raise Invalid("name", "must not be empty")

    def keep(work: Work) -> SavedView:
        user = myself(work, caller)
        row = saved_views.keep(work, user, page=data.page, name=name, search=data.search, shared=data.shared)
        return _public_form(row, user)

    return await context.database.write(keep)


@delete("/{view_id:str}", permission=Permission.LOGGED_IN)
async def remove_view(view_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Remove a view of mine. Administrators also remove what others share."""
    check_person(caller)
    of_others = Permission.ADMINISTER in caller.permissions
    await context.database.write(
        lambda work: saved_views.remove(work, myself(work, caller), view_id, of_others=of_others)
    )


router = Router("/auth/me/views", route_handlers=[list_saved_views, keep_view, remove_view], tags=["log-in"])


def _public_form(row: ViewRow, user: User) -> SavedView:
    return SavedView(
        id=row.public_id,
        page=row.page,
        name=row.name,
        search=row.search,
        shared=row.shared,
        mine=row.user_id == user.key,
        by=row.by,
        created_at=row.created_at,
    )
