"""Block N, diagnostics: logs, and what the station knows of a customer. Its monitors are in monitoring.py."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

diagnostics = Routes(V201)

_NOT_UPLOADED = ("BadMessage", "NotSupportedOperation", "PermissionDenied", "UploadFailure")


@diagnostics.on
def log_status_notification(
    work: Work, station: Station, req: v201.LogStatusNotification
) -> v201.LogStatusNotificationResponse:
    words.progress(work, station, req.request_id, req.status, _NOT_UPLOADED)
    return v201.LogStatusNotificationResponse()


@diagnostics.on
def notify_customer_information(
    work: Work, station: Station, req: v201.NotifyCustomerInformation
) -> v201.NotifyCustomerInformationResponse:
    words.part(work, station, req.request_id, more=req.tbc)
    return v201.NotifyCustomerInformationResponse()
