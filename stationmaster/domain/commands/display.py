"""Commands about the display of a charger, and what a driver is told there (2.x)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from stationmaster.domain.commands.kinds import Command, SessionName, TokenText
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

Priority = Literal["always_front", "in_front", "normal_cycle"]
ShownIn = Literal["charging", "faulted", "idle", "unavailable", "suspended", "discharging"]
Format = Literal["ascii", "html", "uri", "utf8", "qrcode"]
LONGEST_PRICE = 512
"""Characters of what a charger shows of a price: what the answer to a card may have in 2.0.1."""

MessageNumber = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
Zoned = Annotated[datetime, msgspec.Meta(tz=True)]


class SetDisplayMessage(Command, frozen=True):
    """Show a message on the charger's display: always, or in one of its states, during a session, from one moment to another.
    With `id` it replaces that message."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    priority: Priority = "normal_cycle"
    format: Format = "utf8"
    language: Annotated[str, msgspec.Meta(min_length=2, max_length=8)] | None = None
    state: ShownIn | None = None
    starts_at: Zoned | None = None
    ends_at: Zoned | None = None
    session: SessionName | None = None
    id: MessageNumber | None = None

    def check(self, work: Work, station: Station) -> str | None:
        if self.ends_at is not None and self.ends_at <= max(work.now, self.starts_at or work.now):
            raise Invalid("ends_at", "must be in the future, and after starts_at")
        return None


class GetDisplayMessages(Command, frozen=True):
    """Let the charger report which messages it has: all, those with these ids, or those that match."""

    ids: Annotated[list[MessageNumber], msgspec.Meta(max_length=100)] = []
    priority: Priority | None = None
    state: ShownIn | None = None


class ClearDisplayMessage(Command, frozen=True):
    """Take a message off the charger's display."""

    id: MessageNumber


class ShowPrice(Command, frozen=True):
    """Show what charging costs the driver with this card, as a text.

    Only 1.6 is told so: a charger of 2.x is told with the answer when the card is shown (I01).
    """

    token: TokenText
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_PRICE)]


class ShowCost(Command, frozen=True):
    """Show what a session has cost so far, in the charger's currency; `final`, with a text for the driver, when it has ended.

    Only 1.6 is told the end so: a charger of 2.x is told the total with the answer to its last message of the session.
    """

    session: SessionName
    total_cost: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
    final: bool = False
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None

    def check(self, work: Work, station: Station) -> str | None:
        if self.final and station.version != "1.6":
            raise Conflict(
                "a charger of OCPP {version} is told the total when it ends a session", version=station.version
            )
        if self.final != (self.text is not None):
            raise Invalid("text", "belongs to the final cost, and to no other")
        return None
