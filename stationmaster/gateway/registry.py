"""This node's side of the table of connections: what it holds, and what other nodes have taken from it.

The database decides who is the newest (`domain/connections.py`). The bus only brings the word sooner than the next look.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from stationmaster.domain import connections, nodes, stations
from stationmaster.domain.connections import Opened
from stationmaster.gateway.bus import Bus, Superseded
from stationmaster.gateway.connection import BACK_LATER, SUPERSEDED, Connection
from stationmaster.gateway.directory import Directory, Entry
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

NOTED_AT_ONCE = 500


class Registry:
    """Registers sockets as they come and go, keeps the lease, and lets go of what is no more ours."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        bus: Bus,
        *,
        lease_s: float,
        exclusive: bool = True,
        max_skew_s: float = 60.0,
    ) -> None:
        self._database = database
        self._directory = directory
        self._bus = bus
        self._lease = timedelta(seconds=lease_s)
        self._alone = bus.alone and exclusive
        self._leased = database.kind == "postgresql"  # of an SQLite file there is only one server, always
        self._doubtful = False  # something was not stored: the table may say what is not true
        self._max_skew_s = max_skew_s
        self._clock_differs = False
        bus.hear(Superseded, lambda _, news: self._taken_over(news.station_id, news.generation))

    @property
    def node(self) -> str | None:
        """Our name, when there are other nodes."""
        return None if self._bus.alone else self._bus.node

    async def join(self) -> None:
        """At the start: free what dead nodes have left behind. Raises `nodes.OtherKey`."""
        await self.compare_clocks()
        if self._leased:
            await self._database.write(nodes.join, self._bus.node, seal=self._bus.seal, lease=self._lease)
        await self._bury(alone=self._alone)
        await self._database.write(nodes.note, self._bus.node, "started")

    async def look(self) -> None:
        """Renew the lease, then free what the dead hold, then compare what we hold with what the table says."""
        try:
            await self._look()
        except StorageUnavailable:
            self._doubtful = True
            raise

    async def _look(self) -> None:
        if self._leased:
            await self._database.write(nodes.renew, self._bus.node, seal=self._bus.seal, lease=self._lease)
            if await self._database.read(nodes.dead, self._bus.node, lease=self._lease):
                await self._bury(alone=False)
        if self._doubtful or self._leased:
            await self._compare()

    async def note_heard(self) -> None:
        """Store when our chargers were heard last: for other nodes to show, and for us after a crash. In slices, to hold nobody up."""
        heard = list(self._heard().items())
        for first in range(0, len(heard), NOTED_AT_ONCE):
            some = dict(heard[first : first + NOTED_AT_ONCE])
            await self._database.write_apart(connections.note_heard, some, node=self._bus.node)

    @property
    def clock_off(self) -> bool:
        """Whether our clock is so far from the one all nodes share that something must be wrong with it."""
        return not self._alone and abs(self._database.clocks.ahead.total_seconds()) > self._max_skew_s

    async def compare_clocks(self) -> None:
        """Measure how far our clock is from the database's, and say so when they begin to differ, or agree again."""
        await self._database.compare_clocks()
        self._judge_clock()

    def _judge_clock(self) -> None:
        ahead_s = self._database.clocks.ahead.total_seconds()
        differs = abs(ahead_s) > (1.0 if self._clock_differs else 2.0)
        if differs and not self._clock_differs:
            log.error("clock.differs", node=self._bus.node, ahead_s=round(ahead_s, 1), serving=not self.clock_off)
        elif self._clock_differs and not differs:
            log.info("clock.agrees", node=self._bus.node)
        self._clock_differs = differs

    async def leave(self) -> None:
        """At the end, with every socket closed."""
        await self._database.write(nodes.note, self._bus.node, "stopped")
        if self._leased:
            await self._database.write(nodes.leave, self._bus.node)

    def enter(self, connection: Connection, profile: int | None = None) -> Connection | None:
        """A socket is open, with this security profile; returns the one of ours that it replaces."""
        entry = connection.entry
        replaced, entry.connection = entry.connection, connection

        def entered(opened: Opened | None, error: BaseException | None) -> None:
            self._entered(connection, opened, error)

        told = {"version": connection.version, "source": connection.link.source, "profile": profile}
        self._submit(connections.connected, entry, entered, **told)
        if not entry.station.accepted and not self._bus.alone:
            self._ask_whether_accepted(connection)
        return replaced

    def leaves(self, connection: Connection, reason: str) -> bool:
        """A socket is closed; False when a newer one has taken over, and nothing is to be told (CON-02)."""
        entry = connection.entry
        if entry.connection is not connection:
            return False
        entry.connection = None
        self._release(entry, reason, self._heard_at(connection))
        return True

    def _entered(self, connection: Connection, opened: Opened | None, error: BaseException | None) -> None:
        entry = connection.entry
        if opened is None:
            self._doubt(error)
            connection.close(BACK_LATER, "try again later")
            return
        connection.generation = opened.generation
        if opened.taken_from not in (None, self._bus.node):
            self._bus.tell(opened.taken_from, Superseded(entry.station.id, opened.generation))
        if entry.connection is connection and opened.generation < entry.generation:  # taken over before we knew our own
            self._let_go(entry)
        entry.generation = max(entry.generation, opened.generation)

    def _ask_whether_accepted(self, connection: Connection) -> None:
        """It may have booted on another node a moment ago (CON-20: this belongs to the record, not to the socket)."""
        station_id = connection.entry.station.id

        def entry_read(row: stations.EntryRow | None, error: BaseException | None) -> None:
            if error is not None:
                connection.close(BACK_LATER, "try again later")
                return
            if row is not None:
                self._directory.learn(row)
            connection.go_on()

        connection.hold()
        self._database.submit(stations.entry, (station_id,), entry_read, lane=station_id)

    def _taken_over(self, station_id: int, generation: int) -> None:
        """Another node has a newer connection of this charger."""
        entry = self._directory.get(station_id)
        if entry is None:
            return
        entry.generation = max(entry.generation, generation)
        if entry.connection is not None and 0 < entry.connection.generation < generation:
            self._let_go(entry)

    def _let_go(self, entry: Entry) -> None:
        connection, entry.connection = entry.connection, None
        if connection is not None:
            log.info(
                "station.superseded", station=entry.station.identity, source=connection.link.source, by="another node"
            )
            connection.close(SUPERSEDED, "superseded by a newer connection")

    def _heard(self) -> dict[int, datetime]:
        return {
            entry.station.id: self._heard_at(entry.connection)
            for entry in self._directory.entries()
            if entry.connection is not None
        }

    def _heard_at(self, connection: Connection) -> datetime:
        """By the clock that all nodes share."""
        return self._database.clock() - (datetime.now(UTC) - connection.link.last_heard_at)

    def _release(self, entry: Entry, reason: str, heard_at: datetime | None = None) -> None:
        """In the lane of the station, so after its own entering and before the next one."""

        def released(_: None, error: BaseException | None) -> None:
            if error is not None:
                self._doubt(error)

        self._submit(connections.disconnected, entry, released, reason=reason, heard_at=heard_at)

    def _doubt(self, error: BaseException | None) -> None:
        log.warning("registry.not_stored", why=str(error))
        self._doubtful = True

    async def _bury(self, *, alone: bool) -> None:
        freed, ended = await self._database.write_apart(nodes.bury, self._bus.node, lease=self._lease, alone=alone)
        if freed or ended:
            log.info("nodes.buried", connections=freed, commands=ended)

    async def _compare(self) -> None:
        """Nobody may have told us: the bus may be down, our lease may have been over, a write may have failed."""
        self._doubtful = False
        ours = {
            entry.station.id: (entry, entry.connection.generation)
            for entry in self._directory.entries()
            if entry.connection is not None and entry.connection.generation
        }
        held = await self._database.read(connections.held_by, self._bus.node)
        for station_id, (entry, generation) in ours.items():
            connection = entry.connection
            if connection is None or connection.generation != generation or held.get(station_id) == generation:
                continue
            there = await self._database.read(connections.holder, station_id)
            if there is not None and there.generation > generation:
                self._taken_over(station_id, there.generation)
            else:  # freed while we were taken for dead
                connection.close(BACK_LATER, "try again later")
        for station_id in held:
            held_entry = self._directory.get(station_id)
            if held_entry is not None and held_entry.connection is None:
                self._release(held_entry, "the connection was lost")

    def _submit(
        self, f: Callable[..., Any], entry: Entry, done: Callable[[Any, BaseException | None], None], **facts: Any
    ) -> None:
        station, node = entry.station, self._bus.node
        self._database.submit(lambda work: f(work, station, node=node, **facts), (), done, lane=station.id, leads=True)
