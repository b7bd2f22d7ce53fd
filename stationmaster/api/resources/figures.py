"""Figures: home, sums over time and places, starts, availability, faults."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.resources.exports import GivenFormat
from stationmaster.api.shapes import Number, number
from stationmaster.domain import uptime
from stationmaster.domain.alerts.kinds import hidden_from
from stationmaster.domain.figures import asking, availability, faults, overview, starts
from stationmaster.domain.figures.overview import Kind
from stationmaster.domain.file_formats import FORMATS, Column, parquet_library
from stationmaster.domain.permissions import Permission
from stationmaster.domain.rounding import half_up, percent
from stationmaster.domain.uptime import Worked
from stationmaster.storage import Work


class RevenueSums(msgspec.Struct, frozen=True):
    """What was billed, in exact decimals; `gross` is what is to be paid."""

    currency: str
    net: str
    tax: str
    gross: str


class Need(msgspec.Struct, frozen=True):
    """Something a person should see to: how many of a kind, and since when the oldest waits."""

    kind: Kind
    count: int
    since: datetime | None


class Now(msgspec.Struct, frozen=True):
    """What goes on at this moment; `charging` counts open sessions."""

    chargers: int
    connected: int
    charging: int
    power_w: Number


class Day(msgspec.Struct, frozen=True):
    """What has ended on a local day, until the same time of day as now."""

    day: date
    sessions: int
    energy_wh: Number
    revenue: list[RevenueSums]


class LastDays(msgspec.Struct, frozen=True, kw_only=True):
    """The last 30 days, today included, from `from` until before `to`.

    `availability_percent` is null where nothing is known. Of `attempts`, `good_attempts` came to a charge (O-10).
    """

    first: date = msgspec.field(name="from")
    to: date
    sessions: int
    energy_wh: Number
    revenue: list[RevenueSums]
    utilisation_percent: float | None
    availability_percent: float | None
    attempts: int
    good_attempts: int
    success_percent: float | None
    co2_saved_kg: Number


class HomeOverview(msgspec.Struct, frozen=True, kw_only=True):
    """Home. `behind`: sessions that have changed and are not in the figures yet; 0 nearly always."""

    at: datetime
    site: str | None
    station: str | None
    needs: list[Need]
    now: Now
    today: Day
    week_before: Day
    last_days: LastDays
    behind: int


class FiguresRow(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a day, a site, or what was asked for by.

    `key` is the day (2026-11-26), week (2026-W48), month (2026-11), hour of the week (0 is Monday 0:00 to 1:00, 167 Sunday 23:00), or the id
    of a site or charger; `name` is how people call it. `idle_s` is when a car stood there and did not charge. `utilisation_percent` is the
    share of the time that a car stood at the ports.
    """

    key: str
    name: str | None
    sessions: int
    energy_wh: Number
    plugged_s: int
    charging_s: int
    idle_s: int
    utilisation_percent: float | None
    attempts: int
    good_attempts: int
    co2_saved_kg: Number
    revenue: list[RevenueSums]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in their order, and all of them together in `total`. By hour of the week `from` and `to` are those of whole months."""

    by: asking.By
    first: date = msgspec.field(name="from")
    to: date
    site: str | None
    station: str | None
    rows: list[FiguresRow]
    total: FiguresRow
    behind: int


class StartCounts(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt is good when it has brought 0.1 kWh or more, ended as it was meant to, and no fault came next. Attempts of one card at one site
    within 15 minutes are one visit; it is `troubled` when it was good in the end and not at once."""

    attempts: int
    good_attempts: int
    visits: int
    good_visits: int
    troubled_visits: int
    failed_visits: int
    first_try_visits: int


class PortStarts(msgspec.Struct, frozen=True, kw_only=True):
    """A port, and how many visits that touched it failed."""

    station: str
    name: str | None
    evse: int | None
    attempts: int
    good_attempts: int
    visits: int
    failed_visits: int


class Starts(msgspec.Struct, frozen=True, kw_only=True):
    """Whether drivers get to charge (O-10); ports with the most failed visits first."""

    first: date = msgspec.field(name="from")
    to: date
    site: str | None
    station: str | None
    total: StartCounts
    ports: list[PortStarts]


