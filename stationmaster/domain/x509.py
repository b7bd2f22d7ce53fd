"""What is written in a certificate, and in a request for one, as far as a person wants to see it and keys are to be compared.

Read only: whether a signature is right is checked by the authority that signs, and by the charger that gets the certificate.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

_PEM = re.compile(r"-----BEGIN ([A-Z ]{1,40})-----(.*?)-----END \1-----", re.DOTALL)
_NAMES = {
    "550403": "CN",
    "55040a": "O",
    "55040b": "OU",
    "550406": "C",
    "550407": "L",
    "550408": "ST",
    "550405": "SERIAL",
}
_CURVES = {"2a8648ce3d030107": "P-256", "2b81040022": "P-384", "2b81040023": "P-521"}
_SEQUENCE, _SET, _OID, _BITS, _INTEGER = 0x30, 0x31, 0x06, 0x03, 0x02
_UTC_TIME, _GENERAL_TIME, _BMP_TEXT, _VERSION = 0x17, 0x18, 0x1E, 0xA0


class Unreadable(ValueError):
    """It is no certificate, or no request for one; the text says what it is instead."""


class SigningRequest(NamedTuple):
    """A request for a certificate (PKCS #10)."""

    subject: str  # as in "CN=CP1, O=Acme"
    common_name: str | None
    key: bytes  # the public key, as it is in the certificate
    key_kind: str  # as in "EC P-256", "RSA 2048"
    der: bytes

    @property
    def pem(self) -> str:
        text = base64.b64encode(self.der).decode()
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return "\n".join(["-----BEGIN CERTIFICATE REQUEST-----", *lines, "-----END CERTIFICATE REQUEST-----", ""])


class Certificate(NamedTuple):
    """One certificate of a chain."""

    subject: str
    common_name: str | None
    key: bytes
    key_kind: str
    valid_from: datetime
    valid_until: datetime


class _Element(NamedTuple):
    tag: int
    content: bytes
    whole: bytes


def read_request(text: str) -> SigningRequest:
    """Of PEM; some chargers leave out the lines around it, or write `\\n` for a new line. Raises `Unreadable`."""
    blocks = _blocks(text) or [("CERTIFICATE REQUEST", _base64(text))]
    kind, der = blocks[0]
    if not kind.endswith("CERTIFICATE REQUEST"):
        raise Unreadable(f"a request for a certificate is wanted, and this is a {kind}")
    try:
        info = _parts(_parts(_only(der).content)[0].content)
        if info[0].tag != _INTEGER:
            raise Unreadable("it is no request for a certificate")
        subject, key = info[1], info[2]
        return SigningRequest(*_name(subject), key.whole, _key_kind(key), der)
    except (IndexError, ValueError) as error:
        raise Unreadable(f"it cannot be read: {error}") from None


def read_chain(text: str) -> list[Certificate]:
    """The certificates of a PEM text, in their order; at least one. Raises `Unreadable`."""
    found = [der for kind, der in _blocks(text) if kind == "CERTIFICATE"]
    if not found:
        raise Unreadable("there is no certificate in it")
    return [_certificate(der) for der in found]


def _certificate(der: bytes) -> Certificate:
    try:
        fields = _parts(_parts(_only(der).content)[0].content)
        if fields[0].tag == _VERSION:
            del fields[0]
        validity, subject, key = fields[3:6]
        begin, end = (_time(each) for each in _parts(validity.content)[:2])
        return Certificate(*_name(subject), key.whole, _key_kind(key), begin, end)
    except (IndexError, ValueError) as error:
        raise Unreadable(f"it cannot be read: {error}") from None


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


def _only(der: bytes) -> _Element:
    return _parts(der)[0]


def _parts(der: bytes) -> list[_Element]:
    return list(_elements(der))


def _elements(der: bytes) -> Iterator[_Element]:
    """The elements one after the other. Raises ValueError, IndexError."""
    at = 0
    while at < len(der):
        begin, tag, length = at, der[at], der[at + 1]
        at += 2
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(der[at : at + octets], "big")
            at += octets
        if at + length > len(der):
            raise ValueError("it is cut off")
        yield _Element(tag, der[at : at + length], der[begin : at + length])
        at += length


def _name(name: _Element) -> tuple[str, str | None]:
    """The whole of it in words, and the common name."""
    if name.tag != _SEQUENCE:
        raise ValueError("a name is missing")
    told: list[tuple[str, str]] = []
    for part in _parts(name.content):
        for attribute in _parts(part.content) if part.tag == _SET else []:
            oid, value = _parts(attribute.content)[:2]
            told.append((_NAMES.get(oid.content.hex(), "OTHER"), _text(value)))
    common = next((value for kind, value in told if kind == "CN"), None)
    return ", ".join(f"{kind}={value}" for kind, value in told), common


def _text(value: _Element) -> str:
    return value.content.decode("utf-16-be" if value.tag == _BMP_TEXT else "utf-8", "replace").replace("\0", "")


def _time(value: _Element) -> datetime:
    text = value.content.decode("ascii")
    if value.tag == _UTC_TIME:  # RFC 5280 §4.1.2.5.1
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif value.tag != _GENERAL_TIME:
        raise ValueError("a time is missing")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _key_kind(key: _Element) -> str:
    algorithm, bits = _parts(key.content)[:2]
    oid, *parameters = _parts(algorithm.content)
    if bits.tag != _BITS or oid.tag != _OID:
        raise ValueError("a key is missing")
    match oid.content.hex():
        case "2a864886f70d010101":
            modulus = _parts(_only(bits.content[1:]).content)[0]
            return f"RSA {int.from_bytes(modulus.content, 'big').bit_length()}"
        case "2a8648ce3d0201":
            return f"EC {_CURVES.get(parameters[0].content.hex(), 'of another curve')}"
        case "2b6570":
            return "Ed25519"
        case other:
            return f"of another kind ({other})"
