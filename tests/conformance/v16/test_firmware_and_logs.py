"""Certification cases of 1.6: firmware, plain and signed, diagnostics and the security log."""

from __future__ import annotations

from typing import Any

import httpx

from stationmaster.domain import commands, firmware, logs
from tests.conformance.cp import Cp
from tests.conformance.octt import PEM, SIGNATURE
from tests.handlers.test_transfers import add_firmware

NEW = "1.4.2"


async def update(cp: Cp) -> commands.CommandRecord:
    """An update to the new version is asked for, in the plain way."""
    await cp.booted(firmwareVersion="1.4.1")
    command = commands.UpdateFirmware(await add_firmware(cp.app, NEW))
    record, [(action, request)] = await cp.operator(command, {})
    assert (action, record.state, record.awaits) == ("UpdateFirmware", "awaiting", "firmware")
    assert request["location"].startswith("http") and "retrieveDate" in request
    return record


async def tell(cp: Cp, *statuses: str) -> None:
    for status in statuses:
        assert await cp.call("FirmwareStatusNotification", {"status": status}) == {}


async def state(cp: Cp) -> str:
    [row] = await cp.read(firmware.of_station, cp.id, limit=50, cursor=None)
    return row.state


async def test_TC_044_1(cp: Cp) -> None:
    record = await update(cp)
    await tell(cp, "Downloading", "Downloaded")
    await cp.status("Unavailable")
    await tell(cp, "Installing")
    await cp.booted(firmwareVersion=NEW)
    await tell(cp, "Installed")
    assert (await state(cp), (await cp.record(record.id)).state) == ("installed", "done")


async def test_TC_044_2(cp: Cp) -> None:
    record = await update(cp)
    await tell(cp, "Downloading", "DownloadFailed")
    assert (await state(cp), (await cp.record(record.id)).state) == ("failed", "failed")


async def test_TC_044_3(cp: Cp) -> None:
    record = await update(cp)
    await tell(cp, "Downloading", "Downloaded", "Installing", "InstallationFailed")
    assert (await state(cp), (await cp.record(record.id)).state) == ("failed", "failed")


async def diagnostics(cp: Cp) -> tuple[commands.CommandRecord, dict[str, Any]]:
    await cp.booted()
    record, [(action, request)] = await cp.operator(commands.GetLog(), {"fileName": "diagnostics.zip"})
    assert (action, record.state, record.awaits) == ("GetDiagnostics", "awaiting", "log")
    assert await cp.call("DiagnosticsStatusNotification", {"status": "Uploading"}) == {}
    return record, request


async def bring(location: str) -> None:
    """The file is brought to the address that came with the request."""
    async with httpx.AsyncClient() as client:
        assert (await client.put(location, content=b"what has happened")).is_success


async def log_state(cp: Cp) -> str:
    [row] = await cp.read(logs.of_station, cp.id, limit=50, cursor=None)
    return row.state


async def test_TC_045_1(cp: Cp) -> None:
    record, request = await diagnostics(cp)
    await bring(request["location"])
    assert await cp.call("DiagnosticsStatusNotification", {"status": "Uploaded"}) == {}
    assert (await log_state(cp), (await cp.record(record.id)).state) == ("uploaded", "done")


async def test_TC_045_2(cp: Cp) -> None:
    record, _ = await diagnostics(cp)
    assert await cp.call("DiagnosticsStatusNotification", {"status": "UploadFailed"}) == {}
    assert (await log_state(cp), (await cp.record(record.id)).state) == ("failed", "failed")


async def test_TC_079(cp: Cp) -> None:
    await cp.booted()
    answer = {"status": "Accepted", "filename": "security.log"}
    record, [(action, request)] = await cp.operator(commands.GetLog("security"), answer)
    assert (action, request["logType"]) == ("GetLog", "SecurityLog")
    number, location = request["requestId"], request["log"]["remoteLocation"]
    assert await cp.call("LogStatusNotification", {"status": "Uploading", "requestId": number}) == {}
    await bring(location)
    assert await cp.call("LogStatusNotification", {"status": "Uploaded", "requestId": number}) == {}
    assert (await log_state(cp), (await cp.record(record.id)).state) == ("uploaded", "done")


async def signed_update(cp: Cp) -> tuple[commands.CommandRecord, int]:
    """The same with the maker's signature; the number of the request."""
    await cp.booted(firmwareVersion="1.4.1")
    file = await add_firmware(cp.app, NEW, signature=SIGNATURE, signing_certificate=PEM)
    record, [(action, request)] = await cp.operator(commands.UpdateFirmware(file), {"status": "Accepted"})
    sent = request["firmware"]
    assert (action, sent["signature"], sent["signingCertificate"]) == ("SignedUpdateFirmware", SIGNATURE, PEM)
    assert sent["location"].startswith("http") and "retrieveDateTime" in sent
    return record, request["requestId"]


async def tell_signed(cp: Cp, number: int, *statuses: str) -> None:
    for status in statuses:
        assert await cp.call("SignedFirmwareStatusNotification", {"status": status, "requestId": number}) == {}


async def test_TC_080(cp: Cp) -> None:
    record, number = await signed_update(cp)
    await tell_signed(cp, number, "Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting")
    await cp.booted(firmwareVersion=NEW)
    event = {"type": "FirmwareUpdated", "timestamp": cp.later()[1]}
    assert await cp.call("SecurityEventNotification", event) == {}
    await tell_signed(cp, number, "Installed")
    assert (await state(cp), (await cp.record(record.id)).state) == ("installed", "done")


async def test_TC_081(cp: Cp) -> None:
    record, number = await signed_update(cp)
    await tell_signed(cp, number, "Downloading", "Downloaded", "InvalidSignature")
    event = {"type": "InvalidFirmwareSignature", "timestamp": cp.later()[1]}
    assert await cp.call("SecurityEventNotification", event) == {}
    assert (await state(cp), (await cp.record(record.id)).state) == ("failed", "failed")
    assert await cp.alarms() == ["security:InvalidFirmwareSignature"]
