"""What the engine takes and what it returns: points in, an `Energy` with its reasons out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec


class Point(msgspec.Struct, frozen=True, gc=False):
    """What was told at one moment: the register in Wh, the power in W, as far as they were.

    `location` is empty at the outlet, else where the meter sits. `resolution_wh` is the last digit that was told of the
    register; empty means a watt-hour or finer. `by_id`: it came with the transaction's own id.
    """

    at: datetime
    energy_wh: Decimal | None = None
    power_w: Decimal | None = None
    context: str | None = None
    location: str | None = None
    resolution_wh: int | None = None
    by_id: bool = True


class Step(msgspec.Struct, frozen=True, gc=False):
    """A point of the chart: what the session had taken by then."""

    at: datetime
    wh: Decimal


class LeftOut(msgspec.Struct, frozen=True, gc=False):
    """A register that was told and not used; `why` is a key of `LEFT_OUT`."""

    at: datetime
    energy_wh: Decimal
    why: str


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """An energy that a person may choose for a session that is held; `how` is a key of `PROPOSALS`."""

    wh: Decimal
    how: str


class Energy(msgspec.Struct, frozen=True, gc=False):
    """The energy of a session in Wh (None: cannot be said), and how it was found.

    `series` begins with the session and ends with `wh`; it is empty where nothing can be said. `flags` are keys of `FLAGS`;
    what is `held` is not billed before a person has looked.
    """

    wh: Decimal | None
    stop_wh: Decimal | None
    flags: tuple[str, ...] = ()
    held: bool = False
    series: tuple[Step, ...] = ()
    used: tuple[Point, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    proposals: tuple[Proposal, ...] = ()


def ending_with(taken: Energy, wh: Decimal | None, begins_at: datetime, ends_at: datetime) -> Energy:
    """The same with another headline, which a person has set: the series ends there, and never stands above it.

    Where nothing could be said, it is spread evenly over the session: what a person has set is billed, too.
    """
    if wh == taken.wh:
        return taken
    if wh is None:
        return msgspec.structs.replace(taken, wh=wh, series=())
    if not taken.series:
        evenly = (Step(begins_at, Decimal(0)), Step(ends_at, wh))
        return msgspec.structs.replace(taken, wh=wh, series=evenly)
    steps = [Step(one.at, min(one.wh, wh)) for one in taken.series]
    steps[-1] = Step(steps[-1].at, wh)
    return msgspec.structs.replace(taken, wh=wh, series=tuple(steps))


FLAGS = {
    "estimated": "The meter reading at the begin or the end is missing; the energy is an estimate.",
    "register_reset": "The meter seems to have begun again at zero during the session.",
    "register_rollback": "The meter ran backwards during the session.",
    "register_jump": "The meter jumped by more than the charger can deliver in that time.",
    "registers_disagree": "The readings on the way tell another energy than those at the begin and the end.",
    "power_disagrees": "The power that was told, times the time, is far from what the meter counted.",
    "unit_suspect": "The readings look like kWh sent as Wh.",
}
"""Each of them holds a session: the energy is in doubt until a person has looked."""

LEFT_OUT = {
    "outlier": "Stands alone: the readings before and after it go on without it.",
    "other_register": "Belongs to another meter that is told under the same name.",
    "begin_again": "The reading at the begin, told once more.",
    "elsewhere": "Not measured at the outlet, and a reading from there is known.",
    "unusable": "No register shows this: it is negative or beyond all measure.",
}

PROPOSALS = {
    "values": "The last reading on the way minus the first.",
    "first_to_stop": "The reading at the end minus the first on the way.",
    "start_to_last": "The last reading on the way minus the one at the begin.",
    "difference": "The reading at the end minus the one at the begin.",
    "reset": "Both parts, if the meter began again at zero.",
    "stop": "The reading at the end, if the meter counts from zero with each session.",
    "kwh": "The same readings taken as kWh.",
    "power": "The power that was told, times the time.",
    "rated": "The most the connector can have delivered in this time.",
}
