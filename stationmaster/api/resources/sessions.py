"""Charging sessions and their meter values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.shapes import SORTED, Cursor, Limit, Number, Page, aware, number, page_of, paged
from stationmaster.domain import bills, energy, metering, sessions
from stationmaster.domain.money.amounts import Money
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

MAX_METER_VALUES = 2000

Status = Literal["pending", "active", "completed", "cancelled", "invalid"]
Authorization = Literal["accepted", "unknown", "blocked", "expired", "no_credit"]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A charging session. While it is active, `energy_wh` is what it has taken by now; `power_w` and `soc_percent` are those it last told.

    `authorization` is what was answered to its card when it began, null while nobody has asked. `stop_reason` is in our words,
    `stop_reason_told` in the charger's. What is `excluded` counts in no sum. `customer` is whose card it was when it began.
    `customer_name` is null for who may not look at customers. `billed` is what it was billed with tax, in `currency`; null where no
    bill holds. A live event has none of these.
    """

    id: str
    station: str
    evse: int | None
    connector: int | None
    transaction_id: str
    token: str | None
    customer: str | msgspec.UnsetType | None = msgspec.UNSET
    customer_name: str | msgspec.UnsetType | None = msgspec.UNSET
    billed: str | msgspec.UnsetType | None = msgspec.UNSET
    currency: str | msgspec.UnsetType | None = msgspec.UNSET
    authorization: Authorization | None
    status: Status
    charging_state: str | None
    started_at: datetime
    stopped_at: datetime | None
    stop_reason: str | None
    stop_reason_told: str | None
    meter_start_wh: Number | None
    meter_stop_wh: Number | None
    energy_wh: Number | None
    power_w: Number | None
    soc_percent: Number | None
    flags: list[str]
    review: bool
    excluded: bool


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


class EnergyPoint(msgspec.Struct, frozen=True):
    """What the session had taken at that time, in Wh."""

    at: datetime
    energy_wh: Number


class Reason(msgspec.Struct, frozen=True):
    """Why a person should look at the energy: one of the session's flags, in words."""

    flag: str
    text: str


class LeftOutRegister(msgspec.Struct, frozen=True):
    """A register that was told and is not of this session's energy, and why."""

    at: datetime
    register_wh: Number
    why: str
    text: str


class EnergyProposal(msgspec.Struct, frozen=True):
    """An energy that may be the right one for a session that is held, and what speaks for it."""

    energy_wh: Number
    how: str
    text: str


class SessionDetail(Session, frozen=True, kw_only=True):
    """A session, how its energy was found, and its meter values, oldest first.

    `series` is the energy over time and ends with `energy_wh`; it is empty where the energy cannot be said. Of more than 2,000
    meter values the first and the newest are here; `/sessions/{id}/meter-values` has all of them. Where they were dropped
    after their time (`values_dropped`), what the meter signed first and last is left, and `series` is the begin and the end.
    """

    series: list[EnergyPoint]
    reasons: list[Reason]
    left_out: list[LeftOutRegister]
    proposals: list[EnergyProposal]
    values_dropped: bool
    meter_values: list[MeterValue]


def public_form(session: sessions.Session) -> Session:
    """The session an event tells of."""
    return Session(**_facts(session, None))


def listed_form(row: sessions.ListedRow, last: sessions.SoFar | None, billed: Money | None, caller: Caller) -> Session:
    """The session of a list, what it has taken so far while it is active, and what it was billed."""
    return Session(**_facts(sessions.public_form(row, row.station), last), **_whose(row, billed, caller))


def _whose(row: sessions.ListedRow, billed: Money | None, caller: Caller) -> dict[str, Any]:
    return {
        "customer": row.customer,
        "customer_name": row.customer_name if Permission.VIEW_CUSTOMERS in caller.permissions else None,
        "billed": None if billed is None else str(billed.amount),
        "currency": None if billed is None else billed.currency,
    }


