"""Block A, security: what a person should look at becomes an alarm."""

from __future__ import annotations

from stationmaster.domain import security_events
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

security = Routes(V201)


@security.on
def security_event_notification(
    work: Work, station: Station, req: v201.SecurityEventNotification
) -> v201.SecurityEventNotificationResponse:
    security_events.record(work, station, kind=req.type, detail=req.tech_info or "")
    return v201.SecurityEventNotificationResponse()


@security.on
def sign_certificate(work: Work, station: Station, req: v201.SignCertificate) -> v201.SignCertificateResponse:
    # A02.FR.06: no authority signs for us yet. The charger keeps the certificate it has.
    return v201.SignCertificateResponse(status="Rejected")
