"""Block A, security: what a person should look at becomes an alarm."""

from __future__ import annotations

import asyncio

from stationmaster.domain import certificate_authority, certificate_requests, security_events
from stationmaster.domain.certificate_authority import NO_OPINION, Opinion
from stationmaster.domain.certificate_requests import Use
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.handlers.v2.certificates import SIGNED_FOR
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.outside import Outside
from stationmaster.storage import Work

MOST_S = 5.0  # a request is looked at within a millisecond, when a thread is free

security = Routes(V201)

_USES: dict[str | None, Use] = {theirs: ours for ours, theirs in SIGNED_FOR.items()}


@security.on
def security_event_notification(
    work: Work, station: Station, req: v201.SecurityEventNotification
) -> v201.SecurityEventNotificationResponse:
    security_events.record(work, station, kind=req.type, detail=req.tech_info or "")
    return v201.SecurityEventNotificationResponse()


@security.prepares(default=NO_OPINION, timeout_s=MOST_S)
async def ask_authority(outside: Outside, station: Station, request: v201.SignCertificate) -> Opinion:
    """Whether our own authority would sign it. It computes, so not in the loop."""
    return await asyncio.to_thread(certificate_authority.opinion, request.csr, outside.operator)


@security.on
def sign_certificate(
    work: Work, station: Station, req: v201.SignCertificate, opinion: Opinion
) -> v201.SignCertificateResponse:
    # A02.FR.11: accepted, it may take as long as a person needs; until then the charger keeps the certificate it has.
    use = _USES.get(req.certificate_type, "both")
    may_hope = certificate_requests.receive(work, station, csr=req.csr, use=use, number=_number(req), opinion=opinion)
    return v201.SignCertificateResponse(status="Accepted" if may_hope else "Rejected")


def _number(req: v201.SignCertificate) -> int | None:
    """By which a station of 2.1 may name its request."""
    told = req.request_id if isinstance(req, v21.SignCertificate) else None
    return told if told is not None and 0 <= told <= words.MAX_NUMBER else None
