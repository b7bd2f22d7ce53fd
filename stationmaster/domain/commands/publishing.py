"""Commands for a local controller, which hands firmware out to the chargers behind it (2.x)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from stationmaster.domain.commands.kinds import Command, FirmwareId, Pause, Retries
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


class PublishFirmware(Command, frozen=True):
    """Let a local controller fetch a firmware that was uploaded here, and hand it out to the chargers behind it."""

    deploys = True

    firmware: FirmwareId
    retries: Retries | None = None
    retry_interval_s: Pause | None = None


class UnpublishFirmware(Command, frozen=True):
    """Let a local controller hand a firmware out no longer: one that was uploaded here, or any by its MD5 checksum."""

    deploys = True

    firmware: FirmwareId | None = None
    checksum: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{32}$(?!\n)")] | None = None

    def check(self, work: Work, station: Station) -> str | None:
        if (self.firmware is None) == (self.checksum is None):
            raise Invalid("firmware", "name the firmware by one of `firmware` and `checksum`")
        return None
