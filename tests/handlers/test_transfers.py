"""Firmware and logs by their frames: what chargers tell in any order, and what they leave out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from stationmaster.app import App
from stationmaster.background import transfers
from stationmaster.domain import commands, firmware, logs, organizations
from stationmaster.domain.links import BadLink, Gone, Links
from stationmaster.storage import Database, Work
from tests.charger import Charger

HOUR = timedelta(hours=1)


async def add_firmware(app: App, version: str = "1.4.2", **more: Any) -> str:
    def add(work: Work) -> str:
        facts = {"vendor": None, "model": None, "signature": None, "signing_certificate": None} | more
        row = firmware.add(
            work,
            organizations.home(work),
            name="image.bin",
            version=version,
            kept_as="0" * 32,
            size=3,
            sha256="0" * 64,
            by="ada",
            **facts,
        )
        return row.public_id

    return await app.database.write(add)


async def ask(app: App, charger: Charger, command: commands.Command, answer: Any) -> tuple[Any, Any]:
    """The request that the charger gets, and the command's record when it has answered."""
    entry = app.directory.find(charger.identity)
    assert entry is not None
    sending = asyncio.create_task(app.switchboard.send(entry.station.id, command, by="ada"))
    _, message_id, action, request = await charger.receive()
    await charger.send([3, message_id, answer] if isinstance(answer, dict) else [4, message_id, answer, "", {}])
    return {"action": action, **request}, await sending


async def rows(app: App, table: Any) -> list[Any]:
    return list(await app.database.read(lambda work: work.execute(table.select().order_by(table.c.id)).all()))


async def boot(charger: Charger, version: str) -> None:
    facts = {"chargePointVendor": "Acme", "chargePointModel": "One", "firmwareVersion": version}
    await charger.call("BootNotification", facts)


async def later(app: App, *, hours: float) -> None:
    """What is looked after every ten seconds, as if so much time had passed."""

    def look(work: Work) -> None:
        work.now += timedelta(hours=hours)
        firmware.look_after(work, silent=HOUR)
        logs.look_after(work)

    await app.database.write(look)


@pytest.fixture
async def updating(app: App, charger: Any) -> Charger:
    """A charger with 1.4.1 that installs 1.4.2, and says no more."""
    cp: Charger = await charger("CP1")
    await boot(cp, "1.4.1")
    _, asked = await ask(app, cp, commands.UpdateFirmware(firmware=await add_firmware(app)), {})
    assert (asked.state, asked.awaits) == ("awaiting", "firmware")
    for status in ("Downloading", "Downloaded", "Installing"):
        await cp.call("FirmwareStatusNotification", {"status": status})
    return cp


async def test_O_11_a_boot_with_the_new_firmware_is_the_last_word(app: App, updating: Charger) -> None:
    await boot(updating, "1.4.2")
    await transfers.look_after(app.database, app.settings.files)
    [update] = await rows(app, firmware.updates)
    assert (update.state, update.sentence) == ("installed", "The charger has started with 1.4.2.")
    [command] = await rows(app, commands.commands)
    assert (command.state, command.progress) == ("done", "installed")
    # What it says afterwards changes nothing of it.
    await updating.call("FirmwareStatusNotification", {"status": "Installed"})
    [update] = await rows(app, firmware.updates)
    assert (update.state, update.booted_version) == ("installed", "1.4.2")


async def test_O_11_a_boot_with_the_old_firmware_has_failed_after_an_hour(app: App, updating: Charger) -> None:
    await boot(updating, "1.4.1")
    await later(app, hours=0.9)
    assert [row.state for row in await rows(app, firmware.updates)] == ["installing"]
    await later(app, hours=1.1)
    [update] = await rows(app, firmware.updates)
    assert update.state == "failed"
    assert update.sentence.startswith("The charger has started with 1.4.1, not with 1.4.2")
    assert [row.state for row in await rows(app, commands.commands)] == ["failed"]


