"""1.6 security extension (whitepaper, edition 3): what a person should look at becomes an alarm; the rest is in the message log."""

from __future__ import annotations

import asyncio

from stationmaster.domain import certificate_authority, certificate_requests, security_events
from stationmaster.domain.certificate_authority import NO_OPINION, Opinion
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.outside import Outside
from stationmaster.storage import Work

MOST_S = 5.0  # a request is looked at within a millisecond, when a thread is free

security = Routes(V16)


@security.on
def security_event_notification(
    work: Work, station: Station, req: v16.SecurityEventNotification
) -> v16.SecurityEventNotificationResponse:
    security_events.record(work, station, kind=req.type, detail=req.tech_info or "")
    return v16.SecurityEventNotificationResponse()


@security.prepares(default=NO_OPINION, timeout_s=MOST_S)
async def ask_authority(outside: Outside, station: Station, request: v16.SignCertificate) -> Opinion:
    """Whether our own authority would sign it. It computes, so not in the loop."""
    return await asyncio.to_thread(certificate_authority.opinion, request.csr, outside.operator)


@security.on
def sign_certificate(
    work: Work, station: Station, req: v16.SignCertificate, opinion: Opinion
) -> v16.SignCertificateResponse:
    # Whitepaper A02: accepted, it may take as long as a person needs; until then the charger keeps the certificate it has.
    may_hope = certificate_requests.receive(work, station, csr=req.csr, use="charger", opinion=opinion)
    return v16.SignCertificateResponse(status="Accepted" if may_hope else "Rejected")
