"""Figures as people ask for them: by day, week, month or hour of the week; by site, charger, maker or firmware."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, func, select

from stationmaster.domain import months, sites, stations
from stationmaster.domain.errors import Invalid
from stationmaster.domain.figures import cells, following, gathering, ports
from stationmaster.domain.figures.cells import NO_CURRENCY, NOTHING, Amounts
from stationmaster.domain.figures.ports import NOBODY, Label
from stationmaster.domain.figures.tables import station_days, station_hours
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.rounding import percent
from stationmaster.storage import Work

By = Literal["day", "week", "month", "hour_of_week", "site", "station", "maker", "model", "firmware"]
LONGEST = timedelta(days=5 * 366)
LONGEST_BY_DAY = timedelta(days=400)
PENDING = 1000  # sessions of which what has changed is worked out for a question; more are told as being behind


class Period(NamedTuple):
    """From a local day until before another."""

    first: date
    after: date

    @property
    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range((self.after - self.first).days))


class Which(NamedTuple):
    """Of which chargers: those that stood at a site then, one by its key, or all."""

    site_id: int | None = None
    station_id: int | None = None

    def narrowed(self, statement: Select[Any], *, site: ColumnElement[Any], station: ColumnElement[Any]) -> Select[Any]:
        """Only rows of these, by the columns that hold their keys."""
        if self.site_id is not None:
            statement = statement.where(site == self.site_id)
        if self.station_id is not None:
            statement = statement.where(station == self.station_id)
        return statement

    def has(self, site_id: int, station_id: int) -> bool:
        return self.site_id in (None, site_id) and self.station_id in (None, station_id)


class Revenue(NamedTuple):
    """What was billed in a currency. `gross` is what was to be paid, rounding included."""

    net: Money
    tax: Money
    gross: Money


class Sums(NamedTuple):
    """What sessions come to. Energy in Wh, times in s; `good` of them were good attempts (O-10)."""

    sessions: int
    good: int
    energy_wh: Decimal
    plugged_s: int
    charging_s: int
    revenue: tuple[Revenue, ...]  # by currency

    @property
    def idle_s(self) -> int:
        return self.plugged_s - self.charging_s


class Row(NamedTuple):
    """Figures of one day, site, or what was asked for. `port_s` is how long its ports were there; 0 where that is not asked."""

    key: str
    name: str | None
    sums: Sums
    port_s: int

    @property
    def utilisation_percent(self) -> Decimal | None:
        """For how much of the time a car stood at the ports."""
        return percent(self.sums.plugged_s, self.port_s)


class Found(NamedTuple):
    """The answer: rows in their order, and all of them together."""

    by: By
    period: Period
    rows: list[Row]
    total: Row
    behind: int  # sessions that have changed, and are not counted anew yet


_EMPTY = Sums(0, 0, Decimal(0), 0, 0, ())


def which(work: Work, organization_id: int, *, site: str | None, station: str | None) -> Which:
    """By the ids that people know. Raises `NotFound`."""
    return Which(
        None if site is None else sites.get(work, organization_id, site).id,
        None if station is None else stations.get(work, organization_id, station).id,
    )


def period(now: datetime, first: date | None, after: date | None, *, longest: timedelta = LONGEST) -> Period:
    """The days that are asked for; the last 30, today included, where none are named. Raises `Invalid`."""
    # Somewhere on earth it may be tomorrow already.
    after = after or (now + timedelta(hours=14)).date() + timedelta(days=1)
    first = first or after - timedelta(days=30)
    if first >= after:
        raise Invalid("from", "must be before `to`")
    if after - first > longest:
        raise Invalid("from", "{most} days at the most", most=longest.days)
    return Period(first, after)


def ask(work: Work, organization_id: int, by: By, of: Period, among: Which) -> Found:
    """The figures of these days. By hour of the week they are those of whole months, which the answer names."""
    if by in ("day", "week") and of.after - of.first > LONGEST_BY_DAY:
        raise Invalid("from", "{most} days at the most by {by}", most=LONGEST_BY_DAY.days, by=by)
    if by == "hour_of_week":
        return _by_hour(work, organization_id, of, among)
    keyed = {"site": "site_id", "day": "day", "week": "day", "month": "day"}.get(by, "station_id")
    groups: dict[Any, dict[str, Amounts]] = defaultdict(dict)
    for key, currency, amounts in _days(work, organization_id, of, among, keyed):
        groups[key][currency] = amounts
    behind = _add_pending_days(work, organization_id, of, among, keyed, groups)
    there = ports.of(work, organization_id, by, of, **among._asdict())
    if keyed == "day":
        names = {day.isoformat(): (_name_of_time(by, day), None) for day in of.days}
        in_time: dict[Label, int] = defaultdict(int)
        for day, seconds in ports.seconds_by_day(there, of, work.now).items():
            in_time[names[day]] += seconds
        return Found(by, of, *_rows(groups, names, in_time, names.values()), behind)
    port_s = ports.seconds_by_label(there, of, work.now)
    labels: Names
    if by == "site":
        labels = _sites(work, organization_id)
        order = list(labels.values())
    else:
        labels = ports.labels_of(work, organization_id, by, groups)
        order = sorted({*labels.values(), *port_s}, key=lambda label: label[0])
    rows, everything = _rows(groups, labels, port_s, order)
    return Found(by, of, [row for row in rows if row.port_s or row.sums != _EMPTY], everything, behind)


def total(work: Work, organization_id: int, of: Period, among: Which) -> Row:
    """All of it in one row."""
    groups: dict[Any, dict[str, Amounts]] = {"": {}}
    for _, currency, amounts in _days(work, organization_id, of, among, "organization_id"):
        groups[""][currency] = amounts
    _add_pending_days(work, organization_id, of, among, None, groups)
    there = ports.of(work, organization_id, "day", of, **among._asdict())
    return Row("", None, sums_of(groups[""]), sum(ports.seconds(each, of, work.now) for each in there))


def _summed(table: Table) -> list[Any]:
    return [func.sum(table.c[name]).label(name) for name in Amounts._fields if name in table.c]


def _only(statement: Select[Any], table: Table, organization_id: int, among: Which) -> Select[Any]:
    statement = statement.where(table.c.organization_id == organization_id)
    return among.narrowed(statement, site=table.c.site_id, station=table.c.station_id)


def _days(work: Work, organization_id: int, of: Period, among: Which, keyed: str) -> Iterator[tuple[Any, str, Amounts]]:
    table = station_days
    mine = select(table.c[keyed], table.c.currency, *_summed(table)).where(
        table.c.day >= of.first.isoformat(), table.c.day < of.after.isoformat()
    )
    for row in work.execute(
        _only(mine, table, organization_id, among).group_by(table.c[keyed], table.c.currency)
    ).all():
        yield row[0], row.currency, whole(row[2:])


def whole(amounts: Iterable[Any]) -> Amounts:
    """Sums of whole numbers come as decimals from PostgreSQL."""
    found = Amounts(*amounts)
    return found._replace(
        sessions=int(found.sessions),
        good=int(found.good),
        plugged_s=int(found.plugged_s),
        charging_s=int(found.charging_s),
    )


def _pending(work: Work, organization_id: int) -> tuple[following.Difference | None, int]:
    """What sessions that are marked change in the figures, and how many more there are than can be told."""
    marked = following.due(work, organization_id, limit=PENDING)
    if not marked.marks:
        return None, 0
    behind = following.count_due(work) if len(marked.marks) == PENDING else 0
    if behind:
        return None, behind
    return following.difference(work, gathering.of_keys(work, marked.sessions)), 0


def _add_pending_days(
    work: Work, organization_id: int, of: Period, among: Which, keyed: str | None, groups: dict[Any, dict[str, Amounts]]
) -> int:
    pending, behind = _pending(work, organization_id)
    for cell, amounts in pending.days.items() if pending else ():
        if of.first.isoformat() <= cell.day < of.after.isoformat() and among.has(
            cell.place.site_id, cell.place.station_id
        ):
            key = "" if keyed is None else cell.day if keyed == "day" else getattr(cell.place, keyed)
            group = groups.setdefault(key, {})
            group[cell.currency] = group.get(cell.currency, NOTHING).plus(amounts)
    return behind


def _by_hour(work: Work, organization_id: int, of: Period, among: Which) -> Found:
    """Whole months: those that the days fall in."""
    since, until = months.of(of.first), months.of(of.after - timedelta(days=1)).next
    of = Period(since.first, until.first)
    table, first, after = station_hours, str(since), str(until)
    mine = select(table.c.hour, *_summed(table)).where(table.c.month >= first, table.c.month < after)
    groups: dict[Any, dict[str, Amounts]] = {hour: {NO_CURRENCY: NOTHING} for hour in range(cells.HOURS)}
    for row in work.execute(_only(mine, table, organization_id, among).group_by(table.c.hour)).all():
        groups[row.hour][NO_CURRENCY] = whole(row[1:])
    pending, behind = _pending(work, organization_id)
    for cell, change in pending.hours.items() if pending else ():
        if first <= cell.month < after and among.has(cell.place.site_id, cell.place.station_id):
            groups[cell.hour][NO_CURRENCY] = groups[cell.hour][NO_CURRENCY].plus(change)
    names = {hour: (str(hour), None) for hour in range(cells.HOURS)}
    port_s: dict[Label, int] = defaultdict(int)
    for each in ports.of(work, organization_id, "day", of, **among._asdict()):
        for hour, seconds in enumerate(ports.seconds_by_hour(each, of, work.now)):
            port_s[names[hour]] += seconds
    return Found("hour_of_week", of, *_rows(groups, names, port_s, names.values()), behind)


Names = Mapping[Any, Label]


def _rows(
    groups: dict[Any, dict[str, Amounts]], names: Names, port_s: Mapping[Label, int], order: Iterable[Label]
) -> tuple[list[Row], Row]:
    """Rows in this order; groups of one name are one row."""
    merged: dict[Label, dict[str, Amounts]] = {name: {} for name in order}
    everything: dict[str, Amounts] = {}
    for key, currencies in groups.items():
        if key in names:
            _merge(merged[names[key]], currencies)
        _merge(everything, currencies)
    rows = [Row(*name, sums_of(currencies), port_s.get(name, 0)) for name, currencies in merged.items()]
    return rows, Row("", None, sums_of(everything), sum(port_s.values()))


def _merge(into: dict[str, Amounts], currencies: Mapping[str, Amounts]) -> None:
    for currency, amounts in currencies.items():
        into[currency] = into.get(currency, NOTHING).plus(amounts)


def sums_of(currencies: Mapping[str, Amounts]) -> Sums:
    """All currencies together, with the revenue of each."""
    all_of_it = NOTHING
    for amounts in currencies.values():
        all_of_it = all_of_it.plus(amounts)
    revenue = tuple(
        Revenue(Money(each.net, currency), Money(each.tax, currency), Money(each.gross, currency))
        for currency, each in sorted(currencies.items())
        if currency != NO_CURRENCY and (each.net or each.tax or each.gross)
    )
    return Sums(
        all_of_it.sessions, all_of_it.good, all_of_it.energy_wh, all_of_it.plugged_s, all_of_it.charging_s, revenue
    )


def _name_of_time(by: By, day: date) -> str:
    if by == "month":
        return str(months.of(day))
    if by == "week":
        return str(months.week_of(day))
    return day.isoformat()


def station_names(work: Work, organization_id: int) -> dict[int, tuple[str, str | None]]:
    """Identity and name of every charger by its key, those that were removed too."""
    table = stations.stations.c
    mine = select(table.id, table.identity, table.name).where(table.organization_id == organization_id)
    return {row.id: (row.identity, row.name) for row in work.execute(mine)}


def site_names(work: Work, organization_id: int) -> list[tuple[str, str]]:
    """Id and name of every site, those that were removed too."""
    table = sites.sites.c
    mine = select(table.public_id, table.name).where(table.organization_id == organization_id)
    return [(row.public_id, row.name) for row in work.execute(mine)]


def _sites(work: Work, organization_id: int) -> Names:
    mine = select(sites.sites.c.id, sites.sites.c.public_id, sites.sites.c.name)
    mine = mine.where(sites.sites.c.organization_id == organization_id).order_by(sites.sites.c.name)
    named: dict[Any, Label] = {row.id: (row.public_id, row.name) for row in work.execute(mine)}
    return named | {cells.NO_SITE: NOBODY}
