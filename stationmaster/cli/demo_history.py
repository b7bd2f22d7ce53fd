"""Two weeks of a small fleet, told message by message through the handlers: what a page shows is what chargers said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from stationmaster.domain import connections
from stationmaster.domain.stations import Station
from stationmaster.handlers.v16 import routes
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

    def says(self, at: datetime, request: Request) -> Any:
        self.work.now = at
        return routes.handlers[type(request).action](self.work, self.station, request)


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
            visit.token = blocked  # the charger let a lost card in: its local list is on
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
        self.token = token
        self.begin = begin
        self.minutes = minutes
        self.power_w = power_w
        self.meter_wh = 0
        self.transaction_id = 0
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
        teller.says(at, _status(self.connector, "Preparing", at))
        started = teller.says(
            at,
            v16.StartTransaction(
                connector_id=self.connector, id_tag=self.token, meter_start=self.meter_wh, timestamp=now_text(at)
            ),
        )
        self.transaction_id = started.transaction_id
        teller.says(at, _status(self.connector, "Charging", at))
        while (at := at + EVERY) < self.end:
            teller.says(at, self._values(at, (at - self.begin).total_seconds() / 60))

    def leave(self, work: Work) -> None:
        """In a unit of its own: meter values can be read after the commit that brought them."""
        teller, end = _Teller(work, self.station), self.end
        leap = 400_000 if self.jumps else 0
        teller.says(
            end,
            v16.StopTransaction(
                meter_stop=self.meter_wh + self.energy_wh + leap,
                timestamp=now_text(end),
                transaction_id=self.transaction_id,
                id_tag=self.token,
                reason="Local",
            ),
        )
        teller.says(end, _status(self.connector, "Finishing", end))
        away = end + timedelta(minutes=7)
        teller.says(away, _status(self.connector, "Available", away))

    def _values(self, at: datetime, elapsed: float) -> v16.MeterValues:
        power_w = self.power_w if elapsed <= 0.8 * self.minutes else self.power_w // 3
        samples = [
            v16.SampledValue(
                value=str(self.meter_wh + self._energy_wh(elapsed)),
                measurand="Energy.Active.Import.Register",
                unit="Wh",
            ),
            v16.SampledValue(value=str(power_w), measurand="Power.Active.Import", unit="W"),
        ]
        value = v16.MeterValue(timestamp=now_text(at), sampled_value=samples)
        return v16.MeterValues(connector_id=self.connector, transaction_id=self.transaction_id, meter_value=[value])


def _boot(station: Station, at: datetime) -> Episode:
    plate = Nameplate()  # of the simulator that plays the charger from now on: another one would be another device

    def episode(work: Work) -> None:
        teller = _Teller(work, station)
        teller.says(
            at,
            v16.BootNotification(
                charge_point_vendor=plate.vendor,
                charge_point_model=plate.model,
                charge_point_serial_number=plate.serial_of(station.identity),
                firmware_version=plate.firmware,
            ),
        )
        for connector in (1, 2):
            teller.says(at, _status(connector, "Available", at))

    return episode


def _fault(
    station: Station, connector: int, at: datetime, lasts: timedelta, error: v16.ChargePointErrorCode
) -> Episode:
    def episode(work: Work) -> None:
        teller = _Teller(work, station)
        teller.says(at, _status(connector, "Faulted", at, error))
        teller.says(at + lasts, _status(connector, "Available", at + lasts))

    return episode


def _opened(station: Station, at: datetime) -> Episode:
    """Somebody has opened the housing: an alarm."""

    def episode(work: Work) -> None:
        event = v16.SecurityEventNotification(type="TamperDetectionActivated", timestamp=now_text(at))
        _Teller(work, station).says(at, event)

    return episode


def _strange_stop(station: Station, at: datetime) -> Episode:
    """A stop for a transaction nobody has heard of: it is answered, and waits in the quarantine."""

    def episode(work: Work) -> None:
        stop = v16.StopTransaction(meter_stop=48_210, timestamp=now_text(at), transaction_id=4711, reason="PowerLoss")
        _Teller(work, station).says(at, stop)

    return episode


def _gone(station: Station, since: datetime, at: datetime) -> Episode:
    def episode(work: Work) -> None:
        work.now = since
        connections.connected(work, station, node="demo", version="1.6", source="192.0.2.17")
        work.now = at
        heard_at = at - timedelta(seconds=40)
        connections.disconnected(work, station, node="demo", reason="no answer to a ping", heard_at=heard_at)

    return episode


def _status(
    connector: int, status: v16.ChargePointStatus, at: datetime, error: v16.ChargePointErrorCode = "NoError"
) -> v16.StatusNotification:
    return v16.StatusNotification(connector_id=connector, error_code=error, status=status, timestamp=now_text(at))
