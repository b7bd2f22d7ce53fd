"""What a person may do to a session: end it, correct its figures, leave it out, take it back, say that it is right.

Each needs a note, and is kept with the old figures beside the new. Nothing is sent to the charger.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import select, update

from stationmaster.domain import events, stations, versions
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.sessions import changes, closing
from stationmaster.domain.sessions.changes import ChangeRow, session_changes
from stationmaster.domain.sessions.closing import Ending
from stationmaster.domain.sessions.lists import get, locked
from stationmaster.domain.sessions.table import VALUES_DROPPED, ListedRow, is_open, sessions
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Work

MAX_WH = Decimal(10) ** 9  # no session takes a gigawatt-hour


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says about a session; what is left out stays as it is. Energy in Wh."""

    started_at: datetime | None = None
    stopped_at: datetime | None = None
    meter_start_wh: Decimal | None = None
    meter_stop_wh: Decimal | None = None
    energy_wh: Decimal | None = None


def end(work: Work, organization_id: int, public_id: str, *, by: str, note: str, figures: Figures) -> ListedRow:
    """End an open session by hand (O-01): with the values given, else with its last meter value. It is held for review.

    A stop that comes later is a correction. Raises `NotFound`, `Conflict`, `Invalid`.
    """
    row = get(work, organization_id, public_id)
    if row.status != "active":
        raise Conflict("this session has ended already")
    _check(work, row, figures)
    station = _station(row)
    at = None if figures.stopped_at is None else Instant(figures.stopped_at)
    closing.close(work, station, row, at, None, Ending("operator", because=("ended_by_operator", "estimated")))
    ended = get(work, organization_id, public_id)
    values: dict[str, Any] = _chosen(ended, figures) | {"review": True}
    work.execute(update(sessions).where(sessions.c.id == row.id).values(**values))
    ended = get(work, organization_id, public_id)
    told = {name: getattr(ended, name) for name in _FIGURES}
    changes.keep(work, row, told, kind="ended", by=by, note=note)
    if values.keys() - {"review"}:
        closing.publish(work, station, events.SessionCorrected, ended)
    return ended


_FIGURES = (
    "status",
    "started_at",
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
    "excluded",
    "suspect_since",
    "silent_since",
)


def correct(work: Work, organization_id: int, public_id: str, *, by: str, note: str, figures: Figures) -> ListedRow:
    """Other figures for a session that has ended; they hold, and it is not held any more.

    Raises `NotFound`, `Conflict`, `Invalid`.
    """
    row = _ended(work, organization_id, public_id)
    if figures == Figures():
        raise Invalid("energy_wh", "say at least one figure that is to change")
    _check(work, row, figures)
    flags = [*(flag for flag in row.flags or () if flag != "corrected_by_operator"), "corrected_by_operator"]
    return _change(work, row, _chosen(row, figures) | {"flags": flags, "review": False}, "corrected", by, note)


def exclude(work: Work, organization_id: int, public_id: str, *, by: str, note: str) -> ListedRow:
    """Leave it out of every sum and bill. Raises `NotFound`, `Conflict`."""
    row = _ended(work, organization_id, public_id)
    if row.excluded:
        raise Conflict("this session is left out already")
    return _change(work, row, {"excluded": True, "review": False}, "excluded", by, note)


def restore(work: Work, organization_id: int, public_id: str, *, by: str, note: str) -> ListedRow:
    """Count it again; it is held for review if it was before. Raises `NotFound`, `Conflict`."""
    row = _ended(work, organization_id, public_id)
    if not row.excluded:
        raise Conflict("this session is not left out")
    left_out = [change for change in changes.of_session(work, row.id) if change.kind == "excluded"]
    held = bool(left_out and left_out[-1].before.get("review"))
    return _change(work, row, {"excluded": False, "review": held}, "restored", by, note)


def undo(work: Work, organization_id: int, public_id: str, *, by: str, note: str) -> ListedRow:
    """Take back the last thing a person changed; an end by hand opens the session again. Raises `NotFound`, `Conflict`."""
    row = _with_values(work, organization_id, public_id)
    standing = [
        change for change in changes.of_session(work, row.id) if not change.undone_at and change.kind != "undone"
    ]
    if not standing:
        raise Conflict("nobody has changed anything about this session")
    last = standing[-1]
    if last.by is None:
        raise Conflict("the charger itself has told the end since; correct the figures instead")
    work.execute(update(session_changes).where(session_changes.c.id == last.id).values(undone_at=work.now))
    return _change(work, row, changes.column_values(last.before), "undone", by, note)


def review(work: Work, organization_id: int, public_id: str, *, by: str) -> None:
    """A person has looked at it, and its figures hold as they are. Raises `NotFound`."""
    row = get(work, organization_id, public_id)
    if row.review:
        work.execute(update(sessions).where(sessions.c.id == row.id).values(review=False))
        changes.keep(work, row, {"review": False}, kind="reviewed", by=by, note="")
        closing.publish(work, _station(row), events.SessionReviewed, closing.current(work, row.id))


