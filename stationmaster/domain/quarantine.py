"""The quarantine: what a station said that fits nothing we know, kept until a person has looked at it, or mended it.

A transaction message cannot be refused (rule 3): what cannot be matched or understood is stored here, and answered. Once
repaired, it is replayed: through the same decoder and the same handler as if the station had just said it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import Column, ForeignKey, Index, Select, Table, Text, func, insert, select, table, update
from sqlalchemy import column as named

from stationmaster.domain import alarms, audit, events, public_forms
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.stations import Station, stations
from stationmaster.reason_words import Reason
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import page

quarantine = Table(
    "quarantine",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_key", Text, nullable=False),
    Column("proposed_session_id", BigInt, ForeignKey("sessions.id")),
    Column("version", Text),  # the OCPP version it was said in
    Column("resolved_at", UtcTime),
    Column("resolved_by", Text),
    Column("replayed", Text),  # the payload that was replayed
)
Index("uq_quarantine_content", quarantine.c.station_id, quarantine.c.content_key, unique=True)


MOST = {"MeterValues": 100}
MOST_OF_OTHERS = 1000
"""Entries of one action and charger that wait at a time. Beyond that, the message log has the message, and an alarm says so."""

_EVERYTHING = 200  # entries in one unit of work


class Entry(Protocol):
    """A row with the identity of its charger and the public id of the session that may be meant."""

    id: int
    station_id: int
    station: str
    at: datetime
    action: str
    reason: str
    content: str
    version: str | None
    proposed_session: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    replayed: str | None


class Group(Protocol):
    """How many entries of one charger wait for one reason."""

    station: str
    action: str
    reason: str
    count: int
    first_at: datetime
    last_at: datetime


def keep(
    work: Work,
    station: Station,
    *,
    action: str,
    reason: str,
    content: str,
    content_key: str,
    proposed_session_id: int | None = None,
) -> bool:
    """Put it in the quarantine and tell; False when the very same is there already (a retry)."""
    there = select(quarantine.c.id).where(
        quarantine.c.station_id == station.id, quarantine.c.content_key == content_key
    )
    if work.execute(there).first() is not None:
        return False
    same = select(quarantine.c.id).where(
        quarantine.c.station_id == station.id, quarantine.c.action == action, quarantine.c.resolved_at.is_(None)
    )
    most = MOST.get(action, MOST_OF_OTHERS)
    waiting = int(work.execute(select(func.count()).select_from(same.limit(most).subquery())).scalar_one())
    if waiting >= most:
        alarms.raise_alarm(
            work,
            station,
            kind="quarantine_full",
            detail=f"{most} messages {action} wait in the quarantine; later ones are in the message log only",
        )
        return False
    work.execute(
        insert(quarantine).values(
            station_id=station.id,
            at=work.now,
            action=action,
            reason=reason,
            content=content,
            content_key=content_key,
            proposed_session_id=proposed_session_id,
            version=station.version or None,
        )
    )
    if not waiting:  # one hint for each kind and charger, not one for each message
        work.publish(
            events.Alarm(
                station_id=station.id,
                station=station.identity,
                at=work.now,
                kind="quarantine",
                detail=f"{action}: {reason}",
            )
        )
    return True


def listed(
    work: Work,
    organization_id: int,
    *,
    station: str | None = None,
    action: str | None = None,
    limit: int,
    cursor: str | None,
) -> list[Entry]:
    """What waits for a person, newest first."""
    waiting = _entries(organization_id).where(quarantine.c.resolved_at.is_(None))
    if station is not None:
        waiting = waiting.where(stations.c.identity == station)
    if action is not None:
        waiting = waiting.where(quarantine.c.action == action)
    return list(work.execute(page(waiting, quarantine.c.id, limit=limit, cursor=cursor)))


class Kept(Protocol):
    """What was kept, and why; not its content."""

    at: datetime
    action: str
    reason: str
    resolved_at: datetime | None
    resolved_by: str | None


def of_station_between(work: Work, station_id: int, *, since: datetime, until: datetime, most: int) -> list[Kept]:
    """What a charger said in this time that waits for a person, or has waited."""
    columns = quarantine.c
    kept = select(columns.at, columns.action, columns.reason, columns.resolved_at, columns.resolved_by)
    mine = kept.where(columns.station_id == station_id, columns.at >= since, columns.at < until)
    return list(work.execute(mine.order_by(columns.id.desc()).limit(most)))


def get(work: Work, organization_id: int, quarantine_id: int) -> Entry:
    """One entry, resolved or not. Raises `NotFound`."""
    row = work.execute(_entries(organization_id).where(quarantine.c.id == quarantine_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such entry in the quarantine")
    return row


def groups(work: Work, organization_id: int) -> list[Group]:
    """What waits, gathered by charger, action and reason; the largest group first."""
    many = func.count().label("count")
    gathered = (
        _waiting(organization_id)
        .add_columns(
            stations.c.identity.label("station"),
            quarantine.c.action,
            quarantine.c.reason,
            many,
            func.min(quarantine.c.at).label("first_at"),
            func.max(quarantine.c.at).label("last_at"),
        )
        .group_by(stations.c.identity, quarantine.c.action, quarantine.c.reason)
        .order_by(many.desc(), stations.c.identity)
        .limit(_EVERYTHING)
    )
    return list(work.execute(gathered))  # type: ignore[arg-type]


def count(work: Work, organization_id: int) -> int:
    """How many wait for a person."""
    return int(work.execute(_waiting(organization_id).add_columns(func.count())).scalar_one())


def _waiting(organization_id: int) -> Select[Any]:
    """What nobody has looked at, of an organization's chargers; the columns are to be added."""
    kept = select().select_from(quarantine).join(stations, stations.c.id == quarantine.c.station_id)
    return kept.where(stations.c.organization_id == organization_id, quarantine.c.resolved_at.is_(None))


