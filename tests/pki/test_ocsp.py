"""What is believed of an OCSP answer: an authority's own word, about this certificate, of now."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as library

from stationmaster.outside.pki import Authorities, Unusable, crls, named, ocsp
from stationmaster.outside.pki.named import ALGORITHMS, Named
from tests.pki import told_by_openssl
from tests.pki.authority import Holder, made, now, question_about

ROOT = made("MO Root", authority=True)
CAR = ROOT.issue("DE8AA1A2B3C4D5")
OTHER_CAR = ROOT.issue("DE8AA1A2B3C4D6")
STRANGER = made("MO Root", authority=True)  # with the same name, and another key
MAY = ROOT.issue("Responder", answers=True)
MAY_NOT = ROOT.issue("Some charger")
NO_MORE = ROOT.issue("Old responder", answers=True, until=timedelta(days=-1))
STRANGERS = STRANGER.issue("Responder", answers=True)
TRUSTED = Authorities([ROOT.certificate])
NOBODY = Authorities()

WHICH = named.of(CAR.certificate, ROOT.certificate)
ASKED = question_about(CAR)


def judged(der: bytes, authorities: Authorities = TRUSTED) -> ocsp.Told:
    return ocsp.answer(der, WHICH, authorities, now=now())


def test_the_question_names_the_certificate_as_it_was_named_to_us() -> None:
    asked = library.load_der_ocsp_request(ocsp.question(WHICH))
    assert asked.public_bytes(Encoding.DER) == ASKED.public_bytes(Encoding.DER)


@pytest.mark.parametrize("status", ["good", "revoked", "unknown"])
@pytest.mark.parametrize(
    "how",
    [{}, {"brings": [ROOT]}, {"signer": MAY, "brings": [MAY]}, {"signer": MAY, "brings": [ROOT, MAY]}],
    ids=["itself", "with its certificate", "by a responder", "by a responder, with both"],
)
def test_C07_FR_05_what_the_authority_says_is_believed(status: Any, how: dict[str, Any]) -> None:
    der = ROOT.says(ASKED, status, **how)
    assert judged(der)[:3] == (status, library.load_der_ocsp_response(der).next_update_utc, True)


@pytest.mark.parametrize("signer, brings", [(ROOT, [ROOT]), (MAY, [ROOT, MAY])])
def test_whose_key_the_question_names_is_believed_whoever_has_brought_it(signer: Holder, brings: list[Holder]) -> None:
    assert judged(ROOT.says(ASKED, signer=signer, brings=brings), NOBODY).proven


@pytest.mark.parametrize("signer, brings", [(ROOT, []), (MAY, [MAY]), (STRANGER, []), (STRANGERS, [STRANGERS])])
def test_where_the_authority_is_not_at_hand_nothing_is_proven(signer: Holder, brings: list[Holder]) -> None:
    assert not judged(ROOT.says(ASKED, signer=signer, brings=brings), NOBODY).proven


@pytest.mark.parametrize(
    "signer, brings",
    [
        (STRANGER, []),
        (STRANGER, [STRANGER]),
        (STRANGER, [ROOT]),
        (STRANGERS, [STRANGERS]),
        (STRANGERS, [STRANGER, STRANGERS]),
        (MAY_NOT, [MAY_NOT]),
        (NO_MORE, [NO_MORE]),
        (STRANGERS, [MAY]),
        (CAR, [CAR]),
    ],
)
def test_a_signature_by_somebody_else_is_refused(signer: Holder, brings: list[Holder]) -> None:
    with pytest.raises(Unusable, match="signed by somebody who may not speak"):
        judged(ROOT.says(ASKED, signer=signer, brings=brings))


def test_only_the_first_certificates_that_come_along_are_tried() -> None:
    assert judged(ROOT.says(ASKED, signer=MAY, brings=[CAR, CAR, CAR, MAY])).proven
    with pytest.raises(Unusable, match="signed by somebody who may not speak"):
        judged(ROOT.says(ASKED, signer=MAY, brings=[CAR, CAR, CAR, CAR, MAY]))


@pytest.mark.parametrize("signer", [STRANGER, MAY_NOT, NO_MORE])
def test_also_where_the_authority_is_not_at_hand(signer: Holder) -> None:
    with pytest.raises(Unusable, match="signed by somebody who may not speak"):
        judged(ROOT.says(ASKED, signer=signer, brings=[signer]), NOBODY)


@pytest.mark.parametrize(
    "times, why",
    [
        ({"since": timedelta(days=-366), "until": timedelta(days=-358)}, "held until"),
        ({"until": timedelta(seconds=-1)}, "held until"),
        ({"since": timedelta(hours=1)}, "yet to come"),
        ({"since": timedelta(days=-2), "until": None}, "says not how long"),
    ],
)
def test_an_answer_of_another_time_is_refused(times: dict[str, Any], why: str) -> None:
    with pytest.raises(Unusable, match=why):
        judged(ROOT.says(ASKED, **times))


def test_an_answer_of_today_that_says_not_how_long_it_holds_is_good_for_now() -> None:
    assert judged(ROOT.says(ASKED, until=None)).until is None


@pytest.mark.parametrize(
    "other",
    [
        {"serial_number": OTHER_CAR.certificate.serial_number},
        {"issuer_key_hash": bytes(32)},
        {"issuer_name_hash": bytes(32)},
    ],
)
def test_an_answer_about_another_certificate_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(Unusable, match="another certificate"):
        judged(ROOT.says(ASKED, **other))


@pytest.mark.parametrize("der", [b"", b"<html>", b"\x30\x03\x0a\x01\x00", b"\x00" * 65_536])
def test_what_is_no_answer_is_refused(der: bytes) -> None:
    with pytest.raises(Unusable, match="no OCSP answer"):
        judged(der)


def test_each_byte_of_an_answer_counts() -> None:
    whole = bytearray(ROOT.says(ASKED, "good"))
    for place in range(0, len(whole), 3):
        broken = bytearray(whole)
        broken[place] ^= 1
        try:
            told = judged(bytes(broken))
        except Unusable:
            continue
        assert told.proven and told.status == "good", place  # what is changed there is not signed, and says nothing


@pytest.mark.parametrize("status", [library.OCSPResponseStatus.TRY_LATER, library.OCSPResponseStatus.UNAUTHORIZED])
def test_a_responder_that_has_no_answer_says_so(status: library.OCSPResponseStatus) -> None:
    der = library.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
    with pytest.raises(Unusable, match=r"has no answer \((try later|unauthorized)\)"):
        judged(der)


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("written", ["hex", "HEX", "base64"])
def test_certificates_are_named_as_chargers_write_it(algorithm: str, written: str) -> None:
    request = library.OCSPRequestBuilder().add_certificate(CAR.certificate, ROOT.certificate, ALGORITHMS[algorithm])
    made = request.build()
    write = {"hex": bytes.hex, "HEX": lambda it: it.hex().upper(), "base64": lambda it: base64.b64encode(it).decode()}
    name, key = (write[written](each) for each in (made.issuer_name_hash, made.issuer_key_hash))
    which = named.read(algorithm, name, key, f"{made.serial_number:X}")
    assert which == Named(algorithm, made.issuer_name_hash, made.issuer_key_hash, made.serial_number)
    assert which.issued_by(ROOT.certificate) and not which.issued_by(STRANGER.certificate)


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithm": "SHA1"},
        {"issuer_name": "00"},
        {"issuer_key": "zz" * 32},
        {"serial": ""},
        {"serial": "xyz"},
        {"serial": "-1"},
    ],
)
def test_what_names_nothing_is_refused(wrong: dict[str, str]) -> None:
    right = {"algorithm": "SHA256", "issuer_name": "00" * 32, "issuer_key": "00" * 32, "serial": "1"}
    with pytest.raises(Unusable, match="named"):
        named.read(**(right | wrong))


def test_a_weak_signature_says_nothing() -> None:
    for algorithm, strong in ((hashes.SHA1(), False), (hashes.SHA256(), True)):
        signature = ROOT.key.sign(b"good", ec.ECDSA(algorithm))
        assert named.signed(ROOT.key.public_key(), signature, b"good", algorithm) is strong
        assert not named.signed(ROOT.key.public_key(), signature, b"bad", algorithm)


# What is not ours has answered these: openssl.

SAID_AT = datetime(2026, 11, 28, tzinfo=UTC)
THEIR_ROOT, *THEIR_CARS = (named.load(pem.encode())[0] for pem in (told_by_openssl.ROOT, *told_by_openssl.CARS))
THEIR_NAMES = dict(zip(("good", "revoked"), (named.of(each, THEIR_ROOT) for each in THEIR_CARS), strict=True))


@pytest.mark.parametrize("signer, status", told_by_openssl.ANSWERS)
def test_what_openssl_answers_is_understood(signer: str, status: str) -> None:
    der = base64.b64decode(told_by_openssl.ANSWERS[signer, status])
    told = ocsp.answer(der, THEIR_NAMES[status], Authorities([THEIR_ROOT]), now=SAID_AT)
    assert (told.status, told.proven) == (status, True)
    other = THEIR_NAMES["good" if status == "revoked" else "revoked"]
    with pytest.raises(Unusable, match="another certificate"):
        ocsp.answer(der, other, Authorities([THEIR_ROOT]), now=SAID_AT)
    with pytest.raises(Unusable, match="held until"):
        ocsp.answer(der, THEIR_NAMES[status], Authorities([THEIR_ROOT]), now=SAID_AT + timedelta(days=7))


@pytest.mark.parametrize("status", ["good", "revoked"])
def test_M07_the_list_of_openssl_is_understood(status: str) -> None:
    told = crls.answer(told_by_openssl.LIST.encode(), THEIR_NAMES[status], Authorities([THEIR_ROOT]), now=SAID_AT)
    assert told.status == status
