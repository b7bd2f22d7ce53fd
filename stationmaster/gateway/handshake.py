"""May this connection come in? Decided before the 101, from the request alone; pure, so that every answer can be tested.

Unknown id, wrong password and missing credentials get the same 401 with the same body, in the same time (ATK-02).
"""

from __future__ import annotations

import base64
import binascii
import itertools
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, unquote_to_bytes

import msgspec

from stationmaster.addresses import is_private
from stationmaster.domain.credentials import Credential, Keys
from stationmaster.domain.failures import Failures, network
from stationmaster.domain.stations import is_identity
from stationmaster.gateway.channel import EXPIRED, PLAIN, Channel, ClientCertificate
from stationmaster.gateway.directory import Directory, Entry
from stationmaster.gateway.door import NO_REQUEST
from stationmaster.gateway.proxies import elements
from stationmaster.ocpp.dialects import DIALECTS, Dialect

UNAUTHORIZED = b"The charger's id or secret is not right.\n"
_REALM = {"WWW-Authenticate": 'Basic realm="charger", charset="UTF-8"'}
WINDOW_S = 60.0
ATTEMPTS = 10  # failed attempts in a window, for one source, before they are answered with 429
MAX_SOURCES = 20_000
DATED_BACK = timedelta(days=1)  # so much earlier than it is made authorities let a certificate begin


class Admitted(msgspec.Struct, frozen=True):
    """Come in, as this station, speaking this version; `subprotocol` is the offer to confirm, None when there was none.

    `taken` is the new secret that it has logged in with for the first time. `profile` is its security profile; 0 is none. `serials`
    are those it may boot with; None: any. `renewing`: its certificate has ended, and it may do nothing but renew it."""

    entry: Entry
    dialect: Dialect
    subprotocol: str | None
    taken: Credential | None = None
    profile: int = 1
    serials: tuple[str, ...] | None = None
    renewing: bool = False


class Refused(msgspec.Struct, frozen=True):
    """Stay out: the HTTP status, what to say, and the reason for our own inbox."""

    status: int
    body: bytes
    reason: str
    identity: str = ""
    offered: tuple[str, ...] = ()
    headers: dict[str, str] = {}


class Unsure(msgspec.Struct, frozen=True):
    """A secret that a person typed, for the first time: decide again when `check` has run, in a thread (decision 0004)."""

    check: Callable[[], bool]
    entry: Entry
    secret: bytes