_sessions = table(
    "sessions", named("id"), named("public_id")
)  # two columns only, because `sessions` imports this module and cannot be imported here


def _entries(organization_id: int) -> Select[Any]:
    return (
        select(quarantine, stations.c.identity.label("station"), _sessions.c.public_id.label("proposed_session"))
        .join(stations, stations.c.id == quarantine.c.station_id)
        .outerjoin(_sessions, _sessions.c.id == quarantine.c.proposed_session_id)
        .where(stations.c.organization_id == organization_id)
    )


def resolve(work: Work, organization_id: int, quarantine_id: int, *, by: str) -> None:
    """A person has looked at it. Raises `NotFound`."""
    entry = get(work, organization_id, quarantine_id)
    if entry.resolved_at is None:
        _done(work, [entry.id], by)
        audit.record(
            work, "resolve_quarantined", Subject("quarantine", str(entry.id)), after={"station": entry.station}
        )


def resolve_all(
    work: Work,
    organization_id: int,
    *,
    by: str,
    station: str | None = None,
    action: str | None = None,
    reason: str | None = None,
) -> int:
    """A person has looked at all that waits; of one charger, action or reason where it is named. Returns how many."""
    mine = _waiting(organization_id).add_columns(quarantine.c.id)
    for column, wanted in (
        (stations.c.identity, station),
        (quarantine.c.action, action),
        (quarantine.c.reason, reason),
    ):
        if wanted is not None:
            mine = mine.where(column == wanted)
    done = update(quarantine).where(quarantine.c.id.in_(mine))
    return int(work.execute(done.values(resolved_at=work.now, resolved_by=by)).rowcount)


class Replayed(msgspec.Struct, frozen=True):
    """What an entry becomes when it is said again: the answer the station would get, the sessions it made or changed, what
    was tolerated. `problem` says why nothing would come of it.
    """

    problem: Reason | None = None
    remarks: tuple[str, ...] = ()
    response: Any = None
    sessions: tuple[public_forms.Session, ...] = ()


Play = Callable[[Work, Station, str, Any], Replayed]
"""Decodes a payload and hands it to the handler, as the connection of the station would."""


def payload_of(content: str) -> Any:
    """The payload in what was kept: of a whole frame, or the payload itself. None when it cannot be read."""
    try:
        kept = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return None
    if isinstance(kept, list):
        kept = kept[3] if len(kept) > 3 else None
    return kept if isinstance(kept, dict) else None


def preview(work: Work, organization_id: int, quarantine_id: int, *, payload: Any, play: Play) -> Replayed:
    """What would become of the entry, with this payload in place of its own. Nothing is changed. Raises `NotFound`."""
    return work.rehearse(_play, organization_id, quarantine_id, payload, play)


def replay(work: Work, organization_id: int, quarantine_id: int, *, payload: Any, play: Play, by: str) -> Replayed:
    """Say it again, with this payload in place of its own; the entry is done with, and keeps what it was.

    Raises `NotFound`, and `Conflict` when nothing would come of it, or it is done with.
    """
    entry = get(work, organization_id, quarantine_id)
    if entry.resolved_at is not None:
        raise Conflict("this entry is done with already")
    said = payload_of(entry.content) if payload is None else payload
    result = _play(work, organization_id, quarantine_id, payload, play)
    if result.problem is not None:
        raise Conflict(result.problem)
    _done(work, [entry.id], by, replayed=msgspec.json.encode(said).decode())
    audit.record(
        work,
        "replay_quarantined",
        Subject("quarantine", str(entry.id)),
        before={"payload": payload_of(entry.content)},
        after={"station": entry.station, "payload": said},
    )
    return result


def _play(work: Work, organization_id: int, quarantine_id: int, payload: Any, play: Play) -> Replayed:
    entry = get(work, organization_id, quarantine_id)
    said = payload_of(entry.content) if payload is None else payload
    if said is None:
        return Replayed(problem=Reason("the message cannot be read; write its payload anew"))
    record = work.execute(select(stations).where(stations.c.id == entry.station_id)).one()
    version = entry.version or record.ocpp_version or "1.6"
    station = Station(record.id, record.identity, record.organization_id, version, "accepted", True)
    return play(work, station, entry.action, said)


def _done(work: Work, ids: Sequence[int], by: str, **values: Any) -> None:
    work.execute(
        update(quarantine).where(quarantine.c.id.in_(ids)).values(resolved_at=work.now, resolved_by=by, **values)
    )


def key_of(content: str) -> str:
    """The content key: the same content is kept once."""
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
