"""What an enemy or a broken line makes of answers, lists and chains: it is refused in our words, and what is let through says what was signed."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

from cryptography.hazmat.primitives.serialization import Encoding

from stationmaster.outside.pki import Authorities, BadChain, Unusable, chains, crls, named, ocsp
from tests.pki.authority import made, now, question_about

ROOT = made("V2G Root", authority=True)
SUB = ROOT.issue("MO Sub-CA", authority=True, path_length=0)
CAR = SUB.issue("DE8AA1A2B3C4D5", responder="http://192.0.2.1/")
RESPONDER = SUB.issue("Responder", answers=True)
TRUSTED = Authorities([ROOT.certificate, SUB.certificate])
WHICH = named.of(CAR.certificate, SUB.certificate)
TIMES = 3000


def mutated(seed: bytes) -> Iterator[bytes]:
    chance = random.Random(15118)
    for _ in range(TIMES):
        broken = bytearray(seed)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            place, few = chance.randrange(len(broken)), chance.randrange(1, 9)
            match chance.randrange(4):
                case 0:
                    broken[place] = chance.randrange(256)
                case 1:
                    broken[place] ^= 1 << chance.randrange(8)
                case 2 if len(broken) > few:
                    del broken[place : place + few]
                case _:
                    broken[place:place] = chance.randbytes(few)
        yield bytes(broken)


def test_answers_of_responders() -> None:
    asked = question_about(CAR)
    for whole, status in (
        (SUB.says(asked, "revoked", signer=RESPONDER, brings=[RESPONDER]), "revoked"),
        (SUB.says(asked, "good"), "good"),
    ):
        refused = 0
        for der in mutated(whole):
            try:
                told = ocsp.answer(der, WHICH, TRUSTED, now=now())
            except Unusable:
                refused += 1
            else:
                assert (told.status, told.proven) == (status, True)
        assert refused > TIMES / 2


def test_lists() -> None:
    refused = 0
    for der in mutated(SUB.revokes(CAR)):
        try:
            told = crls.answer(der, WHICH, TRUSTED, now=now())
        except Unusable:
            refused += 1
        else:
            assert told.status == "revoked"
    assert refused > TIMES / 2


def test_chains() -> None:
    der = CAR.certificate.public_bytes(Encoding.DER)
    refused = 0
    for broken in mutated(der):
        body = base64.encodebytes(broken).decode()
        pem = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
        try:
            path = chains.verified(pem + SUB.pem, TRUSTED, now=now())
        except BadChain:
            refused += 1
        else:
            assert path[0].tbs_certificate_bytes == CAR.certificate.tbs_certificate_bytes
            assert path[1:] == [SUB.certificate, ROOT.certificate]
    assert refused > TIMES / 2
