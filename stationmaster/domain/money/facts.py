"""What of a session is priced, and where that stands: the words of the one who asks."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

State = Literal["idle", "connected", "charging", "suspended_by_car", "suspended_by_charger", "unknown"]
"""What a charger says of a session, in our words."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """How much a session had taken at a moment; and the power, where it was told with it."""

    at: datetime
    wh: Decimal
    power_w: Decimal | None = None


class StateChange(msgspec.Struct, frozen=True, gc=False):
    at: datetime
    state: State


class Reservation(msgspec.Struct, frozen=True, gc=False):
    """From when a connector was kept for somebody, until they came or it ended."""

    begins_at: datetime
    ends_at: datetime
    used: bool = True  # false: nobody came


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A session, as far as its price needs it. `ends_at` of one that still runs is the moment for which the price is asked."""

    begins_at: datetime
    ends_at: datetime
    states: tuple[StateChange, ...] = ()
    reservation: Reservation | None = None
    energy_known: bool = True  # false: nobody can say what it took
    held: bool = False  # for review: rated, but not billed before a person has looked
    continues: bool = False  # the same visit as the session before: what is paid once has been
