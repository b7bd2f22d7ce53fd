"""Commands about charging profiles."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from stationmaster.domain import charging_profiles
from stationmaster.domain.charging_profiles import ChargingProfile, Purpose, Unit
from stationmaster.domain.commands.kinds import Command, SessionName, Whole
from stationmaster.domain.errors import Invalid
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


TransferMode = Literal[
    "AC_single_phase",
    "AC_two_phase",
    "AC_three_phase",
    "DC",
    "AC_BPT",
    "AC_BPT_DER",
    "AC_DER",
    "DC_BPT",
    "DC_ACDP",
    "DC_ACDP_BPT",
    "WPT",
]
Below = Annotated[float, msgspec.Meta(le=0)]


class UsePriorityCharging(Command, frozen=True):
    """Let a session charge by the charger's profile of the purpose `priority`, or no longer (2.1)."""

    session: SessionName
    active: bool = True


class PhaseLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds on one phase, in the unit of the profile. Where power is fed back it is 0 or below."""

    limit: Annotated[float, msgspec.Meta(ge=0)] | None = None
    discharge_limit: Below | None = None
    setpoint: float | None = None
    setpoint_reactive: float | None = None


class UpdateDynamicSchedule(Command, frozen=True):
    """Change what a dynamic charging profile of the charger says, from now on (2.1). In the unit of the profile; `l2` and `l3` where the
    phases differ, and then the rest is for the first."""

    id: ProfileNumber
    limit: Annotated[float, msgspec.Meta(ge=0)] | None = None
    discharge_limit: Below | None = None
    setpoint: float | None = None
    setpoint_reactive: float | None = None
    l2: PhaseLimits | None = None
    l3: PhaseLimits | None = None

    def check(self, work: Work, station: Station) -> str | None:
        said = (self.limit, self.discharge_limit, self.setpoint, self.setpoint_reactive)
        if all(value is None for value in said):
            raise Invalid("limit", "nothing is changed: give a limit, a discharge limit or a setpoint")
        return None


class NotifyAllowedEnergyTransfer(Command, frozen=True):
    """Tell the charger in which ways a car may be charged, or may feed back, in a session that goes on (2.1)."""

    session: SessionName
    modes: Annotated[list[TransferMode], msgspec.Meta(min_length=1, max_length=11)]
