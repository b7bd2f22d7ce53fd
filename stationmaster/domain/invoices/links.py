"""Addresses of receipts for whoever has no account: 128 random bits, signed, good for 90 days (D-03).

The same receipt always has the same address, so nothing has to be kept, and no queue of mails holds anything that opens a door.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import Protocol

from stationmaster.domain.errors import NotFound
from stationmaster.domain.links import Gone

GOOD_FOR = timedelta(days=90)
_ID, _UNTIL, _SIGNATURE = 16, 4, 16  # bytes


class Issued(Protocol):
    """A receipt."""

    public_id: str
    issued_at: datetime


def key_of(secret: bytes, receipt: Issued) -> str:
    """The part of the address that opens it."""
    until = int((receipt.issued_at + GOOD_FOR).timestamp())
    named = bytes.fromhex(receipt.public_id) + until.to_bytes(_UNTIL, "big")
    return base64.urlsafe_b64encode(named + _signature(secret, named)).decode().rstrip("=")


def open_key(secret: bytes, key: str, *, now: datetime) -> str:
    """The public id of the receipt. Raises `NotFound`, and `Gone` after 90 days."""
    try:
        content = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except (binascii.Error, ValueError):
        content = b""
    named = content[: _ID + _UNTIL]
    if len(content) != _ID + _UNTIL + _SIGNATURE or not hmac.compare_digest(
        content[_ID + _UNTIL :], _signature(secret, named)
    ):
        raise NotFound("there is no receipt at this address")
    if now >= datetime.fromtimestamp(int.from_bytes(named[_ID:], "big"), UTC):
        raise Gone("this receipt could be seen here for 90 days; ask whoever runs the charger for it")
    return named[:_ID].hex()


def _signature(secret: bytes, named: bytes) -> bytes:
    return hmac.digest(secret, b"receipt " + named, "sha256")[:_SIGNATURE]
