"""How a session ends: by its station's word, or by ours; and its figures, once and again when more becomes known."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Text, bindparam, select, update

from stationmaster.domain import alarms, connectors, energy, events, metering
from stationmaster.domain.energy import Point
from stationmaster.domain.sessions import changes
from stationmaster.domain.sessions.table import (
    METER_FAULT,
    REFUSED,
    SEEN,
    VALUES_DROPPED,
    SessionRow,
    public_form,
    sessions,
)
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared

FREE_WH = 100  # what a refused card may take before a person should look
FREE_SESSIONS = 3  # in a day, at one charger: more is a setting of the charger, not an accident
_RECENT = 50  # sessions of a charger that are looked at for that
_ANEW = frozenset({*energy.FLAGS, "free_charging"})  # flags that follow from the figures
FIXED = frozenset({"corrected_by_operator", VALUES_DROPPED})
"""Flags of a session whose figures hold whatever its charger tells later: a person's word, or what they were made of is gone."""


class Ending(msgspec.Struct, frozen=True, gc=False):
    """How a session ended: by a stop of the station (with its content key), or by our own estimate.

    `because` are flags that say so; `points` the values that came with the stop and are not stored yet.
    """

    reason: str
    reason_told: str | None = None
    token: str | None = None
    stop_key: str | None = None
    because: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()


_CLOSED = (
    "status",
    "stopped_at",
    "stop_received_at",
    "meter_start_wh",
    "meter_stop_wh",
    "energy_wh",
    "stop_reason",
    "stop_reason_told",
    "stop_key",
    "stop_token",
    "flags",
    "review",
)
# Only from the state it was read in: of two nodes that end a session at once, the second finds nothing to do (DAT-11).
_close_session = Prepared(
    update(sessions)
    .where(
        sessions.c.id == bindparam("session_id"),
        sessions.c.status == bindparam("old_status"),
        sessions.c.stop_key.is_not_distinct_from(bindparam("old_stop_key", type_=Text)),
    )
    .values(
        {name: bindparam(f"new_{name}", type_=sessions.c[name].type) for name in _CLOSED}
        | {"suspect_since": None, "silent_since": None}
    )
)


def close(
    work: Work, station: Station, row: SessionRow, at: Instant | None, meter_stop_wh: Decimal | None, ending: Ending
) -> bool:
    """Close it, or amend what was only estimated; False when it is no more what `row` says.

    Without a time it ended with its last meter value, or as it began.
    """
    correction = row.status != "active"
    history = [*metering.points(work, row.id), *ending.points]
    if at is None:
        at = Instant(history[-1].at if history else row.started_at)
    stopped_at = max(at.at, row.started_at)
    told = [flag for flag in row.flags or () if flag != "silent"]
    figures = _figures(work, row, told, history, meter_stop_wh, stopped_at, believable=at.believable)
    flags = [*figures.kept, *ending.because, *figures.flags]
    if not at.believable:
        flags.append("clock")
    if correction:
        flags.append("corrected")
    by_hand = correction and "ended_by_operator" in flags  # a person has said something else
    new = {
        "status": "completed",
        "stopped_at": stopped_at,
        "stop_received_at": work.now,
        "meter_start_wh": _start_wh(row, history),
        "meter_stop_wh": figures.stop_wh,
        "energy_wh": figures.wh,
        "stop_reason": ending.reason,
        "stop_reason_told": ending.reason_told,
        "stop_key": ending.stop_key,
        "stop_token": ending.token,
        "flags": list(dict.fromkeys(flags)) or None,
        "review": (figures.held or by_hand) and not row.excluded,
    }
    if not work.change(
        _close_session,
        session_id=row.id,
        old_status=row.status,
        old_stop_key=row.stop_key,
        **{f"new_{name}": value for name, value in new.items()},
    ):
        return False
    if correction:
        changes.keep(work, row, new, kind="told_late", by=None, note="")
    if "free_charging" in figures.flags:
        _watch_free_charging(work, station)
    kind = events.SessionCorrected if correction else events.SessionEnded
    ended = public_form(row, station.identity, **new)
    work.publish(
        kind(
            station_id=station.id,
            station=station.identity,
            at=stopped_at,
            session=ended,
            customer_key=row.customer_id,
        )
    )
    return True


def _start_wh(row: SessionRow, history: list[Point]) -> Decimal | None:
    """The register at the begin. A transaction that begins with the card has its first reading when the cable is in (E03)."""
    if row.meter_start_wh is not None:
        return row.meter_start_wh
    named = (point.energy_wh for point in history if point.context == "Transaction.Begin")
    return next((wh for wh in named if wh is not None), None)


