"""What a charger comes through: plain, or with TLS, and with which certificate of its own."""

from __future__ import annotations

import base64
import re
import ssl
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from stationmaster.domain.certificate_authority import record_of
from stationmaster.domain.x509 import is_strong
from stationmaster.gateway.proxies import elements, headers_named
from stationmaster.gateway.tls import NO_CHECK_TIME, Anchors
from stationmaster.x509_errors import UNREADABLE


class ClientCertificate(msgspec.Struct, frozen=True):
    """A charger's certificate, whose path to one of our authorities has been verified."""

    common_names: tuple[str, ...]
    organizations: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    record: int | None = None  # whose charger it was made for, when our own authority has signed it


class Channel(msgspec.Struct, frozen=True):
    """How the request has come."""

    secure: bool = False
    certificate: ClientCertificate | None = None
    problem: str | None = None  # with the certificate: a reason of the inbox


PLAIN = Channel()
SECURE = Channel(secure=True)


def of_tls(secured: ssl.SSLObject, anchors: Anchors | None) -> Channel:
    """What came through our own TLS, which has verified the certificate, if there is one, but for what depends on the day."""
    certificate = secured.getpeercert(binary_form=True)
    if certificate is None:
        return SECURE
    try:
        found, *above = [x509.load_der_x509_certificate(each) for each in _chain(secured) or [certificate]]
        problem = None
        if anchors is not None and secured.context.verify_flags & NO_CHECK_TIME:  # else TLS has done so
            problem = _wrong_today(found, above, anchors, datetime.now(UTC))
        return Channel(True, None if problem else _told(found), problem)
    except UNREADABLE:  # what verified it reads more than we do
        return Channel(True, None, UNKNOWN)


def _chain(secured: ssl.SSLObject) -> list[bytes]:
    """The path that was verified, the charger's own first. Empty for a session that is resumed: what stands above was looked at when
    it began."""
    if sys.version_info >= (3, 13):
        return secured.get_verified_chain()
    inner: Any = secured  # before 3.13 the call is there, and has no public name
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inner._sslobj.get_verified_chain() or ()]


def _wrong_today(
    certificate: x509.Certificate, above: Sequence[x509.Certificate], anchors: Anchors, now: datetime
) -> str | None:
    """What keeps out whoever comes with it. That it has ended is judged with the charger's record (`handshake.wrong_with`)."""
    if not all(_holds(each, now) for each in above):
        return UNKNOWN
    if now < certificate.not_valid_before_utc:
        return EXPIRED
    return None if anchors.has_list(certificate.issuer, now) else "tls_crl"


def of_proxy(headers: Mapping[str, str], header: str | None, anchors: Anchors | None) -> Channel | None:
    """What a trusted proxy says of how it has come; None when it says nothing of it (SEC-27).

    It is secure when every one of several proxies says so, so that what a charger writes itself makes nothing better. A certificate
    counts only with TLS: who sends one in the clear need not have its key.
    """
    said = [each.lower() for each in elements(headers, "X-Forwarded-Proto")]
    secure = bool(said) and all(each in ("https", "wss") for each in said)
    if not said:
        return None
    handed_on = [each for each in headers_named(headers, header) if each not in _NONE] if header and secure else []
    if not handed_on or anchors is None:
        return SECURE if secure else PLAIN
    try:
        if len(handed_on) > 1:
            raise ValueError("one from the proxy and one from elsewhere")
        found = x509.load_der_x509_certificate(_der(handed_on[0]))
        problem = verify(found, anchors, datetime.now(UTC))
        return Channel(True, None if problem else _told(found), problem)
    except UNREADABLE:
        return Channel(True, None, UNKNOWN)


def verify(certificate: x509.Certificate, anchors: Anchors, now: datetime) -> str | None:
    """What is wrong with a charger's certificate, if anything. One of the authorities must have signed it itself, for a proxy hands
    on no chain."""
    authority = next((each for each in anchors.authorities if _has_signed(each.certificate, certificate)), None)
    if authority is None:
        return UNKNOWN
    if not is_strong(certificate.public_key()):
        return "client_certificate_weak"
    try:
        uses = list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        uses = []
    if uses and not {_CLIENT, _ANY} & set(uses):
        return "client_certificate_purpose"
    if certificate.serial_number in authority.revoked:
        return "client_certificate_revoked"
    return _wrong_today(certificate, [authority.certificate], anchors, now)


def _told(found: x509.Certificate) -> ClientCertificate:
    return ClientCertificate(
        _named(found.subject, x509.NameOID.COMMON_NAME),
        _named(found.subject, x509.NameOID.ORGANIZATION_NAME),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        record_of(found),
    )


def _named(name: x509.Name, kind: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(each.value for each in name.get_attributes_for_oid(kind) if isinstance(each.value, str))


def _der(handed_on: str) -> bytes:
    """Of what proxies write: RFC 9440 (`:base64:`), or PEM, percent-encoded or on one line. Raises `ValueError`."""
    text = unquote(handed_on) if "%" in handed_on else handed_on
    text = re.sub(r"-----(BEGIN|END) CERTIFICATE-----|\s", "", text).strip(":")
    return base64.b64decode(text, validate=True)


def _has_signed(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        if not authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, x509.ExtensionNotFound, *UNREADABLE):
        return False
    return True


def _holds(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


UNKNOWN = "client_certificate_unknown"
EXPIRED = "client_certificate_expired"
_NONE = ("-", "(null)")  # what some proxies write for a charger that has shown none
_CLIENT, _ANY = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
