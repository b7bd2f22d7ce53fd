"""Block L, firmware: how far an update is that we have asked for."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

firmware = Routes(V201)

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
    words.progress(work, station, req.request_id, req.status, _FAILED)
    return v201.FirmwareStatusNotificationResponse()


@firmware.on
def publish_firmware_status_notification(
    work: Work, station: Station, req: v201.PublishFirmwareStatusNotification
) -> v201.PublishFirmwareStatusNotificationResponse:
    words.progress(work, station, req.request_id, req.status, _FAILED)
    return v201.PublishFirmwareStatusNotificationResponse()
