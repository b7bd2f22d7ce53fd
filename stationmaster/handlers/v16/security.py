"""1.6 security extension (whitepaper, edition 3): what a person should look at becomes an alarm; the rest is in the message log."""

from __future__ import annotations

from stationmaster.domain import certificate_requests, security_events
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

security = Routes(V16)


@security.on
def security_event_notification(
    work: Work, station: Station, req: v16.SecurityEventNotification
) -> v16.SecurityEventNotificationResponse:
    security_events.record(work, station, kind=req.type, detail=req.tech_info or "")
    return v16.SecurityEventNotificationResponse()


@security.on
def sign_certificate(work: Work, station: Station, req: v16.SignCertificate) -> v16.SignCertificateResponse:
    # Whitepaper A02: accepted, it may take as long as a person needs; until then the charger keeps the certificate it has.
    may_hope = certificate_requests.receive(work, station, csr=req.csr, use="charger")
    return v16.SignCertificateResponse(status="Accepted" if may_hope else "Rejected")
