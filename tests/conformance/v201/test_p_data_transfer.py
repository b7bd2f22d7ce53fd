"""Certification cases of block P, data transfer (OCPP 2.0.1 part 6, 3.17)."""

from __future__ import annotations

import json

from stationmaster.domain import message_log
from tests.conformance.octt import Octt, now

CUSTOM = {"vendorId": "Acme", "cabinet": {"open": True, "since": 3}}


async def test_TC_P_02(octt: Octt) -> None:
    await octt.booted()
    answer = await octt.call("DataTransfer", {"vendorId": "Acme", "messageId": "cabinet", "data": {"open": True}})
    assert answer["status"] == "UnknownVendorId"


async def test_TC_P_03(octt: Octt) -> None:
    await octt.booted()
    status = {"connectorStatus": "Occupied", "evseId": 1, "connectorId": 1, "timestamp": now(octt.app)}
    assert await octt.call("StatusNotification", status | {"customData": CUSTOM}) == {}
    await octt.transact("CablePluggedIn", info={"customData": CUSTOM}, evse=octt.evse, customData=CUSTOM)
    assert [row.transaction_id for row in await octt.sessions()] == [octt.transaction]
    for action in ("StatusNotification", "TransactionEvent"):
        newest, *_ = await octt.read(message_log.listed, octt.id, action=action, limit=1, cursor=None)
        assert (json.loads(newest.exchange.request)["customData"], newest.exchange.remarks) == (CUSTOM, ())
