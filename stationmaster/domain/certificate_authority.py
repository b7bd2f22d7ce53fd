"""Our own certificate authority: it signs what chargers ask for their connection to us, and nothing else (A02, SEC-24).

A certificate of it lets a charger in without a password, so it looks at the request as the gateway looks at a certificate: one
common name, one organization, and a signature that shows who has the key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes as IssuerKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes as PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from stationmaster.domain.x509 import Unreadable, is_strong, read_request
from stationmaster.x509_errors import UNREADABLE

BACK = timedelta(hours=1)  # the clock of a charger may be slow
MOST_LETTERS = 64  # of a name in X.509 (RFC 5280, upper bounds)
LEAST = timedelta(days=1)  # so long a certificate must last to be of use

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


class Unusable(ValueError):
    """What is wrong with the files of the authority: `which` of the two, and a sentence without an end."""

    def __init__(self, which: str, why: str) -> None:
        super().__init__(why)
        self.which = which
        self.why = why


class Opinion(msgspec.Struct, frozen=True):
    """What the authority thinks of a request, before the record of the charger is looked at. Without an authority it has none."""

    signs: bool = False  # there is an authority
    against: str | None = None  # why it does not sign this one, as a sentence


NO_OPINION = Opinion()


class Issued(NamedTuple):
    """A signed certificate: PEM, its own first, and without the root, which the charger must not need (A02)."""

    chain: str
    serial: str  # in hex
    valid_until: datetime


class Authority(NamedTuple):
    """Its certificate, what stands above it, and its key."""

    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]
    key: SigningKey

    def __repr__(self) -> str:
        """The key is in no log."""
        return f"Authority({self.certificate.subject.rfc4514_string()})"


def opinion(csr: str, operator: str | None) -> Opinion:
    """Of a request for the connection of a charger. `operator` is the O it signs for; None: there is no authority. It computes for
    about a millisecond, so not in a unit of work."""
    if operator is None:
        return NO_OPINION
    try:
        request = x509.load_der_x509_csr(read_request(csr).der)
        names = [request.subject.get_attributes_for_oid(kind) for kind in (_CN, _O)]
        holds = request.is_signature_valid
    except (Unreadable, *UNREADABLE):
        return Opinion(True, "It cannot be read as a request for a certificate.")
    if not holds:
        return Opinion(True, "Its signature is wrong: who asks does not have the key.")
    if len(names[0]) != 1 or "\0" in names[0][0].value:
        return Opinion(True, "It must have one common name (CN), and no more.")
    if [each.value for each in names[1]] != [operator]:
        return Opinion(True, f"Its organization (O) must equal tls.operator, letter by letter: {operator}.")
    return Opinion(True)


def create(organization: str, now: datetime, *, days: int) -> tuple[bytes, bytes]:
    """A new authority: its certificate and its key, as PEM. It signs chargers only, and no other authority. Raises `ValueError` for a
    name that X.509 has no room for."""
    if not 1 <= len(organization) <= MOST_LETTERS or not organization.isprintable():
        raise ValueError(f"must have 1 to {MOST_LETTERS} letters")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(_O, organization), x509.NameAttribute(_CN, f"Chargers {now:%Y-%m-%d}")])
    made = _builder(name, name, key.public_key(), key.public_key(), now - BACK, now + timedelta(days=days))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = made.add_extension(_usage(signs=True), critical=True).sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM), secret


def read(certificate: bytes, key: bytes) -> Authority:
    """Of two PEM texts. Raises `Unusable`."""
    try:
        first, *above = x509.load_pem_x509_certificates(certificate)
        public, extensions = first.public_key(), first.extensions
    except UNREADABLE:
        raise Unusable("ca_certificate", "has no certificate that can be read") from None
    try:
        private = load_pem_private_key(key, None)
    except TypeError:
        raise Unusable("ca_key", "is protected by a password, which nobody can type at the start") from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unusable("ca_key", "has no key that can be read") from None
    found = {type(each.value): each.value for each in extensions}
    basics, usage = found.get(x509.BasicConstraints), found.get(x509.KeyUsage)
    if not getattr(basics, "ca", False) or not getattr(usage, "key_cert_sign", True):
        raise Unusable("ca_certificate", "is not the certificate of an authority (CA:TRUE, keyCertSign)")
    if not is_strong(public):
        raise Unusable("ca_certificate", "has a weak key: RSA must have 2048 bits or more, EC be P-256 or larger")
    if not isinstance(private, SigningKey) or private.public_key() != public:
        raise Unusable("ca_key", "is not the key of tls.ca_certificate")
    return Authority(first, tuple(above), private)


def sign(authority: Authority, csr: str, now: datetime, *, record: int, days: int) -> Issued:
    """A certificate for this request, which `opinion` has nothing against, of the charger with this key of its record. It ends with
    the authority at the latest. Raises `Unusable` when that is too soon."""
    request = x509.load_der_x509_csr(read_request(csr).der)
    issuer = authority.certificate
    until = min(now + timedelta(days=days), issuer.not_valid_after_utc).replace(microsecond=0)
    if until < now + min(LEAST, timedelta(days=days)) or now < issuer.not_valid_before_utc:
        ends = f"{issuer.not_valid_after_utc:%Y-%m-%d %H:%M}"
        raise Unusable("ca_certificate", f"is not valid, or ends within a day: it is valid until {ends} UTC")
    begins = max(now - BACK, issuer.not_valid_before_utc)
    made = _builder(request.subject, issuer.subject, request.public_key(), authority.key.public_key(), begins, until)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(signs=False), critical=True)
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    # Which serial number it has a charger says itself: it might tell that of one which is still to come.
    made = made.add_extension(
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"{_RECORD}{record}")]), critical=False
    )
    is_edwards = isinstance(authority.key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    certificate = made.sign(authority.key, None if is_edwards else hashes.SHA256())
    chain = [certificate, *(each for each in (issuer, *authority.above) if each.issuer != each.subject)]
    text = "".join(each.public_bytes(Encoding.PEM).decode() for each in chain)
    return Issued(text, f"{certificate.serial_number:x}", until)


def record_of(certificate: x509.Certificate) -> int | None:
    """The key of the record whose charger it was made for, when we have signed it. Raises `UNREADABLE`."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return next((int(each.removeprefix(_RECORD)) for each in uris if each.startswith(_RECORD)), None)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, of: IssuerKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(of), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


_RECORD = "urn:stationmaster:charger:"
_CN, _O = x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME
