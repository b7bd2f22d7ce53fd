"""How many sessions a second are rated on one core: `python -m tools.bench_rating`. The bar is 1,000."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from stationmaster.domain.money.facts import Reading, SessionFacts, StateChange
from stationmaster.domain.money.parsing import parsed
from stationmaster.domain.money.rating import rate
from stationmaster.domain.money.tariff_version import TariffVersion

BAR = 1_000
_SESSIONS = 500
_ROUNDS = 5


def main() -> None:
    zone = ZoneInfo("Europe/Berlin")
    for minutes in (30, 120, 600):
        facts, readings = _session(minutes)
        best_s = min(_round(facts, readings, _tariff(), zone) for _ in range(_ROUNDS))
        per_s = _SESSIONS / best_s
        print(f"{len(readings):4} readings: {per_s:6,.0f} sessions/s, {1e6 / per_s:5,.0f} µs each (bar {BAR:,})")


def _round(facts: SessionFacts, readings: list[Reading], version: TariffVersion, zone: ZoneInfo) -> float:
    begun = time.process_time()
    for _ in range(_SESSIONS):
        rate(facts, readings, version, zone)
    return time.process_time() - begun


def _session(minutes: int) -> tuple[SessionFacts, list[Reading]]:
    """A reading each minute, over the change of price at 22:00; the car is full after five sixths of the time."""
    begins_at = datetime(2026, 12, 1, 20, 45, tzinfo=UTC)
    full = minutes * 5 // 6
    facts = SessionFacts(
        begins_at=begins_at,
        ends_at=begins_at + timedelta(minutes=minutes),
        states=(
            StateChange(begins_at, "charging"),
            StateChange(begins_at + timedelta(minutes=full), "suspended_by_car"),
        ),
    )
    readings = [
        Reading(begins_at + timedelta(minutes=minute), Decimal(180 * min(minute, full)), Decimal(10_800))
        for minute in range(minutes + 1)
    ]
    return facts, readings


def _tariff() -> TariffVersion:
    """A start fee, a price by day and one by night, an idle fee with grace, one tax."""

    def element(type: str, price: str, **restrictions: str) -> dict[str, object]:
        component = {"type": type, "price": price, "taxes": [{"name": "VAT", "percent": "19"}]}
        return {"price_components": [component], "restrictions": restrictions}

    elements = [
        element("flat", "0.50"),
        element("parking_time", "6.00", start_time="07:00", end_time="22:00"),
        element("energy", "0.30", start_time="22:00", end_time="06:00"),
        element("energy", "0.45"),
    ]
    return parsed({"currency": "EUR", "grace_minutes": 15, "elements": elements})


if __name__ == "__main__":
    main()
