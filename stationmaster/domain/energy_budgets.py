"""How much energy a card may take in a day, a week or a month, by the clock of the site where it is shown (M-21). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Literal, NamedTuple

from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.facts import Reading

Period = Literal["day", "week", "month"]
MOST_WH = Decimal(10**9)

_MICROSECOND = timedelta(microseconds=1)


class Budget(NamedTuple):
    """So much in each period."""

    wh: Decimal
    period: Period


def checked(budget: Budget | None) -> Budget | None:
    """Raises `Invalid`."""
    if budget is not None and not (budget.wh.is_finite() and 0 <= budget.wh <= MOST_WH):
        raise Invalid("energy_budget.kwh", "must be from 0 to {most}", most=f"{MOST_WH / 1000:f}")
    return budget


def begin_of(period: Period, at: datetime, zone: tzinfo) -> datetime:
    """00:00 of the day, of the Monday, or of the first of the month."""
    return _midnight(_first_day(period, at, zone), zone)


def end_of(period: Period, at: datetime, zone: tzinfo) -> datetime:
    """When the next one begins."""
    first = _first_day(period, at, zone)
    after = first + timedelta(days={"day": 1, "week": 7, "month": 32}[period])
    return _midnight(after.replace(day=1) if period == "month" else after, zone)


def _first_day(period: Period, at: datetime, zone: tzinfo) -> datetime:
    today = datetime.combine(at.astimezone(zone).date(), time())
    if period == "month":
        return today.replace(day=1)
    return today - timedelta(days=today.weekday()) if period == "week" else today


def _midnight(day: datetime, zone: tzinfo) -> datetime:
    return day.replace(tzinfo=zone).astimezone(UTC)


def taken_since(readings: Sequence[Reading], since: datetime) -> Decimal:
    """Of a session's energy what it took from a moment on; between two readings it is divided by time."""
    if not readings:
        return Decimal(0)
    ordered = sorted(readings, key=lambda one: one.at)
    before = [one for one in ordered if one.at <= since]
    after = [one for one in ordered if one.at > since]
    last = ordered[-1].wh
    if not after:
        return Decimal(0)
    if not before:
        return last
    low, high = before[-1], after[0]
    gone, lasted = ((end - low.at) // _MICROSECOND for end in (since, high.at))
    return last - (low.wh + (high.wh - low.wh) * gone / lasted)
