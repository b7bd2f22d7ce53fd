"""Two weeks of a small fleet, told message by message through the handlers: what a page shows is what chargers said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from stationmaster.cli.demo_words import WORDS, Running
from stationmaster.domain import connections
from stationmaster.domain.stations import Station
from stationmaster.ocpp import v16
from stationmaster.ocpp.messages import Request, now_text
from stationmaster.simulator.parts import Nameplate
from stationmaster.storage import Work

SESSIONS = 60
DAYS = 14
EVERY = timedelta(minutes=15)  # between two meter values
POWERS_W = (3_680, 7_360, 11_040)

Episode = Callable[[Work], None]


class _Teller:
    """One charger that tells of the past: each message at its own moment."""

    def __init__(self, work: Work, station: Station) -> None:
        self.work = work
        self.station = station
        self.words = WORDS[station.version]

    def says(self, at: datetime, request: Request | None) -> Any:
        """The answer; None where its version has nothing to say."""
        self.work.now = at
        if request is None:
            return None
        return self.words.routes.handlers[type(request).action](self.work, self.station, request)


def history(
    stations: Sequence[Station], drivers: Sequence[str], blocked: str, *, until: datetime, seed: int
) -> Iterator[Episode]:
    """The story in units of work, oldest first. The last of the stations is offline since yesterday."""
    chance = random.Random(seed)
    since = until - timedelta(days=DAYS)
    meters = {station.id: chance.randrange(100_000, 9_000_000) for station in stations}
    for station in stations:
        yield _boot(station, since)
    begins = sorted(since + timedelta(hours=1) + timedelta(days=DAYS - 1) * chance.random() for _ in range(SESSIONS))
    busy: dict[tuple[int, int], datetime] = {}
    visits = 0
    for begin in (begin.replace(microsecond=0) for begin in begins):
        station = chance.choice(stations)
        free = [connector for connector in (1, 2) if busy.get((station.id, connector), since) < begin]
        if not free:
            continue
        minutes = int(chance.triangular(20, 420, 90))
        busy[station.id, free[0]] = begin + timedelta(minutes=minutes + 30)
        visit = _Visit(station, free[0], chance.choice(drivers), begin, minutes, chance.choice(POWERS_W))
        visits += 1
        if visits == SESSIONS // 3:
            visit.running.token = blocked  # the charger let a lost card in: its local list is on
        visit.meter_wh = meters[station.id]
        visit.jumps = visits == SESSIONS // 2
        meters[station.id] += visit.energy_wh + 1
        yield visit.charge
        yield visit.leave
    day = timedelta(days=1)
    yield _fault(stations[0], 2, until - 3 * day, timedelta(minutes=40), "GroundFailure")
    yield _fault(stations[1 % len(stations)], 1, until - 6 * day, timedelta(hours=3), "ConnectorLockFailure")
    yield _opened(stations[2 % len(stations)], until - 4 * day)
    yield _strange_stop(stations[0], until - 2 * day)
    yield _gone(stations[-1], since, until - day)


class _Visit:
    """A driver's visit, from plugging in to leaving."""

    def __init__(
        self, station: Station, connector: int, token: str, begin: datetime, minutes: int, power_w: int
    ) -> None:
        self.station = station
        self.connector = connector
        self.begin = begin
        self.minutes = minutes
        self.power_w = power_w
        self.meter_wh = 0
        self.running = Running(connector, token, f"demo-{station.id}-{connector}-{begin:%Y%m%d%H%M%S}")
        self.jumps = False  # the register leaps on the way, and a person has to look

    @property
    def energy_wh(self) -> int:
        return self._energy_wh(self.minutes)

    def _energy_wh(self, minutes: float) -> int:
        full = 0.8 * self.minutes  # then the battery takes less and less
        return round(self.power_w * (min(minutes, full) + max(0.0, minutes - full) / 3) / 60)

    @property
    def end(self) -> datetime:
        return self.begin + timedelta(minutes=self.minutes)

    def charge(self, work: Work) -> None:
        teller, at = _Teller(work, self.station), self.begin
        words = teller.words
        teller.says(at, words.status(self.connector, "Preparing", at))
        words.started(self.running, teller.says(at, words.start(self.running, at, self.meter_wh)))
        teller.says(at, words.status(self.connector, "Charging", at))
        while (at := at + EVERY) < self.end:
            elapsed = (at - self.begin).total_seconds() / 60
            power_w = self.power_w if elapsed <= 0.8 * self.minutes else self.power_w // 3
            teller.says(at, words.values(self.running, at, self.meter_wh + self._energy_wh(elapsed), power_w))

    def leave(self, work: Work) -> None:
        """In a unit of its own: meter values can be read after the commit that brought them."""
        teller, end = _Teller(work, self.station), self.end
        words, leap = teller.words, 400_000 if self.jumps else 0
        teller.says(end, words.stop(self.running, end, self.meter_wh + self.energy_wh + leap))
        teller.says(end, words.status(self.connector, "Finishing", end))
        away = end + timedelta(minutes=7)
        teller.says(away, words.status(self.connector, "Available", away))


def _boot(station: Station, at: datetime) -> Episode:
    plate = Nameplate()  # of the simulator that plays the charger from now on: another one would be another device

    def episode(work: Work) -> None:
        teller = _Teller(work, station)
        teller.says(at, teller.words.boot(plate, plate.serial_of(station.identity)))
        for connector in (1, 2):
            teller.says(at, teller.words.status(connector, "Available", at))

    return episode


def _fault(station: Station, connector: int, at: datetime, lasts: timedelta, error: str) -> Episode:
    def episode(work: Work) -> None:
        teller = _Teller(work, station)
        teller.says(at, teller.words.status(connector, "Faulted", at, error))
        teller.says(at + lasts, teller.words.status(connector, "Available", at + lasts))

    return episode


def _opened(station: Station, at: datetime) -> Episode:
    """Somebody has opened the housing: an alarm."""

    def episode(work: Work) -> None:
        teller = _Teller(work, station)
        teller.says(at, teller.words.opened(at))

    return episode


def _strange_stop(station: Station, at: datetime) -> Episode:
    """A stop for a transaction nobody has heard of, of 1.6: it is answered, and waits in the quarantine."""

    def episode(work: Work) -> None:
        stop = v16.StopTransaction(meter_stop=48_210, timestamp=now_text(at), transaction_id=4711, reason="PowerLoss")
        _Teller(work, station).says(at, stop)

    return episode


def _gone(station: Station, since: datetime, at: datetime) -> Episode:
    def episode(work: Work) -> None:
        work.now = since
        connections.connected(work, station, node="demo", version=station.version, source="192.0.2.17")
        work.now = at
        heard_at = at - timedelta(seconds=40)
        connections.disconnected(work, station, node="demo", reason="no answer to a ping", heard_at=heard_at)

    return episode
