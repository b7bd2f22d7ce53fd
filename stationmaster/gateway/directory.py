"""Who may connect, and which socket of ours is theirs: one entry per station, in memory, kept fresh by events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from stationmaster.domain import events, passwords, stations
from stationmaster.domain.credentials import Credential
from stationmaster.domain.stations import Station
from stationmaster.storage import Database

if TYPE_CHECKING:
    from stationmaster.gateway.connection import Connection

log = structlog.get_logger()

FOLLOW_S = 0.25
MARGIN = timedelta(seconds=2)


class Entry:
    """What the gateway knows of one station."""

    __slots__ = ("connection", "credential", "generation", "pinned_version", "station")

    def __init__(self, station: Station, credential: Credential, pinned_version: str | None) -> None:
        self.station = station
        self.credential = credential
        self.pinned_version = pinned_version
        self.connection: Connection | None = None
        self.generation = 0  # the highest we have heard of, on whichever node


class Directory:
    """Every station by identity and by key."""

    def __init__(self, database: Database, *, heartbeat_interval_s: int, plug_in_timeout_s: float = 60.0) -> None:
        self._database = database
        self._heartbeat_interval_s = heartbeat_interval_s
        self._plug_in_timeout_s = plug_in_timeout_s
        self._by_identity: dict[str, Entry] = {}
        self._by_id: dict[int, Entry] = {}
        self._seen_at = database.clock()
        self._told: set[int] = set()  # stations of which an event has told since the last catching up began
        self.on_removed: Callable[[Entry], None] = lambda entry: None

    async def load(self) -> None:
        """Read every station; at start."""
        self._seen_at = self._database.clock()
        for row in await self._database.read(stations.all_entries):
            self.learn(row)

    async def follow(self) -> None:
        """For ever: notice what another process (the command line, another node) has changed."""
        while True:
            await asyncio.sleep(FOLLOW_S)
            try:
                await self.catch_up()
            except Exception as error:
                log.debug("directory.not_refreshed", why=str(error))

    async def catch_up(self) -> None:
        """Read what was written since the last time; with a margin for clocks that differ and commits that take long."""
        since, self._seen_at = self._seen_at - MARGIN, self._database.clock()
        self._told.clear()
        for row in await self._database.read(stations.changed_since, since):
            if row.id in self._told:
                continue  # the row may be older than what was told while it was read; next time, then
            if row.deleted_at is None:
                self.learn(row)
            else:
                self._forget(row.id)

    def find(self, identity: str) -> Entry | None:
        return self._by_identity.get(identity)

    def get(self, station_id: int) -> Entry | None:
        return self._by_id.get(station_id)

    def entries(self) -> Iterable[Entry]:
        return self._by_id.values()

    def hear(self, heard: list[Any]) -> None:
        """After each commit: what it says of stations holds from now on."""
        for event in heard:
            kind = type(event)
            if kind is events.StationBooted:
                self._told.add(event.station_id)
                self._booted(event)
            elif kind is events.StationChanged:
                self._told.add(event.station_id)
                self._forget(event.station_id) if event.entry is None else self.learn(event.entry)

    def _booted(self, event: events.StationBooted) -> None:
        entry = self._by_id.get(event.station_id)
        if entry is not None and not (entry.station.booted and entry.station.registration == event.registration):
            entry.station = _changed(entry.station, booted=True, registration=event.registration)

    def learn(self, row: Any) -> None:
        """What the database says of a station (stations.entry)."""
        credential = Credential(
            bytes(row.secret_salt), bytes(row.secret_digest), row.secret_slow, passwords.offered(row.offered_secrets)
        )
        entry = self._by_id.get(row.id)
        if entry is None:
            station = Station(
                id=row.id,
                identity=row.identity,
                organization_id=row.organization_id,
                version="",
                registration=row.registration,
                booted=_has_booted(row.booted_at),
                heartbeat_interval_s=self._heartbeat_interval_s,
                plug_in_timeout_s=self._plug_in_timeout_s,
            )
            entry = Entry(station, credential, row.pinned_version)
        else:
            entry.station = _changed(entry.station, registration=row.registration, booted=_has_booted(row.booted_at))
            entry.credential = credential
            entry.pinned_version = row.pinned_version
        self._by_id[row.id] = entry
        self._by_identity[row.identity] = entry

    def _forget(self, station_id: int) -> None:
        entry = self._by_id.pop(station_id, None)
        if entry is None:
            return
        if self._by_identity.get(entry.station.identity) is entry:
            del self._by_identity[entry.station.identity]
        self.on_removed(entry)


def _has_booted(booted_at: datetime | None) -> bool:
    return booted_at is not None


def _changed(station: Station, **changes: Any) -> Station:
    fields = {name: getattr(station, name) for name in station.__struct_fields__}
    return Station(**fields | changes)
