"""Block M, certificates of cars and their contracts. Nothing here can sign or verify one yet, and says so."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

certificates = Routes(V201)


@certificates.on
def get_15118_ev_certificate(
    work: Work, station: Station, req: v201.Get15118EVCertificate
) -> v201.Get15118EVCertificateResponse:
    # M01.FR.01: nobody to forward it to.
    return v201.Get15118EVCertificateResponse(status="Failed", exi_response="")


@certificates.on
def get_certificate_status(
    work: Work, station: Station, req: v201.GetCertificateStatus
) -> v201.GetCertificateStatusResponse:
    # M06.FR.03: without an answer of the responder it has failed.
    return v201.GetCertificateStatusResponse(status="Failed")
