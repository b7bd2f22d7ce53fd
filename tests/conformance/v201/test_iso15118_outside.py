"""Certification cases in which servers of a PKI outside are asked: OCSP responders, and the provider of contracts of cars (OCPP 2.0.1 part 6, 3.4 and 3.14)."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from stationmaster.domain import organizations, tokens
from stationmaster.settings import Settings
from tests.background.receivers import Receiver, answer, listening, receiving
from tests.conformance.octt import Octt
from tests.pki.authority import Holder, Responder, asks_outside, made

ROOT = made("V2G Root CA", authority=True)
SUB_1 = ROOT.issue("MO Sub-CA 1", authority=True, path_length=1)
SUB_2 = SUB_1.issue("MO Sub-CA 2", authority=True, path_length=0)
EMAID = {"idToken": "DE8AA1A2B3C4D5", "type": "eMAID"}
EXI = base64.b64encode(b"CertificateInstallationRes").decode()


@pytest.fixture
async def responder() -> AsyncIterator[Responder]:
    async with listening(Responder(ROOT, SUB_1, SUB_2, brings=True)) as found:
        yield found


@pytest.fixture
async def provider() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, provider: Receiver, tmp_path: Path) -> Settings:
    return asks_outside(settings, ROOT.pem, tmp_path, provider_url=provider.url)


@pytest.fixture
async def contract(octt: Octt, responder: Responder) -> Holder:
    """The configured contract certificate: its CN is the configured eMAID, which is known as valid."""
    home = await octt.app.database.write(organizations.home)
    await octt.app.database.write(tokens.add, home, uid=EMAID["idToken"], kind=EMAID["type"])
    return SUB_2.issue(EMAID["idToken"], responder=responder.url)


def hashes(responder: Responder, contract: Holder) -> list[dict[str, str]]:
    chain = ((SUB_2, contract), (SUB_1, SUB_2), (ROOT, SUB_1))
    return [issuer.named(responder.url, certificate) for issuer, certificate in chain]


async def plugged_in(octt: Octt) -> None:
    await octt.booted()
    await octt.ev_connected_pre_session()


def verdict(answer: Any) -> tuple[str, str]:
    return answer["idTokenInfo"]["status"], answer["certificateStatus"]


def asked(responder: Responder) -> list[tuple[str, int]]:
    """What the responder was asked: the hash of the issuer's key, and the serial number."""
    return sorted((each.issuer_key_hash.hex(), each.serial_number) for each in responder.questions)


async def charges(octt: Octt) -> None:
    await octt.authorized(EMAID, by_itself=True)
    await octt.energy_transfer_started()
    [session] = await octt.sessions()
    assert (session.token, session.authorization) == (EMAID["idToken"], "accepted")


async def test_TC_C_50(octt: Octt, responder: Responder, contract: Holder) -> None:
    await plugged_in(octt)
    told = hashes(responder, contract)
    answer = await octt.call("Authorize", {"idToken": EMAID, "iso15118CertificateHashData": told})
    assert asked(responder) == sorted((each["issuerKeyHash"], int(each["serialNumber"], 16)) for each in told)
    assert verdict(answer) == ("Accepted", "Accepted")
    await charges(octt)


async def test_TC_C_51(octt: Octt, responder: Responder, contract: Holder) -> None:
    await plugged_in(octt)
    responder.revoked.add(contract.certificate.serial_number)
    told = hashes(responder, contract)
    answer = await octt.call("Authorize", {"idToken": EMAID, "iso15118CertificateHashData": told})
    assert (contract.certificate.serial_number) in [each.serial_number for each in responder.questions]
    assert verdict(answer) == ("Invalid", "CertificateRevoked")


async def test_TC_C_52(octt: Octt, responder: Responder, contract: Holder) -> None:
    await plugged_in(octt)
    chain = "".join(each.pem for each in (contract, SUB_2, SUB_1))
    answer = await octt.call("Authorize", {"idToken": EMAID, "certificate": chain})
    [question] = hashes(responder, contract)[:1]
    assert asked(responder) == [(question["issuerKeyHash"], contract.certificate.serial_number)]
    assert isinstance(contract.certificate.public_key(), ec.EllipticCurvePublicKey)
    assert verdict(answer) == ("Accepted", "Accepted")
    await charges(octt)


async def test_TC_C_52_a_chain_to_another_root(octt: Octt, responder: Responder, contract: Holder) -> None:
    await plugged_in(octt)
    other = made("V2G Root CA", authority=True).issue(EMAID["idToken"], responder=responder.url)
    answer = await octt.call("Authorize", {"idToken": EMAID, "certificate": other.pem})
    assert verdict(answer) == ("Invalid", "CertChainError")
    assert responder.questions == []


async def test_TC_M_24(octt: Octt, responder: Responder) -> None:
    await octt.booted()
    for issuer, certificate in ((ROOT, SUB_1), (SUB_1, SUB_2)):
        told = {"ocspRequestData": issuer.named(responder.url, certificate)}
        answer = await octt.call("GetCertificateStatus", told)
        assert answer["status"] == "Accepted"
        found = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocspResult"], validate=True))
        assert found.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
        assert found.serial_number == certificate.certificate.serial_number


async def test_TC_M_24_a_responder_that_is_down(octt: Octt, responder: Responder) -> None:
    await octt.booted()
    responder.instead = answer(503)
    told = await octt.call("GetCertificateStatus", {"ocspRequestData": ROOT.named(responder.url, SUB_1)})
    assert told["status"] == "Failed" and "ocspResult" not in told


async def certificate_of_a_car(octt: Octt, provider: Receiver, action: str, answered: bytes) -> Any:
    await octt.booted()
    provider.answers = [answered]
    wish = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": action, "exiRequest": "gJgC"}
    told = await octt.call("Get15118EVCertificate", wish)
    [request] = provider.requests
    assert (json.loads(request.body)["action"], json.loads(request.body)["exiRequest"]) == (action, "gJgC")
    return told


PROVIDED = answer(200, body=json.dumps({"status": "Accepted", "exiResponse": EXI}).encode())


async def test_TC_M_26(octt: Octt, provider: Receiver) -> None:
    told = await certificate_of_a_car(octt, provider, "Install", PROVIDED)
    assert told == {"status": "Accepted", "exiResponse": EXI}


async def test_TC_M_28(octt: Octt, provider: Receiver) -> None:
    told = await certificate_of_a_car(octt, provider, "Update", PROVIDED)
    assert told == {"status": "Accepted", "exiResponse": EXI}


@pytest.mark.parametrize("action", ["Install", "Update"])
async def test_TC_M_26_TC_M_28_a_provider_that_refuses(octt: Octt, provider: Receiver, action: str) -> None:
    told = await certificate_of_a_car(octt, provider, action, answer(500))
    assert (told["status"], told["exiResponse"]) == ("Failed", "")
