"""What 2.1 has beyond 2.0.1, from the station."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from stationmaster.domain import charging_profiles, commands
from stationmaster.domain.commands import Awaits
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v21
from stationmaster.ocpp.dialects import V21
from stationmaster.ocpp.messages import now_text
from stationmaster.outside import Outside
from stationmaster.outside.pki import Told, Unusable, named
from stationmaster.storage import Work

only_21 = Routes(V21)

MOST_S = 28.0  # whatever hangs; a charger waits half a minute
MOST_URLS = 2  # for one certificate
_STATUS: dict[str, v21.CertificateStatusEnumType] = {"good": "Good", "revoked": "Revoked", "unknown": "Unknown"}

SWAP_S = 900.0  # for a driver to bring batteries, and to take others
_SWAPPING = {
    "BatteryIn": "The driver has put batteries in.",
    "BatteryOut": "The driver has taken the batteries out.",
    "BatteryOutTimeout": "The driver has not taken the batteries in time.",
}


class Looked(msgspec.Struct, frozen=True):
    """What is known of each certificate that was asked about, in the order they were asked; None: nothing."""

    told: tuple[Told | None, ...] = ()


@only_21.prepares(default=Looked(), timeout_s=MOST_S)
async def ask_about_chain(outside: Outside, station: Station, request: v21.GetCertificateChainStatus) -> Looked:
    """M07: only what the authority has signed counts here, since the charger sees our word alone."""
    asking = (_told_of(outside, station, each) for each in request.certificate_status_requests)
    return Looked(tuple(await asyncio.gather(*asking)))


async def _told_of(outside: Outside, station: Station, asked: v21.CertificateStatusRequestInfoType) -> Told | None:
    if outside.responders is None:
        return None
    ask = outside.responders.ocsp if asked.source == "OCSP" else outside.responders.crl
    which = asked.certificate_hash_data
    for url in asked.urls[:MOST_URLS]:
        with contextlib.suppress(Unusable):
            name = named.read(which.hash_algorithm, which.issuer_name_hash, which.issuer_key_hash, which.serial_number)
            told = await ask(station.identity, name, url)
            if told.proven:
                return told
    return None


@only_21.on
def get_certificate_chain_status(
    work: Work, station: Station, req: v21.GetCertificateChainStatus, looked: Looked
) -> v21.GetCertificateChainStatusResponse:
    found = looked.told or (None,) * len(req.certificate_status_requests)
    return v21.GetCertificateChainStatusResponse(
        certificate_status=[
            v21.CertificateStatusType(
                certificate_hash_data=asked.certificate_hash_data,
                source=asked.source,
                status="Failed" if told is None else _STATUS[told.status],  # M07.FR.02, FR.03, FR.05 to FR.07
                next_update=now_text(work.now if told is None or told.until is None else told.until),
            )
            for asked, told in zip(req.certificate_status_requests, found, strict=True)
        ]
    )


@only_21.on
def battery_swap(work: Work, station: Station, req: v21.BatterySwap) -> v21.BatterySwapResponse:
    failed = ("BatteryOutTimeout",)
    words.progress(work, station, req.request_id, req.event_type, failed, done="BatteryOut", sentences=_SWAPPING)
    return v21.BatterySwapResponse()


@only_21.sends
def request_battery_swap(
    work: Work, station: Station, command: commands.RequestBatterySwap
) -> Ask[v21.RequestBatterySwap]:
    number = commands.new_request_id()
    token = words.id_token(work, station, command.token)
    request = v21.RequestBatterySwap(id_token=token, request_id=number)
    return Ask([request], awaits=Awaits("battery", SWAP_S), request_id=number)


@only_21.on
def notify_priority_charging(
    work: Work, station: Station, req: v21.NotifyPriorityCharging
) -> v21.NotifyPriorityChargingResponse:
    return v21.NotifyPriorityChargingResponse()


@only_21.on
def pull_dynamic_schedule_update(
    work: Work, station: Station, req: v21.PullDynamicScheduleUpdate
) -> v21.PullDynamicScheduleUpdateResponse:
    limit = charging_profiles.dynamic_limit(work, station, req.charging_profile_id)
    if limit is None:  # K28.FR.12
        return v21.PullDynamicScheduleUpdateResponse(status="Rejected")
    update = v21.ChargingScheduleUpdateType(limit=limit)
    return v21.PullDynamicScheduleUpdateResponse(status="Accepted", schedule_update=update)


@only_21.on
def notify_settlement(work: Work, station: Station, req: v21.NotifySettlement) -> v21.NotifySettlementResponse:
    return v21.NotifySettlementResponse()


@only_21.on
def vat_number_validation(
    work: Work, station: Station, req: v21.VatNumberValidation
) -> v21.VatNumberValidationResponse:
    # C24: nobody here can look a number up, and an unverified one must not stand on a receipt.
    return v21.VatNumberValidationResponse(vat_number=req.vat_number, evse_id=req.evse_id, status="Rejected")