class AvailabilityRow(msgspec.Struct, frozen=True, kw_only=True):
    """A port, site or month (what is not asked by is null); the seconds of all its ports together.

    `uptime_percent` is `(known_s - down_s) / known_s`; `down_s` is without `excluded_s`. `offline_s` is for how long the charger was away.
    """

    month: str | None = None
    site: str | None = None
    site_name: str | None = None
    station: str | None = None
    station_name: str | None = None
    evse: int | None = None
    known_s: int
    down_s: int
    offline_s: int
    excluded_s: int
    uptime_percent: float | None


AvailabilityBy = Literal["port", "site", "month"]


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Uptime as NEVI and AFIR count it (O-09)."""

    by: AvailabilityBy
    first: date = msgspec.field(name="from")
    to: date
    site: str | None
    station: str | None
    rows: list[AvailabilityRow]
    total: AvailabilityRow


class FaultCode(msgspec.Struct, frozen=True):
    """An error as the charger calls it, empty where it names none; and how often."""

    code: str
    count: int


class FaultsRow(msgspec.Struct, frozen=True, kw_only=True):
    """How often connectors of these chargers failed, and for how long; `codes` are the most frequent."""

    key: str
    name: str | None
    chargers: int
    connectors: int
    faulty_connectors: int
    faults: int
    faulted_s: int
    codes: list[FaultCode]


class FaultFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Those with the most faults first. Makers, models and firmware are those of now."""

    by: faults.By
    first: date = msgspec.field(name="from")
    to: date
    site: str | None
    station: str | None
    rows: list[FaultsRow]


From = Annotated[
    date | None,
    QueryParameter(name="from", description="The first day, by the clock of each site; 30 days when left out"),
]
To = Annotated[date | None, QueryParameter(description="The day after the last; tomorrow when left out")]
Site = Annotated[str | None, QueryParameter(max_length=255, description="Only of this site")]
Station = Annotated[str | None, QueryParameter(max_length=255, description="Only of this charger")]


class Asked(NamedTuple):
    """Which days, and of what."""

    first: date | None
    after: date | None
    site: str | None
    station: str | None

    def of(self, work: Work, *, longest: timedelta = asking.LONGEST) -> asking.Period:
        """Raises `Invalid`."""
        return asking.period(work.now, self.first, self.after, longest=longest)

    def among(self, work: Work, organization_id: int) -> asking.Which:
        """Raises `NotFound`."""
        return asking.which(work, organization_id, site=self.site, station=self.station)


async def asked_for(from_: From = None, to: To = None, site: Site = None, station: Station = None) -> Asked:
    return Asked(from_, to, site, station)


GivenAsked: TypeAlias = NamedDependency[Asked]
ASKED = {"asked": Provide(asked_for)}

GivenBy = Annotated[asking.By, QueryParameter(name="by", description="What a row is for")]
GivenAvailabilityBy = Annotated[AvailabilityBy, QueryParameter(name="by", description="What a row is for")]
GivenFaultsBy = Annotated[faults.By, QueryParameter(name="by", description="What a row is for")]


@get("/overview", permission=Permission.VIEW)
async def get_overview(
    caller: GivenCaller, context: GivenContext, site: Site = None, station: Station = None
) -> HomeOverview:
    """What needs me now, what is going on, and the last 30 days; of all, of a site, or of a charger.

    Money is in it for who may look at customers; what is late on the server, for who manages it.
    """

    def read(work: Work) -> HomeOverview:
        among = asking.which(work, caller.organization, site=site, station=station)
        found = overview.of(
            work,
            caller.organization,
            among,
            money=_may(caller, Permission.VIEW_CUSTOMERS) and caller.scope is None,
            deliveries_too=_may(caller, Permission.ADMINISTER),
            hidden=hidden_from(caller.permissions),
            server=_may(caller, Permission.MANAGE_ORGANIZATIONS),
        )
        worked = availability.total(work, caller.organization, found.of, among)
        last = found.last_days
        return HomeOverview(
            at=work.now,
            site=site,
            station=station,
            needs=[Need(*need) for need in found.needs],
            now=Now(found.now.chargers, found.now.connected, found.now.charging, number(found.now.power_w)),
            today=_day(found.today),
            week_before=_day(found.week_before),
            last_days=LastDays(
                first=found.of.first,
                to=found.of.after,
                sessions=last.sums.sessions,
                energy_wh=number(last.sums.energy_wh),
                revenue=_revenue(last.sums),
                utilisation_percent=_percent(last.utilisation_percent),
                availability_percent=_percent(worked.uptime_percent),
                attempts=last.sums.sessions,
                good_attempts=last.sums.good,
                success_percent=_percent(percent(last.sums.good, last.sums.sessions)),
                co2_saved_kg=_co2(context, last.sums),
            ),
            behind=found.behind,
        )

    return await context.database.read(read)


