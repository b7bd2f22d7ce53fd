"""Certification cases of block A, Security (OCPP 2.0.1 part 6, 3.2)."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from stationmaster.domain import commands
from tests.conformance.octt import Octt


async def refused(station: Any, **options: Any) -> None:
    """The upgrade to a WebSocket is not made."""
    with pytest.raises(InvalidStatus) as answer:
        await station(**options)
    assert answer.value.response.status_code == 401


def password_told(request: dict[str, Any]) -> str:
    """The new password of a SetVariables that sets nothing else."""
    [data] = request["setVariableData"]
    assert (data["component"], data["variable"]) == ({"name": "SecurityCtrlr"}, {"name": "BasicAuthPassword"})
    return str(data["attributeValue"])


def set_result(status: str) -> dict[str, Any]:
    variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    return {"setVariableResult": [{"attributeStatus": status, **variable}]}


async def test_TC_A_01(octt: Octt) -> None:
    await octt.booted()


async def test_TC_A_02(station: Any, octt: Octt) -> None:
    await refused(station, user=f"{octt.identity}Invalid")


async def test_TC_A_03(station: Any, octt: Octt, charger: Any) -> None:
    charger.secrets[octt.identity] = secrets.token_urlsafe(24)
    await refused(station)


async def test_TC_A_09(octt: Octt, reconnect: Any, station: Any, charger: Any) -> None:
    record, [(action, request)] = await octt.operator(commands.RenewPassword(), set_result("Accepted"))
    assert (action, record.outcome, record.awaits) == ("SetVariables", "accepted", "login")
    old, charger.secrets[octt.identity] = charger.secrets[octt.identity], password_told(request)
    await reconnect(octt)
    await octt.booted()
    assert (await octt.record(record.id)).state == "done"
    charger.secrets[octt.identity] = old
    await refused(station)


async def test_TC_A_10(octt: Octt, reconnect: Any, station: Any, charger: Any) -> None:
    record, [(action, request)] = await octt.operator(commands.RenewPassword(), set_result("Rejected"))
    assert (action, record.state, record.outcome) == ("SetVariables", "failed", "rejected")
    await reconnect(octt)
    await octt.booted()
    charger.secrets[octt.identity] = password_told(request)
    await refused(station)
