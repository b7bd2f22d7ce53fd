"""Certification cases of block A, Security (OCPP 2.0.1 part 6, 3.2)."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from stationmaster.domain import commands
from tests.conformance.octt import Octt
from tests.handlers.signed import CERTIFICATE, CSR, ROOT


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


# Its own certificate

ACCEPTED = {"status": "Accepted"}
CHAIN = CERTIFICATE + ROOT  # for CSR, by an authority of the tests


async def renew_certificate(
    octt: Octt, trigger: Any, kind: str | None, status: str = "Accepted"
) -> commands.CommandRecord:
    """It is asked to want a certificate, asks for one, and is given what an authority has signed."""
    await octt.booted()
    _, calls = await octt.operator(commands.TriggerMessage(trigger), ACCEPTED)
    assert calls == [("TriggerMessage", {"requestedMessage": trigger})]
    named = {} if kind is None else {"certificateType": kind}
    assert await octt.call("SignCertificate", {"csr": CSR, **named}) == ACCEPTED
    record, calls = await octt.operator(commands.GiveCertificate(CHAIN), {"status": status})
    assert calls == [("CertificateSigned", {"certificateChain": CHAIN, **named})]
    return record


async def test_TC_A_11(octt: Octt) -> None:
    record = await renew_certificate(octt, "SignChargingStationCertificate", "ChargingStationCertificate")
    assert (record.outcome, await octt.certificate_requests()) == ("accepted", [("charger", "accepted")])


async def test_TC_A_12(octt: Octt) -> None:
    record = await renew_certificate(octt, "SignV2GCertificate", "V2GCertificate")
    assert (record.outcome, await octt.certificate_requests()) == ("accepted", [("v2g", "accepted")])


async def test_TC_A_13(octt: Octt) -> None:
    record = await renew_certificate(octt, "SignCombinedCertificate", None)
    assert (record.outcome, await octt.certificate_requests()) == ("accepted", [("both", "accepted")])


async def test_TC_A_14(octt: Octt) -> None:
    record = await renew_certificate(
        octt, "SignChargingStationCertificate", "ChargingStationCertificate", status="Rejected"
    )
    assert (record.state, record.outcome) == ("failed", "rejected")
    assert await octt.certificate_requests() == [("charger", "rejected")]