@get("/figures", permission=Permission.VIEW, dependencies=ASKED)
async def get_figures(
    caller: GivenCaller,
    context: GivenContext,
    asked: GivenAsked,
    by: GivenBy = "day",
) -> Figures:
    """Sessions, energy, time and revenue. A session counts on the local day on which it ended."""

    def read(work: Work) -> Figures:
        of = asked.of(work)
        among = asked.among(work, caller.organization)
        found = asking.ask(work, caller.organization, by, of, among)
        return Figures(
            by=by,
            first=found.period.first,
            to=found.period.after,
            site=asked.site,
            station=asked.station,
            rows=[_row(context, row) for row in found.rows],
            total=_row(context, found.total),
            behind=found.behind,
        )

    return await context.database.read(read)


@get("/figures/starts", permission=Permission.VIEW, dependencies=ASKED)
async def get_starts(
    caller: GivenCaller,
    context: GivenContext,
    asked: GivenAsked,
) -> Starts:
    """Whether drivers get to charge: attempts and visits, and the ports where visits fail (O-10). 100 days at the most."""

    def read(work: Work) -> Starts:
        of = asked.of(work, longest=starts.LONGEST)
        among = asked.among(work, caller.organization)
        visits = starts.visits_of(starts.attempts_of(work, caller.organization, of, among))
        counts = starts.summed(visits)
        ports = starts.by_port(visits)
        names = asking.station_names(work, caller.organization)
        return Starts(
            first=of.first,
            to=of.after,
            site=asked.site,
            station=asked.station,
            total=StartCounts(**counts._asdict(), failed_visits=counts.visits - counts.good_visits),
            ports=[_port(names, port) for port in ports],
        )

    return await context.database.read(read)


@get("/figures/availability", permission=Permission.VIEW, dependencies=ASKED)
async def get_availability(
    caller: GivenCaller,
    context: GivenContext,
    asked: GivenAsked,
    by: GivenAvailabilityBy = "port",
) -> Availability:
    """How much of the time ports worked, as NEVI and AFIR count it (O-09): of days that are over. 400 at the most."""

    def read(work: Work) -> Availability:
        of = asked.of(work, longest=asking.LONGEST_BY_DAY)
        among = asked.among(work, caller.organization)
        months = availability.of_ports(work, caller.organization, of, among)
        rows = [
            AvailabilityRow(
                month=month.month if by == "month" else None,
                site=None if by == "month" else month.site,
                site_name=None if by == "month" else month.site_name,
                station=month.station if by == "port" else None,
                station_name=month.station_name if by == "port" else None,
                evse=month.evse if by == "port" else None,
                **_worked(worked),
            )
            for month, worked in availability.summed(months, by=by)
        ]
        together = uptime.together(month.worked for month in months)
        return Availability(
            by=by,
            first=of.first,
            to=of.after,
            site=asked.site,
            station=asked.station,
            rows=rows,
            total=AvailabilityRow(**_worked(together)),
        )

    return await context.database.read(read)


@get("/figures/faults", permission=Permission.VIEW, dependencies=ASKED)
async def get_faults(
    caller: GivenCaller,
    context: GivenContext,
    asked: GivenAsked,
    by: GivenFaultsBy = "maker",
) -> FaultFigures:
    """How often connectors fail, and for how long; by maker, model, firmware, site or charger. Days are those of UTC; 400 at the most."""

    def read(work: Work) -> FaultFigures:
        of = asked.of(work, longest=asking.LONGEST_BY_DAY)
        among = asked.among(work, caller.organization)
        rows = [
            FaultsRow(
                key=row.key,
                name=row.name,
                chargers=row.chargers,
                connectors=row.connectors,
                faulty_connectors=row.faulty_connectors,
                faults=row.faults,
                faulted_s=row.faulted_s,
                codes=[FaultCode(*code) for code in row.codes],
            )
            for row in faults.ask(work, caller.organization, by, of, among)
        ]
        return FaultFigures(by=by, first=of.first, to=of.after, site=asked.site, station=asked.station, rows=rows)

    return await context.database.read(read)


