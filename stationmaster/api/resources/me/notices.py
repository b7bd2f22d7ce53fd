"""What one wants to be told of, and was told."""

from __future__ import annotations

from litestar import Response, get, patch
from litestar.params import JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.notices import (
    NoticeChoiceChanges,
    NoticeChoices,
    OwnNotice,
    changed_form,
    choices_form,
    own_notice_form,
)
from stationmaster.api.shapes import Cursor, IfMatch, Limit, Page, page_of
from stationmaster.domain.alerts.tables import NoticeRow
from stationmaster.domain.customer_notices import telling
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


@get("/notice-choices", permission=Permission.LOGGED_IN)
async def get_own_notice_choices(caller: GivenCaller, context: GivenContext) -> Response[NoticeChoices]:
    """What one wants to be told of, and what one may choose."""

    def read(work: Work) -> Response[NoticeChoices]:
        return choices_form(work, caller.organization, customer_of(work, caller))

    return await context.database.read(read)


@patch("/notice-choices", permission=Permission.LOGGED_IN)
async def change_own_notice_choices(
    data: JSONBody[NoticeChoiceChanges], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> Response[NoticeChoices]:
    """Choose what one is told of. 422 for a kind that is not offered."""

    def change(work: Work) -> Response[NoticeChoices]:
        return changed_form(work, caller.organization, customer_of(work, caller), data, if_match)

    return await context.database.write(change)


@get("/notices", permission=Permission.LOGGED_IN)
async def list_own_notices(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[OwnNotice]:
    """What one was told, newest first."""

    def read(work: Work) -> Found[NoticeRow]:
        return telling.list_notices(work, customer_of(work, caller).id, Wanted(limit, cursor))

    return page_of(await context.database.read(read), own_notice_form)


routes = [get_own_notice_choices, change_own_notice_choices, list_own_notices]
