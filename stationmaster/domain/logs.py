"""Logs that chargers bring: diagnostics and security logs, from the question to the file.

A life: requested → accepted → uploading → uploaded; or refused, failed, canceled, expired. It is uploaded when the file is here,
whatever the charger says.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, insert, select, update

from stationmaster.domain import commands
from stationmaster.domain.errors import NotFound
from stationmaster.domain.links import Gone, plain_name
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import page

logs = Table(
    "station_logs",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Text),  # the charger's own word
    Column("sentence", Text, nullable=False),
    Column("name", Text),  # of the file, as the charger calls it
    Column("kept_as", Text),
    Column("size", BigInt),
    Column("sha256", Text),
    Column("asked_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    UniqueConstraint("station_id", "request_id", name="uq_station_logs_request_id"),
)
Index("ix_station_logs_station_id", logs.c.station_id, logs.c.id)
_is_open = logs.c.finished_at.is_(None)
Index("ix_station_logs_open", logs.c.station_id, sqlite_where=_is_open, postgresql_where=_is_open)

Kind = Literal["diagnostics", "security"]
State = Literal["requested", "accepted", "refused", "uploading", "uploaded", "failed", "canceled", "expired"]
_STEPS: dict[str, tuple[State, str]] = {
    "Uploading": ("uploading", "The charger is bringing the file."),
    "Uploaded": ("uploading", "The charger says that it has brought the file; it is not here yet."),
    "UploadFailed": ("failed", "The charger could not bring the file. Can it reach the address of this server?"),
    "UploadFailure": ("failed", "The charger could not bring the file. Can it reach the address of this server?"),
    "BadMessage": ("failed", "The charger did not understand what it was asked for."),
    "NotSupportedOperation": ("failed", "The charger cannot bring files over HTTP."),
    "PermissionDenied": ("failed", "The charger says that it may not bring the file."),
    "AcceptedCanceled": ("canceled", "A newer question has taken its place."),
}
_ENDED = ("uploaded", "failed", "refused", "canceled", "expired")
SAID_TO_BE_HERE = timedelta(minutes=5)  # so long may a file be on its way behind the word that it is here
AT_ONCE = 200


class LogRow(NamedTuple):
    """A row of the table, its columns in their order."""

    id: int
    public_id: str
    station_id: int
    request_id: int
    kind: Kind
    state: State
    status: str | None
    sentence: str
    name: str | None
    kept_as: str | None
    size: int | None
    sha256: str | None
    asked_at: datetime
    changed_at: datetime
    until: datetime
    finished_at: datetime | None


def begin(work: Work, station: Station, *, kind: Kind, until: datetime) -> LogRow:
    """A log that is about to be asked for."""
    values = {
        "public_id": secrets.token_hex(8),
        "station_id": station.id,
        "request_id": commands.new_request_id(),
        "kind": kind,
        "state": "requested",
        "sentence": "The charger has been asked.",
        "asked_at": work.now,
        "changed_at": work.now,
        "until": until,
    }
    return LogRow._make(work.execute(insert(logs).values(**values).returning(*logs.c)).one())


def accepted(work: Work, station: Station, request_id: int | None, *, name: str | None, replaces: bool = False) -> None:
    """The charger will bring it, under this name. `replaces` says that it has given up an earlier one for it."""
    row = _find(work, station, request_id)
    if row is None:
        return
    if row.state == "requested":
        _move(work, row, "accepted", "The charger has accepted, and prepares the file.", name=name)
    elif row.name is None:  # it had begun before we had its answer
        work.execute(update(logs).where(logs.c.id == row.id).values(name=name))
    if replaces:
        older = (logs.c.station_id == station.id, logs.c.id < row.id, _is_open)
        for found in work.execute(select(logs).where(*older)).all():
            _end(work, station, LogRow._make(found), "canceled", _STEPS["AcceptedCanceled"][1])


def refused(work: Work, station: Station, request_id: int | None, sentence: str) -> None:
    """The charger will not bring it, or has none."""
    row = _find(work, station, request_id)
    if row is not None and row.state == "requested":
        _move(work, row, "refused", sentence)


def report(work: Work, station: Station, status: str, *, request_id: int | None, kind: Kind | None = None) -> bool:
    """How far the charger says it is; without a number (1.6) it is about the newest. False when it is about none of ours.

    A station knows its own numbers only: that of another one's log finds nothing (ATK-05).
    """
    meant = _STEPS.get(status)
    row = _find(work, station, request_id, kind)
    if row is None:
        return False
    if meant is None or row.state in ("uploaded", "refused", "canceled"):
        return True
    state, sentence = meant
    until = min(row.until, work.now + SAID_TO_BE_HERE) if status == "Uploaded" else row.until
    if state in ("failed", "canceled"):
        _end(work, station, row, state, sentence, status=status)
        return True
    _move(work, row, state, sentence, status=status, until=until)
    commands.progress(work, station, row.request_id, state, sentence=sentence)
    return True


def wanted(work: Work, public_id: str) -> LogRow:
    """What an address is for, as long as its file has not come. Raises `Gone`."""
    row = work.execute(select(logs).where(logs.c.public_id == public_id)).one_or_none()
    if row is None:
        raise Gone("nobody waits for this file any more")
    found = LogRow._make(row)
    if found.kept_as is not None:
        raise Gone("this file has come already")
    if found.state in ("refused", "canceled", "expired"):
        raise Gone("nobody waits for this file any more")
    return found


def received(work: Work, public_id: str, *, name: str | None, kept_as: str, size: int, sha256: str) -> LogRow:
    """The file is here. Raises `Gone` when another one was faster."""
    row = wanted(work, public_id)
    station = _station(work, row.station_id)
    told = plain_name(name) if name else row.name
    values = {"name": told, "kept_as": kept_as, "size": size, "sha256": sha256}
    _end(work, station, row, "uploaded", "The file is here.", **values)
    return LogRow._make(work.execute(select(logs).where(logs.c.id == row.id)).one())


def get(work: Work, station_id: int, public_id: str) -> LogRow:
    """Raises `NotFound`."""
    row = work.execute(select(logs).where(logs.c.station_id == station_id, logs.c.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no log {id!r}", id=public_id)
    return LogRow._make(row)


def of_station(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[LogRow]:
    """The logs of a charger, newest first."""
    mine = select(logs).where(logs.c.station_id == station_id)
    return [LogRow._make(row) for row in work.execute(page(mine, logs.c.id, limit=limit, cursor=cursor))]


def any_open(work: Work) -> bool:
    """Whether any log is waited for; cheap."""
    return work.execute(select(logs.c.id).where(_is_open).limit(1)).first() is not None


def look_after(work: Work) -> int:
    """Logs that nobody brings come to an end. Returns how many."""
    ended = 0
    for found in work.execute(select(logs).where(_is_open).order_by(logs.c.until).limit(AT_ONCE)).all():
        row = LogRow._make(found)
        station = _station(work, row.station_id)
        command = commands.by_request_id(work, station, row.request_id)
        if row.state == "requested" and command is not None and command.has_failed:
            _move(work, row, "refused", command.detail or "The charger could not be asked.")
        elif work.now <= row.until:
            continue
        elif row.status == "Uploaded":
            _end(work, station, row, "failed", "The charger says that it has brought the file, but none has come here.")
        else:
            _end(work, station, row, "expired", "The charger has brought no file in time.")
        ended += 1
    return ended


def old(work: Work, *, keep_for: timedelta) -> list[LogRow]:
    """Logs that were kept for long enough, with a file."""
    before = (logs.c.asked_at < work.now - keep_for, logs.c.kept_as.is_not(None))
    return [LogRow._make(row) for row in work.execute(select(logs).where(*before).order_by(logs.c.id).limit(AT_ONCE))]


def forget(work: Work, ids: list[int]) -> None:
    """Their files are gone."""
    work.execute(update(logs).where(logs.c.id.in_(ids)).values(kept_as=None))


def _station(work: Work, station_id: int) -> Station:
    row = work.execute(select(stations).where(stations.c.id == station_id)).one()
    return Station(row.id, row.identity, row.organization_id, row.ocpp_version or "", row.registration, True)


def _find(work: Work, station: Station, request_id: int | None, kind: Kind | None = None) -> LogRow | None:
    mine = select(logs).where(logs.c.station_id == station.id)
    if kind is not None:
        mine = mine.where(logs.c.kind == kind)
    if request_id is not None and not 0 <= request_id < 2**31:
        return None  # what fits no column is none of ours
    if request_id is not None:
        mine = mine.where(logs.c.request_id == request_id)
    row = work.execute(mine.order_by(logs.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else LogRow._make(row)


def _end(
    work: Work, station: Station, row: LogRow, state: State, sentence: str, **values: str | int | datetime | None
) -> None:
    _move(work, row, state, sentence, **values)
    ended: Literal["done", "failed"] = "done" if state == "uploaded" else "failed"
    commands.progress(work, station, row.request_id, state, ended=ended, sentence=sentence)


def _move(work: Work, row: LogRow, state: State, sentence: str, **values: str | int | datetime | None) -> None:
    finished = work.now if state in _ENDED else None
    changed = {"state": state, "sentence": sentence, "changed_at": work.now, "finished_at": finished, **values}
    work.execute(update(logs).where(logs.c.id == row.id).values(**changed))
