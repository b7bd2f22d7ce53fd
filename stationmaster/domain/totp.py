"""Codes that change twice a minute: TOTP (RFC 6238) as authenticator apps make them, with SHA-1, six digits and 30 seconds."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP_S = 30
DIGITS = 6


def step_of(at: datetime) -> int:
    """The number of the half minute."""
    return int(at.timestamp()) // STEP_S


def code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one half minute."""
    return HOTP(secret, digits, SHA1()).generate(step).decode()


def step_with(secret: bytes, typed: str, now: datetime, *, after: int) -> int | None:
    """The half minute whose code this is: this one or one beside it, for a clock that is off, and later than `after`."""
    this = step_of(now)
    given = typed.encode(errors="replace")
    right = [step for step in (this - 1, this, this + 1) if hmac.compare_digest(code(secret, step).encode(), given)]
    return next((step for step in right if step > after), None)


def uri(secret: bytes, *, issuer: str, account: str) -> str:
    """What an authenticator app reads from a QR code."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?secret={shown(secret)}&issuer={quote(issuer, safe='')}"


def shown(secret: bytes) -> str:
    """A secret as people type it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")
