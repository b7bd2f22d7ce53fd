"""One row for each command and raw call: who asked for what, how far it has come, and what came of it.

A life: asked → sent → (awaiting →) done, failed or expired. `awaiting` is one that the station has accepted, and that is
done when something follows: a session, a boot, a report. Each step is told to whoever watches.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from stationmaster.domain import events, message_log, stations, tokens
from stationmaster.domain.commands.outcomes import GOOD, SENTENCES, UNKNOWN, Answer, together
from stationmaster.domain.errors import NotFound
from stationmaster.domain.public_forms import CommandRecord
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.queries import Prepared, first_since, page

commands = Table(
    "commands",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("arguments", Json),
    Column("status", Text, nullable=False),  # pending, accepted, rejected, answered, failed, timeout, replaced, late
    Column("response", Json),
    Column("detail", Text),  # a sentence for people
    Column("asked_by", Text, nullable=False),
    Column("node", Text, nullable=False),  # that waits for the answer
    Column("asked_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("took_ms", Float),
    Column("state", Text, nullable=False, server_default="done"),
    Column("outcome", Text),
    Column("data", Json),
    Column("remark", Text),
    Column("request_id", Integer),  # by which later messages of the station name it
    Column("awaits", Text),
    Column("within_s", Float),
    Column("until", UtcTime),
    Column("progress", Text),
    Column("session", Text),  # the public id of the session that came of it
    Column("sent_at", UtcTime),
    Column("answered_at", UtcTime),
)
Index("ix_commands_station_id", commands.c.station_id, commands.c.id)
# Literals, because no database uses a partial index for a parameter.
_pending = commands.c.status == literal_column("'pending'")
_awaiting = commands.c.state == literal_column("'awaiting'")
_without_session = and_(commands.c.awaits == literal_column("'session'"), commands.c.session.is_(None))
_has_request_id = commands.c.request_id.is_not(None)
Index("ix_commands_pending", commands.c.node, sqlite_where=_pending, postgresql_where=_pending)
Index("ix_commands_awaiting", commands.c.until, sqlite_where=_awaiting, postgresql_where=_awaiting)
Index(
    "ix_commands_without_session",
    commands.c.station_id,
    commands.c.id,
    sqlite_where=_without_session,
    postgresql_where=_without_session,
)
Index(
    "ix_commands_request_id",
    commands.c.station_id,
    commands.c.request_id,
    sqlite_where=_has_request_id,
    postgresql_where=_has_request_id,
)

RAW_CALL = "call"
REPORTED = "reported"  # the progress of a report that is whole
ANY_CLOCK = timedelta(
    days=1
)  # while we wait a start counts at any hour, because the charger's clock may be in another time zone
SLACK = timedelta(
    minutes=5
)  # a start that is told later must fit our wait; a charger's clock may differ from ours by this much
TOLD_LATE = timedelta(hours=1)  # a start in time may reach us this long afterwards
_WITHIN_REACH = 20  # commands without a session are looked at, the newest first

NOT_DONE = {
    "session": "Not started: no car was plugged in.",
    "boot": "The charger has accepted, but has not restarted.",
    "firmware": "The charger has accepted, but has told nothing more of the update in time.",
    "log": "The charger has accepted, but no file has come.",
    "publishing": "It has accepted, but has told nothing more of the firmware in time.",
    "battery": "The charger has accepted, but no battery was swapped.",
    "login": "The charger has accepted, but has not logged in with its new password yet; the old one still works.",
}


class CommandRow(NamedTuple):
    """A row of the table, its columns in their order."""

    id: int
    public_id: str
    station_id: int
    name: str
    arguments: dict[str, Any] | None
    status: str
    response: dict[str, Any] | None
    detail: str | None
    asked_by: str
    node: str
    asked_at: datetime
    finished_at: datetime | None
    took_ms: float | None
    state: str
    outcome: str | None
    data: dict[str, Any] | None
    remark: str | None
    request_id: int | None
    awaits: str | None
    within_s: float | None
    until: datetime | None
    progress: str | None
    session: str | None
    sent_at: datetime | None
    answered_at: datetime | None

    @property
    def has_failed(self) -> bool:
        """It has come to nothing, and we know it: a lost answer may still come (RPC-13)."""
        return self.state == "failed" and self.outcome not in UNKNOWN


class Asked(NamedTuple):
    """Who asked, and the public id of the command."""

    by: str
    command: str


class Awaits(msgspec.Struct, frozen=True):
    """What must follow an accepted command, within how many seconds of the answer."""

    what: Literal["session", "boot", "login", "report", "firmware", "log", "publishing", "battery"]
    within_s: float


def new_request_id() -> int:
    """A number by which the station's later messages name a command."""
    return secrets.randbelow(2**31 - 1) + 1