def _facts(session: sessions.Session, last: sessions.SoFar | None) -> dict[str, Any]:
    taken = session.energy_wh if last is None or session.status != "active" else last.energy_wh
    return {
        "id": session.id,
        "station": session.station,
        "evse": session.evse,
        "connector": session.connector,
        "transaction_id": session.transaction_id,
        "token": session.token,
        "authorization": session.authorization,
        "charging_state": session.charging_state,
        "stop_reason_told": session.stop_reason_told,
        "excluded": session.excluded,
        "status": session.status,
        "started_at": session.started_at,
        "stopped_at": session.stopped_at,
        "stop_reason": session.stop_reason,
        "meter_start_wh": number(session.meter_start_wh),
        "meter_stop_wh": number(session.meter_stop_wh),
        "energy_wh": number(taken),
        "power_w": None if last is None else number(last.power_w),
        "soc_percent": None if last is None else number(last.soc_percent),
        "flags": list(session.flags),
        "review": session.review,
    }


StationFilter = Annotated[str | None, QueryParameter(max_length=48, description="Only sessions at this charger")]
SiteFilter = Annotated[str | None, QueryParameter(max_length=255, description="Only sessions at this site")]
CustomerFilter = Annotated[
    str | None, QueryParameter(max_length=255, description="Only sessions whose card was this customer's")
]
TokenFilter = Annotated[
    str | None,
    QueryParameter(max_length=255, description="Only sessions of this card; upper and lower case are the same"),
]
StatusFilter = Annotated[Status | None, QueryParameter(description="Only sessions in this state")]
TimeFilter = Annotated[datetime | None, QueryParameter(description="With a zone, as in 2026-11-25T00:00:00Z")]
ExcludedFilter = Annotated[
    bool | None, QueryParameter(description="Only sessions that are left out, or only the others")
]
ReviewFilter = Annotated[bool, QueryParameter(description="Only sessions that a person should look at")]


Sort = Literal[
    "started", "-started", "stopped", "-stopped", "energy", "-energy", "token", "-token", "station", "-station"
]
SortBy = Annotated[
    Sort | None,
    QueryParameter(description=f"{SORTED}. `energy` is that of sessions that have ended"),
]


async def times_of(
    started_from: TimeFilter = None,
    started_to: TimeFilter = None,
    ended_from: TimeFilter = None,
    ended_to: TimeFilter = None,
) -> sessions.Times:
    """When the sessions of a list began and ended. Times are half open: from is included, to is not."""
    return sessions.Times(
        started_from=aware(started_from, "started_from"),
        started_to=aware(started_to, "started_to"),
        ended_from=aware(ended_from, "ended_from"),
        ended_to=aware(ended_to, "ended_to"),
    )


GivenTimes: TypeAlias = NamedDependency[sessions.Times]


async def which_sessions(
    station: StationFilter = None,
    site: SiteFilter = None,
    token: TokenFilter = None,
    customer: CustomerFilter = None,
    status: StatusFilter = None,
    review: ReviewFilter = False,
    excluded: ExcludedFilter = None,
    *,
    times: GivenTimes,
) -> sessions.Which:
    """The filters of a list of sessions, for whatever shows one: a page or a file."""
    return sessions.Which(
        station=station,
        site=site,
        token=token,
        customer=customer,
        status=status,
        to_review=review,
        excluded=excluded,
        times=times,
    )


GivenWhich: TypeAlias = NamedDependency[sessions.Which]
FILTERED = {"which": Provide(which_sessions), "times": Provide(times_of)}


@get("/", permission=Permission.VIEW, dependencies=FILTERED)
async def list_sessions(
    caller: GivenCaller,
    context: GivenContext,
    which: GivenWhich,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Session]:
    """Sessions, newest first or sorted. Times are half open: from is included, to is not."""
    wanted = Wanted(limit, cursor, sort)
    found, last, billed = await context.database.read(_listed, caller.organization, wanted, which)
    return page_of(found, lambda row: listed_form(row, last.get(row.id), billed.get(row.id), caller))


@get("/{session_id:str}", permission=Permission.VIEW)
async def get_session(session_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> SessionDetail:
    """One session with its meter values."""
    row, last, billed, values, taken = await context.database.read(_with_values, caller.organization, session_id)
    facts = _facts(sessions.public_form(row, row.station), last) | _whose(row, billed, caller)
    facts["values_dropped"] = values_dropped(row)
    return SessionDetail(**facts, **_how_it_was_found(taken), meter_values=[meter_value(value) for value in values])


@get("/{session_id:str}/meter-values", permission=Permission.VIEW)
async def list_meter_values(
    session_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[MeterValue]:
    """All meter values of a session, newest first."""
    rows = await context.database.read(_values_page, caller.organization, session_id, limit, cursor)
    return paged(rows, limit, meter_value)


Note = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=r"^[^\x00]*\S[^\x00]*$", description="Why")]
When = Annotated[datetime, msgspec.Meta(tz=True)]
Wh = Annotated[Decimal, msgspec.Meta(description="In Wh")]


class WithNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is done; kept with the session."""

    note: Note


class SessionEnd(WithNote, frozen=True, forbid_unknown_fields=True):
    """Why a session is ended by hand, and with what; what is left out is taken from its last meter value."""

    stopped_at: When | None = None
    meter_stop_wh: Wh | None = None
    energy_wh: Wh | None = None


class SessionCorrection(WithNote, frozen=True, forbid_unknown_fields=True):
    """The figures that are right, and why. Where registers are given and no energy, it is their difference."""

    started_at: When | None = None
    stopped_at: When | None = None
    meter_start_wh: Wh | None = None
    meter_stop_wh: Wh | None = None
    energy_wh: Wh | None = None


class SessionChange(msgspec.Struct, frozen=True):
    """What was changed about a session: by whom (null: by the charger itself, which told it late), when and why.

    `kind` is ended, corrected, excluded, restored, reviewed, undone or told_late; `before` and `after` hold what changed.
    """

    at: datetime
    kind: str
    by: str | None
    note: str
    before: dict[str, Any]
    after: dict[str, Any]
    undone_at: datetime | None


@post("/{session_id:str}/end", permission=Permission.CORRECT_SESSIONS, status_code=200)
async def end_session(
    session_id: FromPath[str], data: JSONBody[SessionEnd], caller: GivenCaller, context: GivenContext
) -> Session:
    """End an open session by hand, with the values given or its last meter value. Nothing is sent to the charger.

    It is held for review. Should the charger's own stop still come, it is a correction.
    """
    return await _done(context, sessions.end, caller, session_id, note=data.note, figures=_figures(data))


@post("/{session_id:str}/correct", permission=Permission.CORRECT_SESSIONS, status_code=200)
async def correct_session(
    session_id: FromPath[str], data: JSONBody[SessionCorrection], caller: GivenCaller, context: GivenContext
) -> Session:
    """Give a session that has ended other figures. The old ones are kept, see `changes`."""
    return await _done(context, sessions.correct, caller, session_id, note=data.note, figures=_figures(data))


@post("/{session_id:str}/exclude", permission=Permission.CORRECT_SESSIONS, status_code=200)
async def exclude_session(
    session_id: FromPath[str], data: JSONBody[WithNote], caller: GivenCaller, context: GivenContext
) -> Session:
    """Leave a session out of every sum and bill."""
    return await _done(context, sessions.exclude, caller, session_id, note=data.note)


@post("/{session_id:str}/restore", permission=Permission.CORRECT_SESSIONS, status_code=200)
async def restore_session(
    session_id: FromPath[str], data: JSONBody[WithNote], caller: GivenCaller, context: GivenContext
) -> Session:
    """Count a session again that was left out."""
    return await _done(context, sessions.restore, caller, session_id, note=data.note)


@post("/{session_id:str}/undo", permission=Permission.CORRECT_SESSIONS, status_code=200)
async def undo_session_change(
    session_id: FromPath[str], data: JSONBody[WithNote], caller: GivenCaller, context: GivenContext
) -> Session:
    """Take back the last change a person has made; one that was ended by hand is open again."""
    return await _done(context, sessions.undo, caller, session_id, note=data.note)


@get("/{session_id:str}/changes", permission=Permission.VIEW)
async def list_session_changes(
    session_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Page[SessionChange]:
    """What was changed about a session after it was told, the oldest first."""
    rows = await context.database.read(sessions.changes_of, caller.organization, session_id)
    return Page([_change(row) for row in rows], None)


@post("/{session_id:str}/reviewed", permission=Permission.OPERATE, status_code=204)
async def review_session(session_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Say that a session with `review` has been looked at, and that its figures hold."""
    await context.database.write(sessions.review, caller.organization, session_id, by=caller.actor.name)


