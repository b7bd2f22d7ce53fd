"""What the security whitepaper adds to a 1.6 charger: signed firmware, logs, certificates."""

from typing import TYPE_CHECKING, Any, cast

from stationmaster.ocpp import v16
from stationmaster.ocpp.messages import Request, parse_time
from stationmaster.simulator import asked, certificates
from stationmaster.simulator.station import Handler, answering

if TYPE_CHECKING:
    from stationmaster.simulator.v16 import ChargePoint16

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)


@answers
def update_signed_firmware(cp: "ChargePoint16", req: v16.SignedUpdateFirmware) -> v16.SignedUpdateFirmwareResponse:
    firmware = req.firmware
    if certificates.read("", firmware.signing_certificate) is None:
        return v16.SignedUpdateFirmwareResponse(status="InvalidCertificate")

    async def tell(status: str) -> None:
        words = v16.SignedFirmwareStatusNotification(status=cast(Any, status), request_id=req.request_id)
        await cp.try_call(words)

    work = asked.update_firmware(
        cp,
        firmware.location,
        parse_time(firmware.retrieve_date_time),
        install_at=parse_time(firmware.install_date_time),
        signed=True,
        detailed=True,
    )
    canceled = cp.firmware_update.begin(req.request_id, tell, work)
    return v16.SignedUpdateFirmwareResponse(status="AcceptedCanceled" if canceled else "Accepted")


@answers
def get_log(cp: "ChargePoint16", req: v16.GetLog) -> v16.GetLogResponse:
    async def tell(status: str) -> None:
        await cp.try_call(v16.LogStatusNotification(status=cast(Any, status), request_id=req.request_id))

    name = f"{cp.identity[:40]}-{'security' if req.log_type == 'SecurityLog' else 'diagnostics'}.log"
    canceled = cp.log_upload.begin(req.request_id, tell, asked.upload_log(cp, req.log.remote_location, name))
    return v16.GetLogResponse(status="AcceptedCanceled" if canceled else "Accepted", filename=name)


@answers
def install_certificate(cp: "ChargePoint16", req: v16.InstallCertificate) -> v16.InstallCertificateResponse:
    status = cp.certificates.install(req.certificate_type, req.certificate)
    return v16.InstallCertificateResponse(status=cast(Any, status))


@answers
def delete_certificate(cp: "ChargePoint16", req: v16.DeleteCertificate) -> v16.DeleteCertificateResponse:
    named = req.certificate_hash_data
    removed = cp.certificates.remove(named.issuer_name_hash, named.issuer_key_hash, named.serial_number)
    return v16.DeleteCertificateResponse(status="Accepted" if removed else "NotFound")


@answers
def get_installed(cp: "ChargePoint16", req: v16.GetInstalledCertificateIds) -> v16.GetInstalledCertificateIdsResponse:
    found = [
        v16.CertificateHashDataType(
            hash_algorithm="SHA256",
            issuer_name_hash=each.issuer_name_hash,
            issuer_key_hash=each.issuer_key_hash,
            serial_number=each.serial_number,
        )
        for each in cp.certificates.installed
        if each.kind == req.certificate_type
    ]
    if not found:
        return v16.GetInstalledCertificateIdsResponse(status="NotFound")
    return v16.GetInstalledCertificateIdsResponse(status="Accepted", certificate_hash_data=found)


@answers
def certificate_signed(cp: "ChargePoint16", req: v16.CertificateSigned) -> v16.CertificateSignedResponse:
    """Taken if it is one that was asked for; a strange one is a security event (A02)."""
    if cp.own_certificate.take(req.certificate_chain):
        return v16.CertificateSignedResponse(status="Accepted")
    cp.soon(_tell_invalid(cp), "security event")
    return v16.CertificateSignedResponse(status="Rejected")


async def sign_certificate(cp: "ChargePoint16") -> None:
    """Ask for a new certificate, since the central system has told us to (A02)."""
    await cp.call(v16.SignCertificate(csr=cp.signing_request()), v16.SignCertificateResponse)


def firmware_status(cp: "ChargePoint16") -> Request:
    """How an update is going, in the words of the way it was asked for."""
    job = cp.firmware_update
    if job.request_id is not None:
        return v16.SignedFirmwareStatusNotification(status=cast(Any, job.status), request_id=job.request_id)
    return v16.FirmwareStatusNotification(status=cast(Any, job.status))


async def _tell_invalid(cp: "ChargePoint16") -> None:
    await cp.try_call(v16.SecurityEventNotification(type="InvalidChargePointCertificate", timestamp=cp.now_text()))
