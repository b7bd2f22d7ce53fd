"""TLS of the port for chargers: our certificates, who signs for chargers, and what goes wrong, in words of the inbox.

The files are looked at again from time to time, so that a certificate that was renewed is taken up without a restart.
"""

from __future__ import annotations

import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, cast

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from stationmaster.domain.x509 import is_strong
from stationmaster.settings import BadSettings, Tls
from stationmaster.x509_errors import UNREADABLE

log = structlog.get_logger()

SUITES = (
    "@SECLEVEL=2:ECDHE+AESGCM:ECDHE+CHACHA20"  # those of TLS 1.2; 1.3 has its own. The level is 112 bits (A00.FR.501)
)
RSA_KX_SUITES = "AES128-GCM-SHA256:AES256-GCM-SHA384"  # demanded by A00.FR.318 and A00.FR.421
SOON = timedelta(days=14)  # before a certificate of ours ends, or a fifth of its time: some last for days only
A_DAY_S = 24 * 3600.0
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, for which Python has no name
FILES = ("ecdsa_certificate", "ecdsa_key", "rsa_certificate", "rsa_key", "client_ca", "ca_certificate", "crl")

# Of X509_V_ERR_*: what is wrong with a charger's certificate.
_VERIFY = {
    3: "tls_crl",  # there is no list of its authority
    9: "client_certificate_expired",  # not yet valid
    10: "client_certificate_expired",
    11: "tls_crl",  # not yet valid
    12: "tls_crl",  # expired
    23: "client_certificate_revoked",
    26: "client_certificate_purpose",
    66: "client_certificate_weak",
    67: "client_certificate_weak",
    68: "client_certificate_weak",
    79: "client_certificate_purpose",
}
# Of the library's words for what went wrong.
_REASONS = {
    "UNSUPPORTED_PROTOCOL": "tls_version",
    "VERSION_TOO_LOW": "tls_version",
    "TLSV1_ALERT_PROTOCOL_VERSION": "tls_version",
    "NO_SHARED_CIPHER": "tls_suites",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "tls_suites",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": "tls_suites",
    "TLSV1_ALERT_UNKNOWN_CA": "tls_distrusted",
    "SSLV3_ALERT_BAD_CERTIFICATE": "tls_distrusted",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "tls_distrusted",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "tls_distrusted",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "tls_distrusted",
    "TLSV1_ALERT_ACCESS_DENIED": "tls_distrusted",
}


def reason_of(error: Exception) -> str:
    """Why a handshake of TLS failed: a reason of the inbox."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY.get(error.verify_code, "client_certificate_unknown")
    if isinstance(error, ssl.SSLError) and error.reason in _REASONS:
        return _REASONS[error.reason]
    if isinstance(error, ssl.SSLEOFError | ConnectionError | TimeoutError | BrokenPipeError):
        return "tls_unfinished"
    return "tls_failed"


class Certificates:
    """The context of TLS as the files have it. What has ended is told each day and stops nothing: it would take those with it that need
    it not."""

    def __init__(self, settings: Tls, takes_expired: Callable[[], bool] = lambda: False) -> None:
        """Raises `BadSettings`, with the name of the setting."""
        self._settings = settings
        self._marks = self._marked()
        self._takes_expired = takes_expired
        self.anchors, self.context, self._timeless = self._read()
        self._tell()

    def wanted(self) -> ssl.SSLContext:
        """For the next connection. While some charger may come with a certificate that has ended (SEC-22), TLS looks at no times, of
        nobody: the gate does (`channel.of_tls`), when it knows which charger it is."""
        return self._timeless if self._takes_expired() else self.context

    def look(self) -> None:
        """Take up what has changed on disk; what cannot be used is said once, and what was before goes on. It reads files: not on
        the loop."""
        marks = self._marked()
        if marks == self._marks:
            if time.monotonic() - self._told_at >= A_DAY_S:
                self._tell()
            return
        self._marks = marks
        try:
            self.anchors, self.context, self._timeless = self._read()
        except BadSettings as error:
            log.error("tls.not_renewed", why=str(error))
        else:
            log.info("tls.renewed")
            self._tell()

    def _read(self) -> tuple[Anchors | None, ssl.SSLContext, ssl.SSLContext]:
        try:
            found = anchors(self._settings) if self._settings.has_anchors else None
            timeless = context(self._settings)
            timeless.verify_flags |= NO_CHECK_TIME
            return found, context(self._settings), timeless
        except (OSError, *UNREADABLE) as error:  # what our own look has let pass, or a file that has gone since
            why = error.reason if isinstance(error, ssl.SSLError) and error.reason else error
            raise BadSettings(f"tls: the files cannot be used: {why}") from None

    def _tell(self) -> None:
        """Of what has ended, or will soon."""
        self._told_at = time.monotonic()
        now = datetime.now(UTC)
        try:
            for name, begins, ends in lasting(self._settings):
                times = {"setting": f"tls.{name}", "begins": begins.isoformat(), "until": ends.isoformat()}
                if not begins <= now < ends:
                    log.error("tls.not_valid_today", **times)
                elif ends - min(SOON, (ends - begins) / 5) <= now:
                    log.warning("tls.expiring", **times)
        except (BadSettings, *UNREADABLE) as error:  # a file was changed in between: it is read again
            log.info("tls.not_told", why=str(error))

    def _marked(self) -> list[tuple[int, int, int] | None]:
        """What tells whether a file is another one than before."""
        return [_mark(path) for name in FILES if (path := getattr(self._settings, name)) is not None]


def context(settings: Tls) -> ssl.SSLContext:
    """All of it. Raises `BadSettings`, with the name of the setting."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2  # SEC-10
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    made.set_ciphers(f"{SUITES}:{RSA_KX_SUITES}" if settings.ocpp_rsa_kx else SUITES)
    pairs = {
        "ecdsa": (settings.ecdsa_certificate, settings.ecdsa_key),
        "rsa": (settings.rsa_certificate, settings.rsa_key),
    }
    for kind, (certificate, key) in pairs.items():
        if certificate is not None and key is not None:
            _check_pair(kind, certificate, key)
            made.load_cert_chain(certificate, key, password=_no_password)
    if settings.has_anchors:
        _load_anchors(made, settings)
    return made


