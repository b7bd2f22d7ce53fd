"""A local controller hands out firmware to the chargers behind it (L03, L04)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stationmaster.app import App
from stationmaster.domain.commands import PublishFirmware, UnpublishFirmware
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from tests.handlers.asking import Asked, Clock
from tests.handlers.test_transfers import add_firmware
from tests.scenarios.test_independent_client import api as api

ACCEPTED = {"status": "Accepted"}
CHECKSUM = "0123456789abcdef0123456789ABCDEF"


@pytest.mark.any_database
async def test_L03_a_file_is_fetched_from_us_and_published(
    app: App, charger: Callable[..., Any], version: str, api: httpx.AsyncClient
) -> None:
    image = b"new" * 1000
    made = (await api.post("/firmware", params={"name": "post.bin", "version": "2"}, content=image)).json()
    one = await Asked.connect(app, charger, version, Clock(app))
    command = PublishFirmware(firmware=made["id"], retries=2, retry_interval_s=60)
    came, [[action, sent]] = await one.ask(command, ACCEPTED)
    assert (action, came.state, came.awaits) == ("PublishFirmware", "awaiting", "publishing")
    assert sent["checksum"] == hashlib.md5(image).hexdigest()
    assert (sent["retries"], sent["retryInterval"]) == (2, 60)
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(sent["location"])).content == image
        assert (await anybody.get(sent["location"])).content == image  # as often as it is needed
    for status in ("Downloading", "ChecksumVerified"):
        await one.call("PublishFirmwareStatusNotification", {"status": status, "requestId": sent["requestId"]})
    assert (await one.newest()).progress == "checksum_verified"
    where = ["http://controller/post.bin"]
    told = {"status": "Published", "requestId": sent["requestId"], "location": where}
    await one.call("PublishFirmwareStatusNotification", told)
    came = await one.newest()
    assert (came.state, came.sentence) == ("done", "It hands the firmware out to the chargers behind it.")
    assert came.data == {"locations": where}


@pytest.mark.every_case
@pytest.mark.parametrize("status", ["DownloadFailed", "InvalidChecksum", "PublishFailed"])
async def test_L03_what_failed_is_said(app: App, one: Asked, status: str, api: httpx.AsyncClient) -> None:
    made = (await api.post("/firmware", params={"name": "post.bin", "version": "2"}, content=b"x")).json()
    _, [[_, sent]] = await one.ask(PublishFirmware(firmware=made["id"]), ACCEPTED)
    for number in (sent["requestId"], 1, 2**40):
        await one.call("PublishFirmwareStatusNotification", {"status": status, "requestId": number})
    assert (await one.newest()).state == "failed"
    came, _ = await one.ask(PublishFirmware(firmware=made["id"]), {"status": "Rejected"})
    assert (came.state, came.outcome) == ("failed", "rejected")
    came, _ = await one.ask(PublishFirmware(firmware=made["id"]), ("NotSupported", "", {}))
    assert came.outcome == "not_supported"


@pytest.mark.any_database
@pytest.mark.parametrize(
    "status, outcome, sentence",
    [
        ("Unpublished", "accepted", "It hands this firmware out no longer."),
        ("NoFirmware", "not_found", "It has no such firmware."),
        (
            "DownloadOngoing",
            "rejected",
            "A charger is fetching this firmware from it just now; ask again later.",
        ),
    ],
)
async def test_L04_a_firmware_is_unpublished_by_its_checksum(
    app: App, one: Asked, status: str, outcome: str, sentence: str
) -> None:
    firmware = await add_firmware(app, md5=CHECKSUM.lower())
    for command in (UnpublishFirmware(firmware=firmware), UnpublishFirmware(checksum=CHECKSUM.lower())):
        came, [[action, sent]] = await one.ask(command, {"status": status})
        assert (action, sent) == ("UnpublishFirmware", {"checksum": CHECKSUM.lower()})
        assert (came.outcome, came.sentence) == (outcome, sentence)


async def test_what_has_no_checksum_or_is_not_there_is_not_asked_for(app: App, one: Asked) -> None:
    old = await add_firmware(app)
    with pytest.raises(Conflict, match="upload it again"):
        await one.ask(PublishFirmware(firmware=old))
    for command in (PublishFirmware(firmware="none"), UnpublishFirmware(firmware="none")):
        with pytest.raises(NotFound):
            await one.ask(command)
    for facts in ({}, {"firmware": old, "checksum": CHECKSUM}):
        with pytest.raises(Invalid, match="firmware"):
            await one.ask(UnpublishFirmware(**facts))  # type: ignore[arg-type]


async def test_one_that_is_away_or_of_another_version_is_not_waited_for(charger: Any, one: Asked) -> None:
    await one.is_not_waited_for(UnpublishFirmware(checksum=CHECKSUM), charger, "1.6")
