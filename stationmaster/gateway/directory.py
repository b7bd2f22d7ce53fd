"""Who may connect, and which socket of ours is theirs: one entry per station, in memory, kept fresh by events."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from stationmaster.domain import events, passwords, stations
from stationmaster.domain.credentials import Credential
from stationmaster.domain.stations import EntryRow, Station
from stationmaster.storage import Database, StorageUnavailable

if TYPE_CHECKING:
    from stationmaster.gateway.connection import Connection

log = structlog.get_logger()

FOLLOW_S = 0.25
POLICY = 1008
GAP_S = 5.0  # who has not read for so long does not trust what it knows: it was frozen, or the database was away


class Entry:
    """What the gateway knows of one station."""

    __slots__ = (
        "connection",
        "credential",
        "expired_until",
        "generation",
        "min_profile",
        "pinned_version",
        "removed_at",
        "station",
        "wanted_profile",
    )

    def __init__(self, station: Station, credential: Credential, pinned_version: str | None) -> None:
        self.station = station
        self.min_profile = 1  # the lowest security profile it may connect with
        self.wanted_profile: int | None = None  # that it was asked to go up to
        self.expired_until: datetime | None = None  # so long a certificate that has ended lets it in, to renew it
        self.removed_at: datetime | None = None  # when another charger with this id was removed
        self.credential = credential
        self.pinned_version = pinned_version
        self.connection: Connection | None = None
        self.generation = 0  # the highest we have heard of, on whichever node

    @property
    def may_renew(self) -> bool:
        """Whether a certificate that has ended lets it in now (SEC-22)."""
        return self.expired_until is not None and datetime.now(UTC) < self.expired_until


class Directory:
    """Every station by identity and by key."""

    def __init__(
        self,
        database: Database,
        *,
        heartbeat_interval_s: int,
        plug_in_timeout_s: float = 60.0,
        shared: bool = False,
        notes_cards: bool = False,
    ) -> None:
        self._database = database
        self._heartbeat_interval_s = heartbeat_interval_s
        self._plug_in_timeout_s = plug_in_timeout_s
        self._notes_cards = notes_cards
        self._by_identity: dict[str, Entry] = {}
        self._by_id: dict[int, Entry] = {}
        self._number: int | None = None  # of the last change that was read; None: everything is to be read anew
        self._read_at = 0.0  # monotonic
        self.gap_s = GAP_S
        self._shared = shared  # other nodes let chargers in as well
        self._wake = asyncio.Event()
        self._told: set[int] = set()  # stations of which an event has told since the last catching up began
        self._may_come_expired: set[int] = set()
        self.renewing: set[int] = set()  # stations that are here to renew a certificate that has ended
        self._again: set[int] = set()  # stations to be read once more: what was told of them may not be the last word
        self.on_removed: Callable[[Entry], None] = lambda entry: None
        self.on_changed: Callable[[events.StationChanged], None] = lambda change: None  # by another process
        self.on_gap: Callable[[], None] = lambda: None  # what others have done meanwhile was not noticed one by one

    @property
    def fresh(self) -> bool:
        """Whether it is known here what other processes have changed; if not, nobody is let in until it is."""
        if self._number is None:
            return False
        return not self._shared or time.monotonic() - self._read_at < self.gap_s

    def takes_expired(self) -> bool:
        """Whether any charger may come with a certificate that has ended, now (SEC-22)."""
        return any(self._by_id[each].may_renew for each in self._may_come_expired)

    async def load(self) -> None:
        """Read every station: at start, and after every gap."""
        self._told.clear()
        number, rows = await self._database.read(stations.all_entries)
        there = {row.id for row in rows}
        for row in rows:
            self._take_in(row, deleted=False, by_others=row.id not in self._by_id)
        for station_id in [each for each in self._by_id if each not in there and each not in self._told]:
            self._forget_by_others(station_id)
        self._number, self._read_at = number, time.monotonic()

    async def follow(self) -> None:
        """For ever: notice what another process (the command line, another node) has changed."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_S):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.catch_up()
            except StorageUnavailable:
                continue
            except Exception:
                log.exception("directory.not_refreshed")

    def wake(self) -> None:
        """Another node says that it has changed something; the database says what."""
        self._wake.set()

    async def catch_up(self) -> None:
        """Read what has changed since the last number; or everything, when there is a doubt."""
        if self._shared and time.monotonic() - self._read_at > self.gap_s:
            self._number = None
        try:
            if self._number is None:
                await self.load()
                self.on_gap()
            else:
                await self._read_changes(self._number)
        except BaseException:
            self._number = None
            raise

    async def _read_changes(self, number: int) -> None:
        again, self._again = self._again, set()
        self._told.clear()
        rows = await self._database.read(stations.changed_after, number, again)
        for row in rows:
            self._take_in(row, deleted=row.deleted_at is not None, by_others=row.id not in again)
        self._number = max((number, *(row.change_number for row in rows)))
        self._read_at = time.monotonic()

    def _take_in(self, row: EntryRow, *, deleted: bool, by_others: bool) -> None:
        if row.id in self._told:  # the row may be older than what was told while it was read; next time, then
            self._again.add(row.id)
        elif deleted:
            self._forget_by_others(row.id)
        else:
            self.learn(row)
            if by_others:
                self._tell(self._by_id[row.id], row)

    def _forget_by_others(self, station_id: int) -> None:
        entry = self._by_id.get(station_id)
        if entry is not None:
            self._forget(station_id)
            self._tell(entry, None)

    def _tell(self, entry: Entry, row: EntryRow | None) -> None:
        station = entry.station
        if self._read_at:  # at the start there is nobody to tell
            self.on_changed(
                events.StationChanged(
                    station_id=station.id,
                    station=station.identity,
                    at=self._database.clock(),
                    organization_id=station.organization_id,
                    entry=row,
                )
            )

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
            elif kind is events.BootRefused:
                self._refused(event.station_id)
            elif kind is events.StationChanged:
                self._told.add(event.station_id)
                self._again.add(event.station_id)
                self._forget(event.station_id) if event.entry is None else self.learn(event.entry)

    def _booted(self, event: events.StationBooted) -> None:
        entry = self._by_id.get(event.station_id)
        if entry is not None and entry.station.registration != event.registration:
            self._again.add(event.station_id)
        if entry is not None and not (entry.station.booted and entry.station.registration == event.registration):
            entry.station = _changed(entry.station, booted=True, registration=event.registration)

    def _refused(self, station_id: int) -> None:
        """It is another charger than its certificate says: it is closed, after its answer (B01.FR.12)."""
        entry = self._by_id.get(station_id)
        if entry is not None and entry.connection is not None:
            close = entry.connection.close
            asyncio.get_running_loop().call_soon(close, POLICY, "its serial number is not in its certificate")

    def learn(self, row: EntryRow) -> None:
        """What the database says of a station (stations.entry)."""
        credential = Credential(
            bytes(row.secret_salt), bytes(row.secret_digest), row.secret_slow, passwords.offered(row.offered_secrets)
        )
        facts: dict[str, Any] = {
            "registration": row.registration,
            "booted": _has_booted(row.booted_at),
            "strict": row.strict,
            "serial": row.serial,
            "notes_cards": self._notes_cards if row.auto_start is None else row.auto_start,
        }
        entry = self._by_id.get(row.id)
        if entry is None:
            station = Station(
                id=row.id,
                identity=row.identity,
                organization_id=row.organization_id,
                version="",
                heartbeat_interval_s=self._heartbeat_interval_s,
                plug_in_timeout_s=self._plug_in_timeout_s,
                **facts,
            )
            entry = Entry(station, credential, row.pinned_version)
        else:
            entry.station = _changed(entry.station, **facts)
            entry.credential = credential
            entry.pinned_version = row.pinned_version
        entry.min_profile, entry.wanted_profile = row.security_profile, row.wanted_profile
        entry.removed_at, entry.expired_until = row.removed_at, row.expired_until
        (self._may_come_expired.discard if row.expired_until is None else self._may_come_expired.add)(row.id)
        self._by_id[row.id] = entry
        self._by_identity[row.identity] = entry

    def _forget(self, station_id: int) -> None:
        entry = self._by_id.pop(station_id, None)
        if entry is None:
            return
        self._may_come_expired.discard(station_id)
        if self._by_identity.get(entry.station.identity) is entry:
            del self._by_identity[entry.station.identity]
        self.on_removed(entry)


def _has_booted(booted_at: datetime | None) -> bool:
    return booted_at is not None


def _changed(station: Station, **changes: Any) -> Station:
    fields = {name: getattr(station, name) for name in station.__struct_fields__}
    return Station(**fields | changes)
