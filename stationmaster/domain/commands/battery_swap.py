"""The command for a station that swaps batteries (2.1)."""

from __future__ import annotations

from stationmaster.domain.commands.kinds import Command, TokenText, check_card
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


class RequestBatterySwap(Command, frozen=True):
    """Let a driver swap batteries. `force` asks although the card may not charge."""

    token: TokenText
    force: bool = False

    def check(self, work: Work, station: Station) -> str | None:
        return check_card(work, station, self.token, force=self.force)