async def test_O_11_silence_without_a_boot_ends_with_the_time_of_the_address(app: App, updating: Charger) -> None:
    await later(app, hours=47)
    assert [row.state for row in await rows(app, firmware.updates)] == ["installing"]
    await later(app, hours=49)
    assert [row.state for row in await rows(app, firmware.updates)] == ["expired"]
    # The charger was only slow: its word counts all the same.
    await updating.call("FirmwareStatusNotification", {"status": "Installed"})
    assert [row.state for row in await rows(app, firmware.updates)] == ["installed"]


async def test_O_11_said_to_be_installed_and_booted_as_before(app: App, updating: Charger) -> None:
    await updating.call("FirmwareStatusNotification", {"status": "Installed"})
    await boot(updating, "1.4.1")
    await transfers.look_after(app.database, app.settings.files)
    [update] = await rows(app, firmware.updates)
    assert (update.state, update.booted_version) == ("failed", "1.4.1")


async def test_O_11_a_version_that_is_spelt_otherwise_is_no_failure(app: App, updating: Charger) -> None:
    await updating.call("FirmwareStatusNotification", {"status": "Installed"})
    await boot(updating, "v1.4.2-release")
    await transfers.look_after(app.database, app.settings.files)
    [update] = await rows(app, firmware.updates)
    assert (update.state, update.booted_version) == ("installed", "v1.4.2-release")


async def test_a_failed_download_that_is_tried_again_goes_on(app: App, updating: Charger) -> None:
    await updating.call("FirmwareStatusNotification", {"status": "DownloadFailed"})
    [update] = await rows(app, firmware.updates)
    assert (update.state, update.status) == ("failed", "DownloadFailed")
    assert "reach the address" in update.sentence
    for status in ("Downloading", "Downloaded", "Installing", "Installed"):
        await updating.call("FirmwareStatusNotification", {"status": status})
    assert [row.state for row in await rows(app, firmware.updates)] == ["installed"]
    assert [row.state for row in await rows(app, commands.commands)] == ["done"]


async def test_a_charger_that_knows_no_such_message_has_refused(app: App, charger: Any) -> None:
    cp = await charger("CP1")
    _, asked = await ask(app, cp, commands.UpdateFirmware(firmware=await add_firmware(app)), "NotImplemented")
    assert (asked.state, asked.outcome) == ("failed", "not_supported")
    await transfers.look_after(app.database, app.settings.files)
    [update] = await rows(app, firmware.updates)
    assert (update.state, update.sentence) == ("refused", asked.sentence)


async def test_ATK_05_the_request_id_of_another_station_changes_nothing(app: App, charger: Any) -> None:
    one = await charger("CP1", boot=False, subprotocols=["ocpp2.0.1"])
    two = await charger("CP2", boot=False, subprotocols=["ocpp2.0.1"])
    for cp in (one, two):
        told = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"}}
        await cp.call("BootNotification", told)
    sent, _ = await ask(app, one, commands.UpdateFirmware(firmware=await add_firmware(app)), {"status": "Accepted"})
    wanted, _ = await ask(app, one, commands.GetLog(), {"status": "Accepted"})
    await two.call("FirmwareStatusNotification", {"status": "Installed", "requestId": sent["requestId"]})
    await two.call("LogStatusNotification", {"status": "UploadFailure", "requestId": wanted["requestId"]})
    assert [row.state for row in await rows(app, firmware.updates)] == ["accepted"]
    assert [row.state for row in await rows(app, logs.logs)] == ["accepted"]


async def test_a_newer_update_takes_the_place_of_one_under_way(app: App, charger: Any) -> None:
    cp = await charger("CP1", boot=False, subprotocols=["ocpp2.0.1"])
    told = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"}}
    await cp.call("BootNotification", told)
    answers = ({"status": "Accepted"}, {"status": "Rejected"}, {"status": "AcceptedCanceled"})
    for version, answer in zip(("2", "3", "4"), answers, strict=True):
        await ask(app, cp, commands.UpdateFirmware(firmware=await add_firmware(app, version)), answer)
    assert [row.state for row in await rows(app, firmware.updates)] == ["canceled", "refused", "accepted"]
    assert [row.state for row in await rows(app, commands.commands)] == ["failed", "failed", "awaiting"]


