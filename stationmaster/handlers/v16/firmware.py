"""1.6 firmware management profile (§4.4, §4.5). What a station reports is kept in its message log; campaigns come later."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

firmware = Routes(V16)


@firmware.on
def firmware_status_notification(
    work: Work, station: Station, req: v16.FirmwareStatusNotification
) -> v16.FirmwareStatusNotificationResponse:
    return v16.FirmwareStatusNotificationResponse()


@firmware.on
def diagnostics_status_notification(
    work: Work, station: Station, req: v16.DiagnosticsStatusNotification
) -> v16.DiagnosticsStatusNotificationResponse:
    return v16.DiagnosticsStatusNotificationResponse()
