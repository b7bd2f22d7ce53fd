"""A tariff tried out: on a session that is only thought of, and on those of last month."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.prices import PriceLine, PriceNote, PriceTax, bill_form
from stationmaster.api.resources.tariffs import Currency, Percent, Price
from stationmaster.api.shapes import Number, OwnId, aware, number
from stationmaster.domain import estimates, moments, months, simulations, tariffs
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.amounts import Money, total, zero
from stationmaster.domain.money.tariff_version import Structure, TariffVersion
from stationmaster.domain.permissions import Permission
from stationmaster.domain.simulations import Compared
from stationmaster.storage import Work

MOST = 1_000  # sessions that one simulation looks at
SHOWN = 100


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tariff that is still being written costs: as in a new tariff."""

    currency: Currency
    price_per_kwh: Price | None = None
    price_per_minute: Price | None = None
    price_per_session: Price | None = None
    tax_percent: Percent | None = None
    structure: Structure | None = None


class NewEstimate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session that is only thought of: `kwh` in `minutes` at an even power, then `parked_minutes` in which the car takes nothing.

    By a `tariff` that is there, or by a `draft`. Times of the day are those of `time_zone`; without `begins_at` it begins now.
    """

    kwh: Annotated[Decimal, msgspec.Meta(description="From 0 to 10000")]
    minutes: Annotated[int, msgspec.Meta(ge=1, le=estimates.MOST_MINUTES)]
    parked_minutes: Annotated[int, msgspec.Meta(ge=0, le=estimates.MOST_MINUTES)] = 0
    tariff: OwnId | None = None
    draft: Draft | None = None
    begins_at: datetime | None = None
    time_zone: str | None = None


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a session would cost, in lines as those of a session's price."""

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


class NewSimulation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All sessions that ended in `from` ≤ end < `to`, perhaps only those of a `site`, under a `tariff` that is there or a `draft`.

    Without `from` and `to` it is last month, by the clock of `time_zone`.
    """

    tariff: OwnId | None = None
    draft: Draft | None = None
    since: datetime | None = msgspec.field(default=None, name="from")
    until: datetime | None = msgspec.field(default=None, name="to")
    site: OwnId | None = None
    time_zone: str | None = None


class SimulatedSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session under both; `before` is null where it has no price now, and in another currency where that is another."""

    session: str
    station: str
    started_at: datetime
    energy_wh: Number | None
    before: str | None
    before_currency: str | None
    after: str


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """What the sessions of a time cost, and would have cost. Amounts are exact decimals in texts, with taxes, in `currency`.

    `sessions` ended in that time; the sums are of the `looked_at`, which are all, or evenly chosen where there are too many. Those that have
    no price now, or one in another currency, are in `not_compared` and in no sum. `items` are the sessions whose price differs most.
    """

    since: datetime = msgspec.field(name="from")
    until: datetime = msgspec.field(name="to")
    currency: str
    sessions: int
    looked_at: int
    not_compared: int
    energy_wh: Number
    before: str
    after: str
    cheaper: int
    dearer: int
    items: list[SimulatedSession]


@post("/estimates", permission=Permission.VIEW, status_code=200)
async def estimate_price(data: JSONBody[NewEstimate], caller: GivenCaller, context: GivenContext) -> Estimate:
    """What a session would cost. Nothing is kept."""
    zone = moments.zone_named(data.time_zone)

    def read(work: Work) -> Estimate:
        version = _version(work, caller.organization, data.tariff, data.draft)
        bill = estimates.estimate(
            version,
            zone,
            begins_at=aware(data.begins_at, "begins_at") or work.now,
            kwh=data.kwh,
            minutes=data.minutes,
            parked_minutes=data.parked_minutes,
        )
        return Estimate(**bill_form(bill))

    return await context.database.read(read)


@post("/simulations", permission=Permission.VIEW, status_code=200)
async def simulate_tariff(data: JSONBody[NewSimulation], caller: GivenCaller, context: GivenContext) -> Simulation:
    """What the sessions of last month, or of another time, would have cost under another tariff. Nothing is kept."""
    database, zone = context.database, moments.zone_named(data.time_zone)
    last = months.at(database.clock(), zone).before.span(zone)
    since = aware(data.since, "from") or last.since
    until = aware(data.until, "to") or (last.until if data.since is None else database.clock())
    if until <= since:
        raise Invalid("to", "must be after `from`")
    version = await database.read(_version, caller.organization, data.tariff, data.draft)
    which: dict[str, Any] = {"since": since, "until": until, "site": data.site, "most": MOST}
    chosen = await database.read(simulations.choose, caller.organization, **which)
    found: list[Compared] = []
    for start in range(0, len(chosen.keys), simulations.AT_ONCE):  # in small parts, so that nobody waits for a reader
        found += await database.read(simulations.compare, chosen.keys[start : start + simulations.AT_ONCE], version)
    return _simulation(found, chosen.sessions, version.currency, since, until)


router = Router("/tariffs", route_handlers=[estimate_price, simulate_tariff], tags=["tariffs"])


def _version(work: Work, organization_id: int, tariff: str | None, draft: Draft | None) -> TariffVersion:
    """Raises `Invalid`, `NotFound`."""
    if tariff is not None and draft is None:
        return tariffs.version_of(tariffs.get(work, organization_id, tariff))
    if tariff is not None or draft is None:
        raise Invalid("tariff", "name a tariff, or give a draft of one")
    facts = msgspec.structs.asdict(draft)
    try:
        return tariffs.version_given(facts | {"tax_percent": facts["tax_percent"] or Decimal(0)})
    except Invalid as wrong:
        raise Invalid(f"draft.{wrong.field}", wrong.reason) from None


def _simulation(found: list[Compared], sessions: int, currency: str, since: datetime, until: datetime) -> Simulation:
    alike = [one for one in found if one.before is not None and one.before.currency == currency]
    rises = {one.session: one.after - one.before for one in alike if one.before is not None}
    energy_wh = sum((one.energy_wh for one in alike if one.energy_wh is not None), Decimal(0))
    most = sorted(alike, key=lambda one: -abs(rises[one.session].amount))
    return Simulation(
        since=since,
        until=until,
        currency=currency,
        sessions=sessions,
        looked_at=len(found),
        not_compared=len(found) - len(alike),
        energy_wh=number(energy_wh),
        before=str(total([one.before for one in alike if one.before is not None], currency).amount),
        after=str(total([one.after for one in alike], currency).amount),
        cheaper=sum(rise < zero(currency) for rise in rises.values()),
        dearer=sum(rise > zero(currency) for rise in rises.values()),
        items=[_item(one) for one in most[:SHOWN]],
    )


def _item(one: Compared) -> SimulatedSession:
    before: Money | None = one.before
    return SimulatedSession(
        session=one.session,
        station=one.station,
        started_at=one.started_at,
        energy_wh=number(one.energy_wh),
        before=None if before is None else str(before.amount),
        before_currency=None if before is None else before.currency,
        after=str(one.after.amount),
    )
