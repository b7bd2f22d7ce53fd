"""The link in a notice by which one gets no more of its kind: signed, for one customer and kind, and for what was chosen then.

It is good for nothing else, needs no log-in, and works once: who has chosen a kind anew since gets another link.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from stationmaster.domain.customer_notices.tables import KINDS, ChoiceRow, Kind
from stationmaster.domain.errors import NotFound

_SIGNATURE = 16  # bytes


class Named(NamedTuple):
    """Whose choice of which kind, as it was in a version."""

    choices: str
    version: int
    kind: Kind


def key_of(secret: bytes, row: ChoiceRow, kind: Kind) -> str:
    """The part of the address that is the secret. The kind must be chosen."""
    named = f"{row.public_id}-{row.kinds[kind]['version']}-{kind}"
    return f"{named}-{_signature(secret, named)}"


def open_key(secret: bytes, key: str) -> Named:
    """What a key is for. Raises `NotFound` for one that nobody was given."""
    named, _, signature = key.rpartition("-")
    parts = named.split("-")
    genuine = hmac.compare_digest(signature.encode(errors="replace"), _signature(secret, named).encode())
    if not genuine or len(parts) != 3 or parts[2] not in KINDS:
        raise NotFound("there is nothing at this address")
    return Named(parts[0], int(parts[1]), parts[2])


def _signature(secret: bytes, named: str) -> str:
    return hmac.digest(secret, b"unsubscribe " + named.encode(errors="replace"), "sha256")[:_SIGNATURE].hex()