def ask(
    work: Work,
    station: Station,
    *,
    name: str,
    arguments: dict[str, Any],
    by: str,
    node: str,
    public_id: str | None = None,
    remark: str | None = None,
    request_id: int | None = None,
    awaits: Awaits | None = None,
) -> CommandRow:
    """A history row before anything is sent: who asked for what, and which node waits for the answer."""
    values = {
        "public_id": public_id or secrets.token_hex(8),
        "station_id": station.id,
        "name": name,
        "arguments": message_log.blanked(arguments),
        "status": "pending",
        "state": "asked",
        "asked_by": by,
        "asked_at": work.now,
        "node": node,
        "remark": remark,
        "request_id": request_id,
        "awaits": None if awaits is None else awaits.what,
        "within_s": None if awaits is None else awaits.within_s,
    }
    row = CommandRow._make(work.execute(insert(commands).values(**values).returning(*commands.c)).one())
    _tell(work, station.identity, row)
    return row


def record_sent(work: Work, station: Station, command_id: int) -> None:
    """Its (first) call is on its way."""
    _change(work, station.identity, command_id, commands.c.state == "asked", state="sent", sent_at=work.now)


def record_answer(
    work: Work,
    station: Station,
    command_id: int,
    answer: Answer,
    *,
    response: dict[str, Any] | None = None,
    took_ms: float | None = None,
    last: bool = True,
    late: bool = False,
) -> CommandRow:
    """What the station said, or that it said nothing. After the last answer the command has ended, or awaits what must follow.

    A late answer (RPC-13) counts as any other, and is marked. The word that a call has timed out changes nothing when the late
    answer has overtaken it.
    """
    row = CommandRow._make(work.execute(select(commands).where(commands.c.id == command_id)).one())
    if row.status != "pending" and not (late and row.outcome in UNKNOWN):
        return row
    before = Answer(row.outcome, row.detail or "", row.data) if row.outcome and not late else None  # type: ignore[arg-type]
    whole = together(before, answer)
    values: dict[str, Any] = {
        "outcome": whole.outcome,
        "detail": whole.words,
        "data": message_log.blanked({**(row.data or {}), **(whole.data or {})} or None),
        "response": message_log.blanked(response),
        "took_ms": took_ms if before is None or took_ms is None else took_ms + (row.took_ms or 0),
        "answered_at": work.now,
    }
    if last:
        values |= {"status": "late" if late else whole.status} | _after_answer(work, row, whole)
    here = commands.c.status == row.status
    return _change(work, station.identity, command_id, here, **values) or row


def _after_answer(work: Work, row: CommandRow, answer: Answer) -> dict[str, Any]:
    """Done, failed, or waiting for what must follow; which may have come already."""
    until = None if row.within_s is None else work.now + timedelta(seconds=row.within_s)
    if row.session is not None:
        return {"state": "done", "finished_at": work.now, "detail": row.detail or answer.words}
    if row.state == "done" or (
        row.status == "pending" and row.state == "failed"
    ):  # some do all of it before they answer
        return {"detail": row.detail or answer.words}
    if answer.good and row.awaits is not None:
        return {"state": "awaiting", "until": until, "finished_at": None}
    state = "done" if answer.good else "failed"
    return {"state": state, "finished_at": work.now, "until": until if answer.outcome in UNKNOWN else None}


