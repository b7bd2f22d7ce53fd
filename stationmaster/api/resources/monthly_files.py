"""Files of a month's sessions for the accountant: which were sent, and sending one again."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, page_of
from stationmaster.domain import monthly_files
from stationmaster.domain.errors import NotFound
from stationmaster.domain.monthly_files import FileRow, State
from stationmaster.domain.permissions import Permission
from stationmaster.storage.lists import Wanted

_A_FILE = {200: ResponseSpec(bytes, generate_examples=False, description="The file", media_type="text/csv")}


class MonthlyFile(msgspec.Struct, frozen=True, kw_only=True):
    """The sessions that ended in a month, as they went to a receiver of the settings. `failed` is not tried any more until somebody sends it again; `sha256` is of the file, whenever it is sent."""

    id: str
    receiver: str
    month: str
    state: State
    attempts: int
    error: str | None
    sessions: int
    size: int
    sha256: str
    made_at: datetime
    sent_at: datetime | None


@get("/", permission=Permission.VIEW_CUSTOMERS)
async def list_monthly_files(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[MonthlyFile]:
    """Files of whole months, the newest first."""
    found = await context.database.read(monthly_files.list_files, caller.organization, Wanted(limit, cursor))
    return page_of(found, _public_form)


@get("/{file_id:str}/file", permission=Permission.VIEW_CUSTOMERS, responses=_A_FILE)
async def get_monthly_file(file_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[bytes]:
    """The very bytes that were sent."""
    row = await context.database.read(monthly_files.get, caller.organization, file_id)
    try:
        content = b"".join([chunk async for chunk in context.folder.chunks(row.kept_as, size=row.size)])
    except FileNotFoundError:
        raise NotFound("the file is gone from the store of files") from None
    headers = {"Content-Disposition": f'attachment; filename="sessions-{row.month}.csv"'}
    return Response(content, media_type="text/csv", headers=headers)


@post("/{file_id:str}/send", permission=Permission.HANDLE_MONEY, status_code=202)
async def send_monthly_file(file_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> MonthlyFile:
    """Send it once more, within a minute: the same bytes, whatever has changed since."""
    return _public_form(await context.database.write(monthly_files.send_again, caller.organization, file_id))


router = Router(
    "/monthly-files", route_handlers=[list_monthly_files, get_monthly_file, send_monthly_file], tags=["accounting"]
)


def _public_form(row: FileRow) -> MonthlyFile:
    return MonthlyFile(
        id=row.public_id,
        receiver=row.receiver,
        month=row.month,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        sessions=row.sessions,
        size=row.size,
        sha256=row.sha256,
        made_at=row.made_at,
        sent_at=row.sent_at,
    )
