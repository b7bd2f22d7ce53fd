"""A public key infrastructure like that of ISO 15118, made here and now: a root, authorities below it, contracts of cars, and what they sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from stationmaster.settings import OutsideSettings, PlugAndCharge, Settings
from tests.background.receivers import Receiver, Request, answer

SHA256 = hashes.SHA256()
STATUS = {
    "good": ocsp.OCSPCertStatus.GOOD,
    "revoked": ocsp.OCSPCertStatus.REVOKED,
    "unknown": ocsp.OCSPCertStatus.UNKNOWN,
}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Holder:
    """Who has a key and a certificate for it; an authority if that says so."""

    key: Any
    certificate: x509.Certificate
    issuer: Holder | None = None

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, name: str, **more: Any) -> Holder:
        """A certificate below this one."""
        return made(name, issuer=self, **more)

    def named(self, url: str, certificate: Holder) -> dict[str, str]:
        """A certificate of ours, as a charger names it."""
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate.certificate, self.certificate, SHA256).build()
        return {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": request.issuer_name_hash.hex(),
            "issuerKeyHash": request.issuer_key_hash.hex(),
            "serialNumber": f"{request.serial_number:x}",
            "responderURL": url,
        }

    def says(
        self,
        request: ocsp.OCSPRequest,
        status: str = "good",
        *,
        signer: Holder | None = None,
        brings: Sequence[Holder] = (),
        since: timedelta = timedelta(hours=-1),
        until: timedelta | None = timedelta(days=1),
        algorithm: hashes.HashAlgorithm = SHA256,
        **other: Any,
    ) -> bytes:
        """The OCSP answer to a question, signed by this authority or by somebody else."""
        signer = signer or self
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=other.get("issuer_name_hash", request.issuer_name_hash),
            issuer_key_hash=other.get("issuer_key_hash", request.issuer_key_hash),
            serial_number=other.get("serial_number", request.serial_number),
            algorithm=request.hash_algorithm,
            cert_status=STATUS[status],
            this_update=now() + since,
            next_update=None if until is None else now() + until,
            revocation_time=now() - timedelta(days=2) if status == "revoked" else None,
            revocation_reason=None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        if brings:
            builder = builder.certificates([each.certificate for each in brings])
        return builder.sign(signer.key, algorithm).public_bytes(Encoding.DER)

    def revokes(
        self, *certificates: Holder, until: timedelta = timedelta(days=1), signer: Holder | None = None
    ) -> bytes:
        """The list of what was revoked."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now() - timedelta(days=3)).next_update(now() + until)
        for each in certificates:
            revoked = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
            builder = builder.add_revoked_certificate(revoked.revocation_date(now() - timedelta(days=2)).build())
        return builder.sign((signer or self).key, SHA256).public_bytes(Encoding.DER)


def made(
    name: str,
    *,
    issuer: Holder | None = None,
    authority: bool = False,
    path_length: int | None = None,
    responder: str | None = None,
    answers: bool = False,
    since: timedelta = timedelta(days=-10),
    until: timedelta = timedelta(days=300),
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    key: Any = None,
) -> Holder:
    """`authority`: it may sign others; `answers`: it may sign OCSP answers; `responder`: the address that stands in it."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() + since)
        .not_valid_after(now() + until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), critical=True)
    )
    if responder is not None:
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder))
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    if answers:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Holder(key, builder.sign((issuer.key if issuer else key), SHA256), issuer)


class Responder(Receiver):
    """An OCSP responder that speaks for some authorities. `revoked` and `unknown` are serial numbers; `brings`: with their certificates."""

    def __init__(self, *authorities: Holder, brings: bool = False) -> None:
        super().__init__()
        self.brings = brings
        self.authorities = list(authorities)
        self.revoked: set[int] = set()
        self.unknown: set[int] = set()
        self.instead: bytes | None = None  # said to whatever comes
        self.questions: list[ocsp.OCSPRequest] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ocsp"

    def reply(self, request: Request) -> bytes:
        if self.instead is not None:
            return self.instead
        assert request.headers["content-type"] == "application/ocsp-request"
        question = ocsp.load_der_ocsp_request(request.body)
        self.questions.append(question)
        asked = next(each for each in self.authorities if _is(each, question))
        serial = question.serial_number
        status = "revoked" if serial in self.revoked else "unknown" if serial in self.unknown else "good"
        said = asked.says(question, status, brings=[asked] if self.brings else [])
        return answer(200, "Content-Type: application/ocsp-response", body=said)


def question_about(certificate: Holder) -> ocsp.OCSPRequest:
    assert certificate.issuer is not None
    issuer = certificate.issuer.certificate
    return ocsp.OCSPRequestBuilder().add_certificate(certificate.certificate, issuer, SHA256).build()


def _is(authority: Holder, question: ocsp.OCSPRequest) -> bool:
    asked = ocsp.OCSPRequestBuilder().add_certificate(authority.certificate, authority.certificate, SHA256).build()
    return asked.issuer_key_hash == question.issuer_key_hash


def asks_outside(settings: Settings, authorities: str, folder: Path, **more: Any) -> Settings:
    """A server that trusts these authorities, and may ask responders and providers on this machine."""
    file = folder / "authorities.pem"
    file.write_text(authorities)
    settings.outside = OutsideSettings.model_validate({"allowed_networks": ["127.0.0.0/8"]})
    settings.plug_and_charge = PlugAndCharge(authorities=[file], timeout_s=20, **more)
    return settings