def give_up(work: Work, public_id: str) -> None:
    """It was asked for, but never sent: storage did not say in time that it was kept (N13)."""
    _end(work, commands.c.public_id == public_id, "not_sent")


def interrupted(work: Work, dead: Sequence[str]) -> int:
    """Nobody waits any more for what was asked on these nodes. Whether the charger obeyed is not known."""
    return _end(work, commands.c.node.in_(dead), "interrupted") if dead else 0


def nodes_waiting(work: Work) -> list[str]:
    """The nodes that wait for answers."""
    return list(work.execute(select(commands.c.node).where(_pending).distinct()).scalars())


# Only their ids, since most sessions begin without any such command.
_candidates = Prepared(
    select(commands.c.id)
    .where(commands.c.station_id == bindparam("station_id"), _without_session)
    .order_by(commands.c.id.desc())
    .limit(_WITHIN_REACH)
)


def awaits_session(station_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a command of a charger awaits its session, as a part of another question."""
    return exists().where(commands.c.station_id == station_id, _without_session)


def session_began(
    work: Work,
    station: Station,
    *,
    session: str,
    evse: int | None,
    token: str | None,
    at: datetime,
    request_id: int | None = None,
) -> None:
    """A session has begun. If a remote start asked for it, the command names it from now on (D-02).

    2.x says which by its request id; in 1.6 it is the newest start of this card, at this connector or at any, that the session
    can have come of. A session that began in time counts even if it is told of later.
    """
    ids = [found.id for found in work.run(_candidates, station_id=station.id)]
    if not ids:  # most starts come to nothing here, and building the statement costs more than the rest of them
        return
    candidates = select(commands).where(commands.c.id.in_(ids)).order_by(commands.c.id.desc())
    for found in work.execute(candidates).all():
        row = CommandRow._make(found)
        if _may_have_started(work, row, evse, token, at) if request_id is None else row.request_id == request_id:
            values: dict[str, Any] = {"session": session, "detail": "The session has begun."}
            if row.status != "pending":  # else the answer is still to come
                values |= {"state": "done", "finished_at": work.now}
            if row.state == "expired":
                values["status"] = "accepted"
            _change(work, station.identity, row.id, commands.c.session.is_(None), **values)
            return


def _may_have_started(work: Work, row: CommandRow, evse: int | None, token: str | None, at: datetime) -> bool:
    if row.outcome is not None and row.outcome not in GOOD | UNKNOWN:
        return False
    wanted = row.arguments or {}
    if tokens.uid_key(str(wanted.get("token", ""))) != tokens.uid_key(token or ""):
        return False
    if wanted.get("evse") is not None and evse is not None and wanted["evse"] != evse:
        return False
    until = row.until or work.now
    if work.now <= until:
        return row.asked_at - ANY_CLOCK <= at
    return row.asked_at - SLACK <= at <= until and work.now <= until + TOLD_LATE


def progress(
    work: Work,
    station: Station,
    request_id: int,
    step: str,
    *,
    data: dict[str, Any] | None = None,
    ended: Literal["done", "failed"] | None = None,
    sentence: str | None = None,
) -> CommandRow | None:
    """A later message names a command of ours: how far it is, in our words. The command as it is now; None when there is no such.

    As long as it is told of, a command that awaits something is waited for.
    """
    row = by_request_id(work, station, request_id)
    if row is None:
        return None
    told = together(Answer("accepted", row.detail or "", row.data), Answer("accepted", data=data)).data
    values: dict[str, Any] = {"progress": step, "data": message_log.blanked(told)}
    if ended is not None:
        values |= {"state": ended, "finished_at": work.now}
        if ended == "done" and row.state == "expired":
            values["status"] = "accepted"
    elif row.state == "awaiting" and row.within_s is not None:
        values["until"] = work.now + timedelta(seconds=row.within_s)
    if sentence is not None:
        values["detail"] = sentence
    return _change(work, station.identity, row.id, commands.c.state == row.state, **values) or row


def by_request_id(work: Work, station: Station, request_id: int) -> CommandRow | None:
    """The newest command that the station's later messages name by this number; what fits no column is none of ours."""
    if not 0 <= request_id < 2**31:
        return None
    mine = select(commands).where(commands.c.station_id == station.id, commands.c.request_id == request_id)
    found = work.execute(mine.order_by(commands.c.id.desc()).limit(1)).one_or_none()
    return None if found is None else CommandRow._make(found)


def card_of_start(work: Work, station: Station, request_id: int) -> str | None:
    """The card that a remote start was for, by the number the station names it with."""
    row = by_request_id(work, station, request_id)
    return None if row is None or row.name != "remote-start" else (row.arguments or {}).get("token")


def fulfil(work: Work, station: Station, what: str, sentence: str) -> None:
    """What these commands have awaited has come, perhaps later than it should. One that was never answered may have been obeyed;
    of those it is the newest."""
    ours = (commands.c.station_id == station.id, commands.c.awaits == what)
    mine = select(commands.c.id).where(*ours, commands.c.state.in_(("awaiting", "expired")))
    unanswered = or_(_pending, and_(commands.c.state == "failed", commands.c.outcome.in_(UNKNOWN)))
    newest = select(commands.c.id).where(*ours, unanswered).order_by(commands.c.id.desc()).limit(1)
    found = work.execute(mine).scalars().all() or work.execute(newest).scalars().all()
    for command_id in found:
        values = {"state": "done", "status": "accepted", "detail": sentence, "finished_at": work.now}
        _change(work, station.identity, command_id, commands.c.state != "done", **values)


def are_awaiting(work: Work) -> bool:
    """Whether any command awaits something; cheap, to look before writing."""
    return work.execute(select(commands.c.id).where(_awaiting).limit(1)).first() is not None


def expire(work: Work) -> int:
    """Commands that await something: those whose time is over have come to nothing, and a charger that has booted has obeyed
    its reset. Returns how many have ended."""
    joined = select(commands, stations.stations.c.identity, stations.stations.c.booted_at).join(
        stations.stations, stations.stations.c.id == commands.c.station_id
    )
    booted = and_(commands.c.awaits == "boot", stations.stations.c.booted_at > commands.c.answered_at)
    ended = 0
    for found in work.execute(joined.where(_awaiting, or_(commands.c.until <= work.now, booted)).limit(200)).all():
        row = CommandRow._make(found[: len(commands.c)])
        if row.awaits == "boot" and found.booted_at is not None and found.booted_at > (row.answered_at or row.asked_at):
            values = {"state": "done", "detail": "The charger has restarted."}
        else:
            detail = NOT_DONE.get(row.awaits or "", "The charger has accepted, but nothing followed in time.")
            if row.progress == "reporting" and row.detail:
                detail = row.detail  # which says what is missing
            values = {"state": "expired", "status": "failed", "detail": detail}
        ended += _change(work, found.identity, row.id, _awaiting, finished_at=work.now, **values) is not None
    return ended


def reporting(work: Work) -> list[tuple[CommandRow, str]]:
    """Reports of which a part has come and another is awaited, each with the identity of its charger."""
    joined = select(commands, stations.stations.c.identity).join(
        stations.stations, stations.stations.c.id == commands.c.station_id
    )
    part = commands.c.progress == "reporting"
    rows = work.execute(joined.where(_awaiting, commands.c.awaits == "report", part).limit(200)).all()
    return [(CommandRow._make(row[: len(commands.c)]), row.identity) for row in rows]


def expire_one(work: Work, identity: str, row: CommandRow, detail: str) -> None:
    """What a command has awaited does not come any more."""
    values = {"state": "expired", "status": "failed", "detail": detail, "finished_at": work.now}
    _change(work, identity, row.id, _awaiting, **values)


def listed(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[CommandRow]:
    """The history of a station, newest first."""
    mine = select(commands).where(commands.c.station_id == station_id)
    return [CommandRow._make(row) for row in work.execute(page(mine, commands.c.id, limit=limit, cursor=cursor))]


def of_asker(work: Work, organization_id: int, by: str, public_id: str) -> tuple[CommandRow, str]:
    """What somebody has asked themselves, and the charger's id that drivers know. Raises `NotFound`."""
    table = stations.stations
    joined = select(commands, table.c.public_id.label("charger")).join(table, table.c.id == commands.c.station_id)
    theirs = (commands.c.public_id == public_id, commands.c.asked_by == by)
    row = work.execute(joined.where(*theirs, table.c.organization_id == organization_id)).one_or_none()
    if row is None:
        raise NotFound("there is no request {id!r}", id=public_id)
    return CommandRow._make(row[: len(commands.c)]), row.charger


def count_unfinished(work: Work, by: str, name: str) -> int:
    """How many of these somebody has asked for of which nobody knows yet what comes."""
    theirs = (commands.c.asked_by == by, commands.c.name == name, or_(_pending, _awaiting))
    return int(work.execute(select(func.count()).select_from(commands).where(*theirs)).scalar_one())


def of_station_between(work: Work, station_id: int, *, since: datetime, until: datetime, most: int) -> list[CommandRow]:
    """What was asked of a station in this time, oldest first."""
    mine = commands.c.station_id == station_id
    first = first_since(work, commands, since, mine, at=commands.c.asked_at)
    within = select(commands).where(mine, commands.c.id >= first, commands.c.asked_at < until)
    return [CommandRow._make(row) for row in work.execute(within.order_by(commands.c.id).limit(most))]


def public_form(row: CommandRow) -> CommandRecord:
    """As everyone outside sees it."""
    return CommandRecord(
        id=row.public_id,
        name=row.name,
        arguments=row.arguments or {},
        state=row.state,
        status=row.status,
        outcome=row.outcome,
        sentence=row.detail,
        remark=row.remark,
        awaits=row.awaits,
        until=row.until if row.state == "awaiting" else None,
        progress=row.progress,
        session=row.session,
        data=row.data,
        response=row.response,
        detail=row.detail,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
        finished_at=row.finished_at,
        took_ms=row.took_ms,
    )


def _change(work: Work, identity: str, command_id: int, where: Any, **values: Any) -> CommandRow | None:
    """Change a row if it is still where we think it is, and tell whoever watches."""
    changed = update(commands).where(commands.c.id == command_id, where).values(**values).returning(*commands.c)
    found = work.execute(changed).one_or_none()
    if found is None:
        return None
    row = CommandRow._make(found)
    _tell(work, identity, row)
    return row


def _end(work: Work, which: Any, outcome: Literal["interrupted", "not_sent"]) -> int:
    """The end of commands that nobody waits for any more."""
    joined = select(commands.c.id, stations.stations.c.identity, commands.c.within_s, commands.c.state).join(
        stations.stations, stations.stations.c.id == commands.c.station_id
    )
    ended = 0
    for row in work.execute(joined.where(_pending, which)).all():
        until = None if row.within_s is None else work.now + timedelta(seconds=row.within_s)
        values = {"status": "failed", "state": "failed", "outcome": outcome, "detail": SENTENCES[outcome]}
        if row.state == "done":  # it was done before it was answered
            values = {"status": "accepted"}
        ended += _change(work, row.identity, row.id, _pending, finished_at=work.now, until=until, **values) is not None
    return ended


def _tell(work: Work, identity: str, row: CommandRow) -> None:
    work.publish(
        events.CommandChanged(station_id=row.station_id, station=identity, at=work.now, command=public_form(row))
    )