class Authority(NamedTuple):
    """Who signs certificates of chargers, and the numbers in its lists of what is revoked."""

    certificate: x509.Certificate
    revoked: frozenset[int]


class Anchors(NamedTuple):
    authorities: Sequence[Authority]
    # From when to when lists of what is revoked hold, by who has signed them.
    lists: Mapping[x509.Name, Sequence[tuple[datetime, datetime | None]]]

    def has_list(self, authority: x509.Name, now: datetime) -> bool:
        """Whether one of an authority holds today. Where there are lists at all, nobody is let in without one."""
        mine = self.lists.get(authority, ())
        return not self.lists or any(begins <= now and (ends is None or now < ends) for begins, ends in mine)


def anchors(settings: Tls) -> Anchors:
    """What `client_ca`, `ca_certificate` and `crl` say. Raises `BadSettings`."""
    authorities = [] if settings.client_ca is None else _certificates("client_ca", settings.client_ca)
    lists = [] if settings.crl is None else _lists(settings.crl)
    found = []
    for each in [*authorities, *_ours(settings)]:
        theirs = [one for one in lists if one.issuer == each.subject and _is_signed_by(one, each)]
        # Found here, once, since a list may have many thousands and chargers come all at once.
        numbers = frozenset(revoked.serial_number for one in theirs for revoked in one)
        found.append(Authority(each, numbers))
    times: dict[x509.Name, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for one in lists:
        times[one.issuer].append((one.last_update_utc, one.next_update_utc))
    return Anchors(found, times)


def lasting(settings: Tls) -> Iterator[tuple[str, datetime, datetime]]:
    """From when to when each file is of use, by the name of its setting. Raises `BadSettings`, and what the library raises."""
    for name in ("ecdsa_certificate", "rsa_certificate", "client_ca", "ca_certificate"):
        path: Path | None = getattr(settings, name)
        for each in () if path is None else _certificates(name, path):
            yield name, each.not_valid_before_utc, each.not_valid_after_utc
    for one in () if settings.crl is None else _lists(settings.crl):
        if one.next_update_utc is not None:
            yield "crl", one.last_update_utc, one.next_update_utc


def _load_anchors(made: ssl.SSLContext, settings: Tls) -> None:
    if settings.client_ca is not None:
        made.load_verify_locations(cafile=settings.client_ca)
    for each in _ours(settings):
        made.load_verify_locations(cadata=each.public_bytes(Encoding.DER))
    made.verify_mode = ssl.CERT_OPTIONAL  # without one, a charger needs its password (profile 2)
    # An authority below the root is an anchor as well, when it is the one that is named.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if settings.crl is not None:
        made.load_verify_locations(cafile=settings.crl)
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _ours(settings: Tls) -> list[x509.Certificate]:
    """The authority that signs here, and not who stands above it: that one may sign for others, and those are not let in."""
    path = settings.ca_certificate
    return [] if path is None else _certificates("ca_certificate", path)[:1]


def _lists(path: Path) -> list[x509.CertificateRevocationList]:
    text = _read("crl", path)
    end = b"-----END X509 CRL-----"
    try:
        found = [x509.load_pem_x509_crl(part + end) for part in text.split(end)[:-1]]
    except UNREADABLE:
        found = []
    if not found:
        raise BadSettings(f"tls.crl: {path} has no list of revoked certificates that can be read")
    return found


def _is_signed_by(revoked: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        return revoked.is_signature_valid(cast(CertificateIssuerPublicKeyTypes, authority.public_key()))
    except UNREADABLE:
        return False


def _certificates(name: str, path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(name, path))
    except UNREADABLE:
        raise BadSettings(f"tls.{name}: {path} has no certificate that can be read") from None


def _check_pair(kind: str, certificate: Path, key: Path) -> None:
    name = f"{kind}_certificate"
    leaf = _certificates(name, certificate)[0]
    try:
        private = load_pem_private_key(_read(f"{kind}_key", key), None)
    except TypeError:
        raise BadSettings(
            f"tls.{kind}_key: {key} is protected by a password, which nobody can type at the start"
        ) from None
    except UNREADABLE:
        raise BadSettings(f"tls.{kind}_key: {key} has no key that can be read") from None
    public = leaf.public_key()
    if kind == "rsa" and not (isinstance(public, rsa.RSAPublicKey) and is_strong(public)):
        raise BadSettings(f"tls.{name}: {certificate} must be for an RSA key of 2048 bits or more")
    if kind == "ecdsa" and not (isinstance(public, ec.EllipticCurvePublicKey) and is_strong(public)):
        raise BadSettings(f"tls.{name}: {certificate} must be for an ECDSA key on the curve P-256 or a larger one")
    if private.public_key() != public:
        raise BadSettings(f"tls.{kind}_key: {key} is not the key of {certificate}")


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSettings(f"tls.{name}: {path}: {error.strerror}") from None


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _no_password() -> bytes:
    """Asked for a password, the library would wait for somebody at the terminal."""
    return b""
