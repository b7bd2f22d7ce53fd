"""Charging sessions and their meter values."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Number, Page, number, paged
from stationmaster.domain import metering, sessions
from stationmaster.storage import Work

MAX_METER_VALUES = 2000

Status = Literal["pending", "active", "completed", "cancelled", "invalid"]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A charging session. While it is active, `energy_wh`, `power_w` and `soc_percent` are those of its last meter value."""

    id: str
    station: str
    evse: int
    transaction_id: str
    token: str | None
    status: Status
    started_at: datetime
    stopped_at: datetime | None
    stop_reason: str | None
    meter_start_wh: Number
    meter_stop_wh: Number | None
    energy_wh: Number | None
    power_w: Number | None
    soc_percent: Number | None
    flags: list[str]
    review: bool


class MeterValue(msgspec.Struct, frozen=True):
    """The samples of one moment, and what they mean. `energy_wh` is the register, not what the session took."""

    at: datetime
    context: str | None
    energy_wh: Number | None
    power_w: Number | None
    current_a: Number | None
    voltage_v: Number | None
    soc_percent: Number | None
    samples: list[Any]


class SessionDetail(Session, frozen=True, kw_only=True):
    """A session with its newest meter values, oldest first."""

    meter_values: list[MeterValue]


def public_form(session: sessions.Session) -> Session:
    """The session an event tells of."""
    return Session(**_facts(session, None))


def energy_so_far(meter_start_wh: Decimal, last: metering.Reading | None) -> Number | None:
    """What an active session took, in Wh; None as long as no register was told."""
    if last is None or last.energy_wh is None:
        return None
    return number(max(Decimal(0), last.energy_wh - meter_start_wh))


def _facts(session: sessions.Session, last: metering.Reading | None) -> dict[str, Any]:
    active = session.status == "active"
    return {
        "id": session.id,
        "station": session.station,
        "evse": session.evse,
        "transaction_id": session.transaction_id,
        "token": session.token,
        "status": session.status,
        "started_at": session.started_at,
        "stopped_at": session.stopped_at,
        "stop_reason": session.stop_reason,
        "meter_start_wh": number(session.meter_start_wh),
        "meter_stop_wh": number(session.meter_stop_wh),
        "energy_wh": energy_so_far(session.meter_start_wh, last) if active else number(session.energy_wh),
        "power_w": None if last is None else number(last.power_w),
        "soc_percent": None if last is None else number(last.soc_percent),
        "flags": list(session.flags),
        "review": session.review,
    }


StationFilter = Annotated[str | None, QueryParameter(max_length=48, description="Only sessions at this charger")]
TokenFilter = Annotated[str | None, QueryParameter(max_length=255, description="Only sessions of this token")]
StatusFilter = Annotated[Status | None, QueryParameter(description="Only sessions in this state")]
ReviewFilter = Annotated[bool, QueryParameter(description="Only sessions that a person should look at")]


@get("/", permission=Permission.VIEW)
async def list_sessions(
    caller: GivenCaller,
    context: GivenContext,
    station: StationFilter = None,
    token: TokenFilter = None,
    status: StatusFilter = None,
    review: ReviewFilter = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Session]:
    """Sessions, newest first."""
    rows, last = await context.database.read(
        _listed, caller.organization, station, token, status, review, limit, cursor
    )
    return paged(rows, limit, lambda row: Session(**_facts(sessions.public_form(row, row.station), last.get(row.id))))


@get("/{session_id:str}", permission=Permission.VIEW)
async def get_session(session_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> SessionDetail:
    """One session with its meter values."""
    row, last, values = await context.database.read(_with_values, caller.organization, session_id)
    facts = _facts(sessions.public_form(row, row.station), last)
    return SessionDetail(**facts, meter_values=[meter_value(value) for value in values])


@post("/{session_id:str}/reviewed", permission=Permission.OPERATE, status_code=204)
async def review_session(session_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Say that a session with `review` has been looked at, and that its figures hold."""
    await context.database.write(sessions.reviewed, caller.organization, session_id)


router = Router("/sessions", route_handlers=[list_sessions, get_session, review_session], tags=["sessions"])


def meter_value(row: Any) -> MeterValue:
    """The public form of a meter value's row."""
    return MeterValue(
        at=row.taken_at,
        context=row.context,
        energy_wh=number(row.energy_wh),
        power_w=number(row.power_w),
        current_a=number(row.current_a),
        voltage_v=number(row.voltage_v),
        soc_percent=number(row.soc_percent),
        samples=_samples(row.samples),
    )


def _samples(text: str) -> list[Any]:
    """The samples as they were received; a row that cannot be read does not break the page (ATK-08)."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return [text]
    return value if isinstance(value, list) else [value]


def _listed(
    work: Work,
    organization_id: int,
    station: str | None,
    token: str | None,
    status: str | None,
    to_review: bool,
    limit: int,
    cursor: str | None,
) -> tuple[list[Any], dict[int, metering.Reading]]:
    rows = sessions.listed(
        work,
        organization_id,
        station=station,
        token=token,
        status=status,
        to_review=to_review,
        limit=limit,
        cursor=cursor,
    )
    active = [row.id for row in rows if row.status == "active"]
    return rows, sessions.so_far(work, active) if active else {}


def _with_values(work: Work, organization_id: int, public_id: str) -> tuple[Any, metering.Reading | None, list[Any]]:
    row = sessions.get(work, organization_id, public_id)
    last = sessions.so_far(work, [row.id])[row.id] if row.status == "active" else None
    return row, last, metering.values_of(work, row.id, limit=MAX_METER_VALUES)