router = Router(
    "/sessions",
    route_handlers=[
        list_sessions,
        get_session,
        list_meter_values,
        review_session,
        end_session,
        correct_session,
        exclude_session,
        restore_session,
        undo_session_change,
        list_session_changes,
    ],
    tags=["sessions"],
)


async def _done(
    context: Context, change: Callable[..., sessions.ListedRow], caller: Caller, session_id: str, **values: Any
) -> Session:
    """What a session is after a person has changed it."""
    row, last, billed = await context.database.write(
        _changed, change, caller.organization, session_id, {"by": caller.actor.name} | values
    )
    return listed_form(row, last, billed, caller)


def _changed(
    work: Work,
    change: Callable[..., sessions.ListedRow],
    organization_id: int,
    public_id: str,
    values: dict[str, Any],
) -> tuple[sessions.ListedRow, sessions.SoFar | None, Money | None]:
    row = change(work, organization_id, public_id, **values)
    return row, sessions.so_far(work, [row]).get(row.id), bills.amounts_of(work, [row.id]).get(row.id)


def _figures(data: SessionEnd | SessionCorrection) -> sessions.Figures:
    return sessions.Figures(**{name: value for name, value in msgspec.structs.asdict(data).items() if name != "note"})


def _change(row: sessions.ChangeRow) -> SessionChange:
    before, after = _public_figures(row.before), _public_figures(row.after)
    return SessionChange(row.at, row.kind, row.by, row.note, before, after, row.undone_at)


_NUMBERS = ("meter_start_wh", "meter_stop_wh", "energy_wh")
_OURS = ("suspect_since", "silent_since", "stop_key", "stop_received_at")  # of no use to anybody outside


def _public_figures(kept: dict[str, Any]) -> dict[str, Any]:
    return {
        name: number(Decimal(value)) if name in _NUMBERS and value is not None else value
        for name, value in kept.items()
        if name not in _OURS
    }


def meter_value(row: metering.MeterValueRow) -> MeterValue:
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
    work: Work, organization_id: int, wanted: Wanted, which: sessions.Which
) -> tuple[Found[sessions.ListedRow], dict[int, sessions.SoFar], dict[int, Money]]:
    found = sessions.listed(work, organization_id, wanted, which)
    return found, sessions.so_far(work, found.rows), bills.amounts_of(work, [row.id for row in found.rows])


def _with_values(
    work: Work, organization_id: int, public_id: str
) -> tuple[sessions.ListedRow, sessions.SoFar | None, Money | None, list[metering.MeterValueRow], energy.Energy]:
    row = sessions.get(work, organization_id, public_id)
    last, taken = measured(work, row)
    billed = bills.amounts_of(work, [row.id]).get(row.id)
    return row, last, billed, metering.values_of(work, row.id, limit=MAX_METER_VALUES), taken


def measured(work: Work, row: sessions.SessionRow) -> tuple[sessions.SoFar | None, energy.Energy]:
    """What a session has taken so far while it goes on, and how its energy was found; both say the same energy."""
    taken, last = sessions.energy_of(work, row), sessions.so_far(work, [row]).get(row.id)
    return None if last is None else last._replace(energy_wh=taken.wh), taken


def _values_page(
    work: Work, organization_id: int, public_id: str, limit: int, cursor: str | None
) -> list[metering.MeterValueRow]:
    return metering.page_of(work, sessions.get(work, organization_id, public_id).id, limit=limit, cursor=cursor)


def values_dropped(row: sessions.SessionRow) -> bool:
    """Whether its meter values were dropped after their time."""
    return sessions.VALUES_DROPPED in (row.flags or ())


def series_of(taken: energy.Energy) -> list[EnergyPoint]:
    """The energy over time."""
    return [EnergyPoint(one.at, number(one.wh)) for one in taken.series]


def _how_it_was_found(taken: energy.Energy) -> dict[str, Any]:
    return {
        "series": series_of(taken),
        "reasons": [Reason(flag, energy.FLAGS[flag]) for flag in taken.flags],
        "left_out": [
            LeftOutRegister(one.at, number(one.energy_wh), one.why, energy.LEFT_OUT[one.why]) for one in taken.left_out
        ],
        "proposals": [EnergyProposal(number(one.wh), one.how, energy.PROPOSALS[one.how]) for one in taken.proposals],
    }
