"""An authority of the tests: signs certificates for servers and chargers, right ones and wrong ones."""

from __future__ import annotations

import functools
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from stationmaster.settings import Tls

OPERATOR = "Acme Charging"
DAY = timedelta(days=1)


@functools.cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


class Issued:
    """A certificate and its key, as files."""

    def __init__(self, certificate: x509.Certificate, key: Any, files: Path, name: str) -> None:
        self.certificate = certificate
        self.key = key
        self.pem = certificate.public_bytes(Encoding.PEM)
        self.certificate_file, self.key_file = files / f"{name}.pem", files / f"{name}.key"
        self.certificate_file.write_bytes(self.pem)
        self.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def protect(self, password: bytes) -> None:
        """Its key needs a password from now on."""
        hidden = BestAvailableEncryption(password)
        self.key_file.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))


class Authority:
    """A root, and what it signs."""

    def __init__(self, folder: Path, name: str = "Test Root", *, parent: Authority | None = None) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._count = 0
        self.subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.certificate = (parent or self)._sign(self.subject, self.key.public_key(), authority=True)
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def server(self, name: str = "server", *, host: str = "127.0.0.1", key: Any = None, **more: Any) -> Issued:
        """For a server; `key` is one of P-256 if none is given."""
        return self.issue(name, cn=(host,), san=host, use=ExtendedKeyUsageOID.SERVER_AUTH, key=key, **more)

    def port(self, **more: Any) -> Tls:
        """The settings of a port with TLS, at which chargers with certificates of this authority are let in."""
        ours = self.server()
        files: dict[str, Any] = {"ecdsa_certificate": ours.certificate_file, "ecdsa_key": ours.key_file}
        return Tls(port=0, host="127.0.0.1", client_ca=self.file, operator=OPERATOR, **files, **more)

    def charger(self, *cn: str, organization: str | None = OPERATOR, key: Any = None, **more: Any) -> Issued:
        """For a charger."""
        use = more.pop("use", ExtendedKeyUsageOID.CLIENT_AUTH)
        name = f"charger-{self._count}"
        return self.issue(name, cn=cn or ("CP1",), organization=organization, use=use, key=key, **more)

    def issue(
        self,
        name: str,
        *,
        cn: tuple[str, ...],
        organization: str | None = None,
        san: str | None = None,
        use: x509.ObjectIdentifier | None = None,
        key: Any = None,
        record: int | None = None,
        begins: timedelta = -DAY,
        ends: timedelta = 30 * DAY,
    ) -> Issued:
        key = key or ec.generate_private_key(ec.SECP256R1())
        named = [x509.NameAttribute(x509.NameOID.COMMON_NAME, each) for each in cn]
        if organization is not None:
            named.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization))
        certificate = self._sign(
            x509.Name(named), key.public_key(), san=san, use=use, record=record, begins=begins, ends=ends
        )
        return Issued(certificate, key, self.folder, name)

    def revoked(self, *certificates: Issued, ends: timedelta = 30 * DAY) -> Path:
        """A file with the list of what is revoked."""
        now = datetime.now(UTC)
        made = x509.CertificateRevocationListBuilder().issuer_name(self.subject)
        made = made.last_update(now + min(-DAY, ends - DAY)).next_update(now + ends)
        for each in certificates:
            one = (
                x509.RevokedCertificateBuilder()
                .serial_number(each.certificate.serial_number)
                .revocation_date(now - DAY)
            )
            made = made.add_revoked_certificate(one.build())
        path = self.folder / f"{self.file.stem}.crl"
        path.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return path

    def _sign(
        self,
        subject: x509.Name,
        public: Any,
        *,
        authority: bool = False,
        san: str | None = None,
        use: x509.ObjectIdentifier | None = None,
        record: int | None = None,
        begins: timedelta = -DAY,
        ends: timedelta = 365 * DAY,
    ) -> x509.Certificate:
        self._count += 1
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if san is not None:
            made = made.add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(san))]), critical=False
            )
        if record is not None:
            uri = x509.UniformResourceIdentifier(f"urn:stationmaster:charger:{record}")
            made = made.add_extension(x509.SubjectAlternativeName([uri]), critical=False)
        if use is not None:
            made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        return made.sign(self.key, hashes.SHA256())


def client(trusted: Authority | None, certificate: Issued | None = None, **options: Any) -> ssl.SSLContext:
    """How a charger does TLS: whom it trusts (None: whatever comes), and its own certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusted is None:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    else:
        made.load_verify_locations(trusted.file)
    for name, value in options.items():
        made.set_ciphers(value) if name == "ciphers" else setattr(made, name, value)
    if certificate is not None:  # last, since the level of the ciphers says how weak it may be
        made.load_cert_chain(certificate.certificate_file, certificate.key_file)
    return made
