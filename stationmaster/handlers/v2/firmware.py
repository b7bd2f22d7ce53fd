"""Block L, firmware: how far an update is that we have asked for."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain import firmware as updates
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.links import Links
from stationmaster.domain.stations import Station
from stationmaster.handlers import words as all_words
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

firmware = Routes(V201)

_PUBLISHING = {
    "DownloadScheduled": "It will fetch the firmware later.",
    "Downloading": "It is fetching the firmware.",
    "DownloadPaused": "It has paused fetching the firmware; it goes on by itself.",
    "Downloaded": "It has fetched the firmware.",
    "ChecksumVerified": "It has fetched the firmware, and the checksum is right.",
    "Published": "It hands the firmware out to the chargers behind it.",
    "DownloadFailed": "It could not fetch the firmware. Can it reach the address of this server?",
    "InvalidChecksum": "It says that the checksum does not fit the firmware.",
    "PublishFailed": "It could not hand the firmware out.",
}
_FAILED = (
    "DownloadFailed",
    "InstallationFailed",
    "InstallVerificationFailed",
    "InvalidSignature",
    "InvalidChecksum",
    "PublishFailed",
)


@firmware.on
def firmware_status_notification(
    work: Work, station: Station, req: v201.FirmwareStatusNotification
) -> v201.FirmwareStatusNotificationResponse:
    if req.request_id is None or not updates.report(work, station, req.status, request_id=req.request_id):
        words.progress(work, station, req.request_id, req.status, _FAILED)  # of a raw call
    return v201.FirmwareStatusNotificationResponse()


@firmware.on
def publish_firmware_status_notification(
    work: Work, station: Station, req: v201.PublishFirmwareStatusNotification
) -> v201.PublishFirmwareStatusNotificationResponse:
    data = {"locations": list(req.location)} if req.location else None
    words.progress(
        work, station, req.request_id, req.status, _FAILED, done="Published", sentences=_PUBLISHING, data=data
    )
    return v201.PublishFirmwareStatusNotificationResponse()


@firmware.sends
def update_firmware(
    work: Work, station: Station, command: commands.UpdateFirmware, links: Links
) -> Ask[v201.UpdateFirmware]:
    begin = command.retrieve_at or work.now
    until = begin + links.lifetime
    file, update = updates.begin(work, station, public_id=command.firmware, force=command.force, until=until)
    signed = all_words.is_signed(file.signature, command.signed)
    request = v201.UpdateFirmware(
        request_id=update.request_id,
        firmware=v201.FirmwareType(
            location=links.to("firmware", update.public_id, until=until, name=file.name),
            retrieve_date_time=now_text(begin),
            install_date_time=None if command.install_at is None else now_text(command.install_at),
            signature=file.signature if signed else None,
            signing_certificate=file.signing_certificate if signed else None,
        ),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )
    awaits = Awaits("firmware", (until - work.now).total_seconds())
    return Ask([request], awaits=awaits, request_id=update.request_id)


@firmware.answers
def update_firmware_answered(
    work: Work,
    station: Station,
    command: commands.UpdateFirmware,
    request: v201.UpdateFirmware,
    response: v201.UpdateFirmwareResponse,
) -> Answer:
    info = words.reason(response.status_info)
    return all_words.update_answer(work, station, request.request_id, response.status, info)


@firmware.sends
def publish_firmware(
    work: Work, station: Station, command: commands.PublishFirmware, links: Links
) -> Ask[v201.PublishFirmware]:
    until = work.now + links.lifetime
    file = updates.get(work, station.organization_id, command.firmware)
    number = commands.new_request_id()
    request = v201.PublishFirmware(
        location=links.to("firmware", file.public_id, until=until, name=file.name),
        checksum=updates.checksum(work, station.organization_id, command.firmware),
        request_id=number,
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )
    return Ask([request], awaits=Awaits("publishing", links.lifetime.total_seconds()), request_id=number)


@firmware.sends
def unpublish_firmware(work: Work, station: Station, command: commands.UnpublishFirmware) -> v201.UnpublishFirmware:
    checksum = command.checksum
    if checksum is None:
        checksum = updates.checksum(work, station.organization_id, command.firmware or "")
    return v201.UnpublishFirmware(checksum=checksum)


@firmware.answers
def unpublish_firmware_answered(
    work: Work,
    station: Station,
    command: commands.UnpublishFirmware,
    request: v201.UnpublishFirmware,
    response: v201.UnpublishFirmwareResponse,
) -> Answer:
    if response.status == "Unpublished":
        return Answer("accepted", "It hands this firmware out no longer.")
    if response.status == "NoFirmware":
        return Answer("not_found", "It has no such firmware.")
    # L04.FR.04
    return Answer("rejected", "A charger is fetching this firmware from it just now; ask again later.")
