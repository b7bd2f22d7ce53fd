"""Contract certificates of cars and the state of certificates, by frames, with a responder and a provider that stand for the world outside (C07, M01, M02, M06, M07)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import ocsp
from pydantic import ValidationError

from stationmaster.app import App
from stationmaster.domain import organizations, stations, tokens
from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.timeline import sentences
from stationmaster.metrics import Metrics
from stationmaster.settings import BadSettings, PlugAndCharge, Settings
from tests.background.receivers import Receiver, answer, listening, receiving
from tests.charger import CallError
from tests.handlers.conftest import Stored, card
from tests.pki.authority import Holder, Responder, asks_outside, made, now, question_about

ROOT = made("V2G Root", authority=True)
SUB = ROOT.issue("MO Sub-CA 2", authority=True)
STRANGER = made("V2G Root", authority=True)
EMAID = "DE8AA1A2B3C4D5"
EXI = base64.b64encode(b"\x80\x98\x02 what only a car can read").decode()


@pytest.fixture
async def responder() -> AsyncIterator[Responder]:
    async with listening(Responder(ROOT, SUB)) as found:
        yield found


@pytest.fixture
async def provider() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, provider: Receiver, tmp_path: Path) -> Settings:
    return asks_outside(settings, ROOT.pem, tmp_path, provider_url=provider.url, secret="Bearer 12345")


@pytest.fixture
async def known(app: Any) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid=EMAID, kind="eMAID")


def contract(responder: Responder | None, name: str = EMAID, **more: Any) -> Holder:
    return SUB.issue(name, responder=None if responder is None else responder.url, **more)


def shown(car: Holder, *others: Holder, token: dict[str, Any] | None = None) -> dict[str, Any]:
    """Central validation: the chain itself."""
    return {"idToken": token or card(EMAID, "eMAID"), "certificate": "".join(each.pem for each in (car, *others))}


def hashes(responder: Responder, car: Holder, url: str | None = None) -> dict[str, Any]:
    """The charger has verified the chain; we ask whether it still holds."""
    told = [SUB.named(url or responder.url, car), ROOT.named(url or responder.url, SUB)]
    return {"idToken": card(EMAID, "eMAID"), "iso15118CertificateHashData": told}


def both(answer: Any) -> tuple[str, str]:
    return answer["certificateStatus"], answer["idTokenInfo"]["status"]


# Authorize


async def test_C07_FR_05_FR_14_each_certificate_is_asked_about(station: Any, known: None) -> None:
    # The settings do not name who has issued the contract: the certificate comes with the answer.
    async with listening(Responder(ROOT, SUB, brings=True)) as responder:
        one, car = await station(), contract(responder)
        for _ in range(2):  # what was said still holds the second time
            assert both(await one.call("Authorize", hashes(responder, car))) == ("Accepted", "Accepted")
        asked = {each.serial_number for each in responder.questions}
        assert asked == {car.certificate.serial_number, SUB.certificate.serial_number}
        assert len(responder.questions) == 2


async def test_C07_FR_06_a_chain_is_verified_here_and_asked_about(
    station: Any, responder: Responder, known: None, stored: Stored
) -> None:
    one, car = await station(), contract(responder)
    assert both(await one.call("Authorize", shown(car, SUB))) == ("Accepted", "Accepted")
    assert [each.serial_number for each in responder.questions] == [car.certificate.serial_number]
    assert await stored.alarms("contract_certificate") == []


async def test_C07_FR_16_a_contract_that_was_revoked_is_refused(
    station: Any, responder: Responder, known: None, stored: Stored
) -> None:
    one, car = await station(), contract(responder)
    responder.revoked.add(car.certificate.serial_number)
    assert both(await one.call("Authorize", shown(car, SUB))) == ("CertificateRevoked", "Invalid")
    assert await stored.alarms("contract_certificate") == []  # there is nothing for a person to do


async def test_C07_FR_16_an_authority_that_was_revoked_is_refused_with_all_its_cars(
    station: Any, responder: Responder, known: None
) -> None:
    one = await station()
    sub = ROOT.issue("MO Sub-CA 1", authority=True, responder=responder.url)
    responder.authorities.append(sub)
    car = sub.issue(EMAID, responder=responder.url)
    responder.revoked.add(sub.certificate.serial_number)
    assert both(await one.call("Authorize", shown(car, sub))) == ("CertificateRevoked", "Invalid")


async def test_C07_FR_15_a_chain_that_has_expired(station: Any, responder: Responder, known: None) -> None:
    car = contract(responder, until=timedelta(hours=-1))
    assert both(await (await station()).call("Authorize", shown(car, SUB))) == ("CertificateExpired", "Expired")
    assert responder.questions == []


@pytest.mark.parametrize(
    "status, told",
    [("blocked", "Blocked"), ("expired", "Expired"), (None, "Unknown")],
    ids=["blocked", "expired", "unknown"],
)
async def test_C07_FR_13_the_certificate_is_good_and_the_contract_is_not(
    app: Any, station: Any, responder: Responder, status: str | None, told: str
) -> None:
    home = await app.database.write(organizations.home)
    facts = {"status": status} if status == "blocked" else {"expires_at": now() - timedelta(days=1)}
    if status is not None:
        await app.database.write(tokens.add, home, uid=EMAID, kind="eMAID", **facts)
    answer = await (await station()).call("Authorize", shown(contract(responder), SUB))
    assert both(answer) == ("ContractCancelled", told)


BROKEN = ("CertChainError", "Invalid")


async def test_C07_FR_17_a_chain_that_is_not_to_be_believed(
    station: Any, responder: Responder, known: None, stored: Stored
) -> None:
    one = await station()
    stranger = STRANGER.issue(EMAID, responder=responder.url)
    cases = {
        "goes back to CN=MO Sub-CA 2": shown(contract(responder)),
        "goes back to CN=V2G Root": shown(stranger, STRANGER),
        "the certificate is of CN=DE8AA1A2B3C4D6": shown(contract(responder, "DE8AA1A2B3C4D6"), SUB),
        "does not say who knows whether it still holds": shown(contract(None), SUB),
        "cannot be read": {"idToken": card(EMAID, "eMAID"), "certificate": "-----BEGIN"},
    }
    for why, told in cases.items():
        assert both(await one.call("Authorize", told)) == BROKEN
        assert why in (await stored.alarms("contract_certificate"))[0].detail
    assert responder.questions == []
    [alarm] = await stored.alarms("contract_certificate")  # one for a person, however often it is tried
    assert alarm.count == len(cases)


async def test_C07_FR_17_an_answer_that_is_not_to_be_believed(
    station: Any, responder: Responder, known: None, stored: Stored
) -> None:
    one, car, other = await station(), contract(responder), contract(responder)
    asked = question_about(car)
    answers = {
        "signed by somebody who may not speak": SUB.says(asked, signer=STRANGER, brings=[STRANGER]),
        "another certificate": SUB.says(asked, serial_number=other.certificate.serial_number),
        "held until": SUB.says(asked, since=timedelta(days=-366), until=timedelta(days=-365)),
        "no OCSP answer": b"<html>fine</html>",
        "does not know the certificate": SUB.says(asked, "unknown"),
    }
    for why, said in answers.items():
        responder.instead = answer(200, body=said)
        assert both(await one.call("Authorize", shown(car, SUB))) == BROKEN
        assert why in (await stored.alarms("contract_certificate"))[0].detail
    responder.instead = answer(503)
    assert both(await one.call("Authorize", shown(car, SUB))) == BROKEN
    responder.instead = None
    assert both(await one.call("Authorize", shown(car, SUB))) == ("Accepted", "Accepted")  # nothing of it was kept


async def test_C07_FR_17_what_nobody_can_prove_is_not_believed(
    station: Any, responder: Responder, known: None, stored: Stored
) -> None:
    """A charger tells only hashes, and the answer is signed by an authority that the settings do not name."""
    assert both(await (await station()).call("Authorize", hashes(responder, contract(responder)))) == BROKEN
    assert "is not among the authorities" in (await stored.alarms("contract_certificate"))[0].detail


async def test_ATK_14_a_charger_cannot_use_us_to_reach_what_it_may_not(
    app: Any, station: Any, responder: Responder, known: None, stored: Stored
) -> None:
    one, car = await station(), contract(responder)
    for url in ("http://169.254.169.254/latest/meta-data/", f"http://[::1]:{responder.port}/", "file:///etc/passwd"):
        assert both(await one.call("Authorize", hashes(responder, car, url))) == BROKEN
        told = await one.call("GetCertificateStatus", {"ocspRequestData": ROOT.named(url, SUB)})
        assert told["status"] == "Failed"
        assert told["statusInfo"]["additionalInfo"] == "the address of the responder may not be reached from here."
    assert responder.connections == 0


async def test_a_card_is_let_in_while_a_car_waits_elsewhere(station: Any, known: None) -> None:
    may_answer = asyncio.Event()
    async with listening(Slow(may_answer, SUB)) as slow:
        one, two = await station("CP1"), await station("CP2")
        car = SUB.issue(EMAID, responder=slow.url)
        waiting = asyncio.create_task(one.call("Authorize", shown(car, SUB)))
        await slow.came.wait()
        assert (await two.call("Authorize", {"idToken": card()}))["idTokenInfo"]["status"] == "Accepted"
        may_answer.set()
        assert both(await waiting) == ("Accepted", "Accepted")


class Slow(Responder):
    def __init__(self, may_answer: asyncio.Event, *authorities: Holder) -> None:
        super().__init__(*authorities)
        self.came, self._may_answer = asyncio.Event(), may_answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came.set()
        await self._may_answer.wait()
        await super().serve(reader, writer)


async def test_a_card_without_a_certificate_asks_nobody(station: Any, responder: Responder, known: None) -> None:
    answer = await (await station()).call("Authorize", {"idToken": card(EMAID, "eMAID")})
    assert answer["idTokenInfo"]["status"] == "Accepted" and "certificateStatus" not in answer
    assert responder.questions == []


@pytest.mark.parametrize("told", ["de-8aa-1a2b3c4d5", "DE8AA1A2B3C4D59", "DE-8AA-1A2B3C4D5-9"])
async def test_a_contract_is_known_however_it_is_written(station: Any, known: None, stored: Stored, told: str) -> None:
    one = await station()
    answer = await one.call("Authorize", {"idToken": card(told, "eMAID")})
    assert answer["idTokenInfo"]["status"] == "Accepted"
    answer = await one.event(
        "Started", 0, trigger="Authorized", idToken=card(told, "eMAID"), evse={"id": 1, "connectorId": 1}
    )
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert (await stored.session()).token == EMAID
    answer = await one.call("Authorize", {"idToken": card(told, "ISO14443")})
    assert answer["idTokenInfo"]["status"] in ("Unknown", "Invalid")


async def test_CON_21_a_charger_that_is_not_accepted_asks_nobody(app: Any, station: Any, responder: Responder) -> None:
    one = await station()
    home = await app.database.write(organizations.home)
    await app.database.write(stations.change, home, "CP1", {"registration": "pending"})
    while app.directory.find("CP1").station.registration != "pending":
        await app.directory.refresh()
    for action, told in (
        ("GetCertificateStatus", {"ocspRequestData": ROOT.named(responder.url, SUB)}),
        ("Authorize", hashes(responder, contract(responder))),
    ):
        with pytest.raises(CallError, match="SecurityError"):
            await one.call(action, told)
    assert responder.connections == 0


# GetCertificateStatus


async def status_of(one: Any, responder: Responder, certificate: Holder = SUB, issuer: Holder = ROOT) -> Any:
    return await one.call("GetCertificateStatus", {"ocspRequestData": issuer.named(responder.url, certificate)})


@pytest.mark.parametrize("status", ["good", "revoked"])
async def test_M06_FR_02_FR_03_FR_09_the_signed_answer_is_handed_over(
    app: Any, station: Any, responder: Responder, status: str
) -> None:
    one = await station()
    if status == "revoked":
        responder.revoked.add(SUB.certificate.serial_number)
    told = await status_of(one, responder)
    found = ocsp.load_der_ocsp_response(base64.b64decode(told["ocspResult"], validate=True))
    assert (told["status"], found.certificate_status.name) == ("Accepted", status.upper())
    assert found.serial_number == SUB.certificate.serial_number
    assert await status_of(one, responder) == told
    assert len(responder.questions) == 1
    metrics = (await Metrics(app.database, app.gate.counts, app.directory, outside=app.outside).text()).decode()
    assert f'stationmaster_certificate_questions_total{{of="ocsp",outcome="{status}"}} 1.0' in metrics
    assert 'stationmaster_certificate_questions_total{of="ocsp",outcome="known"} 1.0' in metrics


async def test_M06_an_answer_that_only_the_car_can_verify_is_handed_over_and_not_kept(
    station: Any, responder: Responder
) -> None:
    one, car = await station(), contract(responder)
    for count in (1, 2):
        told = await status_of(one, responder, car, SUB)
        assert told["status"] == "Accepted" and len(responder.questions) == count


async def test_M06_FR_04_without_an_answer_it_has_failed_and_says_why(station: Any, responder: Responder) -> None:
    one, other = await station(), ROOT.issue("Other")
    question = question_about(SUB)
    too_long = ROOT.says(question, brings=[ROOT] * 60)
    answers = {
        "the responder answered 404.": answer(404),
        "what came is no OCSP answer.": answer(200, body=b"{}"),
        "the responder speaks of another certificate.": answer(
            200, body=ROOT.says(question, serial_number=other.certificate.serial_number)
        ),
        "the answer is signed by somebody who may not speak of this certificate.": answer(
            200, body=ROOT.says(question, signer=STRANGER)
        ),
        "is longer than a charger of": answer(200, body=too_long),
    }
    for why, said in answers.items():
        responder.instead = said
        told = await status_of(one, responder)
        assert told["status"] == "Failed" and "ocspResult" not in told
        assert told["statusInfo"]["reasonCode"] == "Unspecified" and why in told["statusInfo"]["additionalInfo"]
    told = await one.call(
        "GetCertificateStatus", {"ocspRequestData": ROOT.named(responder.url, SUB) | {"issuerKeyHash": "a"}}
    )
    assert told["statusInfo"]["additionalInfo"] == "it is not named as SHA256 names it."


# GetCertificateChainStatus


def asked_of(source: str, urls: list[str], certificate: Holder, issuer: Holder = ROOT) -> dict[str, Any]:
    name = {key: value for key, value in issuer.named("", certificate).items() if key != "responderURL"}
    return {"certificateHashData": name, "source": source, "urls": urls}


@pytest.mark.parametrize("version", ["2.1"])
async def test_M07_each_certificate_has_its_state(station: Any, responder: Responder) -> None:
    one = await station()
    good, revoked, unknown, other = (ROOT.issue(name) for name in ("A", "B", "C", "D"))
    responder.revoked.add(revoked.certificate.serial_number)
    responder.unknown.add(unknown.certificate.serial_number)
    async with receiving() as lists:
        lists.answers = [answer(404), answer(200, body=ROOT.revokes(other))]
        asked = [
            asked_of("OCSP", [responder.url], good),
            asked_of("OCSP", ["http://169.254.169.254/", responder.url], revoked),  # M07.FR.01: one of them
            asked_of("OCSP", [responder.url], unknown),
            asked_of("CRL", [lists.url, lists.url], other),
        ]
        told = await one.call("GetCertificateChainStatus", {"certificateStatusRequests": asked})
    statuses = told["certificateStatus"]
    assert [each["status"] for each in statuses] == ["Good", "Revoked", "Unknown", "Revoked"]
    assert [each["source"] for each in statuses] == ["OCSP", "OCSP", "OCSP", "CRL"]
    assert [each["certificateHashData"] for each in statuses] == [each["certificateHashData"] for each in asked]
    assert all(each["nextUpdate"] > now().isoformat() for each in statuses)


@pytest.mark.parametrize("version", ["2.1"])
async def test_M07_FR_02_FR_05_what_is_not_known_has_failed(station: Any, responder: Responder) -> None:
    one, car = await station(), contract(responder)
    gone = "http://127.0.0.1:1/"
    asked = [
        asked_of("OCSP", [gone], SUB),
        asked_of("CRL", [gone], SUB),
        asked_of("OCSP", ["http://10.0.0.1/"], SUB),
        asked_of("OCSP", [responder.url], car, SUB),  # nobody could prove it, and our word is all that the charger gets
    ]
    told = await one.call("GetCertificateChainStatus", {"certificateStatusRequests": asked})
    assert [each["status"] for each in told["certificateStatus"]] == ["Failed"] * 4


# Get15118EVCertificate

SCHEMA = "urn:iso:15118:2:2013:MsgDef"
REQUEST = {"iso15118SchemaVersion": SCHEMA, "action": "Install", "exiRequest": "gJgC"}


def provides(**told: Any) -> bytes:
    return answer(200, "Content-Type: application/json", body=json.dumps(told).encode())


@pytest.mark.parametrize("action", ["Install", "Update"])
async def test_M01_M02_what_a_car_wants_goes_to_the_provider_and_back(
    station: Any, provider: Receiver, action: str
) -> None:
    provider.answers = [provides(status="Accepted", exiResponse=EXI)]
    told = await (await station()).call("Get15118EVCertificate", REQUEST | {"action": action})
    assert told == {"status": "Accepted", "exiResponse": EXI}
    [asked] = provider.requests
    assert (asked.method, asked.headers["authorization"]) == ("POST", "Bearer 12345")
    assert json.loads(asked.body) == {
        "station": "CP1",
        "schemaVersion": SCHEMA,
        "action": action,
        "exiRequest": "gJgC",
    }


@pytest.mark.parametrize("version", ["2.1"])
async def test_M01_FR_04_FR_07_further_contracts_are_handed_over_one_by_one(station: Any, provider: Receiver) -> None:
    one = await station()
    provider.answers = [provides(status="Accepted", exiResponse="AAAA", further=["BBBB", "CCCC", "DDDD"])]
    wish = REQUEST | {"maximumContractCertificateChains": 3, "prioritizedEMAIDs": [EMAID]}
    told = [await one.call("Get15118EVCertificate", wish) for _ in range(3)]
    assert [(each["exiResponse"], each["remainingContracts"]) for each in told] == [
        ("AAAA", 2),
        ("BBBB", 1),
        ("CCCC", 0),
    ]
    [asked] = provider.requests
    assert json.loads(asked.body)["maximumContractCertificateChains"] == 3
    assert json.loads(asked.body)["prioritizedEMAIDs"] == [EMAID]
    provider.answers = [provides(status="Failed", reason="none left")]
    assert (await one.call("Get15118EVCertificate", wish))["status"] == "Failed"  # asked anew


async def test_M01_without_an_answer_it_has_failed_and_says_why(station: Any, provider: Receiver) -> None:
    one = await station()
    answers = {
        "the provider has refused: the contract has ended.": provides(status="Failed", reason="the contract has ended"),
        "the provider has refused: it says not why.": provides(status="Failed"),
        "the provider answered 500.": answer(500),
        "the provider answered 302.": answer(302, "Location: http://127.0.0.1/"),
        "what the provider answered cannot be read.": answer(200, body=b"<html>"),
        "the provider's answer for the car is empty, or not in base64.": provides(status="Accepted", exiResponse="?"),
        "the provider's answer is longer than a charger takes": provides(status="Accepted", exiResponse="A" * 17_004),
    }
    for why, said in answers.items():
        provider.answers = [said]
        told = await one.call("Get15118EVCertificate", REQUEST)
        assert (told["status"], told["exiResponse"]) == ("Failed", "")
        assert why in told["statusInfo"]["additionalInfo"]
    assert len(provider.requests) == len(answers)


class TestWithoutAProvider:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        settings.plug_and_charge = PlugAndCharge()
        return settings

    async def test_M01_it_has_failed_and_says_what_is_missing(self, station: Any) -> None:
        told = await (await station()).call("Get15118EVCertificate", REQUEST)
        why = "there is no provider of contract certificates in the settings."
        assert told == {
            "status": "Failed",
            "exiResponse": "",
            "statusInfo": {"reasonCode": "Unspecified", "additionalInfo": why},
        }

    async def test_C07_FR_17_without_authorities_no_chain_is_believed(
        self, station: Any, responder: Responder, known: None
    ) -> None:
        assert both(await (await station()).call("Authorize", shown(contract(responder), SUB))) == BROKEN


# Chargers of 1.6, with messages of 2.0.1 inside of DataTransfer

PNC = "org.openchargealliance.iso15118pnc"


async def inside(old: Any, message: str, told: Any) -> Any:
    data = told if isinstance(told, str) else json.dumps(told)
    answer = await old.call("DataTransfer", {"vendorId": PNC, "messageId": message, "data": data})
    return json.loads(answer["data"]) if answer["status"] == "Accepted" else answer


async def test_C07_1_6_a_car_charges_by_its_contract(
    charger: Any, responder: Responder, known: None, stored: Stored
) -> None:
    old, car, revoked = await charger("OLD"), contract(responder), contract(responder)
    assert both(await inside(old, "Authorize", shown(car, SUB))) == ("Accepted", "Accepted")
    responder.revoked.add(revoked.certificate.serial_number)
    for token in (card(EMAID, "eMAID"), EMAID):  # some say only the number
        told = shown(revoked, SUB) | {"idToken": token}
        assert both(await inside(old, "Authorize", told)) == ("CertificateRevoked", "Invalid")
    assert both(await inside(old, "Authorize", shown(contract(responder)))) == BROKEN
    assert "goes back to CN=MO Sub-CA 2" in (await stored.alarms("contract_certificate"))[0].detail
    assert (await inside(old, "Authorize", {"idToken": EMAID}))["idTokenInfo"]["status"] == "Accepted"  # without one
    started = {"connectorId": 1, "idTag": "DE-8AA-1A2B3C4D5", "meterStart": 0, "timestamp": now().isoformat()}
    assert (await old.call("StartTransaction", started))["idTagInfo"]["status"] == "Accepted"
    assert (await stored.session()).token == EMAID


async def test_M06_M01_1_6_certificates_and_contracts_are_asked_for(
    charger: Any, responder: Responder, provider: Receiver
) -> None:
    old = await charger("OLD")
    told = await inside(old, "GetCertificateStatus", {"ocspRequestData": ROOT.named(responder.url, SUB)})
    found = ocsp.load_der_ocsp_response(base64.b64decode(told["ocspResult"], validate=True))
    assert (told["status"], found.serial_number) == ("Accepted", SUB.certificate.serial_number)
    provider.answers = [provides(status="Accepted", exiResponse=EXI)]
    assert await inside(old, "Get15118EVCertificate", REQUEST) == {"status": "Accepted", "exiResponse": EXI}
    other = ROOT.named("http://10.0.0.1/", ROOT.issue("Other"))
    told = await inside(old, "GetCertificateStatus", {"ocspRequestData": other})
    assert told["statusInfo"]["additionalInfo"] == "the address of the responder may not be reached from here."


@pytest.mark.parametrize(
    "told",
    ["", "{", "[]", "null", "{}", "[" * 5000, '{"idToken": {"idToken": "A"}}', '{"idToken": 1, "certificate": []}'],
)
async def test_1_6_what_nobody_can_read_is_rejected(charger: Any, told: str) -> None:
    assert await inside(await charger("OLD"), "Authorize", told) == {"status": "Rejected"}


async def test_1_6_what_is_not_known_is_told_so(charger: Any, responder: Responder) -> None:
    old = await charger("OLD")
    assert await inside(old, "Reset", {}) == {"status": "UnknownMessageId"}
    assert await old.call("DataTransfer", {"vendorId": PNC}) == {"status": "UnknownMessageId"}
    assert await old.call("DataTransfer", {"vendorId": "V", "messageId": "Authorize"}) == {"status": "UnknownVendorId"}
    assert await old.call("DataTransfer", {"vendorId": PNC, "messageId": "Authorize"}) == {"status": "Rejected"}


# What an operator sees of it


@pytest.mark.parametrize(
    "told, sentence",
    [
        ("Accepted", "The car has shown the certificate of its contract, and it holds."),
        ("CertificateRevoked", "The certificate of the car's contract was revoked."),
        ("CertChainError", "could not be verified; the alarms of the charger say why."),
    ],
)
def test_what_happened_says_what_came_of_the_certificate(told: str, sentence: str) -> None:
    exchange = Exchange(
        direction="in",
        message_id="1",
        action="Authorize",
        outcome="ok",
        request=json.dumps({"idToken": card(EMAID, "eMAID")}),
        response=json.dumps({"idTokenInfo": {"status": "Invalid"}, "certificateStatus": told}),
    )
    assert sentence in sentences.sentence(exchange)


def test_a_file_of_authorities_that_cannot_be_read_ends_the_start(settings: Settings, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for path, why in ((empty, "there is no certificate"), (tmp_path / "none.pem", "No such file")):
        settings.plug_and_charge = PlugAndCharge(authorities=[path])
        with pytest.raises(BadSettings, match=f"plug_and_charge.authorities: .*{path.name}: {why}"):
            App(settings)


@pytest.mark.parametrize("url", ["ftp://example.org/", "https://name:word@example.org/", "example.org"])
def test_an_address_of_a_provider_is_one(url: str) -> None:
    with pytest.raises(ValidationError, match="must"):
        PlugAndCharge(provider_url=url)


def test_API_27_the_secret_of_the_provider_is_in_no_trace() -> None:
    assert "12345678" not in repr(PlugAndCharge(provider_url="https://example.org/", secret="Bearer 12345678"))
