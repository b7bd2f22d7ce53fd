"""The certificates that a charger keeps, named as OCPP names them: by hashes of issuer, key and serial number."""

import hashlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

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
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE-----") :].strip())
        [tbs, *_] = _parts(next(_parts(der))[1])
        fields = list(_parts(tbs[1]))
        if fields[0][0] == 0xA0:  # the version may be left out
            del fields[0]
        serial, _, issuer, _, _, key = fields[:6]
        key_bits = list(_parts(key[1]))[1][1][1:]  # the first octet counts unused bits
    except (ValueError, IndexError, StopIteration):
        return None
    return Certificate(
        kind,
        hashlib.sha256(issuer[2]).hexdigest(),
        hashlib.sha256(key_bits).hexdigest(),
        f"{int.from_bytes(serial[1], 'big'):x}",
    )


def _parts(der: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The elements one after the other: tag, content, and the whole of it. Raises ValueError, IndexError."""
    at = 0
    while at < len(der):
        begin, tag, length = at, der[at], der[at + 1]
        at += 2
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(der[at : at + octets], "big")
            at += octets
        if at + length > len(der):
            raise ValueError("It is cut off.")
        yield tag, der[at : at + length], der[begin : at + length]
        at += length


def _bare(serial_number: str) -> str:
    return serial_number.lower().lstrip("0")
