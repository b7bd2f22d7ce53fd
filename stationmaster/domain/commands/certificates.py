"""Commands about the certificates in a charger: which authorities it trusts, and its own."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from stationmaster.domain import certificate_requests
from stationmaster.domain.commands.kinds import Command
from stationmaster.domain.commands.outcomes import Answer
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

Use = Literal["csms", "manufacturer", "v2g", "contracts"]
Listed = Literal[Use, "own_v2g"]
Hash = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[0-9a-fA-F]+$(?!\n)")]


class CertificateName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a charger names a certificate, as list-certificates tells it."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Hash
    issuer_key_hash: Hash
    serial_number: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[0-9a-fA-F]+$(?!\n)")]


class InstallCertificate(Command, frozen=True):
    """Let the charger trust an authority: for this server (`csms`), for firmware (`manufacturer`), for cars (`v2g`, `contracts`)."""

    administers = True
    before_accepted = True

    use: Use
    certificate: Annotated[str, msgspec.Meta(min_length=1, max_length=5500, description="PEM")]

    def check(self, work: Work, station: Station) -> str | None:
        check_pem("certificate", self.certificate)
        return None


class DeleteCertificate(Command, frozen=True):
    """Remove a certificate that list-certificates has told of."""

    administers = True

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Hash
    issuer_key_hash: Hash
    serial_number: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[0-9a-fA-F]+$(?!\n)")]


class ListCertificates(Command, frozen=True):
    """Ask which certificates the charger has: all, or those of these uses. `own_v2g` is its own, with what stands above it."""

    before_accepted = True

    uses: Annotated[list[Listed], msgspec.Meta(max_length=5)] = []


class GiveCertificate(Command, frozen=True):
    """Give the charger a certificate of its own, which an authority has signed as the charger has asked (SignCertificate).

    `request` names what it has asked for, as certificate-requests lists it; left out, it is the newest open request with the same
    key. A certificate of another key is not sent. Without any request it is sent as it is.
    """

    administers = True
    before_accepted = True

    chain: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000, description="PEM, its own first")]
    request: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None

    def check(self, work: Work, station: Station) -> str | None:
        check_pem("chain", self.chain)
        if certificate_requests.meant(work, station, self.request, self.chain) is None:
            return "the charger has not asked for a certificate"
        return None

    def unanswered(self, work: Work, station: Station, request_id: int | None, answer: Answer) -> None:
        row = certificate_requests.given(work, station, self.request, self.chain)
        if row is not None:
            refused = answer.outcome in ("error", "invalid_answer", "not_supported")
            certificate_requests.not_answered(work, station, row, refused=refused, sentence=answer.words)


def check_pem(field: str, text: str) -> None:
    """Raises `Invalid`. A private key beside a certificate is a mistake that must not travel any further."""
    if "PRIVATE KEY" in text:
        raise Invalid(field, "holds a private key; a charger is given certificates only")
    if not text.strip().startswith("-----BEGIN CERTIFICATE-----") or "-----END CERTIFICATE-----" not in text:
        raise Invalid(field, "must be PEM: -----BEGIN CERTIFICATE----- and what follows")
