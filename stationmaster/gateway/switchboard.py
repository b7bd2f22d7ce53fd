"""Commands find their station's socket, here or on another node. Who asks knows neither version nor socket."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import structlog

from stationmaster.domain import commands, connections, held_back, places
from stationmaster.domain.commands import Answer, Asked, Command, CommandRow, Outcome
from stationmaster.domain.connections import ConnectionRow
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict, DomainError, Invalid, NotFound, Unreachable
from stationmaster.domain.held_back import KNOWN, Rule
from stationmaster.domain.links import Links
from stationmaster.domain.public_forms import CommandRecord
from stationmaster.domain.stations import Station
from stationmaster.gateway.bus import Bus, Call, Came, Closed, Disconnect, Question, Refused, Reply, Send, Sent
from stationmaster.gateway.connection import DISCONNECTED, Connection
from stationmaster.gateway.counts import Counts
from stationmaster.gateway.directory import Directory
from stationmaster.handlers import words
from stationmaster.handlers.routing import Ask, Routes, asking, with_keys, with_links
from stationmaster.ocpp.errors import OcppError
from stationmaster.ocpp.messages import Request
from stationmaster.reason_words import Reason
from stationmaster.storage import Database, StorageUnavailable, Work
from stationmaster.traces import OFF, Traces

log = structlog.get_logger()
T = TypeVar("T")


class NotConnected(Conflict):
    """The charger has no open connection at this moment."""

    to_driver = Unreachable.to_driver


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
        keys: Keys,
        links: Links,
        *,
        timeout_of: Callable[[str], float],
        held_back: Sequence[Rule] = KNOWN,
        traces: Traces = OFF,
    ) -> None:
        self._database = database
        self._directory = directory
        self._routes = routes
        self._counts = counts
        self._bus = bus
        self._keys = keys
        self._links = links
        self._timeout_of = timeout_of
        self._held_back = held_back
        self._traces = traces
        self._owed: deque[tuple[int, Callable[..., Any], tuple[Any, ...]]] = deque()

        bus.answer_with(self._answer)

    @property
    def node(self) -> str:
        """The name of this node."""
        return self._bus.node

    @property
    def counts(self) -> dict[str, int]:
        return {
            "received": self._counts.received,
            "sent": self._counts.sent,
            "refused": self._counts.refused,
            "logged_bytes": self._counts.logged_bytes,
        }

    def connections(self) -> list[Connected]:
        """Every open connection to this node."""
        sessions = (entry.connection for entry in self._directory.entries())
        return [_public_form(connection) for connection in sessions if connection is not None]

    def connection(self, station_id: int) -> Connected | None:
        entry = self._directory.get(station_id)
        return None if entry is None or entry.connection is None else _public_form(entry.connection)

    def last_heard_at(self, row: ConnectionRow) -> datetime:
        """When a charger gave its last sign of life, from its row (`connections.current`); to the minute, on another node."""
        here = None if row.closed_at is not None else self.connection(row.station_id)
        heard_at = row.heard_at if here is None else here.last_heard_at
        return max(row.connected_at, heard_at or row.connected_at)

    async def send(self, station_id: int, command: Command, *, by: str) -> CommandRecord:
        """Ask a station; returns when it has answered, or its time is over.

        Raises `NotConnected`, `Conflict` (not accepted, too many waiting), `NotFound` (a connection it does not have),
        `Unreachable` (it is on a node that does not answer).
        """
        with self._traces.span(f"command {commands.name_of(command)}") as trace:
            node = await self._elsewhere(station_id)
            if node is None:
                record = await self._send(self._connection(station_id), command, by)
            else:
                record = _expected(await self._bus.ask(node, Send(station_id, command, by)), Sent).command
            if trace is not None:
                trace.tell({"command.id": record.id, "command.status": record.status})
            return record

    async def call(
        self, station_id: int, action: str, payload: dict[str, Any], *, timeout_s: float, by: str
    ) -> Outcome:
        """The raw call: any action with any payload, passed on unchanged, and kept in the history. Raises as `send` does."""
        with self._traces.span(f"command {commands.RAW_CALL}"):
            node = await self._elsewhere(station_id)
            if node is None:
                return await self._call(self._connection(station_id), action, payload, timeout_s, by)
            answer = await self._bus.ask(node, Call(station_id, action, payload, timeout_s, by))
            return _expected(answer, Came).outcome

    async def disconnect(self, station_id: int) -> None:
        """Close a station's connection; it may come straight back. Raises `NotConnected`, `NotFound`, `Unreachable`."""
        node = await self._elsewhere(station_id)
        if node is None:
            self._connection(station_id).close(DISCONNECTED, "an operator has closed this connection")
        else:
            _expected(await self._bus.ask(node, Disconnect(station_id)), Closed)

    async def _elsewhere(self, station_id: int) -> str | None:
        """The other node that holds the station's socket; None when none does."""
        entry = self._directory.get(station_id)
        if self._bus.alone or (entry is not None and entry.connection is not None):
            return None
        there = await self._database.read(connections.holder, station_id)
        return None if there is None or there.node == self._bus.node else str(there.node)

    async def _answer(self, question: Question) -> Reply:
        """Another node asks for a station of ours."""
        try:
            connection = self._connection(question.station_id)
            if isinstance(question, Disconnect):
                connection.close(DISCONNECTED, "an operator has closed this connection")
                return Closed()
            if isinstance(question, Send):
                return Sent(await self._send(connection, question.command, question.by))
            call = (question.action, question.payload, question.timeout_s, question.by)
            return Came(await self._call(connection, *call))
        except (DomainError, StorageUnavailable) as error:
            made_of = (error.reason.template, error.reason.values) if isinstance(error, DomainError) else ()
            return Refused(type(error).__name__, str(error), *made_of)

    async def _send(self, connection: Connection, command: Command, by: str) -> CommandRecord:
        station = connection.entry.station
        command.allow(station)
        routes = self._routes[connection.version]
        if type(command) not in routes.senders:
            raise Conflict("OCPP {version} has no such command", version=connection.version)
        row, ask = await self._begin(station, _ask, routes, self._keys, self._links, self._held_back, command, by)
        for action in ask.lets_in:
            connection.expect(action)
        for request in ask.requests:
            last = request is ask.requests[-1]
            asked = Asked(row.asked_by, row.public_id)
            exchange = _Exchange(
                routes, self._keys, command, request, row.id, last=last, asked=asked, in_order=ask.in_order
            )
            timeout_s = self._timeout_of(request.action)
            outcome = await self._exchange(connection, exchange, request.action, request, timeout_s)
            row = await self._record(station, exchange, outcome)
            if row.status != "pending":
                break
        return commands.public_form(row)

    async def _call(
        self, connection: Connection, action: str, payload: dict[str, Any], timeout_s: float, by: str
    ) -> Outcome:
        station = connection.entry.station
        row = await self._begin(station, _ask_raw, action, payload, by)
        routes = self._routes[connection.version]
        if (invited := routes.dialect.invited(action, payload)) is not None:
            connection.expect(invited)
        exchange = _Exchange(routes, self._keys, None, None, row.id, last=True)
        outcome = await self._exchange(connection, exchange, action, payload, timeout_s)
        self._submit(station, _record, exchange, outcome)
        return outcome

    async def _exchange(
        self, connection: Connection, exchange: _Exchange, action: str, payload: Any, timeout_s: float
    ) -> Outcome:
        """One call and what comes of it. Whatever keeps us from waiting for its end is written down as well."""
        station, was_sent, asked_at = connection.entry.station, False, time.time_ns()

        def sent() -> None:
            nonlocal was_sent
            was_sent = True
            if trace is not None:
                trace.part("wait for its turn", asked_at, time.time_ns())
            self._submit(station, commands.record_sent, exchange.command_id)

        def late(outcome: Outcome) -> None:
            self._submit(station, _record_late, exchange, outcome)

        known = action if action in exchange.routes.dialect.from_csms else ""
        facts = {"ocpp.identity": station.identity, "ocpp.version": connection.version, "ocpp.action": known}
        try:
            with self._traces.span(f"call {known}".strip(), facts, kind="client") as trace:
                outcome = await connection.call(action, payload, timeout_s=timeout_s, sent=sent, late=late)
                if trace is not None:
                    trace.tell({"ocpp.message_id": outcome.message_id or ""})
                    if outcome.kind != "result":
                        trace.fail(outcome.kind)
            return outcome
        except (Conflict, asyncio.CancelledError):
            ended = Answer("interrupted" if was_sent else "not_sent")
            self._submit(station, _record_end, exchange, ended)
            raise

    # Units of work

    async def _begin(self, station: Station, f: Callable[..., T], *args: Any) -> T:
        """The row of a command, before it is sent. What storage takes too late to be waited for is not sent (N13)."""
        public_id = secrets.token_hex(8)
        try:
            with self._traces.span("write the command"):
                return await self._write(station, f, station, *args, self._bus.node, public_id)
        except StorageUnavailable:
            self._owed.append((station.id, commands.give_up, (public_id,)))
            raise

    async def _keep(self, station: Station, f: Callable[..., T], *args: Any) -> T:
        """What came of a command; if storage is away, it is written when storage is back (N13)."""
        try:
            with self._traces.span("write the outcome"):
                return await self._write(station, f, station, *args)
        except StorageUnavailable:
            self._owed.append((station.id, f, (station, *args)))
            raise

    async def _record(self, station: Station, exchange: _Exchange, outcome: Outcome) -> CommandRow:
        """What came of a command."""
        try:
            return await self._keep(station, _record, exchange, outcome)
        except StorageUnavailable:
            raise
        except Exception:
            failed = Answer("error", "The charger has answered, and something went wrong here.")
            self._submit(station, commands.record_answer, exchange.command_id, failed)
            raise

    def _submit(self, station: Station, f: Callable[..., Any], *args: Any) -> None:
        """The same without waiting for it."""

        def done(result: Any, error: BaseException | None) -> None:
            if isinstance(error, StorageUnavailable):
                self._owed.append((station.id, f, (station, *args)))
            elif error is not None:
                log.error("command.not_recorded", station=station.identity, exc_info=error)

        self._database.submit(self._database.marked(f), (station, *args), done, lane=station.id)

    async def _write(self, station: Station, f: Callable[..., T], *args: Any) -> T:
        """In the station's own lane, so that the steps of a command are told in their order."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(result: T, error: BaseException | None) -> None:
            if not future.done():
                future.set_result(result) if error is None else future.set_exception(error)

        self._database.submit(self._database.marked(f), args, done, lane=station.id)
        return await future

    async def pay(self) -> None:
        """Write what storage could not take, in its order."""
        while self._owed and self._database.available:
            station_id, f, args = self._owed[0]
            try:
                await self._database.write(f, *args)
            except StorageUnavailable:
                return
            except Exception:
                log.exception("command.not_recorded", station_id=station_id)
            self._owed.popleft()

    def _connection(self, station_id: int) -> Connection:
        entry = self._directory.get(station_id)
        if entry is None:
            raise NotFound("there is no such charger")
        if entry.connection is None:
            raise NotConnected("charger {charger} is not connected", charger=entry.station.identity)
        return entry.connection


class _Exchange(msgspec.Struct, frozen=True):
    """One request of a command; of a raw call, without a command of ours."""

    routes: Routes
    keys: Keys
    command: Command | None
    request: Request | None
    command_id: int
    last: bool
    asked: Asked | None = None
    in_order: bool = False

    def answer(self, work: Work, station: Station, outcome: Outcome) -> Answer:
        """What came of it, in our words."""
        if outcome.kind == "error":
            return words.refusal(outcome.code or "", outcome.description)
        if outcome.kind != "result":
            return commands.without_answer(outcome)
        if self.command is None or self.request is None:
            return Answer("answered")
        action = self.request.action
        response = self.routes.dialect.decode_response(action, outcome.payload or {})
        answerer = with_keys(self.routes.answerer(type(self.command), action), self.keys, self.asked)
        return answerer(work, station, self.command, self.request, response)


def _ask(
    work: Work,
    station: Station,
    routes: Routes,
    keys: Keys,
    links: Links,
    rules: Sequence[Rule],
    command: Command,
    by: str,
    node: str,
    public_id: str,
) -> tuple[CommandRow, Ask[Any]]:
    held_back.check(work, station.id, commands.name_of(command), rules)
    places.check(work, station, **command.place)
    remark = command.check(work, station)
    ask = asking(with_links(with_keys(routes.senders[type(command)], keys), links)(work, station, command))
    arguments = msgspec.to_builtins(command)
    name = arguments.pop("command")
    row = commands.ask(
        work,
        station,
        name=name,
        arguments=arguments,
        by=by,
        node=node,
        public_id=public_id,
        remark=remark,
        request_id=ask.request_id,
        awaits=ask.awaits,
    )
    return row, ask


def _ask_raw(
    work: Work, station: Station, action: str, payload: dict[str, Any], by: str, node: str, public_id: str
) -> CommandRow:
    arguments = {"action": action, "payload": payload}
    told = payload.get("requestId")  # by which later messages of a 2.x station name it
    return commands.ask(
        work,
        station,
        name=commands.RAW_CALL,
        arguments=arguments,
        by=by,
        node=node,
        public_id=public_id,
        request_id=told if isinstance(told, int) and 0 <= told < 2**31 else None,
    )


def _record(work: Work, station: Station, exchange: _Exchange, outcome: Outcome, late: bool = False) -> CommandRow:
    answered = outcome.kind == "result"
    try:
        answer = exchange.answer(work, station, outcome)
    except OcppError as error:  # it was readable when it came
        answer, answered = Answer("invalid_answer", error.description), False
    last = exchange.last or outcome.kind not in ("result", "error") or (exchange.in_order and not answer.good)
    row = commands.record_answer(
        work,
        station,
        exchange.command_id,
        answer,
        response=outcome.payload,
        took_ms=outcome.took_ms,
        last=last,
        late=late,
    )
    if exchange.command is not None:
        if answered:
            exchange.command.answered(work, station, answer)
        else:
            exchange.command.unanswered(work, station, row.request_id, answer)
    return row


def _record_end(work: Work, station: Station, exchange: _Exchange, ended: Answer) -> None:
    """We could not send it, or do not wait for its answer any more."""
    row = commands.record_answer(work, station, exchange.command_id, ended)
    if exchange.command is not None:
        exchange.command.unanswered(work, station, row.request_id, ended)


def _record_late(work: Work, station: Station, exchange: _Exchange, outcome: Outcome) -> None:
    _record(work, station, exchange, outcome, late=True)


_REFUSALS: dict[str, Callable[[str], Exception]] = {
    "NotConnected": NotConnected,
    "NotFound": NotFound,
    "Unreachable": Unreachable,
    "StorageUnavailable": StorageUnavailable,
}
_A = TypeVar("_A", Sent, Came, Closed)


def _expected(answer: Reply, kind: type[_A]) -> _A:
    """What was asked for; or the error the other node has met, raised here."""
    if isinstance(answer, kind):
        return answer
    assert isinstance(answer, Refused), answer
    if answer.kind == "Invalid":
        field, said = answer.detail.split(": ", 1)
        raise Invalid(field, Reason.told(said, answer.template, answer.values))
    raise _REFUSALS.get(answer.kind, Conflict)(Reason.told(answer.detail, answer.template, answer.values))


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