@pytest.mark.parametrize(
    "status, sentence", [("InvalidCertificate", "is not valid"), ("RevokedCertificate", "was revoked")]
)
async def test_a_signed_update_that_1_6_refuses(app: App, charger: Any, status: str, sentence: str) -> None:
    cp = await charger("CP1")
    signed = {"signature": "c2lnbmVk", "signing_certificate": "PEM"}
    sent, asked = await ask(
        app, cp, commands.UpdateFirmware(firmware=await add_firmware(app, **signed)), {"status": status}
    )
    assert (sent["action"], sent["firmware"]["signature"]) == ("SignedUpdateFirmware", "c2lnbmVk")
    assert asked.state == "failed" and sentence in asked.sentence
    assert [row.state for row in await rows(app, firmware.updates)] == ["refused"]


async def test_the_firmware_of_another_model_is_sent_only_by_force(app: App, charger: Any) -> None:
    cp = await charger("CP1")
    await boot(cp, "1.4.1")
    other = await add_firmware(app, model="Two")
    entry = app.directory.find("CP1")
    assert entry is not None
    with pytest.raises(Exception, match="is for the model Two, and the charger says it is One"):
        await app.switchboard.send(entry.station.id, commands.UpdateFirmware(firmware=other), by="ada")
    assert await rows(app, firmware.updates) == []
    _, asked = await ask(app, cp, commands.UpdateFirmware(firmware=other, force=True), {})
    assert asked.state == "awaiting"


async def test_a_log_that_is_said_to_be_here_and_is_not(app: App, charger: Any) -> None:
    cp = await charger("CP1")
    await ask(app, cp, commands.GetLog(), {"fileName": "x.zip"})
    await cp.call("DiagnosticsStatusNotification", {"status": "Uploaded"})
    await later(app, hours=0.05)
    assert [row.state for row in await rows(app, logs.logs)] == ["uploading"]
    await later(app, hours=0.2)
    [row] = await rows(app, logs.logs)
    assert (row.state, row.sentence) == (
        "failed",
        "The charger says that it has brought the file, but none has come here.",
    )
    assert [row.state for row in await rows(app, commands.commands)] == ["failed"]


async def test_a_log_that_could_not_be_brought_may_come_after_all(app: App, charger: Any) -> None:
    cp = await charger("CP1")
    sent, _ = await ask(app, cp, commands.GetLog(), {"fileName": "x.zip"})
    await cp.call("DiagnosticsStatusNotification", {"status": "UploadFailed"})
    assert [row.state for row in await rows(app, logs.logs)] == ["failed"]
    async with httpx.AsyncClient() as http:
        assert (await http.put(sent["location"], content=b"late")).status_code == 201
    [row] = await rows(app, logs.logs)
    assert (row.state, row.name, row.size) == ("uploaded", "x.zip", 4)


async def test_API_22_a_file_that_is_too_large_is_cut_and_nothing_of_it_stays(app: App, charger: Any) -> None:
    app.settings.files.max_log_mb = 1
    cp = await charger("CP1")
    sent, _ = await ask(app, cp, commands.GetLog(), {"fileName": "x.zip"})

    async def without_length() -> Any:
        for _ in range(40):
            yield bytes(100_000)

    async with httpx.AsyncClient() as http:
        refused = await http.put(sent["location"], content=bytes(3 * 1024 * 1024))
        assert refused.status_code == 413
        assert "1 MB" in refused.json()["detail"]
        cut = await http.put(sent["location"], content=without_length())
        assert cut.status_code == 413
        assert (await http.put(sent["location"], content=b"")).status_code == 422
        assert list(app.folder.path.iterdir()) == []
        assert (await http.put(sent["location"], content=b"small enough")).status_code == 201
    [kept] = app.folder.path.iterdir()
    [row] = await rows(app, logs.logs)
    assert kept.name == row.kept_as


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "a/b/c.log", "%00", "<script>.html", "🔌" * 30]
)
async def test_API_22_no_name_from_outside_is_ever_a_path(app: App, charger: Any, name: str) -> None:
    cp = await charger("CP1")
    sent, _ = await ask(app, cp, commands.GetLog(), {"fileName": name})
    async with httpx.AsyncClient() as http:
        form = await http.post(sent["location"], files={"file": (name, b"content")})
    assert form.status_code == 201, form.text
    [kept] = app.folder.path.iterdir()
    [row] = await rows(app, logs.logs)
    assert kept.name == row.kept_as
    assert all(letter.isalnum() or letter in "._-" for letter in row.name) and not row.name.startswith(".")


