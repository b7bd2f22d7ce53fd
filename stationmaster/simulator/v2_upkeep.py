"""What keeps a 2.0.1 or 2.1 charger in order: firmware, logs, certificates, network profiles (blocks A, B, L, M, N)."""

from typing import TYPE_CHECKING, Any, cast

from stationmaster.ocpp import v201
from stationmaster.ocpp.messages import parse_time
from stationmaster.simulator import asked
from stationmaster.simulator.certificates import Certificate, read
from stationmaster.simulator.station import Handler, answering

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation201

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

KINDS = {
    "V2GRootCertificate",
    "MORootCertificate",
    "CSMSRootCertificate",
    "ManufacturerRootCertificate",
    "OEMRootCertificate",  # 2.1
}
SLOTS = (1, 2)  # of network profiles


# -- firmware and logs -------------------------------------------------------------------------------------------------


@answers
def update_firmware(cs: "ChargingStation201", req: v201.UpdateFirmware) -> v201.UpdateFirmwareResponse:
    firmware = req.firmware
    if firmware.signing_certificate is not None and not _is_certificate(firmware.signing_certificate):
        return v201.UpdateFirmwareResponse(status="InvalidCertificate")

    async def tell(status: str) -> None:
        if status == "InstallRebooting":
            cs.boot_reason = "FirmwareUpdate"
        await cs.try_call(v201.FirmwareStatusNotification(status=cast(Any, status), request_id=req.request_id))

    canceled = cs.firmware_update.begin(
        req.request_id,
        tell,
        asked.update_firmware(
            cs,
            firmware.location,
            parse_time(firmware.retrieve_date_time),
            install_at=parse_time(firmware.install_date_time),
            signed=firmware.signature is not None,
            detailed=True,
        ),
    )
    return v201.UpdateFirmwareResponse(status="AcceptedCanceled" if canceled else "Accepted")


@answers
def publish_firmware(cs: "ChargingStation201", req: v201.PublishFirmware) -> v201.PublishFirmwareResponse:
    """Only a local controller hands firmware out (L03)."""
    info = v201.StatusInfoType(reason_code="UnsupportedRequest")
    return v201.PublishFirmwareResponse(status="Rejected", status_info=info)


@answers
def unpublish_firmware(cs: "ChargingStation201", req: v201.UnpublishFirmware) -> v201.UnpublishFirmwareResponse:
    return v201.UnpublishFirmwareResponse(status="NoFirmware")


@answers
def get_log(cs: "ChargingStation201", req: v201.GetLog) -> v201.GetLogResponse:
    async def tell(status: str) -> None:
        await cs.try_call(v201.LogStatusNotification(status=cast(Any, status), request_id=req.request_id))

    name = f"{cs.identity[:40]}-{'security' if req.log_type == 'SecurityLog' else 'diagnostics'}.log"
    canceled = cs.log_upload.begin(req.request_id, tell, asked.upload_log(cs, req.log.remote_location, name))
    return v201.GetLogResponse(status="AcceptedCanceled" if canceled else "Accepted", filename=name)


# -- certificates ------------------------------------------------------------------------------------------------------


@answers
def install_certificate(cs: "ChargingStation201", req: v201.InstallCertificate) -> v201.InstallCertificateResponse:
    status = (
        cs.certificates.install(req.certificate_type, req.certificate) if req.certificate_type in KINDS else "Rejected"
    )
    return v201.InstallCertificateResponse(status=cast(Any, status))


@answers
def delete_certificate(cs: "ChargingStation201", req: v201.DeleteCertificate) -> v201.DeleteCertificateResponse:
    named = req.certificate_hash_data
    removed = cs.certificates.remove(named.issuer_name_hash, named.issuer_key_hash, named.serial_number)
    return v201.DeleteCertificateResponse(status="Accepted" if removed else "NotFound")


@answers
def get_installed(
    cs: "ChargingStation201", req: v201.GetInstalledCertificateIds
) -> v201.GetInstalledCertificateIdsResponse:
    found = [
        v201.CertificateHashDataChainType(certificate_hash_data=_hash_data(each), certificate_type=cast(Any, each.kind))
        for each in cs.certificates.installed
        if not req.certificate_type or each.kind in req.certificate_type
    ]
    if not found:
        return v201.GetInstalledCertificateIdsResponse(status="NotFound")
    return v201.GetInstalledCertificateIdsResponse(status="Accepted", certificate_hash_data_chain=found)


@answers
def certificate_signed(cs: "ChargingStation201", req: v201.CertificateSigned) -> v201.CertificateSignedResponse:
    """Taken if it is one that we have asked for; a strange one is a security event (A02.FR.06)."""
    if cs.own_certificate.take(req.certificate_chain):
        return v201.CertificateSignedResponse(status="Accepted")
    cs.soon(_tell_invalid(cs), "security event")
    return v201.CertificateSignedResponse(status="Rejected")


async def sign_certificate(cs: "ChargingStation201", use: str) -> None:
    """Ask for a new certificate, since the CSMS has told us to (A02)."""
    request = v201.SignCertificate(csr=cs.signing_request(), certificate_type=cast(Any, use))
    await cs.call(request, v201.SignCertificateResponse)


# -- the network -------------------------------------------------------------------------------------------------------


@answers
def set_network_profile(cs: "ChargingStation201", req: v201.SetNetworkProfile) -> v201.SetNetworkProfileResponse:
    """Kept; of it only the security profile is used: whoever runs the simulator has said where it connects (B09)."""
    given = req.connection_data
    if req.configuration_slot not in SLOTS or given.ocpp_transport != "JSON":
        return v201.SetNetworkProfileResponse(status="Rejected")
    if given.security_profile < cs.configuration.number("SecurityProfile"):
        return v201.SetNetworkProfileResponse(status="Rejected")
    cs.network_profiles[req.configuration_slot] = given
    return v201.SetNetworkProfileResponse(status="Accepted")


def _is_certificate(pem: str) -> bool:
    return read("", pem) is not None


def _hash_data(each: Certificate) -> v201.CertificateHashDataType:
    return v201.CertificateHashDataType(
        hash_algorithm="SHA256",
        issuer_name_hash=each.issuer_name_hash,
        issuer_key_hash=each.issuer_key_hash,
        serial_number=each.serial_number[:40],
    )


async def _tell_invalid(cs: "ChargingStation201") -> None:
    await cs.try_call(v201.SecurityEventNotification(type="InvalidChargingStationCertificate", timestamp=cs.now_text()))
