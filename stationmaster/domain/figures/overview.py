"""Home: what needs somebody now, what is going on, and how the last 30 days were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, and_, case, func, literal, or_, select

from stationmaster.domain import moments, sites, stations
from stationmaster.domain.alarms import alarms
from stationmaster.domain.alerts.kinds import KindName
from stationmaster.domain.alerts.tables import alerts
from stationmaster.domain.connections import connections
from stationmaster.domain.connectors import connectors
from stationmaster.domain.deliveries import deliveries
from stationmaster.domain.figures import cells, following, gathering
from stationmaster.domain.figures.asking import PENDING, Row, Sums, Which, sums_of, total, whole
from stationmaster.domain.figures.asking import Period as Days
from stationmaster.domain.figures.cells import NOTHING, Amounts, Facts
from stationmaster.domain.figures.tables import session_figures
from stationmaster.domain.metering import meter_values
from stationmaster.domain.outbox import lag as outbox_lag
from stationmaster.domain.payments.tables import payment_claims, payment_refunds, payments
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.refused_connections import refused_connections
from stationmaster.domain.sessions.table import is_held, is_open, sessions
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted

Kind = Literal[
    "alert",
    "fault",
    "offline",
    "session_held",
    "quarantine",
    "alarm",
    "charger_refused",
    "payment_failed",
    "claim_open",
    "refund_failed",
    "delivery_late",
    "delivery_given_up",
    "reactions_late",
]
RECENT = timedelta(days=7)  # a payment that failed longer ago is nobody's work of today
REFUSED_RECENTLY = timedelta(days=1)
LATE = timedelta(minutes=1)
LAST_DAYS = 30


class Need(NamedTuple):
    """Something a person should see to: how many, and since when the oldest waits."""

    kind: Kind
    many: int
    since: datetime | None


class Now(NamedTuple):
    """What goes on at this moment."""

    chargers: int
    connected: int
    charging: int  # open sessions
    power_w: Decimal


class Day(NamedTuple):
    """What has ended on a local day, until the same time of day."""

    day: date
    sums: Sums


class Overview(NamedTuple):
    """All of it. `behind`: sessions that have changed, and are not in these figures yet."""

    needs: list[Need]
    now: Now
    today: Day
    week_before: Day
    last_days: Row
    of: Days
    behind: int


def of(
    work: Work,
    organization_id: int,
    among: Which,
    *,
    money: bool,
    deliveries_too: bool,
    server: bool,
    hidden: Sequence[KindName] = (),
) -> Overview:
    """For who may see money (payments, claims), deliveries, and how the server is; without the alerts that are `hidden`."""
    needs = [
        need
        for need in (
            _of_alerts(work, organization_id, among, hidden),
            *_of_chargers(work, organization_id, among),
            *(_of_money(work, organization_id) if money and among == Which() else ()),
            *(_of_deliveries(work, organization_id, among) if deliveries_too else ()),
            *(_of_server(work) if server and among == Which() else ()),
        )
        if need.many
    ]
    zone = moments.zone_named(_zone_of(work, organization_id, among))
    today = work.now.astimezone(zone).date()
    days = Days(today - timedelta(days=LAST_DAYS - 1), today + timedelta(days=1))
    this, before, behind = _today(work, organization_id, among)
    return Overview(
        needs=needs,
        now=_now(work, organization_id, among),
        today=Day(today, this),
        week_before=Day(today - timedelta(days=7), before),
        last_days=total(work, organization_id, days, among),
        of=days,
        behind=behind,
    )


def _zone_of(work: Work, organization_id: int, among: Which) -> str | None:
    """Of the one site, or of most sites."""
    table = sites.sites.c
    mine = select(table.time_zone).where(table.organization_id == organization_id, not_deleted(sites.sites))
    if among.site_id is not None:
        mine = mine.where(table.id == among.site_id)
    if among.station_id is not None:
        there = select(stations.stations.c.site_id).where(stations.stations.c.id == among.station_id)
        mine = mine.where(table.id == there.scalar_subquery())
    common = mine.group_by(table.time_zone).order_by(func.count().desc(), table.time_zone).limit(1)
    zone: str | None = work.execute(common).scalar()
    return zone


def _chargers(organization_id: int, among: Which) -> Select[Any]:
    """The keys of those that are there."""
    table = stations.stations.c
    mine = select(table.id).where(table.organization_id == organization_id, table.deleted_at.is_(None))
    return among.narrowed(mine, site=table.site_id, station=table.id)


def _counted(work: Work, kind: Kind, since: Any, *which: Any) -> Need:
    row = work.execute(select(func.count().label("many"), func.min(since).label("first")).where(*which)).one()
    return Need(kind, row.many, row.first)


def _of_alerts(work: Work, organization_id: int, among: Which, hidden: Sequence[KindName]) -> Need:
    """Those that nobody looks after yet."""
    mine = [alerts.c.organization_id == organization_id, alerts.c.kind.not_in(hidden)]
    if among != Which():
        mine.append(alerts.c.station_id.in_(_chargers(organization_id, among)))
    waiting = alerts.c.resolved_at.is_(None), alerts.c.acknowledged_at.is_(None)
    return _counted(work, "alert", alerts.c.since, *mine, *waiting)


def _of_chargers(work: Work, organization_id: int, among: Which) -> Iterator[Need]:
    mine = _chargers(organization_id, among)
    yield _counted(
        work, "fault", connectors.c.since, connectors.c.state == "faulted", connectors.c.station_id.in_(mine)
    )
    yield _counted(
        work,
        "offline",
        connections.c.closed_at,
        connections.c.closed_at.is_not(None),
        connections.c.station_id.in_(mine),
    )
    held = [sessions.c.organization_id == organization_id, is_held]
    if among != Which():
        held.append(sessions.c.station_id.in_(mine))
    yield _counted(work, "session_held", sessions.c.stopped_at, *held)
    waits, told = quarantine.c, alarms.c
    yield _counted(work, "quarantine", waits.at, waits.resolved_at.is_(None), waits.station_id.in_(mine))
    yield _counted(work, "alarm", told.at, told.resolved_at.is_(None), told.station_id.in_(mine))
    yield _refused(work, mine)


def _refused(work: Work, mine: Select[Any]) -> Need:
    """Chargers of ours that were not let in: by name, for the inbox belongs to nobody."""
    refused, table = refused_connections.c, stations.stations.c
    recent = select(refused.identity, func.min(refused.first_at).label("first")).group_by(refused.identity)
    with work.beyond():
        firsts = {
            row.identity: row.first
            for row in work.execute(recent.where(refused.last_at >= work.now - REFUSED_RECENTLY))
        }
    names = mine.with_only_columns(table.identity).where(table.identity.in_(list(firsts)))
    found = [firsts[name] for name in work.execute(names).scalars()] if firsts else []
    return Need("charger_refused", len(found), min(found, default=None))


def _of_money(work: Work, organization_id: int) -> Iterator[Need]:
    recent = work.now - RECENT
    yield _counted(
        work,
        "payment_failed",
        payments.c.changed_at,
        payments.c.organization_id == organization_id,
        payments.c.state.in_(("refused", "lost", "reversed")),
        payments.c.changed_at >= recent,
    )
    yield _counted(
        work,
        "claim_open",
        payment_claims.c.made_at,
        payment_claims.c.organization_id == organization_id,
        payment_claims.c.state == "open",
    )
    yield _counted(
        work,
        "refund_failed",
        payment_refunds.c.asked_at,
        payment_refunds.c.organization_id == organization_id,
        payment_refunds.c.state == "failed",
    )


def _of_deliveries(work: Work, organization_id: int, among: Which) -> Iterator[Need]:
    mine = deliveries.c.organization_id == organization_id
    if among != Which():  # of some chargers; without, all that the list of deliveries has
        mine = deliveries.c.station_id.in_(_chargers(organization_id, among))
    waits = and_(deliveries.c.done_at.is_(None), deliveries.c.dead_at.is_(None))
    idle = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= work.now)
    yield _counted(work, "delivery_late", deliveries.c.due_at, mine, waits, idle, deliveries.c.due_at < work.now - LATE)
    yield _counted(work, "delivery_given_up", deliveries.c.dead_at, mine, deliveries.c.dead_at.is_not(None))


def _of_server(work: Work) -> Iterator[Need]:
    with work.beyond():  # it is of the whole server
        late = outbox_lag(work)
    if late > LATE:
        yield Need("reactions_late", 1, work.now - late)


def _now(work: Work, organization_id: int, among: Which) -> Now:
    mine = _chargers(organization_id, among)
    # Each question names a table with chargers or sites at its top: there a caller's own sites are held (`scopes.py`).
    there = work.execute(mine.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    connected = work.execute(
        select(func.count()).where(connections.c.closed_at.is_(None), connections.c.station_id.in_(mine))
    ).scalar_one()
    values = meter_values.c
    newest = select(values.power_w).where(values.session_id == sessions.c.id, values.power_w.is_not(None))
    drawn = newest.order_by(values.id.desc()).limit(1).scalar_subquery()
    # What it last told is no power of now where the charger is away, or its connector free again.
    at = and_(connectors.c.station_id == sessions.c.station_id, connectors.c.evse == sessions.c.evse)
    is_free = select(connectors.c.id).where(at, connectors.c.state == "available").exists()
    here = select(connections.c.station_id).where(
        connections.c.station_id == sessions.c.station_id, connections.c.closed_at.is_(None)
    )
    going_on = select(case((and_(here.exists(), ~is_free), drawn)).label("power_w")).where(
        sessions.c.organization_id == organization_id, is_open
    )
    if among != Which():
        going_on = going_on.where(sessions.c.station_id.in_(mine))
    powers = [row.power_w for row in work.execute(going_on)]
    return Now(there, connected, len(powers), sum((power for power in powers if power), Decimal(0)))


def _today(work: Work, organization_id: int, among: Which) -> tuple[Sums, Sums, int]:
    """Today and the same weekday last week, each by the clock of each session's own site, up to the same time of day."""
    table = session_figures.c
    recent = work.now - timedelta(days=10)
    zones = work.execute(
        select(table.time_zone).where(table.organization_id == organization_id, table.ended_at >= recent).distinct()
    ).scalars()
    marked = following.due(work, organization_id, limit=PENDING)
    behind = following.count_due(work) if len(marked.marks) == PENDING else 0
    changed: dict[int, Facts | None] = {}
    if marked.sessions and not behind:
        changed = gathering.of_keys(work, marked.sessions)
    counted = gathering.counted(work, changed) if changed else {}
    names = {*zones, *(facts.time_zone for facts in changed.values() if facts is not None)}
    found: list[dict[str, Amounts]] = [{}, {}]
    for name in names:
        for into, (begin, end) in zip(found, _windows(name, work.now), strict=True):
            for row in work.execute(_ended(organization_id, among, name, begin, end)).all():
                _add(into, row.currency, whole(row[1:]))
            for facts, sign in [(each, -1) for each in counted.values()] + [(each, 1) for each in changed.values()]:
                if facts is None or facts.time_zone != name or not begin <= facts.ended_at < end:
                    continue
                if among.has(facts.site_id, facts.station_id):
                    _add(into, facts.currency, _amounts(facts, sign))
    return sums_of(found[0]), sums_of(found[1]), behind