def changes_of(work: Work, organization_id: int, public_id: str) -> list[ChangeRow]:
    """What was changed about a session, the oldest first. Raises `NotFound`."""
    return changes.of_session(work, get(work, organization_id, public_id).id)


def remove_station(
    work: Work,
    organization_id: int,
    identity: str,
    *,
    by: str,
    close_sessions: bool,
    expected: versions.Expected = None,
) -> None:
    """Delete a charger. One that charges is deleted only when its sessions are to be closed (O-02).

    Raises `NotFound`, `Outdated`, and `Conflict` when a session is open and `close_sessions` is not set.
    """
    record = stations.get(work, organization_id, identity)
    versions.check(record, expected)
    rows = list(work.execute(select(sessions).where(sessions.c.station_id == record.id, is_open)))
    if rows and not close_sessions:
        raise Conflict(
            "{charger} has an open session; say close_sessions=true to close it with what is known, or end it first"
            if len(rows) == 1
            else "{charger} has {count} open sessions; say close_sessions=true to close them with what is known, or end them"
            " first",
            charger=identity,
            count=len(rows),
        )
    station = Station(record.id, record.identity, organization_id, "", record.registration, True)
    for row in rows:
        ending = Ending("charger_removed", because=("charger_removed", "estimated"))
        closing.close(work, station, row, None, None, ending)
        work.execute(update(sessions).where(sessions.c.id == row.id).values(review=True))
        now = closing.current(work, row.id)
        told = {name: getattr(now, name) for name in _FIGURES}
        changes.keep(work, row, told, kind="ended", by=by, note="the charger was removed")
    stations.delete(work, organization_id, identity, expected=expected)


def _ended(work: Work, organization_id: int, public_id: str) -> ListedRow:
    row = _with_values(work, organization_id, public_id)
    if row.status == "active":
        raise Conflict("this session is still going on; end it first")
    return row


def _with_values(work: Work, organization_id: int, public_id: str) -> ListedRow:
    """One that is still to be changed, and of which nothing is dropped before that is done."""
    locked(work, public_id)
    row = get(work, organization_id, public_id)
    if VALUES_DROPPED in (row.flags or ()):
        raise Conflict(
            "its figures stay as they are, for its meter values were dropped after their time, and no bill can be made anew"
        )
    return row


def _change(work: Work, row: ListedRow, values: dict[str, Any], kind: str, by: str, note: str) -> ListedRow:
    work.execute(update(sessions).where(sessions.c.id == row.id).values(**values))
    changes.keep(work, row, values, kind=kind, by=by, note=note)
    now = get(work, row.organization_id, row.public_id)
    closing.publish(work, _station(row), events.SessionChanged, now)
    return now


def _chosen(row: ListedRow, figures: Figures) -> dict[str, Any]:
    """The columns these figures set. Where registers are given and no energy, the energy is their difference."""
    given = {name: value for name, value in msgspec.structs.asdict(figures).items() if value is not None}
    if "energy_wh" not in given and given.keys() & {"meter_start_wh", "meter_stop_wh"}:
        start, stop = given.get("meter_start_wh", row.meter_start_wh), given.get("meter_stop_wh", row.meter_stop_wh)
        if start is not None and stop is not None:
            given["energy_wh"] = stop - start
    return given


def _check(work: Work, row: ListedRow, figures: Figures) -> None:
    for name in ("meter_start_wh", "meter_stop_wh", "energy_wh"):
        value = getattr(figures, name)
        if value is not None and not 0 <= value < MAX_WH * 1000:
            raise Invalid(name, "must not be negative, nor beyond all measure")
    if figures.energy_wh is not None and figures.energy_wh >= MAX_WH:
        raise Invalid("energy_wh", "is more than any session can take")
    start = figures.meter_start_wh if figures.meter_start_wh is not None else row.meter_start_wh
    stop = figures.meter_stop_wh if figures.meter_stop_wh is not None else row.meter_stop_wh
    changed = figures.meter_start_wh is not None or figures.meter_stop_wh is not None
    if changed and figures.energy_wh is None and start is not None and stop is not None and stop < start:
        raise Invalid("meter_stop_wh", "is below the register at the start; say the energy as well")
    for name in ("started_at", "stopped_at"):
        at = getattr(figures, name)
        if at is not None and at.tzinfo is None:
            raise Invalid(name, "needs a time zone, as in 2026-11-25T16:20:00Z")
        if at is not None and at > work.now:
            raise Invalid(name, "lies in the future")
    began = figures.started_at or row.started_at
    ended = figures.stopped_at or row.stopped_at
    if ended is not None and ended < began and (figures.started_at or figures.stopped_at):
        raise Invalid("stopped_at" if figures.stopped_at else "started_at", "the end lies before the start")


def _station(row: ListedRow) -> Station:
    return Station(row.station_id, row.station, row.organization_id, "", "accepted", True)
