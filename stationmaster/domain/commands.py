"""What we can ask of a station, in our words; who asked, and what came of it.

A command is a plain struct: REST endpoint, command line and form come from it, the sender of the station's version
(`@sends` in handlers) turns it into a CALL.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Column, Float, ForeignKey, Index, Table, Text, insert, literal_column, select, update

from stationmaster.domain import events, message_log
from stationmaster.domain.events import Asked
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.queries import page

Evse = Annotated[int, msgspec.Meta(ge=1, le=1000, description="The connector's number, from 1")]
Whole = Annotated[int, msgspec.Meta(ge=0, le=1000, description="The connector's number; 0 is the whole charger")]
KeyName = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something we ask of a station."""


class RemoteStart(Command, frozen=True):
    """Start charging for a token, on one connector or on whichever the driver chooses."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=36)]
    evse: Evse | None = None


class RemoteStop(Command, frozen=True):
    """Stop a session, named by our id or by its transaction id."""

    session: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Reset(Command, frozen=True):
    """Restart the charger: soft lets it end its sessions first, hard does not wait."""

    kind: Literal["soft", "hard"] = "soft"


class Unlock(Command, frozen=True):
    """Release the cable of a connector."""

    evse: Evse = 1


class ChangeAvailability(Command, frozen=True):
    """Take a connector, or the whole charger, in or out of service."""

    operative: bool
    evse: Whole = 0


class GetConfiguration(Command, frozen=True):
    """Read settings; all of them when no key is named."""

    keys: list[KeyName] = []


class ChangeConfiguration(Command, frozen=True):
    """Write one setting."""

    key: KeyName
    value: Annotated[str, msgspec.Meta(max_length=500)]


class TriggerMessage(Command, frozen=True):
    """Ask the charger to send a message now."""

    message: Literal[
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    ]
    evse: Evse | None = None


class ClearCache(Command, frozen=True):
    """Make the charger forget the tokens it has learnt."""


def kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


COMMANDS: dict[str, type[Command]] = {kebab(command.__name__): command for command in Command.__subclasses__()}

# Only these may be sent to a station that is not accepted yet (CON-22): it must first become one of ours.
BEFORE_ACCEPTED = (TriggerMessage, GetConfiguration, ChangeConfiguration, Reset)

commands = Table(
    "commands",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("arguments", Json),
    Column("status", Text, nullable=False),  # pending, accepted, rejected, failed, timeout, replaced, late
    Column("response", Json),
    Column("detail", Text),
    Column("asked_by", Text, nullable=False),
    Column("node", Text, nullable=False),  # that waits for the answer
    Column("asked_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("took_ms", Float),
)
Index("ix_commands_station_id", commands.c.station_id, commands.c.id)
_pending = commands.c.status == literal_column("'pending'")  # in clear, or no database would use the index
Index("ix_commands_pending", commands.c.node, sqlite_where=_pending, postgresql_where=_pending)


class Outcome(msgspec.Struct, frozen=True):
    """What came of a command or a raw call.

    `kind` is result, error, timeout, or replaced (the socket went away while it was pending).
    """

    kind: Literal["result", "error", "timeout", "replaced"]
    payload: dict[str, Any] | None = None
    code: str | None = None
    description: str | None = None
    details: dict[str, Any] | None = None
    took_ms: float | None = None
    message_id: str | None = None

    @property
    def status(self) -> str:
        """In one word, for the history: accepted, rejected, failed, timeout, replaced."""
        if self.kind == "result":
            # Answers without a status (GetConfiguration) are the thing asked for itself.
            said = (self.payload or {}).get("status", "Accepted")
            return "accepted" if said in ("Accepted", "Unlocked", "Scheduled", "RebootRequired") else "rejected"
        return "failed" if self.kind == "error" else self.kind

    @property
    def detail(self) -> str | None:
        if self.kind == "error":
            return f"{self.code}: {self.description}" if self.description else self.code
        if self.kind == "timeout":
            return "the charger did not answer in time"
        if self.kind == "replaced":
            return "the connection was replaced or lost before the charger answered"
        return (self.payload or {}).get("status")


def asked(work: Work, station: Station, *, name: str, arguments: dict[str, Any], by: str, node: str) -> Any:
    """A history row before anything is sent: who asked for what, and which node waits for the answer."""
    values = {"name": name, "arguments": message_log.blanked(arguments), "asked_by": by, "asked_at": work.now}
    return work.execute(
        insert(commands)
        .values(public_id=secrets.token_hex(8), station_id=station.id, status="pending", node=node, **values)
        .returning(*commands.c)
    ).one()


def finished(work: Work, station: Station, command_id: int, outcome: Outcome) -> Any:
    """The outcome goes to the history row and to whoever watches the charger."""
    values = {
        "status": outcome.status,
        "response": message_log.blanked(outcome.payload),
        "detail": outcome.detail,
        "took_ms": outcome.took_ms,
    }
    row = work.execute(
        update(commands)
        .where(commands.c.id == command_id, commands.c.status == "pending")
        .values(finished_at=work.now, **values)
        .returning(*commands.c)
    ).one_or_none()
    if row is None:  # the late answer has overtaken the word of its being late
        return work.execute(select(commands).where(commands.c.id == command_id)).one()
    work.publish(
        events.CommandChanged(station_id=station.id, station=station.identity, at=work.now, command=public_form(row))
    )
    return row


def answered_late(work: Work, station: Station, command_id: int, payload: dict[str, Any] | None, at: datetime) -> None:
    """The station answered after we had given up (RPC-13)."""
    row = work.execute(
        update(commands)
        .where(commands.c.id == command_id, commands.c.status.in_(("pending", "timeout")))
        .values(
            status="late",
            response=message_log.blanked(payload),
            detail="the charger answered after the time was over",
            finished_at=at,
        )
        .returning(*commands.c)
    ).one_or_none()
    if row is not None:
        work.publish(
            events.CommandChanged(
                station_id=station.id, station=station.identity, at=work.now, command=public_form(row)
            )
        )


def interrupted(work: Work, dead: Sequence[str]) -> int:
    """Nobody waits any more for what was asked on these nodes. Whether the charger obeyed is not known."""
    detail = "the server was stopped before the charger answered"
    ended = (
        update(commands)
        .where(_pending, commands.c.node.in_(dead))
        .values(status="failed", detail=detail, finished_at=work.now)
    )
    return int(work.execute(ended).rowcount) if dead else 0


def awaiting(work: Work) -> list[str]:
    """The nodes that wait for answers."""
    return list(work.execute(select(commands.c.node).where(_pending).distinct()).scalars())


def listed(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[Any]:
    """The history of a station, newest first."""
    mine = select(commands).where(commands.c.station_id == station_id)
    return list(work.execute(page(mine, commands.c.id, limit=limit, cursor=cursor)))


def public_form(row: Any) -> Asked:
    """As everyone outside sees it."""
    return Asked(
        id=row.public_id,
        name=row.name,
        arguments=row.arguments or {},
        status=row.status,
        response=row.response,
        detail=row.detail,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        took_ms=row.took_ms,
    )
