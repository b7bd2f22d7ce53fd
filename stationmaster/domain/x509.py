"""What is written in a certificate, and in a request for one, as far as a person wants to see it and keys are to be compared.

Read only: whether a signature is right is checked by the authority that signs, and by the charger that gets the certificate.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stationmaster.reason_words import Reasoned
from stationmaster.x509_errors import UNREADABLE

_PEM = re.compile(r"-----BEGIN ([A-Z ]{1,40})-----(.*?)-----END \1-----", re.DOTALL)
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_NAMES = {x509.NameOID.SERIAL_NUMBER: "SERIAL"}  # the library knows the shorter ones


class Unreadable(Reasoned, ValueError):
    """It is no certificate, or no request for one; the text says what it is instead."""


class SigningRequest(NamedTuple):
    """A request for a certificate (PKCS #10)."""

    subject: str  # as in "CN=CP1, O=Acme"
    common_names: tuple[str, ...]
    key: bytes  # the public key, as it is in the certificate
    key_kind: str  # as in "EC P-256", "RSA 2048"
    der: bytes

    @property
    def common_name(self) -> str | None:
        return self.common_names[0] if self.common_names else None

    @property
    def pem(self) -> str:
        return x509.load_der_x509_csr(self.der).public_bytes(Encoding.PEM).decode()


class Certificate(NamedTuple):
    """One certificate of a chain."""

    subject: str
    common_name: str | None
    key: bytes
    key_kind: str
    valid_from: datetime
    valid_until: datetime


def read_request(text: str) -> SigningRequest:
    """Of PEM; some chargers leave out the lines around it, or write `\\n` for a new line. Raises `Unreadable`."""
    blocks = _blocks(text) or [("CERTIFICATE REQUEST", _base64(text))]
    kind, der = blocks[0]
    if not kind.endswith("CERTIFICATE REQUEST"):
        raise Unreadable("a request for a certificate is wanted, and this is a {kind}", kind=kind)
    try:
        request = x509.load_der_x509_csr(der)
        told, key = _name(request.subject), request.public_key()
    except UNREADABLE as error:
        raise Unreadable("it cannot be read: {why}", why=error) from None
    if not is_strong(key):
        raise Unreadable("its key is too weak: RSA must have 2048 bits or more, EC be P-256 or larger")
    return SigningRequest(*told, *_key(key), der)


def is_strong(key: CertificatePublicKeyTypes) -> bool:
    """Whether it has the strength that OCPP wants, 112 bits (2.0.1 A00.FR.501 to 511); of curves we take those of 256 bits and more."""
    match key:
        case rsa.RSAPublicKey():
            return key.key_size >= 2048
        case ec.EllipticCurvePublicKey():
            return key.key_size >= 256
        case _:
            return isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)


def read_chain(text: str) -> list[Certificate]:
    """The certificates of a PEM text, in their order; at least one. Raises `Unreadable`."""
    found = [der for kind, der in _blocks(text) if kind == "CERTIFICATE"]
    if not found:
        raise Unreadable("there is no certificate in it")
    return [_certificate(der) for der in found]


def _certificate(der: bytes) -> Certificate:
    try:
        found = x509.load_der_x509_certificate(der)
        times = (found.not_valid_before_utc, found.not_valid_after_utc)
        subject, common = _name(found.subject)
        return Certificate(subject, common[0] if common else None, *_key(found.public_key()), *times)
    except UNREADABLE as error:
        raise Unreadable("it cannot be read: {why}", why=error) from None


def _blocks(text: str) -> list[tuple[str, bytes]]:
    return [(kind, _base64(body)) for kind, body in _PEM.findall(text)]


def _base64(text: str) -> bytes:
    bare = re.sub(r"\\[nr]|\s", "", text)
    try:
        found = base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("it is no PEM") from None
    if not found:
        raise Unreadable("it is empty")
    return found


def _name(name: x509.Name) -> tuple[str, tuple[str, ...]]:
    """The whole of it in words, and the common names."""
    told = [
        (_NAMES.get(each.oid, each.rfc4514_attribute_name), each.value.replace("\0", ""))
        for each in name
        if isinstance(each.value, str)
    ]
    common = tuple(value for kind, value in told if kind == "CN")
    return ", ".join(f"{kind}={value}" for kind, value in told), common


def _key(key: CertificatePublicKeyTypes) -> tuple[bytes, str]:
    """The key as it is written, and its kind."""
    match key:
        case rsa.RSAPublicKey():
            kind = f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            kind = f"EC {_CURVES.get(key.curve.name, key.curve.name)}"
        case ed25519.Ed25519PublicKey():
            kind = "Ed25519"
        case _:
            kind = "of another kind"
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), kind
