"""Commands about reservations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from stationmaster.domain import reservations
from stationmaster.domain.commands.kinds import Command, Evse, TokenText, check_card
from stationmaster.domain.commands.outcomes import UNKNOWN, Answer
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


class ReserveNow(Command, frozen=True):
    """Keep an EVSE, or any that is free, for a card until a moment. In 2.x a connector type can be asked for. Cards of `group`
    may use it as well; left out, it is the card's own. `force` asks although the card may not charge."""

    token: TokenText
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]
    evse: Evse | None = None
    connector_type: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] | None = None
    group: TokenText | None = None
    force: bool = False

    def check(self, work: Work, station: Station) -> str | None:
        if self.expires_at <= work.now:
            raise Invalid("expires_at", "must be in the future")
        return check_card(work, station, self.token, force=self.force)

    def unanswered(self, work: Work, station: Station, request_id: int | None, answer: Answer) -> None:
        if request_id is not None and answer.outcome not in UNKNOWN:
            reservations.refuse(work, station, request_id, answer.words)


class CancelReservation(Command, frozen=True):
    """Give a reservation up. It is named by the id it has in the list of reservations."""

    reservation: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
