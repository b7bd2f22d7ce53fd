"""1.6 security extension, certificates (whitepaper A02, M03–M05)."""

from __future__ import annotations

from stationmaster.domain import certificate_requests, commands
from stationmaster.domain.commands import Answer, Asked
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

certificates = Routes(V16)

_USES: dict[str, v16.CertificateUseEnumType] = {
    "csms": "CentralSystemRootCertificate",
    "manufacturer": "ManufacturerRootCertificate",
}
_OURS = {theirs: ours for ours, theirs in _USES.items()}


@certificates.sends
def install_certificate(work: Work, station: Station, command: commands.InstallCertificate) -> v16.InstallCertificate:
    return v16.InstallCertificate(certificate_type=_use(command.use), certificate=command.certificate)


@certificates.answers
def install_certificate_answered(
    work: Work,
    station: Station,
    command: commands.InstallCertificate,
    request: v16.InstallCertificate,
    response: v16.InstallCertificateResponse,
) -> Answer:
    return words.certificate_answer(response.status)


@certificates.sends
def delete_certificate(work: Work, station: Station, command: commands.DeleteCertificate) -> v16.DeleteCertificate:
    named = v16.CertificateHashDataType(
        hash_algorithm=command.hash_algorithm,
        issuer_name_hash=command.issuer_name_hash,
        issuer_key_hash=command.issuer_key_hash,
        serial_number=command.serial_number,
    )
    return v16.DeleteCertificate(certificate_hash_data=named)


@certificates.answers
def delete_certificate_answered(
    work: Work,
    station: Station,
    command: commands.DeleteCertificate,
    request: v16.DeleteCertificate,
    response: v16.DeleteCertificateResponse,
) -> Answer:
    return words.certificate_answer(response.status)


@certificates.sends
def list_certificates(
    work: Work, station: Station, command: commands.ListCertificates
) -> list[v16.GetInstalledCertificateIds]:
    uses = [_use(use) for use in dict.fromkeys(command.uses or _USES)]
    return [v16.GetInstalledCertificateIds(certificate_type=use) for use in uses]


@certificates.answers
def list_certificates_answered(
    work: Work,
    station: Station,
    command: commands.ListCertificates,
    request: v16.GetInstalledCertificateIds,
    response: v16.GetInstalledCertificateIdsResponse,
) -> Answer:
    use = _OURS[request.certificate_type]
    return words.certificates_told([(use, each) for each in response.certificate_hash_data or ()])


@certificates.sends
def give_certificate(work: Work, station: Station, command: commands.GiveCertificate) -> v16.CertificateSigned:
    row = certificate_requests.meant(work, station, command.request, command.chain)
    if row is not None:
        certificate_requests.sent(work, row, chain=command.chain)
    return v16.CertificateSigned(certificate_chain=command.chain)


@certificates.answers
def give_certificate_answered(
    work: Work,
    station: Station,
    command: commands.GiveCertificate,
    request: v16.CertificateSigned,
    response: v16.CertificateSignedResponse,
    asked: Asked,
) -> Answer:
    return words.given_certificate(work, station, command, asked, response.status)


def _use(use: str) -> v16.CertificateUseEnumType:
    if use not in _USES:
        raise Conflict("a 1.6 charger has certificates for {known} only", known=" and ".join(_USES))
    return _USES[use]