class _Figures(msgspec.Struct, frozen=True, gc=False):
    wh: Decimal | None
    stop_wh: Decimal | None
    flags: list[str]
    kept: list[str]
    held: bool


def _figures(
    work: Work,
    row: SessionRow,
    told: list[str],
    history: list[Point],
    meter_stop_wh: Decimal | None,
    stopped_at: datetime,
    *,
    believable: bool,
) -> _Figures:
    """What the session took, which flags say so, and whether a person should look before it is billed."""
    kept = [flag for flag in told if flag not in _ANEW]
    clock = believable and "clock" not in kept
    taken = energy.of_session(
        row.meter_start_wh,
        history,
        meter_stop_wh,
        started_at=row.started_at,
        stopped_at=stopped_at,
        clock=clock,
        rated_w=connectors.rated_w(work, row.station_id, row.evse, row.connector),
        reasons=False,
    )
    flags, held = list(taken.flags), taken.held or SEEN in kept or METER_FAULT in kept
    if row.authorization in REFUSED and (taken.wh is None or taken.wh >= FREE_WH):
        flags.append("free_charging")
        held = True
    return _Figures(taken.wh, taken.stop_wh, flags, kept, held)


def recompute(work: Work, station: Station, row: SessionRow, late: tuple[Point, ...] = ()) -> None:
    """Something was told late of a session that has ended: its figures are made anew, unless a person has set them or its meter values were dropped.

    `late` are readings that have come with it, and are not stored yet.
    """
    flags = list(row.flags or ())
    if row.stopped_at is None or FIXED.intersection(flags) or row.status != "completed":
        publish(work, station, events.SessionCorrected, row)
        return
    stopped_at = max(row.stopped_at, row.started_at)
    # Where the end had no register, the last reading stood for it; now there are later ones.
    stood_in = bool(late) and "estimated" in flags and row.meter_start_wh is not None
    meter_stop_wh = None if row.stop_key is None or stood_in else row.meter_stop_wh
    history = [*metering.points(work, row.id), *late]
    figures = _figures(work, row, flags, history, meter_stop_wh, stopped_at, believable=True)
    values = {
        "stopped_at": stopped_at,
        "meter_stop_wh": figures.stop_wh,
        "energy_wh": figures.wh,
        "flags": list(dict.fromkeys([*figures.kept, *figures.flags])) or None,
        "review": figures.held and not row.excluded,
    }
    work.execute(update(sessions).where(sessions.c.id == row.id).values(**values))
    changes.keep(work, row, values, kind="told_late", by=None, note="")
    publish(work, station, events.SessionCorrected, current(work, row.id))


def cancel(work: Work, station: Station, row: SessionRow, *, because: str) -> None:
    """It was no session of its own: it counts for nothing, and stays to be seen."""
    flags = [*(row.flags or ()), because]
    work.execute(
        update(sessions)
        .where(sessions.c.id == row.id)
        .values(
            status="cancelled",
            stopped_at=row.started_at,
            stop_received_at=work.now,
            energy_wh=0,
            flags=flags,
            review=False,
            suspect_since=None,
            silent_since=None,
        )
    )
    publish(work, station, events.SessionEnded, current(work, row.id))


def current(work: Work, session_id: int) -> SessionRow:
    """The row as it is now."""
    row: SessionRow = work.first(_by_id, session_id=session_id)
    return row


_by_id = Prepared(select(sessions).where(sessions.c.id == bindparam("session_id")))


def publish(work: Work, station: Station, kind: Any, row: SessionRow) -> None:
    """Tell what a session is now."""
    told = public_form(row, station.identity)
    work.publish(
        kind(
            station_id=row.station_id,
            station=station.identity,
            at=work.now,
            session=told,
            customer_key=row.customer_id,
        )
    )


_recent = Prepared(
    select(sessions.c.authorization, sessions.c.energy_wh, sessions.c.stopped_at, sessions.c.status)
    .where(sessions.c.station_id == bindparam("station_id"))
    .order_by(sessions.c.id.desc())
    .limit(_RECENT)
)


def _watch_free_charging(work: Work, station: Station) -> None:
    """Cards that were refused charge all the same, again and again: the charger lets in whom it likes (X-04)."""
    since = work.now - timedelta(days=1)
    free = sum(
        row.authorization in REFUSED
        and row.stopped_at is not None
        and row.stopped_at > since
        and (row.energy_wh is None or row.energy_wh >= FREE_WH)
        for row in work.run(_recent, station_id=station.id)
    )
    if free >= FREE_SESSIONS:
        alarms.raise_alarm(
            work,
            station,
            kind="free_charging",
            detail=f"{free} sessions in a day by cards that were refused: its local list, its cache or a free mode is on",
        )
