"""What the security whitepaper asks of a 1.6 charger."""

import ssl
from pathlib import Path
from typing import Any

from stationmaster.ocpp.dialects import V16
from stationmaster.simulator.v16 import ChargePoint16
from tests.simulator.central_system import CentralSystem
from tests.simulator.certificate import NAME, ROOT, signed


async def ask(server: CentralSystem, action: str, **payload: Any) -> Any:
    return (await server.call("CP1", action, payload))[2]


def test_it_has_an_answer_to_all_that_a_central_system_may_ask():
    assert V16.from_csms == set(ChargePoint16.answers)


async def test_signed_firmware_goes_through_all_its_states(server: CentralSystem, cp16: ChargePoint16):
    firmware = {
        "location": "https://x/y.bin", "retrieveDateTime": "2026-05-04T09:00:00Z",
        "installDateTime": "2026-05-04T10:00:00Z", "signingCertificate": ROOT, "signature": "c2lnbmVk",
    }  # fmt: skip
    assert await ask(server, "SignedUpdateFirmware", requestId=5, firmware=firmware) == {"status": "Accepted"}
    told = lambda: [each["status"] for each in server.heard("SignedFirmwareStatusNotification")]  # noqa: E731
    await server.until(lambda: told() == ["DownloadScheduled"])
    await cp16.clock.pass_time(3600)
    await server.until(lambda: told()[-1] == "InstallScheduled")
    await ask(server, "ExtendedTriggerMessage", requestedMessage="FirmwareStatusNotification")
    await server.until(lambda: len(told()) == 6)
    assert told()[-1] == "InstallScheduled"
    await cp16.clock.pass_time(3600)
    await server.until(lambda: told()[-1] == "Installed")
    assert told() == [
        "DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled", "InstallScheduled",
        "Installing", "InstallRebooting", "Installed",
    ]  # fmt: skip
    assert {each["requestId"] for each in server.heard("SignedFirmwareStatusNotification")} == {5}
    assert server.heard("BootNotification")[-1]["firmwareVersion"] == "1.0.1"


async def test_firmware_with_a_strange_certificate_is_refused(server: CentralSystem, cp16: ChargePoint16):
    firmware = {
        "location": "https://x/y.bin", "retrieveDateTime": "2026-05-04T08:00:00Z", "signingCertificate": "strange",
        "signature": "c2lnbmVk",
    }  # fmt: skip
    answer = await ask(server, "SignedUpdateFirmware", requestId=5, firmware=firmware)
    assert answer == {"status": "InvalidCertificate"}


async def test_a_log_is_uploaded(server: CentralSystem, cp16: ChargePoint16):
    log = {"remoteLocation": "https://x/logs"}
    answer = await ask(server, "GetLog", requestId=4, logType="SecurityLog", log=log)
    assert answer == {"status": "Accepted", "filename": "CP1-security.log"}
    await server.until(lambda: len(server.heard("LogStatusNotification")) == 2)
    assert server.heard("LogStatusNotification") == [
        {"status": "Uploading", "requestId": 4},
        {"status": "Uploaded", "requestId": 4},
    ]


async def test_certificates_are_installed_named_and_removed(server: CentralSystem, cp16: ChargePoint16):
    kind = {"certificateType": "CentralSystemRootCertificate"}
    assert await ask(server, "InstallCertificate", certificate=ROOT, **kind) == {"status": "Accepted"}
    assert await ask(server, "InstallCertificate", certificate=ROOT[:400], **kind) == {"status": "Rejected"}
    assert await ask(server, "GetInstalledCertificateIds", certificateType="ManufacturerRootCertificate") == {
        "status": "NotFound"
    }
    assert (await ask(server, "GetInstalledCertificateIds", **kind))["certificateHashData"] == [NAME]
    shouted = {key: value.upper() for key, value in NAME.items()} | {"serialNumber": "0123ABCD"}
    assert await ask(server, "DeleteCertificate", certificateHashData=shouted) == {"status": "Accepted"}
    assert await ask(server, "DeleteCertificate", certificateHashData=shouted) == {"status": "NotFound"}


async def test_a_certificate_is_signed_when_it_was_asked_for(server: CentralSystem, cp16: ChargePoint16):
    assert await ask(server, "CertificateSigned", certificateChain=ROOT) == {"status": "Rejected"}
    await cp16.settled()
    assert server.heard("SecurityEventNotification")[0]["type"] == "InvalidChargePointCertificate"
    server.rules["SignCertificate"] = lambda _: {"status": "Accepted"}
    await ask(server, "ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
    await cp16.settled()
    csr = server.heard("SignCertificate")[-1]["csr"]
    assert await ask(server, "CertificateSigned", certificateChain=ROOT) == {"status": "Rejected"}  # of another key
    assert await ask(server, "CertificateSigned", certificateChain=signed(csr)) == {"status": "Accepted"}
    assert await ask(server, "CertificateSigned", certificateChain=signed(csr)) == {"status": "Rejected"}


async def test_its_certificate_is_kept_in_files_that_nobody_else_may_read(cp16: ChargePoint16, tmp_path: Path):
    for certificate, key in ((tmp_path / "cp1.pem", tmp_path / "cp1.key"), (tmp_path / "both.pem", None)):
        own = cp16.own_certificate
        own.keep_in(certificate, key)
        assert own.take(signed(own.request("Acme")))
        assert certificate.stat().st_mode & 0o777 == (key or certificate).stat().st_mode & 0o777 == 0o600
        ssl.create_default_context().load_cert_chain(certificate, key)
        assert not own.take(ROOT)
