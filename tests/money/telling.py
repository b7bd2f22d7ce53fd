"""Tariffs and sessions in few words, and a bill held against one that was written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from stationmaster.domain.money.bill import Bill
from stationmaster.domain.money.facts import Reading, SessionFacts, State, StateChange
from stationmaster.domain.money.parsing import parsed
from stationmaster.domain.money.rating import rate
from stationmaster.domain.money.tariff_version import TariffVersion

BERLIN = ZoneInfo("Europe/Berlin")


def element(*taxes: str, step: int = 1, cap: str | None = None, **words: Any) -> dict[str, Any]:
    """`element("VAT 19", flat="0.50", energy="0.40", time="0.02/min", parking_time="6", start_time="22:00")`; time by the hour unless it says."""
    due = [{"name": name, "percent": percent} for name, percent in (tax.split() for tax in taxes)]
    components = []
    for dimension in ("flat", "energy", "time", "parking_time"):
        if dimension in words:
            price, _, minute = words.pop(dimension).partition("/")
            component = {"type": dimension, "price": price, "taxes": due}
            if minute:
                component["per"] = "minute"
            if dimension != "flat":
                component["step_size"] = step
            if cap is not None and dimension == "parking_time":
                component["max_price"] = cap
            components.append(component)
    return {"price_components": components, "restrictions": words}


def tariff(*elements: dict[str, Any], currency: str = "EUR", **words: Any) -> TariffVersion:
    return parsed({"currency": currency, "elements": list(elements), **words})


def at(words: str, zone: ZoneInfo = BERLIN) -> datetime:
    """`2026-12-01 22:00` on the wall there, or `2026-12-01T21:00Z`."""
    told = datetime.fromisoformat(words)
    return told if told.tzinfo is not None else told.replace(tzinfo=zone)


class Told(NamedTuple):
    facts: SessionFacts
    readings: tuple[Reading, ...]


def session(
    begins: str,
    ends: str,
    *,
    kwh: str | None = None,
    readings: dict[str, str] | None = None,
    states: dict[str, State] | None = None,
    zone: ZoneInfo = BERLIN,
    **facts: Any,
) -> Told:
    """From and until, with the energy at the end or kWh by then; a time without a day is one of the first day."""

    def moment(words: str) -> datetime:
        return at(words if "-" in words else f"{begins[:10]} {words}", zone)

    told = {begins: "0", **(readings or {ends: kwh or "0"})}
    return Told(
        SessionFacts(
            begins_at=moment(begins),
            ends_at=moment(ends),
            states=tuple(StateChange(moment(when), state) for when, state in (states or {}).items()),
            **facts,
        ),
        tuple(Reading(moment(when), Decimal(value) * 1000) for when, value in told.items()),
    )


class Row(NamedTuple):
    """A line by hand: `Row("energy", "22 × 0.50", "11.00")`."""

    type: str
    sum: str
    amount: str


def rated(told: Told, version: TariffVersion, zone: ZoneInfo = BERLIN) -> Bill:
    return rate(told.facts, told.readings, version, zone)


def check(
    bill: Bill,
    rows: Iterable[tuple[str, str, str]],
    total: str,
    *,
    net: str | None = None,
    taxes: Sequence[str] = (),
    round_off: str = "0",
    notes: Sequence[str] = (),
) -> None:
    """Every line with its quantity, price and amount; the taxes as `VAT 19: 1.85`; and that it all adds up."""
    rows = [Row(*row) for row in rows]
    assert [(line.type, str(line.amount.amount)) for line in bill.lines] == [(row.type, row.amount) for row in rows]
    for line, row in zip(bill.lines, rows, strict=True):
        if not row.sum:
            continue
        quantity, price = (Fraction(part) for part in row.sum.split(" × "))
        assert (line.in_units, line.unit_price) == (quantity, price), row
        assert line.exact == quantity * price or line.capped
    assert [f"{tax.name} {tax.percent}: {tax.amount.amount}" for tax in bill.taxes] == list(taxes)
    assert str(bill.total.amount) == total
    if net is not None:
        assert str(bill.net.amount) == net
    assert bill.round_off.amount == Decimal(round_off)
    assert bill.notes == tuple(notes)
    paid = sum((line.amount.amount for line in bill.lines), Decimal(0))
    assert paid == (bill.total if bill.tax_included else bill.net).amount
    due = sum((tax.amount.amount for tax in bill.taxes), Decimal(0))
    assert bill.net.amount + due + bill.round_off.amount == bill.total.amount
