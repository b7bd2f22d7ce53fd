"""One's own sessions: what was charged, what is going on, and both as a file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.di import Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.exports import sessions_as_file
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.prices import SessionPrice
from stationmaster.api.resources.prices import public_form as price_form
from stationmaster.api.resources.prices import read as read_price
from stationmaster.api.resources.sessions import (
    EnergyPoint,
    GivenTimes,
    GivenWhich,
    MeterValue,
    SiteFilter,
    Status,
    StatusFilter,
    measured,
    meter_value,
    series_of,
    times_of,
    values_dropped,
)
from stationmaster.api.shapes import SORTED, Cursor, Limit, Number, Page, number, page_of, paged
from stationmaster.domain import bills, discovery, metering, sessions
from stationmaster.domain.file_formats import Column
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


class OwnSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session of one's own. `charger` and `site` are those of the discovery; `time_zone` is the site's.

    While it is active, `energy_wh` is what it has taken by now, and power and state of charge are those told last. What is `review`
    waits for a person to look at its figures; what is `excluded` counts in no sum. `billed` is its bill, in `currency`; null: there is none (yet).
    """

    id: str
    charger: str
    charger_name: str | None
    site: str | None
    site_name: str | None
    time_zone: str
    evse: int | None
    connector: int | None
    card: str | None
    status: Status
    charging_state: str | None
    started_at: datetime
    stopped_at: datetime | None
    stop_reason: str | None
    energy_wh: Number | None
    power_w: Number | None
    soc_percent: Number | None
    billed: str | None
    currency: str | None
    estimated: bool
    review: bool
    excluded: bool


class OwnSessionDetail(OwnSession, frozen=True, kw_only=True):
    """A session of one's own, and its energy over time: begin and end only, where its meter values were dropped after their time."""

    series: list[EnergyPoint]
    values_dropped: bool


CardFilter = Annotated[str | None, QueryParameter(max_length=255, description="Only sessions of this card")]
Sort = Literal["started", "-started", "stopped", "-stopped", "energy", "-energy"]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


async def which_of_mine(
    site: SiteFilter = None,
    card: CardFilter = None,
    status: StatusFilter = None,
    *,
    times: GivenTimes,
) -> sessions.Which:
    """The filters of a list of one's sessions; whose they are is not among them."""
    return sessions.Which(site=site, token=card, status=status, times=times)


FILTERED = {"which": Provide(which_of_mine), "times": Provide(times_of)}


@get("/sessions", permission=Permission.LOGGED_IN, dependencies=FILTERED)
async def list_own_sessions(
    caller: GivenCaller,
    context: GivenContext,
    which: GivenWhich,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OwnSession]:
    """What one has charged, newest first or sorted. Times are half open: from is included, to is not."""

    def read(work: Work) -> tuple[Found[sessions.OwnSession], dict[int, sessions.SoFar], dict[int, Money]]:
        mine = customer_of(work, caller).id
        found = sessions.list_own(work, caller.organization, mine, Wanted(limit, cursor, sort), which)
        return found, sessions.so_far(work, found.rows), bills.amounts_of(work, [row.id for row in found.rows])

    found, last, billed = await context.database.read(read)
    return page_of(found, lambda row: OwnSession(**_facts(row, last.get(row.id), billed.get(row.id))))


@get("/sessions/{session_id:str}", permission=Permission.LOGGED_IN)
async def get_own_session(session_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> OwnSessionDetail:
    """One session of one's own, as it is at this moment."""

    def read(work: Work) -> OwnSessionDetail:
        row = sessions.get_own(work, caller.organization, customer_of(work, caller).id, session_id)
        last, taken = measured(work, row)
        billed = bills.amounts_of(work, [row.id]).get(row.id)
        return OwnSessionDetail(
            **_facts(row, last, billed), series=series_of(taken), values_dropped=values_dropped(row)
        )

    return await context.database.read(read)


@get("/sessions/{session_id:str}/price", permission=Permission.LOGGED_IN)
async def get_own_price(session_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> SessionPrice:
    """What a session of one's own costs, line by line; of one that goes on, by now. 409 where it has no price."""

    def read(work: Work) -> SessionPrice:
        sessions.get_own(work, caller.organization, customer_of(work, caller).id, session_id)
        return price_form(session_id, *read_price(work, caller.organization, session_id))

    return await context.database.read(read)


@get("/sessions/{session_id:str}/meter-values", permission=Permission.LOGGED_IN)
async def list_own_meter_values(
    session_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[MeterValue]:
    """All that the meter told in one's session, newest first; what it signed is in the samples as it came (D-06)."""

    def read(work: Work) -> list[metering.MeterValueRow]:
        row = sessions.get_own(work, caller.organization, customer_of(work, caller).id, session_id)
        return metering.page_of(work, row.id, limit=limit, cursor=cursor)

    return paged(await context.database.read(read), limit, meter_value)


COLUMNS = (
    Column("id"),
    Column("site"),
    Column("charger"),
    Column("evse", "whole"),
    Column("connector", "whole"),
    Column("card"),
    Column("status"),
    Column("started_at", "time"),
    Column("stopped_at", "time"),
    Column("time_zone"),
    Column("energy_kwh", "number", 6),
    Column("billed", "number", 3),
    Column("currency"),
    Column("stop_reason"),
    Column("excluded", "flag"),
)


@get(
    "/exports/sessions",
    permission=Permission.LOGGED_IN,
    dependencies=FILTERED,
    responses={200: ResponseSpec(bytes, generate_examples=False, description="The file", media_type="text/csv")},
)
async def export_own_sessions(caller: GivenCaller, context: GivenContext, which: GivenWhich) -> Stream:
    """What one has charged, as CSV, newest first. Times are by the clock of the site, with their offset."""
    mine = (await context.database.read(customer_of, caller)).id
    which = msgspec.structs.replace(which, customer_key=mine)
    return sessions_as_file(context, caller.organization, which, form="csv", columns=COLUMNS)


routes = [list_own_sessions, get_own_session, get_own_price, list_own_meter_values, export_own_sessions]


def _facts(row: sessions.OwnSession, last: sessions.SoFar | None, billed: Money | None) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "charger": row.charger,
        "charger_name": discovery.shown_name(row.charger_name, row.station),
        "site": row.site,
        "site_name": row.site_name,
        "time_zone": row.time_zone or "UTC",
        "evse": row.evse,
        "connector": row.connector,
        "card": row.token,
        "status": row.status,
        "charging_state": row.charging_state,
        "started_at": row.started_at,
        "stopped_at": row.stopped_at,
        "stop_reason": row.stop_reason,
        "energy_wh": number(row.energy_wh if last is None else last.energy_wh),
        "power_w": None if last is None else number(last.power_w),
        "soc_percent": None if last is None else number(last.soc_percent),
        "billed": None if billed is None else str(billed.amount),
        "currency": None if billed is None else billed.currency,
        "estimated": "estimated" in (row.flags or ()),
        "review": row.review,
        "excluded": row.excluded,
    }
