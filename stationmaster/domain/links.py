"""Addresses that we hand to a charger: signed, good for one thing, for some time.

The signature lets a forged or an old one be refused without a look into the database. Whether what it is for is still going on
(the update, the log) is the business of that.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from stationmaster.domain.errors import Conflict, DomainError

What = Literal["firmware", "logs"]
ID_CHARACTERS = 16
_SIGNATURE = 32
# Some chargers put the name of their file right behind the address, without a slash; so the key has a fixed length.
_KEY = re.compile(rf"([0-9a-f]{{{ID_CHARACTERS}}})([0-9a-f]{{8}})([0-9a-f]{{{_SIGNATURE}}})(.*)", re.DOTALL)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class BadLink(DomainError):
    """Nobody was given this address."""


class Gone(DomainError):
    """The time of this address is over, or what it was for has ended."""


class Opened(NamedTuple):
    """What an address is for."""

    public_id: str
    rest: str  # what stood behind the key


class Links:
    """Makes and reads these addresses. `port` is known when the web port listens."""

    def __init__(self, key: bytes, *, public_url: str | None, host: str, lifetime: timedelta) -> None:
        self.lifetime = lifetime
        self.port = 0
        self._key = key
        self._public_url = public_url
        self._host = host

    def to(self, what: What, public_id: str, *, until: datetime, name: str = "") -> str:
        """The whole address. Raises `Conflict` when nobody has said where chargers reach us."""
        key = self.key(what, public_id, until=until)
        return f"{self._address()}/files/{what}/{key}{'/' + plain_name(name) if name else ''}"

    def key(self, what: What, public_id: str, *, until: datetime) -> str:
        """The part of the address that is the secret."""
        signed = f"{public_id}{int(until.timestamp()):08x}"
        return signed + self._signature(what, signed)

    def open(self, what: What, text: str, *, now: datetime) -> Opened:
        """What a key is for. Raises `BadLink` and `Gone`."""
        found = _KEY.fullmatch(text)
        if found is None or not hmac.compare_digest(found[3], self._signature(what, found[1] + found[2])):
            raise BadLink("this address was given to nobody; ask for a new one")
        if now > datetime.fromtimestamp(int(found[2], 16), UTC):
            raise Gone("the time of this address is over; ask for a new one")
        return Opened(found[1], found[4])

    def _signature(self, what: What, signed: str) -> str:
        return hmac.new(self._key, f"{what} {signed}".encode(), hashlib.sha256).hexdigest()[:_SIGNATURE]

    def _address(self) -> str:
        if self._public_url is not None:
            return self._public_url
        if self._host in ("0.0.0.0", "::"):
            raise Conflict(
                "chargers cannot be told where to fetch and bring files: set files.public_url or web.public_url"
            )
        return f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{self.port}"


def plain_name(name: str) -> str:
    """A file's name as every charger can read it in an address: letters, digits, dots and dashes."""
    return _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip("._")[-60:] or "file"
