"""A certificate as OCSP and OCPP name it, and the authorities that an operator trusts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from stationmaster.x509_errors import UNREADABLE

Status = Literal["good", "revoked", "unknown"]

ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
_WEAK = frozenset({"md5", "sha1"})
# Of a key of RSA: to try a signature of 16384 holds up all chargers for 5 ms, and anybody may send such keys.
MOST_BITS = 4096


class Unusable(Exception):
    """Nothing is known now of what was asked; the reason in a sentence without an end."""


class Named(NamedTuple):
    """A certificate by the hashes of who has issued it, and its serial number (RFC 6960 §4.1.1)."""

    algorithm: str
    issuer_name: bytes
    issuer_key: bytes
    serial: int

    def issued_by(self, authority: x509.Certificate) -> bool:
        """Whether this authority is the one that is meant. Its key says so: a name may be anybody's, and be written in several ways."""
        try:
            return _digest(ALGORITHMS[self.algorithm], key_bits(authority.public_key())) == self.issuer_key
        except UNREADABLE:  # a key of a kind that the library does not know
            return False


class Told(NamedTuple):
    """What an authority says of a certificate. `until` is when it will say more; `proven`, whether we could see that it was the authority."""

    status: Status
    until: datetime | None
    proven: bool
    der: bytes


class Authorities:
    """The certificates of authorities that an operator has named. Trust begins at those that have signed themselves."""

    def __init__(self, certificates: Iterable[x509.Certificate] = ()) -> None:
        self.all = list(certificates)
        self._roots = {root.fingerprint(hashes.SHA256()) for root in self.all if issued(root, root)}

    def is_root(self, certificate: x509.Certificate) -> bool:
        return certificate.fingerprint(hashes.SHA256()) in self._roots

    def who_issued(self, named: Named, others: Iterable[x509.Certificate] = ()) -> x509.Certificate | None:
        """The authority that a certificate names, of ours or of `others`: who it is is in the name, so anybody may bring it."""
        return next((each for each in (*self.all, *others) if named.issued_by(each)), None)


def read(algorithm: str, issuer_name: str, issuer_key: str, serial: str) -> Named:
    """As OCPP writes it: hashes and serial number in hexadecimal; some chargers write hashes in base64. Raises `Unusable`."""
    if algorithm not in ALGORITHMS:
        raise Unusable(f"it is named by {algorithm}, which is not known here")
    size = ALGORITHMS[algorithm].digest_size
    try:
        return Named(algorithm, _hash(issuer_name, size), _hash(issuer_key, size), _number(serial))
    except ValueError:
        raise Unusable(f"it is not named as {algorithm} names it") from None


def of(certificate: x509.Certificate, issuer: x509.Certificate) -> Named:
    """How a certificate is named whose issuer is at hand."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    return Named("SHA256", asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number)


def load(text: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises ValueError."""
    try:
        return x509.load_pem_x509_certificates(text)
    except UNREADABLE as error:
        raise ValueError(str(error)) from None


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the signature in a certificate is this issuer's, and strong enough to say so."""
    try:
        algorithm = certificate.signature_hash_algorithm
        if algorithm is not None and algorithm.name in _WEAK:
            return False
        if _takes_long(issuer.public_key()):
            return False
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def signed(
    key: CertificatePublicKeyTypes, signature: bytes, content: bytes, algorithm: hashes.HashAlgorithm | None
) -> bool:
    """Whether a signature over these bytes is of this key."""
    if algorithm is not None and algorithm.name in _WEAK:
        return False
    try:
        match key:
            case _ if _takes_long(key):
                return False
            case rsa.RSAPublicKey() if algorithm is not None:
                key.verify(signature, content, padding.PKCS1v15(), algorithm)
            case ec.EllipticCurvePublicKey() if algorithm is not None:
                key.verify(signature, content, ec.ECDSA(algorithm))
            case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
                key.verify(signature, content)
            case _:
                return False
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _takes_long(key: CertificatePublicKeyTypes) -> bool:
    return isinstance(key, rsa.RSAPublicKey) and key.key_size > MOST_BITS


def key_bits(key: CertificatePublicKeyTypes) -> bytes:
    """The public key as it stands in a certificate, without its algorithm: what is hashed to name an issuer."""
    match key:
        case rsa.RSAPublicKey():
            return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        case ec.EllipticCurvePublicKey():
            return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        case _:
            return b""


def in_words(name: x509.Name) -> str:
    return name.rfc4514_string()[:200].replace("\0", "") or "nobody"


def addresses(certificate: x509.Certificate) -> Iterator[str]:
    """Where the issuer of a certificate says that its OCSP responder is."""
    try:
        told = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return
    for each in told:
        is_responder = each.access_method == AuthorityInformationAccessOID.OCSP
        if is_responder and isinstance(each.access_location, x509.UniformResourceIdentifier):
            yield each.access_location.value


def _hash(text: str, size: int) -> bytes:
    """Raises ValueError."""
    if len(text) == 2 * size:
        return bytes.fromhex(text)
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError from None
    if len(found) != size:
        raise ValueError
    return found


def _number(serial: str) -> int:
    """Raises ValueError."""
    found = int(serial, 16)
    if found < 0:
        raise ValueError
    return found


def _digest(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    made = hashes.Hash(algorithm)
    made.update(content)
    return made.finalize()
