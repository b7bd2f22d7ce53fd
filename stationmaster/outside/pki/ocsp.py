"""Questions to OCSP responders, and what is to be believed of their answers (RFC 6960)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from stationmaster.outside.pki.named import (
    ALGORITHMS,
    Authorities,
    Named,
    Status,
    Told,
    Unusable,
    issued,
    signed,
)
from stationmaster.x509_errors import UNREADABLE

CLOCKS_APART = timedelta(minutes=5)
MOST_BROUGHT = 4  # certificates that come with an answer and are looked at: trying a signature takes time, and anybody may send hundreds
OLDEST = timedelta(days=1)  # of an answer that does not say when there will be another
_STATUS: dict[ocsp.OCSPCertStatus, Status] = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


def question(named: Named) -> bytes:
    """DER, without a nonce: responders that answer from what they have signed before could not give it back."""
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        named.issuer_name, named.issuer_key, named.serial, ALGORITHMS[named.algorithm]
    )
    return builder.build().public_bytes(Encoding.DER)


def answer(
    der: bytes, named: Named, authorities: Authorities, *, now: datetime, issuer: x509.Certificate | None = None
) -> Told:
    """What a responder says of this certificate. Raises `Unusable` for what is no answer, of another one, of another time, or of
    somebody who may not say so. Where the authority's own certificate is not at hand, the answer is not proven."""
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            status = response.response_status.name.lower().replace("_", " ")
            raise Unusable(f"the responder has no answer ({status})")
        single = next((each for each in response.responses if _about(each, named)), None)
        if single is None:
            raise Unusable("the responder speaks of another certificate")
        _check_times(single, now)
        brought = response.certificates[:MOST_BROUGHT]
        authority = authorities.who_issued(named, brought if issuer is None else (issuer, *brought))
        proven = _proven(response, brought, authority, now)
        return Told(_STATUS[single.certificate_status], single.next_update_utc, proven, der)
    except UNREADABLE:
        raise Unusable("what came is no OCSP answer") from None


def _about(single: ocsp.OCSPSingleResponse, named: Named) -> bool:
    return (
        single.hash_algorithm.name == ALGORITHMS[named.algorithm].name
        and single.issuer_name_hash == named.issuer_name
        and single.issuer_key_hash == named.issuer_key
        and single.serial_number == named.serial
    )


def _check_times(single: ocsp.OCSPSingleResponse, now: datetime) -> None:
    since, until = single.this_update_utc, single.next_update_utc
    if since > now + CLOCKS_APART:
        raise Unusable(f"the answer holds from {since:%Y-%m-%d %H:%M} UTC on, which is yet to come; look at the clocks")
    if until is not None and until <= now:
        raise Unusable(f"the answer held until {until:%Y-%m-%d %H:%M} UTC only")
    if until is None and since < now - OLDEST:
        raise Unusable(f"the answer is of {since:%Y-%m-%d %H:%M} UTC, and says not how long it holds")


def _proven(
    response: ocsp.OCSPResponse,
    brought: Sequence[x509.Certificate],
    authority: x509.Certificate | None,
    now: datetime,
) -> bool:
    """Whether it was the authority, or who may answer for it (§4.2.2.2). Raises `Unusable` for anybody else."""
    if authority is not None and _signed_by(response, authority):
        return True
    signers = [each for each in brought if _signed_by(response, each)]
    if authority is not None:
        if any(_may_answer(each, now) and issued(each, authority) for each in signers):
            return True
        raise Unusable("the answer is signed by somebody who may not speak of this certificate")
    if brought and not any(_may_answer(each, now) for each in signers):
        raise Unusable("the answer is signed by somebody who may not speak of this certificate")
    return False


def _signed_by(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    algorithm = response.signature_hash_algorithm
    return signed(signer.public_key(), response.signature, response.tbs_response_bytes, algorithm)


def _may_answer(signer: x509.Certificate, now: datetime) -> bool:
    """Whether an authority has made this certificate for answers, and it holds."""
    if not signer.not_valid_before_utc <= now < signer.not_valid_after_utc:
        return False
    try:
        uses: Sequence[x509.ObjectIdentifier] = list(
            signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        )
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in uses
