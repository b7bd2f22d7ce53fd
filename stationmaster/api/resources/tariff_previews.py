"""A tariff that is being written: what is wrong with it, which of its prices holds when, and what an example costs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from stationmaster.api.resources.prices import bill_form
from stationmaster.api.resources.simulations import Estimate
from stationmaster.api.resources.tariffs import Currency
from stationmaster.domain import currencies, estimates, moments
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money import checks, coverage, preview
from stationmaster.domain.money.tariff_version import Structure, TariffVersion
from stationmaster.domain.opening_hours import Day
from stationmaster.domain.permissions import Permission

Minutes = Annotated[int, msgspec.Meta(ge=0, le=14 * 24 * 60)]


class TariffExample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session that somebody makes up. `begins` is what the clock on the site's wall shows, as 2026-11-26T18:00."""

    begins: Annotated[str, msgspec.Meta(pattern=r"^20\d\d-\d\d-\d\dT\d\d:\d\d$(?!\n)")]
    time_zone: str = "UTC"
    kwh: Annotated[Decimal, msgspec.Meta(description="From 0 to 10000; a text is as good")]
    charging_minutes: Annotated[int, msgspec.Meta(ge=1, le=14 * 24 * 60)]
    parked_minutes: Minutes = 0


class TariffDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tariff that nobody has saved yet."""

    currency: Currency
    structure: Structure
    example: TariffExample


class DraftProblem(msgspec.Struct, frozen=True):
    """What is wrong with a field: `elements[0].restrictions.end_time`."""

    field: str
    reason: str
    code: str
    values: dict[str, str | int]


class WeekPiece(msgspec.Struct, frozen=True):
    """A time of a day, and the element (from 0) that would price each dimension of a session that begins then; null: none does."""

    day: Day
    begins: str
    ends: str
    energy: int | None
    time: int | None
    parking_time: int | None
    flat: int | None


class TariffPreview(msgspec.Struct, frozen=True):
    """What a draft comes to; where it has problems, only those."""

    problems: list[DraftProblem]
    price: Estimate | None
    week: list[WeekPiece]
    unpriced: tuple[str, ...]


@post("/tariff-previews", permission=Permission.VIEW, status_code=200, sync_to_thread=True)  # a large one takes 0.1 s
def preview_tariff(data: JSONBody[TariffDraft]) -> TariffPreview:
    """Look at a tariff before it is saved. Nothing is kept."""
    told = data.example
    try:
        begins = datetime.fromisoformat(told.begins)
    except ValueError:
        raise Invalid("example.begins", "is no day and time") from None
    zone = moments.zone_named(told.time_zone)
    version = _version(data)
    problems = [
        DraftProblem(each.field, str(each.reason), each.reason.code, each.reason.values)
        for each in checks.problems(version)
    ]
    if problems:
        return TariffPreview(problems, None, [], ())
    begins_at = begins.replace(tzinfo=zone).astimezone(
        UTC
    )  # durations are real ones, also in the night that has 25 hours
    lasts: dict[str, int] = {"minutes": told.charging_minutes, "parked_minutes": told.parked_minutes}
    bill = estimates.estimate(version, zone, begins_at=begins_at, kwh=told.kwh, **lasts)
    watts = told.kwh * 60_000 / told.charging_minutes
    week = [
        WeekPiece(piece.day, piece.begins, piece.ends, **piece.holding)
        for piece in preview.week_of(version, begins.date(), watts)
    ]
    gaps = tuple(str(gap) for gap in coverage.unpriced(version))
    return TariffPreview([], Estimate(**bill_form(bill)), week, gaps)


router = Router("/", route_handlers=[preview_tariff], tags=["tariffs"])


def _version(data: TariffDraft) -> TariffVersion:
    return TariffVersion(currency=currencies.checked(data.currency), **msgspec.structs.asdict(data.structure))
