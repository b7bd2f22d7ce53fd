"""Every message that a station of 2.0.1 or 2.1 may send: taken, answered by the official schema, and kept where it belongs."""

from __future__ import annotations

import asyncio
import json
import random
import zlib
from typing import Any

import pytest
from jsonschema.validators import validator_for

from stationmaster.app import ROUTES
from stationmaster.domain.commands import commands
from stationmaster.ocpp.dialects import DIALECTS, Dialect
from tests.handlers.conftest import Stored
from tests.ocpp import payloads

ALL = [(dialect.version, action) for dialect in DIALECTS.values() for action in sorted(dialect.from_station)]
NOT_ANSWERED = {"NotifyPeriodicEventStream"}


@pytest.mark.parametrize("spoken, action", ALL)
def test_every_message_of_a_station_has_a_handler(spoken: str, action: str) -> None:
    assert action in ROUTES[spoken].handlers


@pytest.mark.any_database
async def test_every_message_is_answered_as_the_schema_says(station: Any, version: str) -> None:
    one = await station()
    dialect: Dialect = DIALECTS[f"ocpp{version}"]
    schemas = payloads.schemas(dialect.subprotocol)
    for action in sorted(dialect.from_station - NOT_ANSWERED):
        chance = random.Random(zlib.crc32(f"{version} {action}".encode()))
        official = validator_for(schemas[f"{action}Response"])(schemas[f"{action}Response"])
        for fullness in (0, 0.5, 1):
            asked = payloads.valid(schemas[action], chance, fullness)
            answer = await one.call(action, json.loads(json.dumps(asked, default=float)))
            official.validate(answer)


@pytest.mark.any_database
async def test_what_is_only_sent_is_kept_and_not_answered(charger: Any, stored: Stored) -> None:
    one = await charger(boot=False, subprotocols=["ocpp2.1"])
    await one.call("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "A", "model": "B"}})
    told = {"id": 1, "pending": 0, "basetime": "2026-11-01T10:00:00Z", "data": [{"t": 0, "v": "1"}]}
    await one.send([6, "s1", "NotifyPeriodicEventStream", told])
    assert await one.exchange([2, "after", "Heartbeat", {}]) is not None
    await one.send([6, "s2", "NotifyPeriodicEventStream", {"id": "x"}])  # nor is what is wrong with it
    await one.send([6, "s3", "Heartbeat", {}])  # nor what should have been a CALL
    event = {"eventType": "Started", "timestamp": "2026-11-01T10:00:00Z", "triggerReason": "Trigger", "seqNo": 0}
    for _ in range(2):
        await one.send([6, "s4", "TransactionEvent", event | {"transactionInfo": {"transactionId": "t"}}])
    answer = await one.exchange([2, "again", "Heartbeat", {}])
    assert answer[:2] == [3, "again"]
    assert (await stored.session()).transaction_id == "t"


@pytest.mark.any_database
@pytest.mark.parametrize(
    "action, later, steps",
    [
        (
            "GetLog",
            [
                ("LogStatusNotification", {"status": "Uploading"}),
                ("LogStatusNotification", {"status": "UploadFailure"}),
            ],
            ["uploading", "upload_failure"],
        ),
        ("UpdateFirmware", [("FirmwareStatusNotification", {"status": "DownloadFailed"})], ["download_failed"]),
        (
            "GetBaseReport",
            [
                ("NotifyReport", {"seqNo": 0, "generatedAt": "2026-11-01T10:00:00Z", "tbc": True}),
                ("NotifyReport", {"seqNo": 1, "generatedAt": "2026-11-01T10:00:00Z"}),
            ],
            ["reporting", "reported"],
        ),
    ],
)
async def test_what_names_a_raw_call_of_ours_shows_how_far_it_is(
    app: Any, station: Any, stored: Stored, action: str, later: list[tuple[str, Any]], steps: list[str]
) -> None:
    one = await station()
    asked = asyncio.create_task(
        app.switchboard.call(app.directory.find("CP1").station.id, action, {"requestId": 77}, timeout_s=10, by="test")
    )
    sent = await one.raw.receive()
    await one.raw.send([3, sent[1], {"status": "Accepted"}])
    await asked
    for (name, told), step in zip(later, steps, strict=True):
        assert await one.call(name, {"requestId": 77} | told) == {}
        [row] = await stored.rows(commands)
        assert row.progress == step
    assert row.state == ("done" if "reported" in steps else "failed")
    for nobodys in (78, -1, 2**31, 2**63):
        assert await one.call(later[0][0], {"requestId": nobodys} | later[0][1]) == {}
