"""How far a session may still go. It is looked at by the clock, never at a meter value, and ended before it has gone too far (M-17, PAY-08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec.structs import replace

from stationmaster.domain.money.facts import Reading, SessionFacts

Step = Literal["go_on", "warn", "end"]

WARNED_AT = Decimal("0.8")  # of what there is
SOONEST, LATEST = timedelta(seconds=5), timedelta(minutes=5)  # between two looks
USUAL_INTERVAL = timedelta(seconds=60)  # between two meter values, of who has told one at most
LONGEST_INTERVAL = timedelta(minutes=15)
USUAL_W = Decimal(22_000)  # of a connector of which nobody knows what it can deliver


class Outlook(NamedTuple):
    """What was used by the last value of the meter, what it may be by the next one at full power, and what `LATEST` after that. In money, or in Wh."""

    spent: Decimal
    ahead: Decimal
    far: Decimal


def step(limit: Decimal, outlook: Outlook) -> Step:
    """Ended while the next value of the meter cannot have gone over the limit."""
    if outlook.ahead >= limit:
        return "end"
    return "warn" if outlook.spent >= limit * WARNED_AT else "go_on"


def pause(limit: Decimal, outlook: Outlook) -> timedelta:
    """How long one need not look: half of the time in which full power could reach the limit."""
    if outlook.far < limit or outlook.far <= outlook.ahead:
        return LATEST
    seconds = (limit - outlook.ahead) / (outlook.far - outlook.ahead) / 2 * int(LATEST.total_seconds())
    return min(LATEST, max(SOONEST, timedelta(seconds=int(seconds))))


def interval_of(readings: Sequence[Reading]) -> timedelta:
    """How often the charger tells its meter, by its last two values."""
    times = sorted({reading.at for reading in readings})
    told = times[-1] - times[-2] if len(times) > 1 else USUAL_INTERVAL
    return min(LONGEST_INTERVAL, max(SOONEST, told))


def full_power(readings: Sequence[Reading], rated_w: int | None) -> Decimal:
    """What the connector can deliver, else the highest power that was told, else a guess."""
    told = [reading.power_w for reading in readings if reading.power_w is not None]
    return Decimal(rated_w) if rated_w is not None else max(told, default=Decimal(0)) or USUAL_W


def at_full_power(
    facts: SessionFacts, readings: Sequence[Reading], *, watts: Decimal, until: datetime
) -> tuple[SessionFacts, list[Reading]]:
    """The session as it would be if it went on at full power until then."""
    last = max(readings, key=lambda one: one.at, default=Reading(facts.begins_at, Decimal(0)))
    hours = Decimal(max(0, int((until - last.at).total_seconds()))) / 3600
    taken = Reading(until, last.wh + watts * hours, watts)
    return replace(facts, ends_at=until, energy_known=True), [*readings, taken]
