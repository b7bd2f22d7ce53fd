"""The command for a station that swaps batteries (2.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from stationmaster.domain import tokens
from stationmaster.domain.commands.kinds import Command
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


class RequestBatterySwap(Command, frozen=True):
    """Let a driver swap batteries. `force` asks although the card may not charge."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    force: bool = False

    def check(self, work: Work, station: Station) -> str | None:
        status = tokens.authorize(work, station, self.token).status
        if status == "accepted":
            return None
        if not self.force:
            raise Conflict(f"the card {self.token} is {status}; with `force` the charger is asked all the same")
        return f"forced: the card is {status}"
