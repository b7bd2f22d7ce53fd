"""A charger's own key and certificate: made when the central system tells it to ask for one (A02), shown from then on with security
profile 3. The key never leaves the charger."""

import os
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


class OwnCertificate:
    """Nothing at first. `keep_in` says where it is kept; else it is lost with the process."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._asked_for: ec.EllipticCurvePrivateKey | None = None
        self._shown: tuple[bytes, bytes] | None = None  # key and chain, as PEM
        self._files: tuple[Path, Path] | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is one to show."""
        return self._shown is not None

    def keep_in(self, certificate: Path, key: Path | None) -> None:
        """From now on what is taken is written there; without a file of its own the key is in that of the certificate."""
        self._files = certificate, key or certificate

    def request(self, organization: str) -> str:
        """A request for a certificate (PKCS #10, PEM), on a new key. What there is stays until a new one has come."""
        self._asked_for = ec.generate_private_key(ec.SECP256R1())
        names = {x509.NameOID.ORGANIZATION_NAME: organization, x509.NameOID.COMMON_NAME: self._identity}
        subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in names.items()])
        made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(self._asked_for, hashes.SHA256())
        return made.public_bytes(Encoding.PEM).decode()

    def take(self, chain: str) -> bool:
        """Whether it is a certificate for the key that was asked for; it is then shown."""
        try:
            first = x509.load_pem_x509_certificates(chain.encode())[0]
            is_right = self._asked_for is not None and first.public_key() == self._asked_for.public_key()
        except ValueError:
            return False
        if not is_right or self._asked_for is None:
            return False
        key = self._asked_for.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._shown, self._asked_for = (key, chain.encode()), None
        if self._files is not None:
            certificate, beside = self._files
            if beside == certificate:
                _write(certificate, key + self._shown[1])
            else:
                _write(beside, key)
                _write(certificate, self._shown[1])
        return True

    def context(self, trust: ssl.SSLContext | None) -> ssl.SSLContext:
        """How it does TLS with it: whom the other one trusts, this one trusts."""
        assert self._shown is not None
        made = ssl.create_default_context()
        if trust is not None:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made.load_verify_locations(cadata=b"".join(trust.get_ca_certs(binary_form=True)))
        with tempfile.TemporaryDirectory() as folder:  # the library reads files only
            both = Path(folder) / "both.pem"
            _write(both, b"".join(self._shown))
            made.load_cert_chain(both)
        return made


def _write(path: Path, text: bytes) -> None:
    """Whole or not at all; nobody else may read it."""
    partial = path.with_name(path.name + ".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
    partial.replace(path)
