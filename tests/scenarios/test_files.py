"""Firmware to a charger and logs from it, over real HTTP, with clients that are not ours."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from stationmaster.app import App
from tests.scenarios import witness, witness2
from tests.scenarios.test_independent_client import api as api
from tests.scenarios.test_independent_client import registered

IMAGE = bytes(range(256)) * 4096  # 1 MiB
NAMES = {"name": "witness 2.0.bin", "version": "2.0"}


async def uploaded(api: httpx.AsyncClient, **more: str) -> dict[str, Any]:
    made = await api.post("/firmware", params=NAMES | more, content=IMAGE)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def updates(api: httpx.AsyncClient) -> dict[str, Any]:
    """The only update of the witness."""
    [update] = (await api.get("/stations/WITNESS/firmware-updates")).json()["items"]
    return dict(update)


async def log(api: httpx.AsyncClient) -> dict[str, Any]:
    """The newest log of the witness."""
    found = (await api.get("/stations/WITNESS/logs")).json()["items"]
    return dict(found[0])


async def command(api: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await api.get("/stations/WITNESS/commands")).json()["items"][0])


async def test_a_1_6_charger_is_updated(app: App, api: httpx.AsyncClient) -> None:
    secret = await registered(api)
    file = await uploaded(api)
    assert (file["size"], file["name"], file["signed"]) == (len(IMAGE), "witness_2.0.bin", False)
    async with witness.connected(app.gateway_port, "WITNESS", secret) as charger, httpx.AsyncClient() as http:
        await charger.boots("1.0")
        asked = await api.post("/stations/WITNESS/commands/update-firmware", json={"firmware": file["id"]})
        assert (asked.json()["state"], asked.json()["awaits"]) == ("awaiting", "firmware"), asked.text
        location = charger.asked.get_nowait()
        assert location.endswith("/witness_2.0.bin")
        await charger.updates("Downloading")
        assert (await updates(api))["state"] == "downloading"

        # It is cut off, goes on where it was, and is sure of itself only when it has looked once more.
        first = await http.get(location, headers={"Range": "bytes=0-999999"})
        rest = await http.get(location, headers={"Range": "bytes=1000000-"})
        assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-999999/{len(IMAGE)}")
        assert first.content + rest.content == IMAGE
        head = await http.head(location)
        assert (head.content, head.headers["content-length"]) == (b"", str(len(IMAGE)))
        assert (await http.get(location, headers={"Range": "bytes=9999999-"})).status_code == 416
        assert (await http.get(location)).content == IMAGE

        await charger.updates("Downloaded", "Installing", "Installed")
        await charger.boots("2.0")
        update = await updates(api)
        assert (update["state"], update["status"], update["from_version"]) == ("installed", "Installed", "1.0")
        assert (await command(api))["state"] == "done"
        gone = await http.get(location)
        assert (gone.status_code, gone.json()["detail"]) == (410, "this update has ended")

    [row] = [
        each
        for each in (await api.get("/stations/WITNESS/messages")).json()["items"]
        if each["action"] == "UpdateFirmware"
    ]
    assert "/files/firmware/•••/" in row["request"]  # who reads the log could fetch the firmware


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_2_x_charger_is_updated_with_a_signed_firmware(app: App, api: httpx.AsyncClient, version: str) -> None:
    secret = await registered(api)
    file = await uploaded(api, signature="c2lnbmVk", signing_certificate="-----BEGIN CERTIFICATE-----")
    async with witness2.connected(app.gateway_port, "WITNESS", secret, version) as charger, httpx.AsyncClient() as http:
        await charger.boots("1.0")
        asked = await api.post(
            "/stations/WITNESS/commands/update-firmware",
            json={"firmware": file["id"], "install_at": "2030-01-01T02:00:00Z", "retries": 3},
        )
        assert asked.json()["state"] == "awaiting", asked.text
        number, told = charger.asked.get_nowait()
        assert (told["signature"], told["install_date_time"]) == ("c2lnbmVk", "2030-01-01T02:00:00.000Z")
        assert (await http.get(told["location"])).content == IMAGE
        await charger.updates(number, "Downloading", "Downloaded", "SignatureVerified")
        assert (await updates(api))["state"] == "verified"
        await charger.updates(number, "InstallScheduled", "Installing", "InstallRebooting")
        assert (await updates(api))["state"] == "installing"
        await charger.boots("2.0")
        await charger.updates(number, "Installed")
        update = await updates(api)
        assert (update["state"], update["sentence"]) == ("installed", "The charger runs 2.0.")
        assert update["booted_version"] == "2.0"
        assert (await command(api))["state"] == "done"


async def test_a_1_6_charger_brings_its_diagnostics(app: App, api: httpx.AsyncClient) -> None:
    secret = await registered(api)
    async with witness.connected(app.gateway_port, "WITNESS", secret) as charger, httpx.AsyncClient() as http:
        await charger.boots()
        asked = await api.post("/stations/WITNESS/commands/get-log", json={})
        assert (asked.json()["state"], asked.json()["data"]) == ("awaiting", {"file": "witness.log"}), asked.text
        location = charger.asked.get_nowait()
        await charger.call(witness.call.DiagnosticsStatusNotification(status="Uploading"))
        assert (await log(api))["state"] == "uploading"
        # It puts the name of its file behind the address, as it would for FTP.
        brought = await http.put(f"{location}/w%20itness.log", content=IMAGE)
        assert brought.status_code == 201, brought.text
        await charger.call(witness.call.DiagnosticsStatusNotification(status="Uploaded"))
        again = await http.put(f"{location}/other.log", content=b"x")
        assert (again.status_code, again.json()["detail"]) == (410, "this file has come already")
    known = await log(api)
    assert (known["state"], known["name"], known["size"]) == ("uploaded", "w_itness.log", len(IMAGE))
    assert (await command(api))["state"] == "done"
    file = await api.get(known["file"].removeprefix("/api/v1"))
    assert file.content == IMAGE
    assert file.headers["content-disposition"] == 'attachment; filename="w_itness.log"'


@pytest.mark.parametrize(
    "version, way", [("2.0.1", "put"), ("2.0.1", "post"), ("2.0.1", "form"), ("2.0.1", "glued"), ("2.1", "put")]
)
@pytest.mark.any_database
async def test_a_2_x_charger_brings_its_log_in_whatever_way_it_knows(
    app: App, api: httpx.AsyncClient, version: str, way: str
) -> None:
    secret = await registered(api)
    async with witness2.connected(app.gateway_port, "WITNESS", secret, version) as charger, httpx.AsyncClient() as http:
        await charger.boots()
        asked = await api.post("/stations/WITNESS/commands/get-log", json={"kind": "security"})
        assert asked.json()["state"] == "awaiting", asked.text
        number, location = charger.asked.get_nowait()
        await charger.call(witness2.log_status(version, number, "Uploading"))
        match way:
            case "put":
                brought = await http.put(location, content=IMAGE)
            case "post":
                brought = await http.post(location, content=IMAGE, headers={"Content-Type": "application/gzip"})
            case "form":
                brought = await http.post(location, files={"file": ("sec.log", IMAGE)}, data={"kind": "log"})
            case _:
                brought = await http.put(f"{location}sec.log", content=IMAGE)
        assert brought.status_code == 201, brought.text
        await charger.call(witness2.log_status(version, number, "Uploaded"))
    known = await log(api)
    name = {"put": "witness.log", "post": "witness.log"}.get(way, "sec.log")
    assert (known["kind"], known["state"], known["name"], known["size"]) == ("security", "uploaded", name, len(IMAGE))
    assert (await api.get(known["file"].removeprefix("/api/v1"))).content == IMAGE
    assert (await command(api))["state"] == "done"


async def test_curl_brings_a_log_and_fetches_a_firmware(app: App, api: httpx.AsyncClient, tmp_path: Any) -> None:
    secret = await registered(api)
    (tmp_path / "here.log").write_bytes(IMAGE * 3)
    async with witness2.connected(app.gateway_port, "WITNESS", secret, "2.0.1") as charger:
        await charger.boots()
        await api.post("/stations/WITNESS/commands/get-log", json={})
        _, location = charger.asked.get_nowait()
        curl = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--show-error", "--fail", "-T", str(tmp_path / "here.log"), location
        )
        assert await curl.wait() == 0
    assert ((await log(api))["state"], (await log(api))["size"]) == ("uploaded", 3 * len(IMAGE))


BOOTS: dict[str, dict[str, Any]] = {
    "1.6": {"chargePointVendor": "Acme", "chargePointModel": "One"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}},
}
BOOTS["2.1"] = BOOTS["2.0.1"]


@pytest.mark.parametrize("version", list(BOOTS))
@pytest.mark.parametrize("said, state", [("Uploaded", "uploaded"), ("UploadFailure", "failed")])
async def test_a_charger_answers_only_when_it_has_brought_its_log(
    app: App, api: httpx.AsyncClient, charger: Any, version: str, said: str, state: str
) -> None:
    one = await charger("CP1", boot=False, subprotocols=[f"ocpp{version}"])
    await one.call("BootNotification", BOOTS[version])
    asking = asyncio.ensure_future(api.post("/stations/CP1/commands/get-log", json={"kind": "security"}))
    _, message_id, _, request = await one.receive()
    progress = {"status": "Uploading", "requestId": request["requestId"]}
    await one.call("LogStatusNotification", progress)
    if said == "Uploaded":
        async with httpx.AsyncClient() as http:
            assert (await http.put(request["log"]["remoteLocation"], content=IMAGE)).status_code == 201
    await one.call("LogStatusNotification", progress | {"status": said})
    await one.send([3, message_id, {"status": "Accepted", "filename": "security.log"}])
    command = (await asking).json()
    assert (command["state"], command["status"]) == ("done" if state == "uploaded" else "failed", "accepted"), command
    [row] = (await api.get("/stations/CP1/logs")).json()["items"]
    assert (row["state"], row["name"]) == (state, "security.log")


@pytest.mark.parametrize("said, state", [("Installed", "done"), ("InstallationFailed", "failed")])
async def test_a_charger_answers_only_when_it_has_installed_its_firmware(
    app: App, api: httpx.AsyncClient, charger: Any, said: str, state: str
) -> None:
    file = await uploaded(api)
    one = await charger("CP1", boot=False, subprotocols=["ocpp2.0.1"])
    await one.call("BootNotification", BOOTS["2.0.1"])
    asked = {"firmware": file["id"]}
    asking = asyncio.ensure_future(api.post("/stations/CP1/commands/update-firmware", json=asked))
    _, message_id, _, request = await one.receive()
    for status in ("Downloading", "Downloaded", "Installing", said):
        await one.call("FirmwareStatusNotification", {"status": status, "requestId": request["requestId"]})
    await one.send([3, message_id, {"status": "Accepted"}])
    assert (await asking).json()["state"] == state
