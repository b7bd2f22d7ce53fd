"""Certification cases of block L, firmware management (OCPP 2.0.1 part 6, 3.13)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from stationmaster.domain import commands, firmware
from tests.conformance.octt import PEM, SIGNATURE, Octt
from tests.handlers.test_transfers import add_firmware

ACCEPTED = {"status": "Accepted"}
FETCHED = ("Downloading", "Downloaded", "SignatureVerified")


async def update(octt: Octt, status: str = "Accepted", **facts: Any) -> tuple[commands.CommandRecord, dict[str, Any]]:
    """An update to 1.4.2 is asked for: what the operator was told, and the request."""
    file = await add_firmware(octt.app, signature=SIGNATURE, signing_certificate=PEM)
    came, [(action, request)] = await octt.operator(commands.UpdateFirmware(firmware=file, **facts), {"status": status})
    assert action == "UpdateFirmware"
    signed = (request["firmware"]["signature"], request["firmware"]["signingCertificate"])
    assert signed == (SIGNATURE, PEM)
    return came, request


async def tell(octt: Octt, request: dict[str, Any], *statuses: str) -> None:
    for status in statuses:
        told = {"status": status, "requestId": request["requestId"]}
        assert await octt.call("FirmwareStatusNotification", told) == {}


async def updates(octt: Octt) -> list[tuple[str, str | None]]:
    """Of each update what the operator sees of it: its state, and the station's own word; the newest first."""
    rows = await octt.read(firmware.of_station, octt.id, limit=50, cursor=None)
    return [(row.state, row.status) for row in rows]


async def install(octt: Octt, request: dict[str, Any], came: commands.CommandRecord, *before: str) -> None:
    """The last steps of a case that goes well: the station installs, boots with the new firmware, and says so."""
    await tell(octt, request, *before, "Installing", "InstallRebooting")
    await octt.booted(reason="FirmwareUpdate", firmwareVersion="1.4.2")
    await tell(octt, request, "Installed")
    assert (await updates(octt))[0] == ("installed", "Installed")
    record = await octt.record(came.id)
    assert (record.state, record.sentence) == ("done", "The charger runs 1.4.2.")


async def fail(octt: Octt, came: commands.CommandRecord, status: str, sentence: str) -> None:
    assert await updates(octt) == [("failed", status)]
    record = await octt.record(came.id)
    assert record.state == "failed"
    assert sentence in (record.sentence or "")


async def test_TC_L_01(octt: Octt) -> None:
    await octt.booted(firmwareVersion="1.4.1")
    came, request = await update(octt)
    assert (came.state, came.awaits) == ("awaiting", "firmware")
    for status, state in zip(FETCHED, ("downloading", "downloaded", "verified"), strict=True):
        await tell(octt, request, status)
        assert await updates(octt) == [(state, status)]
    await install(octt, request, came)


async def test_TC_L_02(octt: Octt, forward: Any) -> None:
    await octt.booted(firmwareVersion="1.4.1")
    at, told = octt.later(hours=3)
    came, request = await update(octt, install_at=at)
    assert request["firmware"]["installDateTime"] == told
    await tell(octt, request, *FETCHED, "InstallScheduled")
    assert await updates(octt) == [("downloaded", "InstallScheduled")]
    forward(timedelta(hours=3))
    await install(octt, request, came)


async def test_TC_L_03(octt: Octt, forward: Any) -> None:
    await octt.booted(firmwareVersion="1.4.1")
    at, told = octt.later(hours=3)
    came, request = await update(octt, retrieve_at=at)
    assert request["firmware"]["retrieveDateTime"] == told
    await tell(octt, request, "DownloadScheduled")
    assert await updates(octt) == [("accepted", "DownloadScheduled")]
    forward(timedelta(hours=3))
    await install(octt, request, came, *FETCHED)


async def test_TC_L_04(octt: Octt) -> None:
    await octt.booted()
    came, _ = await update(octt, "RevokedCertificate")
    assert (came.state, came.outcome) == ("failed", "rejected")
    assert came.sentence == "The charger says that the certificate of the maker was revoked."
    assert await updates(octt) == [("refused", None)]


async def test_TC_L_05(octt: Octt) -> None:
    await octt.booted()
    came, _ = await update(octt, "InvalidCertificate")
    assert (came.state, came.sentence) == ("failed", "The charger says that the certificate of the maker is not valid.")
    await security_event(octt, "InvalidFirmwareSigningCertificate")
    assert await updates(octt) == [("refused", None)]


async def security_event(octt: Octt, kind: str) -> None:
    """It becomes an alarm, which an operator sees."""
    told = {"type": kind, "timestamp": octt.later()[1]}
    assert await octt.call("SecurityEventNotification", told) == {}
    assert await octt.alarms() == [f"security:{kind}"]


async def test_TC_L_06(octt: Octt) -> None:
    await octt.booted()
    came, request = await update(octt)
    await tell(octt, request, "Downloading", "Downloaded", "InvalidSignature")
    await fail(octt, came, "InvalidSignature", "signature does not fit")
    await security_event(octt, "InvalidFirmwareSignature")


async def test_TC_L_07(octt: Octt) -> None:
    await octt.booted()
    came, request = await update(octt)
    await tell(octt, request, "Downloading", "DownloadFailed")
    await fail(octt, came, "DownloadFailed", "could not fetch the firmware")


async def test_TC_L_08(octt: Octt) -> None:
    await octt.booted()
    came, request = await update(octt)
    await tell(octt, request, *FETCHED, "Installing", "InstallVerificationFailed")
    await fail(octt, came, "InstallVerificationFailed", "not sound")


async def test_TC_L_09(octt: Octt) -> None:
    await octt.booted(firmwareVersion="1.4.1")
    came, request = await update(octt)
    await tell(octt, request, *FETCHED, "Installing", "InstallRebooting")
    await octt.booted(reason="FirmwareUpdate", firmwareVersion="1.4.1")
    await tell(octt, request, "InstallationFailed")
    await fail(octt, came, "InstallationFailed", "could not install the firmware")


async def test_TC_L_10(octt: Octt) -> None:
    await octt.booted(firmwareVersion="1.4.1")
    first, request = await update(octt)
    await tell(octt, request, "Downloading")
    second, other = await update(octt, "AcceptedCanceled")
    assert other["requestId"] != request["requestId"]
    assert await updates(octt) == [("accepted", None), ("canceled", "Downloading")]
    assert ((await octt.record(first.id)).state, second.state) == ("failed", "awaiting")
    await install(octt, other, second, *FETCHED)


async def test_TC_L_11(octt: Octt) -> None:
    await octt.booted(firmwareVersion="1.4.1")
    first, request = await update(octt)
    await tell(octt, request, "Downloading")
    second, _ = await update(octt, "Rejected")
    assert (second.state, second.sentence) == ("failed", "The charger has refused the update.")
    await tell(octt, request, "Downloaded", "SignatureVerified", "Installing", "InstallRebooting")
    await octt.booted(reason="FirmwareUpdate", firmwareVersion="1.4.2")
    await tell(octt, request, "Installed")
    assert await updates(octt) == [("refused", None), ("installed", "Installed")]
    assert (await octt.record(first.id)).state == "done"


async def test_TC_L_13(octt: Octt, forward: Any) -> None:
    await octt.booted(firmwareVersion="1.4.1")
    await octt.energy_transfer_started()
    came, request = await update(octt)
    await tell(octt, request, "DownloadScheduled")
    await octt.notify("Unavailable", evse=2)
    forward(timedelta(minutes=5))
    await octt.stop_authorized()
    await octt.ev_connected_post_session()
    await octt.ev_disconnected()
    assert [row.status for row in await octt.sessions()] == ["completed"]
    await install(octt, request, came, *FETCHED)


MD5 = "0123456789abcdef0123456789abcdef"


async def publish(octt: Octt) -> tuple[commands.CommandRecord, dict[str, Any]]:
    """A local controller is to hand a firmware out: what the operator was told, and the request."""
    await octt.booted()
    file = await add_firmware(octt.app, md5=MD5)
    came, [(action, request)] = await octt.operator(commands.PublishFirmware(firmware=file), ACCEPTED)
    assert (action, request["checksum"]) == ("PublishFirmware", MD5)
    assert re.fullmatch(rf"http://.*/files/firmware/{file}[0-9a-f]+/image\.bin", request["location"])
    assert (came.state, came.awaits) == ("awaiting", "publishing")
    return came, request


async def tell_publishing(octt: Octt, request: dict[str, Any], *statuses: str, **more: Any) -> commands.CommandRecord:
    """What the operator sees after the last of these."""
    for status in statuses:
        told = {"status": status, "requestId": request["requestId"]} | (more if status == statuses[-1] else {})
        assert await octt.call("PublishFirmwareStatusNotification", told) == {}
    return await octt.record()


async def test_TC_L_17(octt: Octt) -> None:
    _, request = await publish(octt)
    assert (await tell_publishing(octt, request, "Downloading")).progress == "downloading"
    assert (await tell_publishing(octt, request, "Downloaded")).progress == "downloaded"
    assert (await tell_publishing(octt, request, "ChecksumVerified")).progress == "checksum_verified"
    where = ["http://controller/image.bin"]
    record = await tell_publishing(octt, request, "Published", location=where)
    assert (record.state, record.progress, record.data) == ("done", "published", {"locations": where})


async def not_published(octt: Octt, sentence: str, *statuses: str) -> None:
    _, request = await publish(octt)
    record = await tell_publishing(octt, request, *statuses)
    assert (record.state, record.sentence) == ("failed", sentence)


async def test_TC_L_24(octt: Octt) -> None:
    sentence = "It could not fetch the firmware. Can it reach the address of this server?"
    await not_published(octt, sentence, "Downloading", "DownloadFailed")


async def test_TC_L_19(octt: Octt) -> None:
    sentence = "It says that the checksum does not fit the firmware."
    await not_published(octt, sentence, "Downloading", "Downloaded", "InvalidChecksum")


async def test_TC_L_20(octt: Octt) -> None:
    sentence = "It could not hand the firmware out."
    await not_published(octt, sentence, "Downloading", "Downloaded", "ChecksumVerified", "PublishFailed")


async def unpublish(octt: Octt, status: str) -> tuple[str, str | None, str | None]:
    """What the operator was told: state, outcome, sentence."""
    await octt.booted()
    file = await add_firmware(octt.app, md5=MD5)
    came, calls = await octt.operator(commands.UnpublishFirmware(firmware=file), {"status": status})
    assert calls == [("UnpublishFirmware", {"checksum": MD5})]
    return came.state, came.outcome, came.sentence


async def test_TC_L_21(octt: Octt) -> None:
    assert await unpublish(octt, "Unpublished") == ("done", "accepted", "It hands this firmware out no longer.")


async def test_TC_L_22(octt: Octt) -> None:
    assert await unpublish(octt, "NoFirmware") == ("failed", "not_found", "It has no such firmware.")


async def test_TC_L_23(octt: Octt) -> None:
    sentence = "A charger is fetching this firmware from it just now; ask again later."
    assert await unpublish(octt, "DownloadOngoing") == ("failed", "rejected", sentence)
