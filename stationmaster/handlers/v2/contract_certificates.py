"""Whether the contract certificate of a car is to be believed, asked before a unit of work (C07)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec
from cryptography import x509

from stationmaster.domain import contract_ids
from stationmaster.domain.stations import Station
from stationmaster.ocpp import v201
from stationmaster.outside import Outside
from stationmaster.outside.pki import BadChain, Named, Responders, Unusable, chains, named

MOST_S = 25.0  # whatever hangs; a charger waits half a minute


class Contract(msgspec.Struct, frozen=True):
    """What is known of the certificate that a car has shown, and why, in a sentence without an end."""

    verdict: Literal["good", "expired", "revoked", "unverified"]
    why: str = ""


class Question(NamedTuple):
    """A certificate, where to ask about it, and who has issued it where that is at hand."""

    which: Named
    urls: list[str]
    issuer: x509.Certificate | None = None


NOT_ASKED = Contract("unverified", "it took too long to find out")


def shown(request: v201.Authorize) -> bool:
    """Whether a car has shown a certificate."""
    return request.certificate is not None or request.iso15118_certificate_hash_data is not None


async def judge(outside: Outside, station: Station, request: v201.Authorize) -> Contract:
    """What responders and authorities say of it. A charger that could verify the chain names its certificates; one that could not hands it over."""
    responders = outside.responders
    if responders is None:
        return Contract("unverified", "nobody here can ask a responder")
    told = request.iso15118_certificate_hash_data or ()
    try:
        if request.certificate is None:
            questions = [Question(_named(each), [each.responder_url]) for each in told]
        else:
            questions = _of_chain(responders, request, told)
    except BadChain as error:
        return Contract("expired" if error.kind == "expired" else "unverified", str(error))
    except Unusable as error:
        return Contract("unverified", str(error))
    found = await asyncio.gather(*(_held(responders, station, each) for each in questions))
    for verdict in ("revoked", "unverified"):
        wrong = next((each for each in found if each.verdict == verdict), None)
        if wrong is not None:
            return wrong
    return Contract("good")


def _of_chain(
    responders: Responders, request: v201.Authorize, told: Sequence[v201.OCSPRequestDataType]
) -> list[Question]:
    """Whom to ask for each certificate of a chain that is in order. Raises `BadChain`, `Unusable`."""
    path = chains.verified(request.certificate or "", responders.authorities, now=responders.clock())
    token = request.id_token
    names = chains.names_of(path[0])
    if token.type == contract_ids.KIND and not any(contract_ids.same(each, token.id_token) for each in names):
        raise BadChain(f"the certificate is of {named.in_words(path[0].subject)}, and the car says {token.id_token}")
    urls = {_named(each).serial: each.responder_url for each in told}
    questions = []
    for place, (certificate, issuer) in enumerate(pairwise(path)):
        where = _where(certificate, urls)
        # An authority whose certificate names no responder has left nothing to ask; a contract without one cannot be taken back.
        if where:
            questions.append(Question(named.of(certificate, issuer), where, issuer))
        elif place == 0:
            raise Unusable("the certificate does not say who knows whether it still holds")
    return questions


def _where(certificate: x509.Certificate, told: dict[int, str]) -> list[str]:
    url = told.get(certificate.serial_number)
    return [*named.addresses(certificate)][:2] or ([] if url is None else [url])


async def _held(responders: Responders, station: Station, question: Question) -> Contract:
    """Whether one certificate still holds; the next address is asked where the one before has no answer."""
    why = ""
    for url in question.urls:
        try:
            told = await responders.ocsp(station.identity, question.which, url, issuer=question.issuer)
        except Unusable as error:
            why = str(error)
            continue
        if not told.proven:
            why = "who has issued the certificate is not among the authorities of the settings, so the answer proves nothing"
        elif told.status == "good":
            return Contract("good")
        elif told.status == "revoked":
            return Contract("revoked", f"the certificate with the number {question.which.serial:X} was revoked")
        else:
            why = f"the responder does not know the certificate with the number {question.which.serial:X}"
    return Contract("unverified", why)


def _named(told: v201.OCSPRequestDataType) -> Named:
    return named.read(told.hash_algorithm, told.issuer_name_hash, told.issuer_key_hash, told.serial_number)