def _windows(zone_name: str, now: datetime) -> list[tuple[datetime, datetime]]:
    """Since midnight, and the same of a week before until the clock showed what it shows now."""
    zone = moments.zone_named(zone_name)
    there = now.astimezone(zone)
    before = there.date() - timedelta(days=7)
    until = datetime.combine(
        before,
        there.time(),
        zone,
    ).astimezone(now.tzinfo)
    return [(cells.midnight(there.date(), zone), now + timedelta(seconds=1)), (cells.midnight(before, zone), until)]


def _ended(organization_id: int, among: Which, zone: str, begin: datetime, end: datetime) -> Select[Any]:
    table = session_figures.c
    mine = select(
        table.currency,
        func.count(),
        func.sum(case((table.good, 1), else_=0)),
        func.sum(table.energy_wh),
        literal(0),
        func.sum(table.charging_s),
        func.sum(table.net),
        func.sum(table.tax),
        func.sum(table.gross),
    ).where(
        table.organization_id == organization_id, table.time_zone == zone, table.ended_at >= begin, table.ended_at < end
    )
    return among.narrowed(mine, site=table.site_id, station=table.station_id).group_by(table.currency)


def _amounts(facts: Facts, sign: int) -> Amounts:
    one = Amounts(1, int(facts.good), facts.energy_wh, 0, facts.charging_s, facts.net, facts.tax, facts.gross)
    return one if sign > 0 else NOTHING.minus(one)


def _add(into: dict[str, Amounts], currency: str, amounts: Amounts) -> None:
    into[currency] = into.get(currency, NOTHING).plus(amounts)
