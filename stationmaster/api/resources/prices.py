"""What a session costs, or would cost under another tariff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.sessions import values_dropped
from stationmaster.api.shapes import Number, exact, number
from stationmaster.domain import prices, session_limits, sessions
from stationmaster.domain.bills import as_priced
from stationmaster.domain.errors import Conflict
from stationmaster.domain.money import bill as bills
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.money.tariff_version import Unit
from stationmaster.domain.tariffs import Level
from stationmaster.storage import Work


class PriceTax(msgspec.Struct, frozen=True):
    """A tax, what it is due on, and what it comes to."""

    name: str
    percent: str
    base: str
    amount: str


class PricedValue(msgspec.Struct, frozen=True):
    """What the session had taken at a moment; interpolated where its meter told nothing just then."""

    at: datetime
    energy_wh: Number
    interpolated: bool


class PricePart(msgspec.Struct, frozen=True):
    """An uninterrupted piece of a line; for energy with the values at both ends."""

    begins_at: datetime
    ends_at: datetime
    quantity: Number
    begin: PricedValue | None
    end: PricedValue | None


class PriceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One price, and all that it was due for.

    `quantity` is in Wh for energy, in seconds for time, else 1; `added` of it is what a step rounded up. `element` counts in the tariff's list from 0,
    and is null for a least or highest price; `reservation` lines are for the time before the session. The amounts add up to the net, or to the total where prices are with taxes.
    """

    type: bills.LineType
    element: int | None
    reservation: bool
    begins_at: datetime
    ends_at: datetime
    quantity: Number
    added: Number
    unit: Unit
    unit_price: str
    taxes: list[str]
    amount: str
    capped: bool
    parts: list[PricePart]


class PriceNote(msgspec.Struct, frozen=True):
    """Something to know of a price, in words."""

    note: str
    sentence: str


class SessionLimit(msgspec.Struct, frozen=True):
    """There is only so much for a session, and it was nearly used up at `warned_at`; since `ended_at` its charger is asked to end it.

    `because`: hold (what was set aside elsewhere), wallet, credit, budget (of the month), card (its energy).
    """

    because: session_limits.Because
    warned_at: datetime
    ended_at: datetime | None


class SessionPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a session costs by a tariff, worked out anew each time; what it was billed is at its bills.

    Amounts are exact decimals in texts, in `currency`. `decided_by` is null where the tariff was asked for; else the terms are those in force when
    the session began. Times of the day are those of `time_zone`. `total` is net, taxes and `round_off`.
    """

    session: str
    tariff: str
    terms: int
    decided_by: Level | None
    time_zone: str
    currency: str
    tax_included: bool
    lines: list[PriceLine]
    net: str
    taxes: list[PriceTax]
    round_off: str
    total: str
    energy_wh: Number | None
    charging_s: int
    parked_s: int
    grace_s: int
    paused_s: int
    notes: list[PriceNote]
    limit: SessionLimit | None


OtherTariff = Annotated[
    str | None,
    QueryParameter(
        name="tariff",
        max_length=64,
        description="The id of another tariff, by its terms of today: what would it have cost?",
    ),
]


@get("/{session_id:str}/price", permission=Permission.VIEW)
async def get_session_price(
    session_id: FromPath[str], caller: GivenCaller, context: GivenContext, tariff: OtherTariff = None
) -> SessionPrice:
    """What a session costs, by the tariff that holds at its connector or under another one; 409 where none holds."""
    priced, limit = await context.database.read(read, caller.organization, session_id, tariff)
    return public_form(session_id, priced, limit)


router = Router("/sessions", route_handlers=[get_session_price], tags=["sessions"])


def read(
    work: Work, organization_id: int, session_id: str, tariff: str | None = None
) -> tuple[prices.Priced, session_limits.LimitRow | None]:
    """What a session costs, and what there is for it."""
    row = sessions.get(work, organization_id, session_id)
    limit = session_limits.of_session(work, row.id)
    if values_dropped(row):
        if tariff is not None:
            raise Conflict(
                "no other tariff can be tried, for the meter values of this session were dropped after their time"
            )
        return as_priced(work, row), limit
    return prices.of_session(work, organization_id, session_id, tariff), limit


def public_form(session_id: str, priced: prices.Priced, limit: session_limits.LimitRow | None) -> SessionPrice:
    """A price as everyone outside sees it."""
    return SessionPrice(
        session=session_id,
        tariff=priced.tariff,
        terms=priced.terms.number,
        decided_by=priced.decided_by,
        time_zone=priced.time_zone,
        limit=_limit(limit),
        **bill_form(priced.bill),
    )


def _limit(row: session_limits.LimitRow | None) -> SessionLimit | None:
    if row is None or row.because is None or row.warned_at is None:
        return None
    return SessionLimit(row.because, row.warned_at, row.ended_at)


def bill_form(bill: bills.Bill) -> dict[str, Any]:
    """A bill as everyone outside sees it."""
    return {
        "currency": bill.currency,
        "tax_included": bill.tax_included,
        "lines": [_line(line) for line in bill.lines],
        "net": _amount(bill.net),
        "taxes": [PriceTax(tax.name, exact(tax.percent), _amount(tax.base), _amount(tax.amount)) for tax in bill.taxes],
        "round_off": _amount(bill.round_off),
        "total": _amount(bill.total),
        "energy_wh": number(bill.energy_wh),
        "charging_s": bill.charging_s,
        "parked_s": bill.parked_s,
        "grace_s": bill.grace_s,
        "paused_s": bill.paused_s,
        "notes": [PriceNote(note, bills.NOTES[note]) for note in bill.notes],
    }


def _line(line: bills.Line) -> PriceLine:
    return PriceLine(
        type=line.type,
        element=line.element,
        reservation=line.reservation,
        begins_at=line.begins_at,
        ends_at=line.ends_at,
        quantity=number(line.quantity),
        added=number(line.added),
        unit=line.unit,
        unit_price=exact(line.unit_price),
        taxes=[f"{tax.name} {exact(tax.percent)} %" for tax in line.taxes],
        amount=_amount(line.amount),
        capped=line.capped,
        parts=[_part(part) for part in line.parts],
    )


def _part(part: bills.Part) -> PricePart:
    begin, end = (
        None if value is None else PricedValue(value.at, number(value.wh), value.interpolated)
        for value in (part.begin, part.end)
    )
    return PricePart(part.begins_at, part.ends_at, number(part.quantity), begin, end)


def _amount(money: Money) -> str:
    """With all the decimals of its currency."""
    return str(money.amount)
