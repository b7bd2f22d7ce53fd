"""Commands find their station's socket. Who asks knows neither version nor socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from stationmaster.domain import commands
from stationmaster.domain.commands import Asked, Command, Outcome
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.stations import Station
from stationmaster.gateway.directory import Directory
from stationmaster.gateway.session import Counts, Session
from stationmaster.handlers.routing import Routes, Sender
from stationmaster.ocpp.messages import Request
from stationmaster.storage import Database, Work


class NotConnected(Conflict):
    """The charger has no open connection at this moment."""


class Connected(msgspec.Struct, frozen=True):
    """An open connection, as it is now."""

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
        *,
        timeout_of: Callable[[str], float],
    ) -> None:
        self._database = database
        self._directory = directory
        self._routes = routes
        self._counts = counts
        self._timeout_of = timeout_of

    @property
    def counts(self) -> dict[str, int]:
        return {"received": self._counts.received, "sent": self._counts.sent, "refused": self._counts.refused}

    def connections(self) -> list[Connected]:
        """Every open connection."""
        sessions = (entry.session for entry in self._directory.entries())
        return [_seen(session) for session in sessions if session is not None]

    def connection(self, station_id: int) -> Connected | None:
        entry = self._directory.get(station_id)
        return None if entry is None or entry.session is None else _seen(entry.session)

    def online(self, station_id: int) -> bool:
        """Reachable, or gone for less than the grace period."""
        entry = self._directory.get(station_id)
        return entry is not None and entry.online

    async def send(self, station_id: int, command: Command, *, by: str) -> Asked:
        """Ask a station; returns when it has answered, or its time is over.

        Raises `NotConnected`, `Conflict` (not accepted, too many waiting), `NotFound` (a session it does not have).
        """
        session = self._session(station_id)
        self._allowed(session.entry.station, command)
        sender = self._routes[session.version].senders.get(type(command))
        if sender is None:
            raise Conflict(f"OCPP {session.version} has no such command")
        station = session.entry.station
        row, request = await self._database.write(_ask, station, sender, command, by)
        if isinstance(command, commands.TriggerMessage):
            session.expect(command.message)

        def late(outcome: Outcome) -> None:
            arguments = (station, row.id, outcome.payload, self._database.clock())
            self._database.submit(commands.answered_late, arguments, lambda *_: None, lane=station_id)

        outcome = await session.call(request.action, request, timeout_s=self._timeout_of(request.action), late=late)
        return commands.seen(await self._database.write(commands.finished, station, row.id, outcome))

    async def call(
        self, station_id: int, action: str, payload: dict[str, Any], *, timeout_s: float, by: str
    ) -> Outcome:
        """The raw call: any action with any payload, passed on unchanged. Raises `NotConnected`, `Conflict`."""
        return await self._session(station_id).call(action, payload, timeout_s=timeout_s)

    def _session(self, station_id: int) -> Session:
        entry = self._directory.get(station_id)
        if entry is None:
            raise NotFound("there is no such charger")
        if entry.session is None:
            raise NotConnected(f"charger {entry.station.identity} is not connected")
        return entry.session

    def _allowed(self, station: Station, command: Command) -> None:
        """Before it is accepted, a station is asked only what helps it to become so (CON-22)."""
        if station.accepted:
            return
        boot = isinstance(command, commands.TriggerMessage) and command.message == "BootNotification"
        if station.registration == "rejected" and not boot:
            raise Conflict(f"charger {station.identity} is rejected; only its BootNotification can be triggered")
        if not isinstance(command, commands.BEFORE_ACCEPTED):
            raise Conflict(f"charger {station.identity} is not accepted yet")


def _ask(work: Work, station: Station, sender: Sender, command: Command, by: str) -> tuple[Any, Request]:
    request = sender(work, station, command)
    row = commands.asked(
        work, station, name=commands.kebab(type(command).__name__), arguments=msgspec.to_builtins(command), by=by
    )
    return row, request


def _seen(session: Session) -> Connected:
    return Connected(
        station_id=session.entry.station.id,
        organization_id=session.entry.station.organization_id,
        station=session.entry.station.identity,
        version=session.version,
        generation=session.generation,
        connected_at=session.connected_at,
        source=session.link.source,
        last_heard_at=session.link.last_heard_at,
    )
