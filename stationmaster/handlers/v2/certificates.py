"""Block M, certificates: those in the station, those that it asks for in `security`, and those of cars; `outside.pki` gets what an authority gives."""

from __future__ import annotations

import base64

import msgspec

from stationmaster.domain import certificate_requests, commands, station_settings
from stationmaster.domain.commands import Answer, Asked
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2.words import certificate_hash, check_length, reason
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.outside import Outside
from stationmaster.outside.pki import Unusable, contracts, named
from stationmaster.storage import Work

certificates = Routes(V201)


class Found(msgspec.Struct, frozen=True):
    """What was fetched for a charger, in base64; or why nothing was, in a sentence without an end."""

    data: str | None = None
    why: str = ""
    remaining: int | None = None


NOT_FOUND_OUT = Found(why="it took too long to find out")
MOST_S = 28.0  # whatever hangs; a charger waits half a minute
LONGEST_OCSP = {"1.6": 5_500, "2.0.1": 5_500, "2.1": 18_000}  # characters
LONGEST_EXI = {"1.6": 7_500, "2.0.1": 7_500, "2.1": 17_000}

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


@certificates.prepares(default=NOT_FOUND_OUT, timeout_s=MOST_S)
async def forward_15118_request(outside: Outside, station: Station, request: v201.Get15118EVCertificate) -> Found:
    """M01.FR.01, M02.FR.01: to who gives contracts to cars."""
    if outside.contracts is None:
        return Found(why="nobody here can ask a provider")
    most = request.maximum_contract_certificate_chains if isinstance(request, v21.Get15118EVCertificate) else None
    wish = contracts.Wish(
        station=station.identity,
        schema_version=request.iso15118_schema_version,
        action=request.action_,
        exi_request=request.exi_request,
        maximum_contract_certificate_chains=most,
        prioritized_emaids=tuple(request.prioritized_emai_ds or ()) or None
        if isinstance(request, v21.Get15118EVCertificate)
        else None,
    )
    try:
        contract = await outside.contracts.provide(wish, longest=LONGEST_EXI[station.version])
    except Unusable as error:
        return Found(why=str(error))
    return Found(contract.exi_response, remaining=contract.remaining)


@certificates.on
def get_15118_ev_certificate(
    work: Work, station: Station, req: v201.Get15118EVCertificate, found: Found
) -> v201.Get15118EVCertificateResponse:
    if found.data is None:
        return v201.Get15118EVCertificateResponse(status="Failed", exi_response="", status_info=_failed(found.why))
    if found.remaining is None:
        return v201.Get15118EVCertificateResponse(status="Accepted", exi_response=found.data)
    return v21.Get15118EVCertificateResponse(  # M01.FR.04
        status="Accepted", exi_response=found.data, remaining_contracts=found.remaining
    )


@certificates.prepares(default=NOT_FOUND_OUT, timeout_s=MOST_S)
async def ask_responder(outside: Outside, station: Station, request: v201.GetCertificateStatus) -> Found:
    asked = request.ocsp_request_data
    if outside.responders is None:
        return Found(why="nobody here can ask a responder")
    try:
        which = named.read(asked.hash_algorithm, asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number)
        told = await outside.responders.ocsp(station.identity, which, asked.responder_url)
    except Unusable as error:
        return Found(why=str(error))
    # Where we know no authority the charger and the car still do: they verify the same bytes (M06.FR.08, FR.09).
    data = base64.b64encode(told.der).decode()
    if len(data) > LONGEST_OCSP[station.version]:
        return Found(why=f"the answer is longer than a charger of {station.version} takes")
    return Found(data)


@certificates.on
def get_certificate_status(
    work: Work, station: Station, req: v201.GetCertificateStatus, found: Found
) -> v201.GetCertificateStatusResponse:
    if found.data is None:  # M06.FR.04
        return v201.GetCertificateStatusResponse(status="Failed", status_info=_failed(found.why))
    return v201.GetCertificateStatusResponse(status="Accepted", ocsp_result=found.data)


def _failed(why: str) -> v201.StatusInfoType:
    return v201.StatusInfoType(reason_code="Unspecified", additional_info=f"{why[:500]}.")


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
