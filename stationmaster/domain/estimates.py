"""What charging will cost: before it begins, or while a tariff is still being written. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.bill import Bill
from stationmaster.domain.money.facts import Reading, SessionFacts, StateChange
from stationmaster.domain.money.rating import rate
from stationmaster.domain.money.tariff_version import TariffVersion

MOST_KWH = Decimal(10_000)
MOST_MINUTES = 31 * 24 * 60


def estimate(
    version: TariffVersion, zone: tzinfo, *, begins_at: datetime, kwh: Decimal, minutes: int, parked_minutes: int = 0
) -> Bill:
    """A session that takes so much at an even power in so many minutes, and then stands there. Raises `Invalid`."""
    if not (kwh.is_finite() and 0 <= kwh <= MOST_KWH):
        raise Invalid("kwh", "must be from 0 to {most}", most=MOST_KWH)
    for field, value, least in (("minutes", minutes, 1), ("parked_minutes", parked_minutes, 0)):
        if not least <= value <= MOST_MINUTES:
            raise Invalid(field, "must be from {least} to {most}", least=least, most=MOST_MINUTES)
    charged_at = begins_at + timedelta(minutes=minutes)
    states = (StateChange(begins_at, "charging"), StateChange(charged_at, "suspended_by_car"))
    facts = SessionFacts(begins_at=begins_at, ends_at=charged_at + timedelta(minutes=parked_minutes), states=states)
    readings = [Reading(begins_at, Decimal(0)), Reading(charged_at, kwh * 1000)]
    return rate(facts, readings, version, zone)
