"""Commands about charging profiles."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from stationmaster.domain import charging_profiles
from stationmaster.domain.charging_profiles import ChargingProfile, Purpose, Unit
from stationmaster.domain.commands.kinds import Command, Whole
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

Level = Annotated[int, msgspec.Meta(ge=0, le=1000)]
ProfileNumber = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]


class SetChargingProfile(Command, frozen=True):
    """Limit an EVSE or the whole charger over time. In a unit, and in as many periods, as the charger takes; never more than asked."""

    profile: ChargingProfile
    evse: Whole = 0

    def check(self, work: Work, station: Station) -> str | None:
        charging_profiles.check(self.profile, evse=self.evse)
        return None


class ClearChargingProfile(Command, frozen=True):
    """Remove profiles: the one with this id, or all that match. With nothing named, all of them."""

    id: ProfileNumber | None = None
    evse: Whole | None = None
    purpose: Purpose | None = None
    stack_level: Level | None = None


class GetCompositeSchedule(Command, frozen=True):
    """Ask which limit will be in force over the coming time, out of all that the charger heeds."""

    evse: Whole = 0
    duration_s: Annotated[int, msgspec.Meta(ge=1, le=7 * 86_400)] = 86_400
    unit: Unit | None = None


class GetChargingProfiles(Command, frozen=True):
    """Let the charger report which profiles it has (2.x). `source` is who has set them: here, the energy management, the grid operator, another."""

    id: ProfileNumber | None = None
    evse: Whole | None = None
    purpose: Purpose | None = None
    stack_level: Level | None = None
    source: Literal["csms", "EMS", "SO", "Other"] | None = None