@get(
    "/exports/figures",
    permission=Permission.VIEW,
    dependencies=ASKED,
    responses={
        200: ResponseSpec(bytes, generate_examples=False, description="The file", media_type="application/octet-stream")
    },
)
async def export_figures(
    caller: GivenCaller,
    context: GivenContext,
    asked: GivenAsked,
    by: GivenBy = "day",
    form: GivenFormat = "csv",
) -> Response[bytes]:
    """The same figures as a file, with three columns for each currency: `net_EUR`, `tax_EUR`, `gross_EUR`. Energy is in kWh."""
    if form == "parquet":
        parquet_library()

    def read(work: Work) -> asking.Found:
        of = asked.of(work)
        among = asked.among(work, caller.organization)
        return asking.ask(work, caller.organization, by, of, among)

    found = await context.database.read(read)
    currencies = [each.net.currency for each in found.total.sums.revenue]
    columns = [*_COLUMNS, *(Column(f"{part}_{name}", "number", 3) for name in currencies for part in _PARTS)]
    out = io.BytesIO()
    rows = [_cells(context, row, currencies) for row in found.rows]
    FORMATS[form].write(out, columns, [rows])
    headers = {"Content-Disposition": f'attachment; filename="figures-by-{by}.{form}"'}
    return Response(out.getvalue(), media_type=FORMATS[form].media_type, headers=headers)


_PARTS = ("net", "tax", "gross")
_COLUMNS = (
    Column("key"),
    Column("name"),
    Column("sessions", "whole"),
    Column("energy_kwh", "number", 6),
    Column("plugged_s", "whole"),
    Column("charging_s", "whole"),
    Column("idle_s", "whole"),
    Column("utilisation_percent", "number", 2),
    Column("good_attempts", "whole"),
    Column("co2_saved_kg", "number", 1),
)


def _cells(context: Context, row: asking.Row, currencies: Sequence[str]) -> list[Any]:
    sums = row.sums
    billed = {each.net.currency: each for each in sums.revenue}
    money: list[Decimal] = []
    for currency in currencies:
        each = billed.get(currency)
        money += [Decimal(0)] * 3 if each is None else [each.net.amount, each.tax.amount, each.gross.amount]
    return [
        row.key,
        row.name,
        sums.sessions,
        sums.energy_wh.scaleb(-3),
        sums.plugged_s,
        sums.charging_s,
        sums.idle_s,
        row.utilisation_percent,
        sums.good,
        _saved_kg(context, sums),
        *money,
    ]


router = Router(
    "/",
    route_handlers=[
        get_overview,
        get_figures,
        export_figures,
        get_starts,
        get_availability,
        get_faults,
    ],
    tags=["figures"],
)


def _may(caller: Caller, permission: Permission) -> bool:
    return permission in caller.permissions


def _percent(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _revenue(sums: asking.Sums) -> list[RevenueSums]:
    return [
        RevenueSums(each.net.currency, str(each.net.amount), str(each.tax.amount), str(each.gross.amount))
        for each in sums.revenue
    ]


def _co2(context: Context, sums: asking.Sums) -> Number:
    return number(_saved_kg(context, sums))


def _saved_kg(context: Context, sums: asking.Sums) -> Decimal:
    saved = sums.energy_wh / 1000 * context.settings.figures.co2_saved_kg_per_kwh
    return half_up(saved, 1)


def _day(day: overview.Day) -> Day:
    return Day(day.day, day.sums.sessions, number(day.sums.energy_wh), _revenue(day.sums))


def _row(context: Context, row: asking.Row) -> FiguresRow:
    sums = row.sums
    return FiguresRow(
        key=row.key,
        name=row.name,
        sessions=sums.sessions,
        energy_wh=number(sums.energy_wh),
        plugged_s=sums.plugged_s,
        charging_s=sums.charging_s,
        idle_s=sums.idle_s,
        utilisation_percent=_percent(row.utilisation_percent),
        attempts=sums.sessions,
        good_attempts=sums.good,
        co2_saved_kg=_co2(context, sums),
        revenue=_revenue(sums),
    )


def _port(names: dict[int, tuple[str, str | None]], port: starts.PortStarts) -> PortStarts:
    identity, name = names.get(port.station_id, ("", None))
    return PortStarts(
        station=identity,
        name=name,
        evse=port.evse,
        attempts=port.attempts,
        good_attempts=port.good_attempts,
        visits=port.visits,
        failed_visits=port.failed_visits,
    )


def _worked(worked: Worked) -> dict[str, Any]:
    return {**worked._asdict(), "uptime_percent": _percent(worked.uptime_percent)}
