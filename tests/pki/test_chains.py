"""The chain of a contract certificate: from the car to a root that the operator trusts, each link in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from stationmaster.domain import contract_ids
from stationmaster.outside.pki import Authorities, BadChain, chains
from stationmaster.outside.pki.named import MOST_BITS, signed
from tests.pki.authority import SHA256, Holder, made, now

ROOT = made("MO Root", authority=True)
SUB_1 = ROOT.issue("MO Sub-CA 1", authority=True, path_length=1)
SUB_2 = SUB_1.issue("MO Sub-CA 2", authority=True, path_length=0)
CAR = SUB_2.issue("DE8AA1A2B3C4D5")
STRANGER = made("MO Root", authority=True)
TRUSTED = Authorities([ROOT.certificate])
USAGE = x509.KeyUsage(True, False, False, False, False, False, False, False, False)  # to sign with, and no certificates


def verified(*chain: Holder, authorities: Authorities = TRUSTED) -> list[x509.Certificate]:
    return chains.verified("".join(each.pem for each in chain), authorities, now=now())


WHOLE = [each.certificate for each in (CAR, SUB_2, SUB_1, ROOT)]


@pytest.mark.parametrize(
    "chain", [(CAR, SUB_2, SUB_1), (CAR, SUB_1, SUB_2), (CAR, ROOT, SUB_1, SUB_2), (CAR, CAR, SUB_1, SUB_2)]
)
def test_C07_FR_06_a_chain_leads_to_a_root_of_the_operator(chain: tuple[Holder, ...]) -> None:
    assert verified(*chain) == WHOLE


def test_what_a_charger_leaves_out_may_be_among_the_authorities() -> None:
    trusted = Authorities([each.certificate for each in (SUB_2, ROOT, SUB_1)])
    assert verified(CAR, authorities=trusted) == WHOLE
    assert verified(SUB_2.issue("DE1"), authorities=trusted)[1:] == WHOLE[1:]


def test_C07_FR_17_what_has_a_name_that_the_library_cannot_read_is_refused() -> None:
    """An X.400 address, which is an exception of its own."""
    address = x509.UnrecognizedExtension(
        x509.SubjectAlternativeName.oid, bytes.fromhex("3006a304300261 00".replace(" ", ""))
    )
    with pytest.raises(BadChain, match="cannot be read"):
        verified(SUB_2.issue("DE1", extensions=[(address, False)]), SUB_2, SUB_1)


def test_a_signature_that_takes_long_to_try_is_not_tried() -> None:
    """5 ms with a key of 16384 bits, for which all chargers would wait."""
    root = made("Long", authority=True, key=rsa.generate_private_key(65537, MOST_BITS + 8))
    authorities = Authorities([root.certificate])
    assert not authorities.is_root(root.certificate)
    assert not signed(root.certificate.public_key(), b"", b"", SHA256)
    with pytest.raises(BadChain, match="which is not among"):
        verified(root.issue("DE1"), root, authorities=authorities)


@pytest.mark.parametrize(
    "chain, why",
    [
        ((CAR,), "goes back to CN=MO Sub-CA 2, which is not among"),
        ((CAR, SUB_2), "goes back to CN=MO Sub-CA 1, which is not among"),
        ((STRANGER.issue("DE1"), STRANGER), "goes back to CN=MO Root, which is not among"),
        ((made("DE1"),), "goes back to CN=DE1, which is not among"),
        ((ROOT,), "one of an authority, and of no car"),
        ((SUB_2, SUB_1), "one of an authority, and of no car"),
        ((CAR.issue("DE1"), CAR, SUB_2, SUB_1), "CN=DE8AA1A2B3C4D5 is no authority"),
        ((SUB_1.issue("Sub", authority=True, extensions=[(USAGE, True)]).issue("DE1"),), "which is not among"),
    ],
)
def test_C07_FR_17_what_leads_nowhere_is_refused(chain: tuple[Holder, ...], why: str) -> None:
    with pytest.raises(BadChain, match=why) as bad:
        verified(*chain)
    assert bad.value.kind == "broken"


def test_C07_FR_17_an_authority_signs_only_what_those_above_it_let_it() -> None:
    no_signer = SUB_1.issue("Sub", authority=True, extensions=[(USAGE, True)])
    with pytest.raises(BadChain, match="CN=Sub is no authority"):
        verified(no_signer.issue("DE1"), no_signer, SUB_1)
    third = SUB_2.issue("MO Sub-CA 3", authority=True)
    with pytest.raises(BadChain, match="CN=MO Sub-CA 2 may not have so many"):
        verified(third.issue("DE1"), third, SUB_2, SUB_1)


def test_C07_FR_17_a_condition_that_is_not_known_is_not_passed_over() -> None:
    names = x509.NameConstraints(permitted_subtrees=[x509.DNSName("example.org")], excluded_subtrees=None)
    narrow = ROOT.issue("Narrow", authority=True, extensions=[(names, True)])
    with pytest.raises(BadChain, match="CN=Narrow has a condition that is not known here"):
        verified(narrow.issue("DE1"), narrow)
    wide = ROOT.issue("Wide", authority=True, extensions=[(names, False)])
    assert verified(wide.issue("DE1"), wide)[1] == wide.certificate


@pytest.mark.parametrize("place", [0, 1, 2])
def test_C07_FR_15_each_certificate_of_a_chain_must_hold_now(place: int) -> None:
    over: list[dict[str, Any]] = [{}, {}, {}]
    over[place] = {"until": timedelta(hours=-1)}
    root = made("Root", authority=True, **over[2])
    below = root.issue("Sub", authority=True, **over[1])
    with pytest.raises(BadChain, match="was valid until") as bad:
        verified(below.issue("DE1", **over[0]), below, authorities=Authorities([root.certificate]))
    assert bad.value.kind == "expired"


def test_C07_FR_17_a_certificate_that_is_yet_to_hold_is_refused() -> None:
    with pytest.raises(BadChain, match="is valid from") as bad:
        verified(SUB_2.issue("DE1", since=timedelta(hours=1)), SUB_2, SUB_1)
    assert bad.value.kind == "broken"


def test_some_chargers_write_the_end_of_a_line_in_two_characters() -> None:
    text = "".join(each.pem for each in (CAR, SUB_2, SUB_1)).replace("\n", "\\n")
    assert chains.verified(text, TRUSTED, now=now()) == WHOLE


def test_a_chain_without_end_is_cut() -> None:
    last, chain = ROOT, list[Holder]()
    for number in range(8):
        last = last.issue(f"Sub {number}", authority=True)
        chain.insert(0, last)
    with pytest.raises(BadChain, match="too long"):
        verified(last.issue("DE1"), *chain)
    with pytest.raises(BadChain, match="too long"):
        verified(last.issue("DE1"), authorities=Authorities(each.certificate for each in (ROOT, *chain)))


@pytest.mark.parametrize(
    "text", ["", "-----BEGIN", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\0"]
)
def test_C07_FR_17_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(BadChain, match="cannot be read"):
        chains.verified(text, TRUSTED, now=now())


@pytest.mark.parametrize(
    "name, contract, same",
    [
        ("DE8AA1A2B3C4D5", "DE8AA1A2B3C4D5", True),
        ("DE-8AA-1A2B3C4D5", "de8aa1a2b3c4d5", True),
        ("DE8AA1A2B3C4D59", "DE-8AA-1A2B3C4D5-9", True),
        ("DE8AA1A2B3C4D5", "DE8AA1A2B3C4D59", True),  # the check digit is written or not
        ("DE8AA1A2B3C4D59", "DE8AA1A2B3C4D58", False),
        ("DE8AA1A2B3C4D5", "DE8AA1A2B3C4D6", False),
        ("DE8AA1A2B3C4D", "DE8AA1A2B3C4D5", False),
        ("-", "-", False),
        ("DE8AA1A2B3C4D5", "", False),
    ],
)
def test_whose_contract_a_certificate_is(name: str, contract: str, same: bool) -> None:
    names = chains.names_of(made(name).certificate)
    assert any(contract_ids.same(each, contract) for each in names) is same
