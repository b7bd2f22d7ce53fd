"""Alerts: what somebody should know of now, and planned work, of which nobody is told."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.alert_shapes import (
    Alert,
    AlertDetail,
    AlertNote,
    AlertPause,
    NewAlertPause,
    UnseenAlerts,
    alert_form,
    detail_form,
    pause_form,
)
from stationmaster.api.shapes import Cursor, Limit, Page, page_of
from stationmaster.domain.alerts import book, pauses
from stationmaster.domain.alerts.kinds import KindName, Severity, hidden_from
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted

InState = Annotated[book.State | None, QueryParameter(name="state", description="Only those in this state")]
OfKind = Annotated[KindName | None, QueryParameter(name="kind", description="Only of this kind")]
OfSeverity = Annotated[Severity | None, QueryParameter(name="severity", description="Only of this severity")]
Station = Annotated[str | None, QueryParameter(name="station", max_length=48, description="Only of this charger")]


@get("/", permission=Permission.VIEW)
async def list_alerts(
    caller: GivenCaller,
    context: GivenContext,
    in_state: InState = None,
    kind: OfKind = None,
    severity: OfSeverity = None,
    station: Station = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Alert]:
    """Alerts, newest first. Those that name customers only for who may see customers."""
    found = await context.database.read(
        book.list_alerts,
        caller.organization,
        Wanted(limit, cursor),
        state=in_state,
        kind=kind,
        severity=severity,
        station=station,
        but=hidden_from(caller.permissions),
    )
    return page_of(found, alert_form)


@get("/unseen", permission=Permission.VIEW)
async def count_unseen_alerts(caller: GivenCaller, context: GivenContext) -> UnseenAlerts:
    """How many there are for you to look at."""

    def count(work: Work) -> UnseenAlerts:
        hidden = hidden_from(caller.permissions)
        unseen = book.unseen(work, caller.organization, caller.actor.id, but=hidden)
        return UnseenAlerts(book.count_open(work, caller.organization, but=hidden), unseen)

    return await context.database.read(count)


@post("/seen", permission=Permission.VIEW, status_code=204)
async def see_alerts(caller: GivenCaller, context: GivenContext) -> None:
    """You have looked at all there are."""
    await context.database.write(book.see, caller.organization, caller.actor.id)


@get("/{alert_id:str}", permission=Permission.VIEW)
async def get_alert(alert_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> AlertDetail:
    """One alert, with what became of it."""

    def read(work: Work) -> AlertDetail:
        row = book.get(work, caller.organization, alert_id, but=hidden_from(caller.permissions))
        return detail_form(row, book.steps(work, row))

    return await context.database.read(read)


@post("/{alert_id:str}/acknowledge", permission=Permission.OPERATE, status_code=200)
async def acknowledge_alert(
    alert_id: FromPath[str], caller: GivenCaller, context: GivenContext, data: JSONBody[AlertNote | None] = None
) -> Alert:
    """You look after it: nobody else is told of it. 409 when it is over."""
    note = None if data is None else data.note
    return alert_form(
        await context.database.write(
            book.acknowledge, caller.organization, alert_id, note=note, but=hidden_from(caller.permissions)
        )
    )


@post("/{alert_id:str}/resolve", permission=Permission.OPERATE, status_code=200)
async def resolve_alert(
    alert_id: FromPath[str], caller: GivenCaller, context: GivenContext, data: JSONBody[AlertNote | None] = None
) -> Alert:
    """Say that it is over. Where it is not, it is opened again within seconds. 409 when it is over already."""
    note = None if data is None else data.note
    return alert_form(
        await context.database.write(
            book.resolve, caller.organization, alert_id, note=note, but=hidden_from(caller.permissions)
        )
    )


@get("/", permission=Permission.VIEW)
async def list_alert_pauses(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[AlertPause]:
    """Planned work that is not over, newest first."""
    found = await context.database.read(pauses.list_pauses, caller.organization, Wanted(limit, cursor))
    return page_of(found, pause_form)


@post("/", permission=Permission.OPERATE)
async def add_alert_pause(data: JSONBody[NewAlertPause], caller: GivenCaller, context: GivenContext) -> AlertPause:
    """Say that work is planned: until it is over nobody is told of what happens there."""
    row = await context.database.write(
        pauses.create,
        caller.organization,
        site=data.site,
        station=data.station,
        from_at=data.from_at,
        until_at=data.until_at,
        note=data.note,
    )
    return pause_form(row)


@delete("/{pause_id:str}", permission=Permission.OPERATE)
async def remove_alert_pause(pause_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """The work is done, or is not to be. What is wrong there by now is told."""
    await context.database.write(pauses.remove, caller.organization, pause_id)


router = Router(
    "/alerts",
    route_handlers=[list_alerts, count_unseen_alerts, see_alerts, get_alert, acknowledge_alert, resolve_alert],
    tags=["alerts"],
)
planned = Router(
    "/alert-pauses",
    route_handlers=[list_alert_pauses, add_alert_pause, remove_alert_pause],
    tags=["alerts"],
)
