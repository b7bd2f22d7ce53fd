"""The certificates that a charger keeps, named as OCPP names them: by hashes of issuer, key and serial number."""

import hashlib
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

MOST = 10


@dataclass(frozen=True)
class Certificate:
    """One that was installed; a root, so that it is its own issuer."""

    kind: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@dataclass
class Certificates:
    """All that are installed."""

    installed: list[Certificate] = field(default_factory=list)

    def install(self, kind: str, pem: str) -> str:
        """`Accepted`; `Rejected` when it cannot be read; `Failed` when there is no room."""
        found = read(kind, pem)
        if found is None:
            return "Rejected"
        if found in self.installed:
            return "Accepted"
        if len(self.installed) >= MOST:
            return "Failed"
        self.installed.append(found)
        return "Accepted"

    def remove(self, issuer_name_hash: str, issuer_key_hash: str, serial_number: str) -> bool:
        """Was there such a certificate? Hashes are compared without regard to case, serial numbers without leading zeros."""
        wanted = (issuer_name_hash.lower(), issuer_key_hash.lower(), _bare(serial_number))
        kept = [
            each
            for each in self.installed
            if (each.issuer_name_hash, each.issuer_key_hash, _bare(each.serial_number)) != wanted
        ]
        removed = len(kept) < len(self.installed)
        self.installed = kept
        return removed


def read(kind: str, pem: str) -> Certificate | None:
    """The first certificate of a PEM text; None when it is none."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        named = ocsp.OCSPRequestBuilder().add_certificate(found, found, hashes.SHA256()).build()
        issuer = found.issuer.public_bytes()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return Certificate(
        kind, hashlib.sha256(issuer).hexdigest(), named.issuer_key_hash.hex(), f"{named.serial_number:x}"
    )


def _bare(serial_number: str) -> str:
    return serial_number.lower().lstrip("0")
