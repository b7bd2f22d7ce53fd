"""Commands find their station's socket, here or on another node. Who asks knows neither version nor socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from stationmaster.domain import commands, connections
from stationmaster.domain.commands import Command, Outcome
from stationmaster.domain.errors import Conflict, DomainError, Invalid, NotFound, Unreachable
from stationmaster.domain.events import Asked
from stationmaster.domain.stations import Station
from stationmaster.gateway.bus import Answer, Bus, Call, Came, Question, Refused, Send, Sent
from stationmaster.gateway.connection import Connection, Counts
from stationmaster.gateway.directory import Directory
from stationmaster.handlers.routing import Routes, Sender
from stationmaster.ocpp.messages import Request
from stationmaster.storage import Database, StorageUnavailable, Work


class NotConnected(Conflict):
    """The charger has no open connection at this moment."""


class Connected(msgspec.Struct, frozen=True):
    """A connection to this node, as it is now."""

    station_id: int
    organization_id: int
    station: str
    version: str
    generation: int
    connected_at: datetime
    source: str
    last_heard_at: datetime


class Switchboard:
    """Who is connected, and a way to ask them."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        routes: Mapping[str, Routes],
        counts: Counts,
        bus: Bus,
        *,
        timeout_of: Callable[[str], float],
    ) -> None:
        self._database = database
        self._directory = directory
        self._routes = routes
        self._counts = counts
        self._bus = bus
        self._timeout_of = timeout_of

        bus.answer_with(self._answer)

    @property
    def node(self) -> str:
        """The name of this node."""
        return self._bus.node

    @property
    def counts(self) -> dict[str, int]:
        return {"received": self._counts.received, "sent": self._counts.sent, "refused": self._counts.refused}

    def connections(self) -> list[Connected]:
        """Every open connection to this node."""
        sessions = (entry.connection for entry in self._directory.entries())
        return [_public_form(connection) for connection in sessions if connection is not None]

    def connection(self, station_id: int) -> Connected | None:
        entry = self._directory.get(station_id)
        return None if entry is None or entry.connection is None else _public_form(entry.connection)

    def last_heard_at(self, row: Any) -> datetime:
        """When a charger gave its last sign of life, from its row (`connections.current`); to the message, on another node."""
        here = self.connection(row.station_id)
        heard_at: datetime | None = row.heard_at if here is None else here.last_heard_at
        return max(row.connected_at, heard_at or row.connected_at)  # type: ignore[no-any-return]

    async def send(self, station_id: int, command: Command, *, by: str) -> Asked:
        """Ask a station; returns when it has answered, or its time is over.

        Raises `NotConnected`, `Conflict` (not accepted, too many waiting), `NotFound` (a connection it does not have),
        `Unreachable` (it is on a node that does not answer).
        """
        node = await self._elsewhere(station_id)
        if node is None:
            return await self._send(self._connection(station_id), command, by)
        name, arguments = commands.kebab(type(command).__name__), msgspec.to_builtins(command)
        answer = await self._bus.ask(node, Send(station_id, name, arguments, by))
        return _expected(answer, Sent).asked

    async def call(
        self, station_id: int, action: str, payload: dict[str, Any], *, timeout_s: float, by: str
    ) -> Outcome:
        """The raw call: any action with any payload, passed on unchanged. Raises as `send` does."""
        node = await self._elsewhere(station_id)
        if node is None:
            return await self._connection(station_id).call(action, payload, timeout_s=timeout_s)
        answer = await self._bus.ask(node, Call(station_id, action, payload, timeout_s, by))
        return _expected(answer, Came).outcome

    async def _elsewhere(self, station_id: int) -> str | None:
        """The other node that holds the station's socket; None when none does."""
        entry = self._directory.get(station_id)
        if self._bus.alone or (entry is not None and entry.connection is not None):
            return None
        there = await self._database.read(connections.holder, station_id)
        return None if there is None or there.node == self._bus.node else str(there.node)

    async def _answer(self, question: Question) -> Answer:
        """Another node asks for a station of ours."""
        try:
            connection = self._connection(question.station_id)
            if isinstance(question, Send):
                command = msgspec.convert(question.arguments, commands.COMMANDS[question.name])
                return Sent(await self._send(connection, command, question.by))
            return Came(await connection.call(question.action, question.payload, timeout_s=question.timeout_s))
        except (DomainError, StorageUnavailable) as error:
            return Refused(type(error).__name__, str(error))

    async def _send(self, connection: Connection, command: Command, by: str) -> Asked:
        station = connection.entry.station
        self._allowed(station, command)
        sender = self._routes[connection.version].senders.get(type(command))
        if sender is None:
            raise Conflict(f"OCPP {connection.version} has no such command")
        row, request = await self._database.write(_ask, station, sender, command, by, self._bus.node)
        if isinstance(command, commands.TriggerMessage):
            connection.expect(command.message)

        def late(outcome: Outcome) -> None:
            arguments = (station, row.id, outcome.payload, self._database.clock())
            self._database.submit(commands.answered_late, arguments, lambda *_: None, lane=station.id)

        outcome = await connection.call(request.action, request, timeout_s=self._timeout_of(request.action), late=late)
        return commands.public_form(await self._database.write(commands.finished, station, row.id, outcome))

    def _connection(self, station_id: int) -> Connection:
        entry = self._directory.get(station_id)
        if entry is None:
            raise NotFound("there is no such charger")
        if entry.connection is None:
            raise NotConnected(f"charger {entry.station.identity} is not connected")
        return entry.connection

    def _allowed(self, station: Station, command: Command) -> None:
        """Before it is accepted, a station is asked only what helps it to become so (CON-22)."""
        if station.accepted:
            return
        boot = isinstance(command, commands.TriggerMessage) and command.message == "BootNotification"
        if station.registration == "rejected" and not boot:
            raise Conflict(f"charger {station.identity} is rejected; only its BootNotification can be triggered")
        if not isinstance(command, commands.BEFORE_ACCEPTED):
            raise Conflict(f"charger {station.identity} is not accepted yet")


def _ask(work: Work, station: Station, sender: Sender, command: Command, by: str, node: str) -> tuple[Any, Request]:
    request = sender(work, station, command)
    name, arguments = commands.kebab(type(command).__name__), msgspec.to_builtins(command)
    return commands.asked(work, station, name=name, arguments=arguments, by=by, node=node), request


_REFUSALS: dict[str, Callable[[str], Exception]] = {
    "NotConnected": NotConnected,
    "NotFound": NotFound,
    "Invalid": lambda said: Invalid(*said.split(": ", 1)),
    "Unreachable": Unreachable,
    "StorageUnavailable": StorageUnavailable,
}
_A = TypeVar("_A", Sent, Came)


def _expected(answer: Answer, kind: type[_A]) -> _A:
    """What was asked for; or the error the other node has met, raised here."""
    if isinstance(answer, kind):
        return answer
    assert isinstance(answer, Refused), answer
    raise _REFUSALS.get(answer.kind, Conflict)(answer.detail)


def _public_form(connection: Connection) -> Connected:
    return Connected(
        station_id=connection.entry.station.id,
        organization_id=connection.entry.station.organization_id,
        station=connection.entry.station.identity,
        version=connection.version,
        generation=connection.generation,
        connected_at=connection.connected_at,
        source=connection.link.source,
        last_heard_at=connection.link.last_heard_at,
    )
