"""Commands that some chargers are never sent, because they fall over them: known ones, those of the settings, and a person's word.

A rule is about a make, a model or a firmware; what a person says is about one charger, and goes before every rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from sqlalchemy import Boolean, Column, ForeignKey, PrimaryKeyConstraint, Table, Text, bindparam, delete, insert, select

from stationmaster.domain import audit
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.sessions.table import sessions
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, metadata
from stationmaster.storage.queries import Prepared

command_exceptions = Table(
    "command_exceptions",
    metadata,
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("command", Text, nullable=False),  # by the name in its address
    Column("held", Boolean, nullable=False),  # never sent; else sent, whatever the rules say
    Column("why", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    PrimaryKeyConstraint("station_id", "command"),
)


class Rule(NamedTuple):
    """These commands, by the names in their addresses, and patterns that all must fit the charger: `*` and `?`, in any case."""

    commands: tuple[str, ...]
    charger: str = "*"
    vendor: str = "*"
    model: str = "*"
    firmware: str = "*"
    why: str = ""
    after_session_s: int = 0
    """Only for so many seconds after a session there has ended; 0: always."""

    @property
    def reason(self) -> str:
        why = self.why or "It is held back in the settings of this server."
        return (
            f"{why} It is sent {self.after_session_s} seconds after the last session." if self.after_session_s else why
        )


KNOWN = (
    Rule(
        ("change-availability",),
        vendor="EN+*",
        why="Chargers of EN+ are known to stop working when they are taken in or out of service from afar.",
    ),
    Rule(
        ("remote-start",),
        vendor="Fox*ESS*",
        why="Chargers of FoxESS that are started right after a session are known to give no power, and to lose their line.",
        after_session_s=120,
    ),
)


class ExceptionRow(Protocol):
    """A row of the table."""

    command: str
    held: bool
    why: str
    by: str
    at: datetime


class Told(Protocol):
    """What a charger is called, and what it has told of itself."""

    identity: str
    vendor: str | None
    model: str | None
    firmware: str | None


class Patterns(Protocol):
    """What a rule says of the chargers it is about."""

    @property
    def charger(self) -> str: ...
    @property
    def vendor(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def firmware(self) -> str: ...


class Written(Protocol):
    """A rule as it stands in the settings."""

    commands: list[str]
    charger: str
    vendor: str
    model: str
    firmware: str
    why: str
    after_session_s: int


def with_known(own: Iterable[Written]) -> list[Rule]:
    """The rules of the settings, and after them those that are known anyway."""
    written = [
        Rule(tuple(each.commands), each.charger, each.vendor, each.model, each.firmware, each.why, each.after_session_s)
        for each in own
    ]
    return [*written, *KNOWN]


def unknown_commands(rules: Iterable[Rule], known: Iterable[str]) -> list[str]:
    """Names in the rules that are no command's, so that a slip of the pen holds nothing back."""
    return sorted({name for rule in rules for name in rule.commands} - set(known))


def of(told: Told, rules: Iterable[Rule]) -> list[Rule]:
    """The rules that hold for this charger, in their order."""
    return [rule for rule in rules if fits(rule, told)]


_told = Prepared(
    select(stations.c.identity, stations.c.vendor, stations.c.model, stations.c.firmware).where(
        stations.c.id == bindparam("station_id")
    )
)


_own = Prepared(
    select(command_exceptions.c.held, command_exceptions.c.why).where(
        command_exceptions.c.station_id == bindparam("station_id"), command_exceptions.c.command == bindparam("command")
    )
)


def check(work: Work, station_id: int, command: str, rules: Sequence[Rule]) -> None:
    """Raises `Conflict` when this command is held back from this charger."""
    for held, why in work.run(_own, station_id=station_id, command=command):
        if held:
            said = (
                "{command} is held back from this charger: {why}" if why else "{command} is held back from this charger"
            )
            raise Conflict(said, command=command, why=why)
        return
    named = [rule for rule in rules if command in rule.commands]
    if not named:
        return
    for told in work.run(_told, station_id=station_id):
        for rule in of(told, named):
            if rule.after_session_s and not _has_just_ended(work, station_id, rule.after_session_s):
                continue
            raise Conflict(
                "{command} is held back from charger {charger}: {why}",
                command=command,
                charger=told.identity,
                why=rule.reason,
            )


def _has_just_ended(work: Work, station_id: int, within_s: int) -> bool:
    """Whether a session of this charger has ended so lately. By our clock, since one told late says nothing of now."""
    since = work.now - timedelta(seconds=within_s)
    mine = (sessions.c.station_id == station_id, sessions.c.stopped_at > since, sessions.c.stopped_at <= work.now)
    return work.execute(select(sessions.c.id).where(*mine).limit(1)).first() is not None


def exceptions_of(work: Work, station_id: int) -> list[ExceptionRow]:
    """What a person has said of commands to this charger."""
    mine = select(command_exceptions).where(command_exceptions.c.station_id == station_id)
    return list(work.execute(mine.order_by(command_exceptions.c.command)))


def say(work: Work, station_id: int, identity: str, command: str, *, held: bool, why: str, by: str) -> None:
    """Never send this charger that command; or send it, whatever the rules say."""
    before = _drop(work, station_id, command)
    after = {"command": command, "held": held, "why": why}
    work.execute(insert(command_exceptions).values(station_id=station_id, by=by, at=work.now, **after))
    _record(work, identity, before, after)


def take_back(work: Work, station_id: int, identity: str, command: str) -> None:
    """The rules decide again. Raises `NotFound` where nothing was said."""
    before = _drop(work, station_id, command)
    if before is None:
        raise NotFound("nothing was said of {command} for charger {charger}", command=command, charger=identity)
    _record(work, identity, before, None)


def _drop(work: Work, station_id: int, command: str) -> dict[str, object] | None:
    mine = (command_exceptions.c.station_id == station_id, command_exceptions.c.command == command)
    known = [{"command": row.command, "held": row.held, "why": row.why} for row in exceptions_of(work, station_id)]
    work.execute(delete(command_exceptions).where(*mine))
    return next((each for each in known if each["command"] == command), None)


def _record(work: Work, identity: str, before: dict[str, object] | None, after: dict[str, object] | None) -> None:
    audit.record(work, "hold_back_command", audit.Subject("station", identity), before=before, after=after)


def fits(rule: Patterns, told: Told) -> bool:
    """Whether all patterns of a rule fit a charger."""
    patterns = ((rule.charger, told.identity), (rule.vendor, told.vendor), (rule.model, told.model))
    return all(_is(pattern, text) for pattern, text in (*patterns, (rule.firmware, told.firmware)))


def _is(pattern: str, text: str | None) -> bool:
    return fnmatchcase((text or "").strip().casefold(), pattern.strip().casefold())
