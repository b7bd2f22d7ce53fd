"""What the demo tells of firmware, logs and reservations of the past, and what it asks of the simulated chargers once they are here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from stationmaster.app import App
from stationmaster.domain import commands, firmware, logs, organizations, reservations
from stationmaster.domain.charging_profiles import ChargingProfile, Period, Purpose
from stationmaster.domain.errors import DomainError
from stationmaster.domain.stations import Station
from stationmaster.simulator.parts import Nameplate
from stationmaster.storage import Work

BY = "demo@example.org"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
OLDER, NEWER = "0.9.4", "1.1.0"
LOG = "".join(
    f"2026-11-{day:02d}T{hour:02d}:00:00Z INFO  heartbeat answered, cabinet {18 + hour % 7} °C\n"
    for day in range(1, 8)
    for hour in range(24)
).encode()
PAUSE_S = 0.5
TRIES = 120


async def past(app: App, chargers: Sequence[Station], drivers: Sequence[str]) -> None:
    """Files that were uploaded, an update that worked and one that failed, logs, and reservations with each kind of end."""
    plate, now = Nameplate(), app.database.clock()
    log = await app.folder.keep(_pieces(LOG), limit=len(LOG))
    images = [f"firmware {version}\n".encode() * 4000 for version in (plate.firmware, NEWER)]
    old, new = [await app.folder.keep(_pieces(image), limit=len(image)) for image in images]

    def tell(work: Work) -> None:
        home = organizations.home(work)
        made = []
        for version, kept, at in ((plate.firmware, old, now - 13 * DAY), (NEWER, new, now - 6 * DAY)):
            work.now = at
            image = firmware.add(
                work,
                home,
                name=f"{plate.model}-{version}.bin",
                version=version,
                vendor=plate.vendor,
                model=plate.model,
                signature=None,
                signing_certificate=None,
                kept_as=kept.name,
                size=kept.size,
                sha256=kept.sha256,
                by=BY,
            )
            made.append(image)
        one, other, third = chargers[0], chargers[1 % len(chargers)], chargers[2 % len(chargers)]
        _updated(work, one, made[0].public_id, now - 12 * DAY, ("Downloading", "Downloaded", "Installing", "Installed"))
        work.execute(firmware.updates.update().values(from_version=OLDER))  # the story begins with what it runs now
        _updated(work, other, made[1].public_id, now - 5 * DAY, ("Downloading", "DownloadFailed"))
        _brought(work, one, now - 3 * DAY, log.name, log.size, log.sha256)
        _failed(work, other, now - 2 * DAY)
        _reserved(work, one, 1, drivers[0], now - 2 * DAY, HOUR, "expired")
        _reserved(work, other, 2, drivers[1], now - DAY - 5 * HOUR, HOUR, "refused")
        _reserved(work, third, 1, drivers[2], now - DAY, 2 * HOUR, "cancelled")

    await app.database.write(tell)


async def ask(app: App, chargers: Sequence[Station], drivers: Sequence[str]) -> None:
    """As soon as each simulated charger is here: limits, a card list, a message on a display, a reservation. What it refuses, it refuses."""
    now = app.database.clock()
    wishes: list[tuple[int, commands.Command]] = [
        (0, commands.SetChargingProfile(_limit("station_max", 32, now, DAY), evse=0)),
        (0, commands.SetChargingProfile(_limit("session_default", 16, now, 3 * HOUR), evse=2)),
        (0, commands.SendLocalList(full=True)),
        (0, commands.GetLog()),
        (1, commands.SendLocalList(full=True)),
        (1, commands.SetDisplayMessage("Welcome. The garage closes at 23:00.")),
        (2, commands.SetDisplayMessage("Free for guests of the office.", priority="in_front", state="idle")),
        (3, commands.ReserveNow(drivers[3 % len(drivers)], now + 2 * HOUR, evse=2)),
        (4, commands.ReserveNow(drivers[4 % len(drivers)], now + HOUR, evse=1)),
    ]
    for place, command in wishes:
        if place < len(chargers) and await _here(app, chargers[place].identity):
            with contextlib.suppress(DomainError):
                await app.switchboard.send(chargers[place].id, command, by=BY)


async def _here(app: App, identity: str) -> bool:
    """Whether it has come and been accepted, after some patience."""
    for _ in range(TRIES):
        entry = app.directory.find(identity)
        if entry is not None and entry.connection is not None and entry.station.accepted:
            return True
        await asyncio.sleep(PAUSE_S)
    return False


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _limit(purpose: Purpose, amperes: float, now: datetime, lasts: timedelta) -> ChargingProfile:
    periods = [Period(0, amperes), Period(int(lasts.total_seconds()) // 2, amperes / 2)]
    return ChargingProfile(
        purpose,
        periods,
        starts_at=now,
        duration_s=int(lasts.total_seconds()),
        valid_to=now + lasts,
    )


def _updated(work: Work, station: Station, file: str, at: datetime, told: Sequence[str]) -> None:
    work.now = at
    _, update = firmware.begin(work, station, public_id=file, force=True, until=at + 2 * DAY)
    work.now = at + timedelta(seconds=1)
    firmware.accepted(work, station, update.request_id)
    for number, status in enumerate(told, 1):
        work.now = at + number * 2 * MINUTE
        if status == "Downloaded":
            firmware.fetch(work, update.public_id)
        firmware.report(work, station, status, request_id=update.request_id)


def _brought(work: Work, station: Station, at: datetime, kept_as: str, size: int, sha256: str) -> None:
    work.now = at
    log = logs.begin(work, station, kind="diagnostics", until=at + DAY)
    logs.accepted(work, station, log.request_id, name=f"{station.identity}-diagnostics.log")
    work.now = at + MINUTE
    logs.received(work, log.public_id, name=None, kept_as=kept_as, size=size, sha256=sha256)


def _failed(work: Work, station: Station, at: datetime) -> None:
    work.now = at
    log = logs.begin(work, station, kind="security", until=at + DAY)
    logs.accepted(work, station, log.request_id, name=None)
    work.now = at + 3 * MINUTE
    logs.report(work, station, "UploadFailure", request_id=log.request_id)


def _reserved(
    work: Work, station: Station, evse: int, token: str, at: datetime, lasts: timedelta, end: reservations.State
) -> None:
    number = commands.new_request_id()
    work.now = at
    reservations.request(work, station, number=number, token=token, expires_at=at + lasts, evse=evse)
    work.now = at + timedelta(seconds=1)
    if end == "refused":
        reservations.refuse(work, station, number, "What was asked for is in use or reserved already.")
        return
    reservations.accept(work, station, number)
    work.now = at + lasts
    if end == "expired":
        reservations.end(work, station, number, "expired", "Nobody came.")
    else:
        work.now = at + lasts / 3
        reservations.cancel(work, station, number)
