"""Certification cases of block N, diagnostics: logs, and what a station knows of a customer (OCPP 2.0.1 part 6, 3.15)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stationmaster.domain import commands, logs, organizations, tokens
from tests.conformance.octt import CARD, Octt, now

HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "01"}


@pytest.fixture(autouse=True)
async def booted(octt: Octt, card: None) -> None:
    await octt.booted()


async def get_log(
    octt: Octt, kind: Any = "diagnostics", status: str = "Accepted"
) -> tuple[commands.CommandRecord, Any]:
    """What the operator was told, and the request."""
    answer = {"status": status} if status == "Rejected" else {"status": status, "filename": "log.zip"}
    came, [(action, request)] = await octt.operator(commands.GetLog(kind), answer)
    assert (action, request["logType"]) == (
        "GetLog",
        {"diagnostics": "DiagnosticsLog", "security": "SecurityLog"}[kind],
    )
    return came, request


async def tell(octt: Octt, request: dict[str, Any], status: str) -> None:
    told = {"status": status, "requestId": request["requestId"]}
    assert await octt.call("LogStatusNotification", told) == {}


async def kept(octt: Octt) -> list[tuple[str, str, int | None]]:
    """Of each log what the operator sees: kind, state and size; the newest first."""
    rows = await octt.read(logs.of_station, octt.id, limit=50, cursor=None)
    return [(row.kind, row.state, row.size) for row in rows]


async def bring(octt: Octt, request: dict[str, Any]) -> None:
    await tell(octt, request, "Uploading")
    assert (await kept(octt))[0][1:] == ("uploading", None)
    async with httpx.AsyncClient() as http:
        sent = await http.put(request["log"]["remoteLocation"], content=b"all well")
    assert sent.status_code == 201
    await tell(octt, request, "Uploaded")


async def test_TC_N_25(octt: Octt) -> None:
    came, request = await get_log(octt)
    assert (came.state, came.awaits) == ("awaiting", "log")
    await bring(octt, request)
    assert await kept(octt) == [("diagnostics", "uploaded", 8)]
    assert (await octt.record(came.id)).state == "done"


async def test_TC_N_35(octt: Octt) -> None:
    came, request = await get_log(octt, "security")
    await bring(octt, request)
    assert await kept(octt) == [("security", "uploaded", 8)]
    assert (await octt.record(came.id)).state == "done"


async def test_TC_N_34(octt: Octt) -> None:
    came, _ = await get_log(octt, status="Rejected")
    assert (came.state, came.outcome, came.sentence) == ("failed", "rejected", "The charger has refused.")
    assert await kept(octt) == [("diagnostics", "refused", None)]


async def test_TC_N_36(octt: Octt) -> None:
    first, request = await get_log(octt)
    await tell(octt, request, "Uploading")
    second, other = await get_log(octt, status="AcceptedCanceled")
    assert other["requestId"] != request["requestId"]
    await tell(octt, request, "AcceptedCanceled")
    assert await kept(octt) == [("diagnostics", "accepted", None), ("diagnostics", "canceled", None)]
    await bring(octt, other)
    assert await kept(octt) == [("diagnostics", "uploaded", 8), ("diagnostics", "canceled", None)]
    assert ((await octt.record(first.id)).state, (await octt.record(second.id)).state) == ("failed", "done")


async def ask(octt: Octt, status: str = "Accepted", **facts: Any) -> tuple[commands.CommandRecord, dict[str, Any]]:
    """What is known of a customer is asked for: what the operator was told, and the request."""
    command = commands.CustomerInformation(**facts)
    came, [(action, request)] = await octt.operator(command, {"status": status})
    assert (action, request["report"], request["clear"]) == ("CustomerInformation", command.report, command.clear)
    return came, request


async def report(octt: Octt, request: dict[str, Any], *texts: str) -> commands.CommandRecord:
    """The station tells it, in so many parts; what the operator sees then."""
    for seq, text in enumerate(texts):
        head = {"requestId": request["requestId"], "seqNo": seq, "generatedAt": now(octt.app)}
        told = head | {"data": text, "tbc": seq < len(texts) - 1}
        assert await octt.call("NotifyCustomerInformation", told) == {}
    return await octt.record()


async def ask_and_report(octt: Octt, *texts: str, **facts: Any) -> dict[str, Any]:
    """The request. The operator reads what the station has told."""
    came, request = await ask(octt, **facts)
    assert (came.state, came.awaits) == ("awaiting", "report")
    record = await report(octt, request, *texts)
    assert (record.state, (record.data or {})["text"]) == ("done", "".join(texts))
    return request


async def test_TC_N_27(octt: Octt) -> None:
    assert (await ask_and_report(octt, "charged 12 ", "times", token="TAG1"))["idToken"] == CARD


async def test_TC_N_28(octt: Octt) -> None:
    assert (await ask_and_report(octt, "", token="TAG1"))["idToken"] == CARD


async def test_TC_N_29(octt: Octt) -> None:
    came, request = await ask(octt, "Rejected", token="TAG1")
    assert (request["report"], request["idToken"]) == (True, CARD)
    assert (came.state, came.outcome) == ("failed", "rejected")


async def test_TC_N_30(octt: Octt) -> None:
    assert (await ask_and_report(octt, "charged once", clear=True, token="TAG1"))["idToken"] == CARD


async def test_TC_N_31(octt: Octt) -> None:
    assert (await ask_and_report(octt, "", clear=True, token="TAG1"))["idToken"] == CARD


async def test_TC_N_32(octt: Octt) -> None:
    came, request = await ask(octt, report=False, clear=True, token="TAG1")
    assert (request["idToken"], came.state, came.outcome) == (CARD, "done", "accepted")
    assert (await report(octt, request, "")).state == "done"


async def test_TC_N_46(octt: Octt) -> None:
    _, [(_, before)] = await octt.operator(commands.SendLocalList(), {"status": "Accepted"})
    came, request = await ask(octt, clear=True, token="TAG1")
    assert request["idToken"] == CARD
    assert came.remark == "the card is in the charger's local list; it leaves that list when it is removed here"
    assert (await report(octt, request, "charged once")).state == "done"
    home = await octt.app.database.write(organizations.home)
    await octt.app.database.write(tokens.remove, home, CARD["idToken"])
    _, [(action, update)] = await octt.operator(commands.SendLocalList(), {"status": "Accepted"})
    assert (action, update["updateType"]) == ("SendLocalList", "Differential")
    assert update["versionNumber"] > before["versionNumber"]
    assert update["localAuthorizationList"] == [{"idToken": CARD}]  # without anything else: it is taken off


async def test_TC_N_62(octt: Octt) -> None:
    request = await ask_and_report(octt, "charged once", clear=True, customer="OpenChargeAlliance")
    assert (request["customerIdentifier"], "idToken" in request) == ("OpenChargeAlliance", False)


async def test_TC_N_63(octt: Octt) -> None:
    names = {"hash_algorithm": "SHA256", "issuer_name_hash": "aa", "issuer_key_hash": "bb", "serial_number": "01"}
    certificate = commands.CertificateName(**names)  # type: ignore[arg-type]
    request = await ask_and_report(octt, "charged once", clear=True, certificate=certificate)
    assert (request["customerCertificate"], "idToken" in request) == (HASHES, False)
