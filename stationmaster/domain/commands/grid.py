"""Commands about what a charger does for the grid (2.1): controls of distributed energy resources, frequency restoration.

A control is told as the specification's own object; what is wrong in it is refused at its field.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from stationmaster.domain.commands.kinds import Command

ControlId = Annotated[str, msgspec.Meta(min_length=1, max_length=36)]
ControlKind = Annotated[
    str, msgspec.Meta(min_length=1, max_length=40, description="As in DERControlEnumType: `FreqDroop`, `VoltWatt` …")
]


class SetDerControl(Command, frozen=True):
    """Give the charger a control of its power at the grid. `control` is a SetDERControlRequest of OCPP 2.1: `isDefault`, `controlId`,
    `controlType`, and the object that belongs to that type."""

    administers = True

    control: dict[str, Any]


class GetDerControl(Command, frozen=True):
    """Let the charger report its controls: all, the default ones or the others, those of a kind, or one."""

    default: bool | None = None
    kind: ControlKind | None = None
    id: ControlId | None = None


class ClearDerControl(Command, frozen=True):
    """Remove controls from the charger: the default ones or the others, of a kind, or one."""

    administers = True

    default: bool = False
    kind: ControlKind | None = None
    id: ControlId | None = None


class SendAfrrSignal(Command, frozen=True):
    """Hand on a signal of the grid operator for automatic frequency restoration. `at` is when it was given; left out, it is now."""

    signal: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
