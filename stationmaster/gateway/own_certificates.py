"""Chargers that are connected here are given what our own authority signs (A02, SEC-24), and asked to renew it in time (SEC-25), or
late: who is let in with a certificate that has ended is asked at once, and sent away when it has another one (SEC-22)."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import partial

import structlog

from stationmaster.domain import certificate_authority, certificate_requests, renewals
from stationmaster.domain.certificate_authority import Authority, Issued, Unusable
from stationmaster.domain.commands import GiveCertificate, TriggerMessage
from stationmaster.domain.errors import DomainError
from stationmaster.domain.stations import Station
from stationmaster.domain.timers import every
from stationmaster.gateway.connection import DISCONNECTED, RENEWED, Connection
from stationmaster.gateway.directory import Directory
from stationmaster.gateway.errands import Errands
from stationmaster.gateway.switchboard import NotConnected, Switchboard
from stationmaster.settings import BadSettings, Tls
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

BY = "stationmaster"
AT_ONCE = 50
LOOK_S = 0.5  # how far one is that is here to renew
AGAIN_S = 15.0  # twice as long before it is asked again, since it may not have booted yet, and twice as long each time
MOST_S = 3600.0


def authority(settings: Tls) -> Authority:
    """As its files are now, so that one that was renewed is taken up by itself. Raises `BadSettings`, with the name of the setting."""
    texts, paths = [], {"ca_certificate": settings.ca_certificate, "ca_key": settings.ca_key}
    for name, path in paths.items():
        assert path is not None
        try:
            texts.append(path.read_bytes())
        except OSError as error:
            raise BadSettings(f"tls.{name}: {path}: {error.strerror}") from None
    try:
        return certificate_authority.read(*texts)
    except Unusable as error:
        raise BadSettings(f"tls.{error.which}: {paths[error.which]} {error.why}") from None


@every(seconds=2, for_itself=True)
async def give_certificates(
    database: Database, switchboard: Switchboard, directory: Directory, errands: Errands, settings: Tls
) -> None:
    """Sign what chargers have asked for, and give it to them; what they did not take is given again."""
    if settings.ca_key is None:
        return
    here = {each.station_id for each in switchboard.connections()}
    if not here:
        return  # as on a node that has no port for chargers
    due = [
        (row_id, station_id)
        for row_id, station_id in await database.read(certificate_requests.due)
        if station_id in here
    ]
    for row_id, station_id in due[:AT_ONCE]:
        entry = directory.get(station_id)
        if entry is not None:
            errand = partial(_give, database, switchboard, settings, entry.station, row_id)
            errands.begin(("certificate", row_id), errand)


@every(seconds=60, for_itself=True)
async def ask_to_renew(database: Database, switchboard: Switchboard, errands: Errands, settings: Tls) -> None:
    """A charger whose certificate ends soon asks for another one when it is told to; some do not by themselves."""
    if settings.ca_key is None or not settings.renew_days:
        return
    here = {each.station_id for each in switchboard.connections()}
    if not here:
        return  # as on a node that has no port for chargers
    ending = await database.read(partial(certificate_requests.to_renew, within=settings.renew_within))
    for row_id, station_id in [each for each in ending if each[1] in here][:AT_ONCE]:
        errands.begin(("renewal", row_id), partial(_ask, database, switchboard, station_id, row_id))


@every(seconds=2, for_itself=True)
async def see_to_expired(database: Database, switchboard: Switchboard, directory: Directory, errands: Errands) -> None:
    """Whose certificate has ended is asked for a request, and closed when it has taken another one."""
    for station_id in list(directory.renewing):
        entry = directory.get(station_id)
        if entry is None or entry.connection is None or not entry.station.renewing:
            directory.renewing.discard(station_id)
        else:
            errands.begin(("expired", station_id), partial(_see_to, database, switchboard, entry.connection))


async def _see_to(database: Database, switchboard: Switchboard, connection: Connection) -> None:
    station, asked_at, pause_s = connection.entry.station, float("-inf"), AGAIN_S
    while not connection.closed:
        if not connection.entry.may_renew:
            connection.close(DISCONNECTED, "its certificate has ended, and the time to renew it is over")
            return
        try:
            since = database.clock() - (datetime.now(UTC) - connection.connected_at)
            how_far = await database.read(partial(renewals.progress, station_id=station.id, since=since))
            if how_far == "taken":
                log.info("certificate.renewed", station=station.identity)
                connection.close(RENEWED, "it has a new certificate: come back with that")
                return
            if how_far is None and time.monotonic() - asked_at >= pause_s:
                asked_at, pause_s = time.monotonic(), min(2 * pause_s, MOST_S)
                await switchboard.send(station.id, TriggerMessage(message="SignChargingStationCertificate"), by=BY)
        except (DomainError, StorageUnavailable) as error:
            log.info("certificate.not_asked_for", station=station.identity, why=str(error))
            await asyncio.sleep(AGAIN_S)
        await asyncio.sleep(LOOK_S)


async def _give(database: Database, switchboard: Switchboard, settings: Tls, station: Station, row_id: int) -> None:
    row = await database.write(certificate_requests.take, row_id)
    if row is None:
        return
    chain = row.chain
    if chain is None:
        try:
            issued = await asyncio.to_thread(_signed, settings, row.csr, station.id, database)
        except (BadSettings, Unusable) as error:
            log.error("certificate.not_signed", station=station.identity, why=str(error))
            why = f"The authority could not sign it: {error}."
            await database.write(certificate_requests.hand_over, station, row_id, why)
            return
        if not await database.write(
            certificate_requests.signed, row, station.identity, station.organization_id, issued
        ):
            return
        chain = issued.chain
        log.info("certificate.signed", station=station.identity, serial=issued.serial)
    try:
        await switchboard.send(station.id, GiveCertificate(chain=chain, request=row.public_id), by=BY)
    except NotConnected:
        pass  # it is given when the charger is back
    except DomainError as error:
        await database.write(certificate_requests.not_given, station, row_id, f"It could not be sent: {error}.")
    except StorageUnavailable as error:
        log.info("certificate.not_given", station=station.identity, why=str(error))


def _signed(settings: Tls, csr: str, record: int, database: Database) -> Issued:
    return certificate_authority.sign(
        authority(settings), csr, database.clock(), record=record, days=settings.certificate_days
    )


async def _ask(database: Database, switchboard: Switchboard, station_id: int, row_id: int) -> None:
    if not await database.write(certificate_requests.take_renewal, row_id):
        return
    try:
        await switchboard.send(station_id, TriggerMessage(message="SignChargingStationCertificate"), by=BY)
    except (DomainError, StorageUnavailable) as error:
        log.info("certificate.not_renewed", station_id=station_id, why=str(error))