def links(**more: Any) -> Links:
    facts: dict[str, Any] = {"public_url": "https://csms.example", "host": "", "lifetime": HOUR}
    return Links(b"k" * 32, **facts | more)


NOW = datetime(2026, 5, 1, tzinfo=UTC)


def spoilt(key: str) -> dict[str, str]:
    return {
        "another thing's id": "f" * 16 + key[16:],
        "a longer time": key[:16] + "ffffffff" + key[24:],
        "another signature": key[:24] + "0" * 32,
        "cut": key[:-1],
        "nothing": "",
        "letters": "zz" + key[2:],
    }


@pytest.mark.parametrize("what", spoilt("0" * 56))
def test_API_21_a_forged_address_is_refused(what: str) -> None:
    key = links().key("logs", "0123456789abcdef", until=NOW)
    assert links().open("logs", key + "x.zip", now=NOW).rest == "x.zip"
    with pytest.raises(BadLink):
        links().open("logs", spoilt(key)[what], now=NOW)
    with pytest.raises(BadLink):
        links().open("firmware", key, now=NOW)
    with pytest.raises(Gone):
        links().open("logs", key, now=NOW + timedelta(seconds=1))


async def test_API_21_over_http(app: App, charger: Callable[..., Any]) -> None:
    cp = await charger("CP1")
    sent, _ = await ask(app, cp, commands.GetLog(), {"fileName": "x.zip"})
    base, _, key = sent["location"].rpartition("/")
    async with httpx.AsyncClient() as http:
        forged = await http.put(f"{base}/{'0' * 56}", content=b"x")
        assert (forged.status_code, forged.json()["detail"]) == (
            403,
            "this address was given to nobody; ask for a new one",
        )
        assert (await http.get(f"{base}/{key}")).status_code == 405
        assert (await http.get(f"{base.replace('/logs', '/firmware')}/{key}")).status_code == 403
        old = app.links.key("logs", key[:16], until=datetime.now(UTC) - HOUR)
        assert (await http.put(f"{base}/{old}", content=b"x")).status_code == 410


def test_an_address_needs_a_host_that_chargers_can_reach() -> None:
    with pytest.raises(Exception, match=r"set files\.public_url"):
        links(public_url=None, host="0.0.0.0").to("logs", "0" * 16, until=NOW)


async def test_a_folder_that_cannot_be_written_is_said_so(app: App, charger: Any, tmp_path: Any) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    cp = await charger("CP1")
    sent, _ = await ask(app, cp, commands.GetLog(), {"fileName": "x.zip"})
    async with httpx.AsyncClient() as http:
        refused = await http.put(sent["location"], content=b"x")
    assert refused.status_code == 507, refused.text
    assert "cannot be kept" in refused.json()["detail"]


async def test_logs_that_are_old_go_with_their_files(app: App, charger: Any, database: Database) -> None:
    cp = await charger("CP1")
    sent, _ = await ask(app, cp, commands.GetLog(), {"fileName": "x.zip"})
    async with httpx.AsyncClient() as http:
        await http.put(sent["location"], content=b"x")
    await transfers.drop_old_logs(app.database, app.folder, app.settings.retention)
    assert len(list(app.folder.path.iterdir())) == 1
    long_ago = datetime.now(UTC) - timedelta(days=91)
    await app.database.write(lambda work: work.execute(logs.logs.update().values(asked_at=long_ago)))
    await transfers.drop_old_logs(app.database, app.folder, app.settings.retention)
    assert list(app.folder.path.iterdir()) == []
    assert [row.kept_as for row in await rows(app, logs.logs)] == [None]
