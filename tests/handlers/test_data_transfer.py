"""Data of a maker's own kind, to a charger of any version (1.6 §5.6, P01)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain.commands import DataTransfer
from stationmaster.gateway.switchboard import NotConnected
from tests.handlers.asking import Asked
from tests.handlers.conftest import Stored


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "data, as_text",
    [
        ("", ""),
        ("a text", "a text"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        (["x"], '["x"]'),
        (7, "7"),
        (False, "false"),
    ],
)
async def test_data_goes_out_and_what_comes_back_is_told(app: App, one: Asked, data: Any, as_text: str) -> None:
    command = DataTransfer(vendor_id="com.acme", message_id="Fan", data=data)
    came, [[action, sent]] = await one.ask(command, {"status": "Accepted", "data": "on"})
    assert action == "DataTransfer"
    assert sent == {"vendorId": "com.acme", "messageId": "Fan", "data": as_text if one.old else data}
    assert (came.state, came.outcome, came.data) == ("done", "accepted", {"data": "on"})


async def test_what_is_left_out_is_not_sent(app: App, one: Asked) -> None:
    came, [[_, sent]] = await one.ask(DataTransfer(vendor_id="com.acme"), {"status": "Accepted"})
    assert (sent, came.data) == ({"vendorId": "com.acme"}, None)


@pytest.mark.parametrize(
    "answer, outcome, sentence",
    [
        ({"status": "UnknownVendorId"}, "not_supported", "The charger knows no such vendor."),
        (
            {"status": "UnknownMessageId"},
            "not_supported",
            "The charger knows no such message of this vendor.",
        ),
        ({"status": "Rejected", "data": "busy"}, "rejected", "The charger has refused."),
        (("InternalError", "x", {}), "error", "The charger has answered with an error: InternalError: x"),
        (("NotImplemented", "", {}), "not_supported", "The charger cannot do this."),
    ],
)
async def test_a_refusal_says_what_is_not_known(app: App, one: Asked, answer: Any, outcome: str, sentence: str) -> None:
    came, _ = await one.ask(DataTransfer(vendor_id="com.acme"), answer)
    assert (came.state, came.outcome, came.sentence) == ("failed", outcome, sentence)
    assert came.data == ({"data": "busy"} if outcome == "rejected" else None)


@pytest.mark.any_database
async def test_ATK_13_a_secret_in_it_is_not_kept(app: App, one: Asked, stored: Stored) -> None:
    command = DataTransfer(vendor_id="com.acme", message_id="SetPassword", data="hunter2")
    came, [[_, sent]] = await one.ask(command, {"status": "Accepted"})
    assert sent["data"] == "hunter2"
    assert came.arguments == {"vendor_id": "com.acme", "message_id": "SetPassword", "data": "•••"}
    came, _ = await one.ask(DataTransfer(vendor_id="a", data={"wifiPassword": "hunter2"}), {"status": "Accepted"})
    kept = await stored.logged("DataTransfer", count=2)
    assert [json.loads(row.request).get("messageId") for row in kept] == ["SetPassword", None]
    assert "hunter2" not in repr([came, *kept])


async def test_one_that_is_away_is_not_waited_for(app: App, one: Asked) -> None:
    await one.leave()
    with pytest.raises(NotConnected):
        await one.ask(DataTransfer(vendor_id="com.acme"))