class Attempts:
    """Failed attempts by source, and by source and station; never by station alone, or a stranger could lock one out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = Failures(forget_s=WINDOW_S, kept=MAX_SOURCES, from_first=True, clock=clock)

    def exhausted(self, source: str, identity: str = "") -> bool:
        return self._failures.of((network(source), identity)).times >= ATTEMPTS

    def failed(self, source: str, identity: str) -> None:
        source = network(source)
        for key in ((source, ""), (source, identity)):
            self._failures.add(key)


class Handshake:
    """Everything the decision needs."""

    def __init__(
        self,
        directory: Directory,
        keys: Keys,
        spoken: Mapping[str, Dialect],
        *,
        valid_token: bool = False,
        operator: str | None = None,
    ) -> None:
        self._directory = directory
        self._keys = keys
        self._spoken = spoken  # by version, those we have handlers for
        self._valid_token = valid_token
        self._operator = operator  # the O of certificates that let a charger in
        self.attempts = Attempts()

    def decide(
        self, path: bytes, headers: Mapping[str, str], source: str, channel: Channel = PLAIN
    ) -> Admitted | Refused | Unsure:
        """Identity, credentials, security profile, version, in this order."""
        offered = _offered(headers)
        identity, asked_version = identity_of(path)
        trusted = self._valid_token and _has_valid_token(path) and is_private(source)
        if trusted and identity is None:
            identity = self._only_identity()
        entry = None if identity is None else self._directory.find(identity)
        if not _is_handshake(headers):
            return Refused(400, NO_REQUEST, "bad_request", self.known_identity(path), offered)
        if identity is None:
            return Refused(404, b"The URL must end in the charger's id.\n", "bad_identity", "", offered)
        user, password, problem = _credentials(headers)
        # The check is made in any case, so that all refusals take the same time.
        right = self._keys.check(None if entry is None else entry.credential, password)
        if entry is None:  # the first thing to know about it; and the inbox keeps only so many of these (CON-25)
            problem = "unknown_station"
        elif self.attempts.exhausted(source, identity):
            problem = "too_many_attempts"
        elif problem is None and user != identity.encode():
            problem = "username_mismatch"
        elif problem is None and right is False:
            problem = "wrong_password"
        profile, renewing = 2 if channel.secure else 1, False
        if channel.certificate is not None and entry is not None:
            # Profile 3: who has shown a certificate is judged by it, whatever else was sent (A00.FR.401). It cannot be guessed,
            # so others who guess from the same address keep it out as little as it guesses itself.
            problem, profile = wrong_with(channel.certificate, entry, self._operator), 3
            renewing = problem == EXPIRED and entry.may_renew
            if renewing:
                problem = None
        elif entry is not None and problem == "no_credentials" and trusted:
            problem, profile = None, 0
        if channel.problem is not None and entry is not None and problem != "too_many_attempts":
            problem = channel.problem
        if problem is not None:
            return self._turned_away(problem, identity, offered, source)
        assert entry is not None
        if right is None and profile in (1, 2):
            return Unsure(partial(self._keys.verify, entry.credential, password), entry, password)
        if profile < entry.min_profile and entry.min_profile > 1:
            # A05.FR.07. Its credentials are right, so this is nobody who guesses, and counts for no limit (SEC-32).
            return Refused(401, UNAUTHORIZED, "profile_too_low", identity, offered, _REALM)
        admitted = self._with_version(entry, offered, asked_version)
        if isinstance(admitted, Refused):
            return admitted
        taken = None
        if entry.credential.offered and profile in (1, 2):
            taken = self._keys.offered(entry.credential, password)
        serials = None if channel.certificate is None else _serials(channel.certificate, entry)
        return msgspec.structs.replace(admitted, taken=taken, profile=profile, serials=serials, renewing=renewing)

    def _only_identity(self) -> str | None:
        """The one charger there is: document 002 writes `/ocpp?validToken`, which names none."""
        entries = list(itertools.islice(self._directory.entries(), 2))
        return entries[0].station.identity if len(entries) == 1 else None

    def known_identity(self, path: bytes) -> str:
        """The identity in this path if it is a charger of ours, else ""."""
        identity, _ = identity_of(path)
        return identity if identity is not None and self._directory.find(identity) is not None else ""

    def _turned_away(self, problem: str, identity: str, offered: tuple[str, ...], source: str) -> Refused:
        over = self.attempts.exhausted(source) or self.attempts.exhausted(source, identity)
        if problem != "too_many_attempts":
            self.attempts.failed(source, identity)
        if over:
            retry = {"Retry-After": str(int(WINDOW_S))}
            return Refused(429, b"Too many attempts.\n", problem, identity, offered, retry)
        return Refused(401, UNAUTHORIZED, problem, identity, offered, _REALM)

    def _with_version(self, entry: Entry, offered: tuple[str, ...], asked_version: str | None) -> Admitted | Refused:
        identity = entry.station.identity
        if offered:
            spelt = {name.lower(): name for name in reversed(offered)}  # as offered, so must it be confirmed
            # The newest that both speak; a person who has set one for this charger knows why (CON-26).
            for dialect in sorted(DIALECTS.values(), key=lambda one: one.version != entry.pinned_version):
                if dialect.subprotocol in spelt and dialect.version in self._spoken:
                    return Admitted(entry, dialect, spelt[dialect.subprotocol])
            return Refused(
                400, b"None of the offered OCPP versions is spoken here.\n", "unknown_subprotocol", identity, offered
            )
        version = asked_version or entry.pinned_version
        if version is not None and version in self._spoken:
            return Admitted(entry, self._spoken[version], None)
        return Refused(400, b"No OCPP version was offered (Sec-WebSocket-Protocol).\n", "no_subprotocol", identity)


def wrong_with(certificate: ClientCertificate, entry: Entry, operator: str | None) -> str | None:
    """Why a certificate does not let this charger in. That it has ended is told when nothing else is wrong with it."""
    if operator not in certificate.organizations:
        return "certificate_organization"  # A00.FR.404
    # A00.FR.405. With two names in it, it would be of two chargers.
    if certificate.record not in (None, entry.station.id):
        return "certificate_of_another"
    if certificate.common_names not in ((entry.station.identity,), (entry.station.serial,)):
        return "certificate_of_another"
    # What one charger was given does not open the record of the next one that is called so, as its password does not.
    if entry.removed_at is not None and certificate.valid_from + DATED_BACK < entry.removed_at:
        return "certificate_of_removed"
    return EXPIRED if certificate.valid_until <= datetime.now(UTC) else None


def _serials(certificate: ClientCertificate, entry: Entry) -> tuple[str, ...] | None:
    """Those a charger may boot with (B01.FR.11). A certificate with its identity in it says nothing of its serial number."""
    return None if entry.station.identity in certificate.common_names else certificate.common_names


def identity_of(path: bytes) -> tuple[str | None, str | None]:
    """The station's identity (the last path segment, decoded once) and the `version` of the query form, if any.

    `/ocpp/{id}`, any deeper path, and `/ocpp?chargePointId={id}&version=1.6` are understood.
    """
    bare, _, query = path.partition(b"?")
    try:
        parameters = parse_qs(query.decode("latin-1"), max_num_fields=20) if query else {}
    except ValueError:
        return None, None
    version = parameters.get("version", [None])[0]
    segment = bare.rstrip(b"/").rpartition(b"/")[2]
    if bare.strip(b"/") in (b"", b"ocpp"):
        identity = parameters.get("chargePointId", [""])[0]
    else:
        try:
            identity = unquote_to_bytes(segment).decode()
        except UnicodeDecodeError:
            return None, version
    return (identity if is_identity(identity) else None), version


def _has_valid_token(path: bytes) -> bool:
    query = path.partition(b"?")[2].decode("latin-1")
    try:
        return "validToken" in parse_qs(query, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return False


def _is_handshake(headers: Mapping[str, str]) -> bool:
    """Whether this is a WebSocket handshake at all; the words "upgrade" and "websocket" may be missing (chargers forget them)."""
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except ValueError:
        return False
    return len(key) == 16 and headers.get("Sec-WebSocket-Version") in ("13", "8", "7")


def _offered(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The subprotocols, however many headers they came in; blanks and upper case are tolerated."""
    return tuple(name for name in elements(headers, "Sec-WebSocket-Protocol") if name)[:10]


def _credentials(headers: Mapping[str, str]) -> tuple[bytes, bytes, str | None]:
    """User and password as bytes: a 1.6 key may be no UTF-8 and may contain a colon (SEC-05); and what is wrong, if anything."""
    value = headers.get("Authorization")
    if value is None:
        return b"", b"", "no_credentials"
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return b"", b"", "bad_credentials"
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b"", b"", "bad_credentials"
    return user, password, None if colon else "bad_credentials"
