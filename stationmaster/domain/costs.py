"""What a session costs. There are no prices yet: this is where they will be asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from stationmaster.storage import Work


class Cost(NamedTuple):
    """With taxes, in the currency of the charger; and what its driver is told of it."""

    total: Decimal
    message: str | None = None


def of_session(work: Work, session_id: int) -> Cost | None:
    """What a session costs by now; None while it has no price.

    It comes out of what is stored of the session, and of nothing else: not out of the message at hand, nor the time of day.
    So a charger that asks again is told the same (TX-27).
    """
    return None
