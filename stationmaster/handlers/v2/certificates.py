"""Block M, certificates: those in the station, and those of cars. There is no authority here yet that could sign or verify one."""

from __future__ import annotations

from stationmaster.domain import certificate_requests, commands, station_settings
from stationmaster.domain.commands import Answer, Asked
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2.words import certificate_hash, check_length, reason
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

certificates = Routes(V201)

_USES: dict[str, v201.InstallCertificateUseEnumType] = {
    "csms": "CSMSRootCertificate",
    "manufacturer": "ManufacturerRootCertificate",
    "v2g": "V2GRootCertificate",
    "contracts": "MORootCertificate",
}
_LISTED: dict[str, v201.GetCertificateIdUseEnumType] = {**_USES, "own_v2g": "V2GCertificateChain"}
_OURS: dict[str, str] = {theirs: ours for ours, theirs in _LISTED.items()}
SIGNED_FOR: dict[certificate_requests.Use, v21.CertificateSigningUseEnumType | None] = {
    "charger": "ChargingStationCertificate",
    "v2g": "V2GCertificate",
    "v2g20": "V2G20Certificate",
    "both": None,
}


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


@certificates.sends
def install_certificate(work: Work, station: Station, command: commands.InstallCertificate) -> v201.InstallCertificate:
    return v201.InstallCertificate(certificate_type=_USES[command.use], certificate=command.certificate)


@certificates.answers
def install_certificate_answered(
    work: Work,
    station: Station,
    command: commands.InstallCertificate,
    request: v201.InstallCertificate,
    response: v201.InstallCertificateResponse,
) -> Answer:
    return words.certificate_answer(response.status, reason(response.status_info))


@certificates.sends
def delete_certificate(work: Work, station: Station, command: commands.DeleteCertificate) -> v201.DeleteCertificate:
    return v201.DeleteCertificate(certificate_hash_data=certificate_hash(command))


@certificates.answers
def delete_certificate_answered(
    work: Work,
    station: Station,
    command: commands.DeleteCertificate,
    request: v201.DeleteCertificate,
    response: v201.DeleteCertificateResponse,
) -> Answer:
    return words.certificate_answer(response.status, reason(response.status_info))


@certificates.sends
def list_certificates(
    work: Work, station: Station, command: commands.ListCertificates
) -> v201.GetInstalledCertificateIds:
    uses = [_LISTED[use] for use in dict.fromkeys(command.uses)]
    return v201.GetInstalledCertificateIds(certificate_type=uses or None)


@certificates.answers
def list_certificates_answered(
    work: Work,
    station: Station,
    command: commands.ListCertificates,
    request: v201.GetInstalledCertificateIds,
    response: v201.GetInstalledCertificateIdsResponse,
) -> Answer:
    told = []
    for chain in response.certificate_hash_data_chain or ():
        use = _OURS.get(chain.certificate_type, chain.certificate_type)
        told += [(use, each) for each in (chain.certificate_hash_data, *(chain.child_certificate_hash_data or ()))]
    return words.certificates_told(told)


@certificates.sends
def give_certificate(work: Work, station: Station, command: commands.GiveCertificate) -> v201.CertificateSigned:
    longest = station_settings.number(work, station, "SecurityCtrlr/MaxCertificateChainSize")
    if longest:  # A02.FR.16
        check_length("chain", command.chain, int(longest))
    row = certificate_requests.meant(work, station, command.request, command.chain)
    if row is None:
        return v201.CertificateSigned(certificate_chain=command.chain, certificate_type="ChargingStationCertificate")
    certificate_requests.sent(work, row, chain=command.chain)
    return v21.CertificateSigned(
        certificate_chain=command.chain,
        # A02.FR.14: named as the station has named it; left out, it is for its connection and for cars.
        certificate_type=SIGNED_FOR[row.use],
        request_id=row.number if station.version == "2.1" else None,
    )


@certificates.answers
def give_certificate_answered(
    work: Work,
    station: Station,
    command: commands.GiveCertificate,
    request: v201.CertificateSigned,
    response: v201.CertificateSignedResponse,
    asked: Asked,
) -> Answer:
    info = reason(response.status_info)
    return words.given_certificate(work, station, command, asked, response.status, info)
