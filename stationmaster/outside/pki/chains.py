"""The chain of a contract certificate, verified against the authorities that an operator trusts (OCPP 2.x C07.FR.06, RFC 5280 §6)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cryptography import x509

from stationmaster.outside.pki.named import Authorities, in_words, issued, load
from stationmaster.x509_errors import UNREADABLE

MOST = 6  # certificates from the contract to the root; ISO 15118 has four
KNOWN = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.CertificatePolicies)


class BadChain(Exception):
    """It is not to be believed; the reason in a sentence without an end."""

    def __init__(self, reason: str, kind: Literal["expired", "broken"] = "broken") -> None:
        super().__init__(reason)
        self.kind = kind


def verified(pem: str, authorities: Authorities, *, now: datetime) -> list[x509.Certificate]:
    """From the contract certificate, which is the first of the text, to a root. Raises `BadChain`."""
    try:
        brought = load(pem.replace("\\n", "\n").encode())  # so some chargers write the end of a line
        if len(brought) > MOST:  # each is tried against each, which takes time
            raise BadChain("the chain of certificates is too long")
        path = _path(brought, authorities)
        _check(path)
    except UNREADABLE:
        raise BadChain("the certificate cannot be read") from None
    for each in path:
        if now >= each.not_valid_after_utc:
            until = f"{each.not_valid_after_utc:%Y-%m-%d %H:%M}"
            raise BadChain(f"the certificate of {in_words(each.subject)} was valid until {until} UTC", "expired")
        if now < each.not_valid_before_utc:
            since = f"{each.not_valid_before_utc:%Y-%m-%d %H:%M}"
            raise BadChain(f"the certificate of {in_words(each.subject)} is valid from {since} UTC on only")
    return path


def names_of(certificate: x509.Certificate) -> list[str]:
    """Of a contract certificate they are the contract's."""
    return [str(each.value) for each in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]


def _path(brought: list[x509.Certificate], authorities: Authorities) -> list[x509.Certificate]:
    path = [brought[0]]
    if authorities.is_root(path[0]):
        raise BadChain("the certificate is one of an authority, and of no car")
    while not authorities.is_root(path[-1]):
        last = path[-1]
        issuer = next((each for each in (*authorities.all, *brought) if each not in path and issued(last, each)), None)
        if issuer is None:
            who = in_words(last.issuer)
            raise BadChain(f"it goes back to {who}, which is not among the authorities of the settings")
        path.append(issuer)
        if len(path) > MOST:
            raise BadChain("the chain of certificates is too long")
    return path


def _check(path: list[x509.Certificate]) -> None:
    """What each may sign, as those above it have said."""
    for place, each in enumerate(path):
        constraints, usage = None, None
        for extension in each.extensions:
            if isinstance(extension.value, x509.BasicConstraints):
                constraints = extension.value
            elif isinstance(extension.value, x509.KeyUsage):
                usage = extension.value
            elif extension.critical and not isinstance(extension.value, KNOWN):
                raise BadChain(f"the certificate of {in_words(each.subject)} has a condition that is not known here")
        is_authority = constraints is not None and constraints.ca
        if place == 0:
            if is_authority:
                raise BadChain("the certificate is one of an authority, and of no car")
            continue
        below = place - 1  # authorities between this one and the contract
        if constraints is None or not is_authority or (usage is not None and not usage.key_cert_sign):
            raise BadChain(f"{in_words(each.subject)} is no authority, and has signed a certificate")
        if constraints.path_length is not None and constraints.path_length < below:
            raise BadChain(f"{in_words(each.subject)} may not have so many authorities below it")
