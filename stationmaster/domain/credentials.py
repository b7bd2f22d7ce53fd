"""Secrets of stations: made here, kept only as digests, compared in constant time.

A secret we generate has 192 bits, so a salted HMAC with a key outside the database is enough, and fast: a storm of
reconnects must not become a storm of slow hashes. A secret typed by a person is hashed with argon2id; the right answer is
remembered in memory, and two bytes of a keyed HMAC turn wrong ones away before the slow hash runs.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets

import argon2
import msgspec

from stationmaster.domain.errors import Invalid

MIN_SECRET_BYTES = 16  # 2.0.1 A00.FR.205, 1.6 security whitepaper; longer ones up to 64 are legal
MAX_SECRET_BYTES = 64

_argon2 = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Credential(msgspec.Struct, frozen=True, gc=False):
    """What is stored of a station's secret."""

    salt: bytes
    digest: bytes
    slow: str | None = None  # the argon2id hash of a typed secret; `digest` is then only its first two bytes
    offered: tuple[Credential, ...] = ()  # the charger may have taken one of these instead (domain/passwords.py)


class Keys:
    """Keys derived from the installation's one secret key, which is never in the database."""

    def __init__(self, secret_key: bytes) -> None:
        if len(secret_key) < 32:
            raise Invalid("security.key", "must have at least 32 bytes")
        self.pepper = hmac.digest(secret_key, b"stationmaster station secrets", "sha256")
        self.tokens = hmac.digest(secret_key, b"stationmaster access tokens", "sha256")
        self.bus = hmac.digest(secret_key, b"stationmaster bus", "sha256")
        self._seen = hmac.digest(secret_key, os.urandom(32), "sha256")
        self._verified: dict[bytes, bytes] = {}  # salt → keyed digest of the secret argon2 has said yes to
        self._refuted: dict[bytes, bytes] = {}  # and of the last one it has said no to
        self._nobody = Credential(salt=b"nobody", digest=secrets.token_bytes(32))

    def generated(self, characters: int = 32) -> tuple[str, Credential]:
        """A fresh secret (shown once) of up to 32 characters, and what to store of it. Twenty have 120 bits."""
        secret = secrets.token_urlsafe(24)[:characters]
        salt = secrets.token_bytes(16)
        return secret, Credential(salt, self._digest(salt, secret.encode()))

    def typed(self, secret: str) -> Credential:
        """What to store of a secret a person chose. Raises `Invalid` when it is too short or too long."""
        raw = secret.encode()
        if not MIN_SECRET_BYTES <= len(raw) <= MAX_SECRET_BYTES:
            raise Invalid(
                "secret",
                f"must have {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes; leave it out to have one generated",
            )
        salt = secrets.token_bytes(16)
        return Credential(salt, self._digest(salt, raw)[:2], _argon2.hash(raw))

    def check(self, credential: Credential | None, secret: bytes) -> bool | None:
        """Whether this is the station's secret; None when only `verify` can tell, which may take tens of milliseconds.

        Takes as long for a station that does not exist (`None`).
        """
        if credential is not None and self.offered(credential, secret) is not None:
            return True
        known = credential or self._nobody
        digest = self._digest(known.salt, secret)
        if not hmac.compare_digest(digest[: len(known.digest)], known.digest):
            return False
        if credential is None or known.slow is None:
            return credential is not None
        seen = self._trace(known, secret)
        if hmac.compare_digest(self._verified.get(known.salt, b""), seen):
            return True
        return False if hmac.compare_digest(self._refuted.get(known.salt, b""), seen) else None

    def offered(self, credential: Credential, secret: bytes) -> Credential | None:
        """The one of the offered secrets that this is."""
        for each in credential.offered:
            if hmac.compare_digest(self._digest(each.salt, secret), each.digest):
                return each
        return None

    def verify(self, credential: Credential | None, secret: bytes) -> bool:
        """The same, however long it takes; argon2's answer is remembered, for `check`. May run in any thread."""
        right = self.check(credential, secret)
        if right is not None:
            return right
        assert credential is not None and credential.slow is not None
        try:
            _argon2.verify(credential.slow, secret)
        except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
            self._refuted[credential.salt] = self._trace(credential, secret)
            return False
        self._verified[credential.salt] = self._trace(credential, secret)
        return True

    def _trace(self, credential: Credential, secret: bytes) -> bytes:
        return hashlib.blake2b(secret, key=self._seen, salt=credential.salt).digest()

    def _digest(self, salt: bytes, secret: bytes) -> bytes:
        return hmac.digest(self.pepper, salt + secret, "sha256")
