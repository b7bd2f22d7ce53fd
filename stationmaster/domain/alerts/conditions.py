"""What is so now, of all organizations at once: one question for each kind that a rule watches for.

A condition is asked with the rules of its kind, and finds what is so for the shortest of their times. `watching.py` holds each rule against that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from stationmaster.domain import alarms, certificate_requests, customers, deliveries, organizations, outbox
from stationmaster.domain.alerts.kinds import UNSTABLE_TIMES, WELL_AFTER, KindName
from stationmaster.domain.alerts.tables import RuleRow
from stationmaster.domain.connections import connection_log, connections
from stationmaster.domain.connectors import connectors
from stationmaster.domain.ledger import ledger_accounts
from stationmaster.domain.metering import meter_values
from stationmaster.domain.money.amounts import of_minor
from stationmaster.domain.payments.tables import payment_claims
from stationmaster.domain.refused_connections import refused_connections
from stationmaster.domain.sessions.table import REFUSED, is_open, sessions
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.domain.times import AHEAD
from stationmaster.storage import Work
from stationmaster.storage.queries import first_since, not_deleted


class Finding(NamedTuple):
    """Something that is so, since when, and what a message says of it. One of a subject is open for each rule."""

    organization_id: int
    subject: str
    since: datetime
    facts: dict[str, Any]
    station_id: int | None = None
    site_id: int | None = None
    zone: str = "UTC"
    members: tuple[int, ...] = ()


Condition = Callable[[Work, Sequence[RuleRow]], list[Finding]]
WRONG_PASSWORDS = 10  # of one charger within an hour: more is no typing error
_SUSPICIOUS = ("takeovers", "hardware_changed", "certificate_of_another", "not_upgraded")
AT_MOST = 5000  # findings of one kind: an outage of everything must not fill the memory


def offline(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """Chargers that are gone; also those that are not gone for long, for they may have gone together with others."""
    gone = _at_stations(connections.c.closed_at.label("since")).join(
        connections, connections.c.station_id == stations.c.id
    )
    rows = work.execute(gone.where(connections.c.closed_at.is_not(None)).limit(AT_MOST))
    return [_of_station(row, row.since) for row in rows]


def unstable(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """Chargers that dropped six times within the minutes of a rule."""
    window = timedelta(minutes=max(_minutes(rule) for rule in rules))
    drops = _drops(work, window)
    often = {key: ats for key, ats in drops.items() if len(ats) >= UNSTABLE_TIMES}
    found = []
    for row in _these(work, often):
        ats = often[row.station_id]
        for rule in rules:
            within = [at for at in ats if at > work.now - timedelta(minutes=_minutes(rule))]
            if len(within) >= UNSTABLE_TIMES:
                facts = {"times": len(within), "minutes": _minutes(rule)}
                found.append(_of_station(row, within[0], facts, subject=f"station:{row.station_id}"))
    return found


def restless(work: Work) -> set[int]:
    """The keys of chargers that are away, or dropped within the last quarter of an hour: not well yet."""
    away = set(work.execute(select(connections.c.station_id).where(connections.c.closed_at.is_not(None))).scalars())
    return away | set(_drops(work, WELL_AFTER))


def fault(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """Connectors, and whole chargers, that say they are faulty."""
    found = []
    for row in work.execute(_at_connectors(work, rules, connectors.c.state == "faulted")):
        facts = {"evse": row.evse, "connector": row.number, "error": row.error_code, "info": row.info}
        found.append(_of_station(row, row.since, facts, subject=f"connector:{row.station_id}:{row.evse}:{row.number}"))
    return found


def not_started(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """A car is plugged in for long, and no session has begun; or one was let in, and takes nothing from its beginning on."""
    charging = select(sessions.c.id).where(
        sessions.c.station_id == connectors.c.station_id, sessions.c.evse == connectors.c.evse, is_open
    )
    plugged = connectors.c.state.in_(("preparing", "occupied")), connectors.c.evse > 0, ~charging.exists()
    found = []
    for row in work.execute(_at_connectors(work, rules, and_(*plugged))):
        facts = {"evse": row.evse, "connector": row.number}
        found.append(_of_station(row, row.since, facts, subject=f"connector:{row.station_id}:{row.evse}:{row.number}"))
    waiting = sessions.c.charging_state.in_(("idle", "connected")), sessions.c.token.is_not(None)
    for row in work.execute(_at_sessions(work, rules, and_(*waiting))):
        facts = {"evse": row.evse, "connector": row.connector, "session": row.public_id}
        found.append(_of_station(row, row.since, facts, subject=f"session:{row.session_id}"))
    return found


def standing_still(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """Sessions whose charger says that it is charging, while its meter has told the same register for the whole time."""
    says = select(connectors.c.id).where(
        connectors.c.station_id == sessions.c.station_id,
        connectors.c.evse == sessions.c.evse,
        connectors.c.state == "charging",
    )
    charging = or_(sessions.c.charging_state == "charging", and_(sessions.c.charging_state.is_(None), says.exists()))
    rows = {row.session_id: row for row in work.execute(_at_sessions(work, rules, charging))}
    if not rows:
        return []
    found = []
    for minutes in sorted({_minutes(rule) for rule in rules}):
        since = work.now - timedelta(minutes=minutes)
        for key in _still(work, [key for key, row in rows.items() if row.since <= since], since):
            row = rows[key]
            facts = {"evse": row.evse, "connector": row.connector, "session": row.public_id, "minutes": minutes}
            found.append(_of_station(row, since, facts, subject=f"session:{row.session_id}"))
    return found


def refused_card(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """Sessions that go on with a card that was refused: the charger let it in by itself."""
    found = []
    for row in work.execute(_at_sessions(work, rules, sessions.c.authorization.in_(sorted(REFUSED)))):
        facts = {"evse": row.evse, "session": row.public_id, "why": row.authorization}
        found.append(_of_station(row, row.since, facts, subject=f"session:{row.session_id}"))
    return found


def no_heartbeat(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """Chargers whose connection is open, and that have said nothing for long."""
    heard = func.coalesce(connections.c.heard_at, connections.c.connected_at)
    silent = _at_stations(heard.label("since")).join(connections, connections.c.station_id == stations.c.id)
    silent = silent.where(connections.c.closed_at.is_(None), heard <= _before(work, rules)).limit(AT_MOST)
    return [_of_station(row, row.since) for row in work.execute(silent)]


def wallet_low(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """Wallets of customers who pay in advance, with less in them than a rule says."""
    most = max(rule.amount for rule in rules if rule.amount is not None)
    table, account = customers.customers, ledger_accounts.c
    low = (
        select(table.c.id, table.c.organization_id, table.c.public_id, table.c.name, account.balance, account.currency)
        .join(ledger_accounts, account.customer_id == table.c.id)
        .where(account.kind == "wallet", account.balance < most)
        .where(table.c.billing == "prepaid", table.c.erased_at.is_(None), not_deleted(table))
    )
    found = []
    for row in work.execute(low.limit(AT_MOST)):
        facts = {"customer": row.public_id, "name": row.name, "balance": str(row.balance), "currency": row.currency}
        found.append(Finding(row.organization_id, f"wallet:{row.id}:{row.currency}", work.now, facts))
    return found


def payment_failed(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """What is owed because a payment for it did not go through."""
    claim = payment_claims.c
    names = customers.customers.c
    owed = select(payment_claims, names.public_id.label("customer"), names.name.label("name")).outerjoin(
        customers.customers, names.id == claim.customer_id
    )
    found = []
    for row in work.execute(owed.where(claim.state == "open").limit(AT_MOST)):
        amount = of_minor(row.amount, row.currency).amount
        facts = {"amount": str(amount), "currency": row.currency, "why": row.reason, "session": row.session}
        facts |= {"customer": row.customer, "name": row.name}
        found.append(Finding(row.organization_id, f"claim:{row.id}", row.made_at, facts))
    return found


def certificate_expiring(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """Certificates that chargers were given, which end soon; of each use the newest."""
    table = certificate_requests.certificate_requests
    newest = select(func.max(table.c.id)).where(table.c.valid_until.is_not(None))
    newest = newest.group_by(table.c.station_id, table.c.use)
    until = work.now + timedelta(minutes=max(_minutes(rule) for rule in rules))
    ends = _at_stations(table.c.valid_until, table.c.use, table.c.id.label("request_id")).join(
        table, table.c.station_id == stations.c.id
    )
    found = []
    for row in work.execute(ends.where(table.c.id.in_(newest), table.c.valid_until <= until).limit(AT_MOST)):
        facts = {"use": row.use, "until": row.valid_until}
        # So long ago was the moment at which a rule of so many minutes is to tell of it.
        found.append(_of_station(row, row.valid_until, facts, subject=f"certificate:{row.request_id}"))
    return found


def suspicious(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """What looks like somebody else with a charger's name: security events, takeovers, and wrong passwords again and again."""
    alarm = alarms.alarms.c
    kinds = or_(alarm.kind.like("security:%"), alarm.kind.in_(_SUSPICIOUS))
    raised = _at_stations(alarm.at.label("since"), alarm.kind, alarm.detail).join(
        alarms.alarms, alarm.station_id == stations.c.id
    )
    found = []
    for row in work.execute(raised.where(alarm.resolved_at.is_(None), kinds).limit(AT_MOST)):
        facts = {"what": row.kind, "detail": row.detail}
        found.append(_of_station(row, row.since, facts, subject=f"alarm:{row.station_id}:{row.kind}"))
    table = refused_connections
    tried = _at_stations(table.c.first_at.label("since"), table.c.source, table.c.count, table.c.id.label("entry_id"))
    tried = tried.join(table, table.c.identity == stations.c.identity).where(
        table.c.reason == "wrong_password",
        table.c.count >= WRONG_PASSWORDS,
        table.c.last_at >= work.now - timedelta(hours=1),
    )
    for row in work.execute(tried.limit(AT_MOST)):
        facts = {"what": "wrong_password", "detail": f"{row.count} × {row.source}"}
        found.append(_of_station(row, row.since, facts, subject=f"refused:{row.entry_id}"))
    return found


def late(work: Work, rules: Sequence[RuleRow]) -> list[Finding]:
    """The outbox, or a queue of deliveries, that nobody empties."""
    home = organizations.home(work)
    waits = (("outbox", outbox.lag(work)), ("deliveries", deliveries.lag(work)))
    return [Finding(home, name, work.now - lag, {"queue": name}) for name, lag in waits if lag > timedelta(0)]


CONDITIONS: dict[KindName, Condition] = {
    "offline": offline,
    "unstable": unstable,
    "fault": fault,
    "not_started": not_started,
    "standing_still": standing_still,
    "refused_card": refused_card,
    "no_heartbeat": no_heartbeat,
    "wallet_low": wallet_low,
    "payment_failed": payment_failed,
    "certificate_expiring": certificate_expiring,
    "suspicious": suspicious,
    "late": late,
}
"""Of each kind, but for the disk, which only a timer can look at, and the digest."""

_PLACE = (
    stations.c.id.label("station_id"),
    stations.c.organization_id,
    stations.c.site_id,
    stations.c.identity,
    stations.c.name.label("station_name"),
    sites.c.name.label("site_name"),
    sites.c.time_zone,
)


def _at_stations(*columns: ColumnElement[Any]) -> Select[Any]:
    """Chargers that work for us, with their place and these columns of a table that is to be joined."""
    theirs = select(*_PLACE, *columns).select_from(stations).outerjoin(sites, sites.c.id == stations.c.site_id)
    return theirs.where(not_deleted(stations), stations.c.registration == "accepted")


def _at_connectors(work: Work, rules: Sequence[RuleRow], so: ColumnElement[bool]) -> Select[Any]:
    told = connectors.c
    columns = (told.since.label("since"), told.evse, told.number, told.error_code, told.info)
    theirs = _at_stations(*columns).join(connectors, told.station_id == stations.c.id)
    return theirs.where(so, told.since <= _before(work, rules)).limit(AT_MOST)


def _at_sessions(work: Work, rules: Sequence[RuleRow], so: ColumnElement[bool]) -> Select[Any]:
    mine = sessions.c
    columns = (
        mine.id.label("session_id"),
        mine.public_id,
        mine.evse,
        mine.connector,
        mine.authorization,
        mine.started_at.label("since"),
    )
    theirs = _at_stations(*columns).join(sessions, mine.station_id == stations.c.id)
    return theirs.where(is_open, so, mine.started_at <= _before(work, rules)).limit(AT_MOST)


def _still(work: Work, keys: Sequence[int], since: datetime) -> list[int]:
    """Of these sessions those whose meter has told a register at least twice since then, and always the same.

    All readings of that time are read only where the newest two say the same: of most sessions these decide.
    """
    if not keys:
        return []
    told = meter_values.c
    # What was heard earlier was taken earlier: no time is believed that is so far ahead. Twice, for a node whose clock is behind.
    first = first_since(work, meter_values, since - 2 * AHEAD, at=told.received_at)
    within = told.id >= first, told.energy_wh.is_not(None), told.taken_at >= since
    newest = select(told.energy_wh).where(told.session_id == sessions.c.id, *within).order_by(told.id.desc()).limit(1)
    newest = newest.correlate(sessions)
    two = select(
        sessions.c.id, newest.scalar_subquery().label("last"), newest.offset(1).scalar_subquery().label("before")
    )
    rows = work.execute(two.where(sessions.c.id.in_(keys)))
    same = [row.id for row in rows if row.last is not None and row.last == row.before]
    if not same:
        return []
    whole = select(told.session_id).where(told.session_id.in_(same), *within).group_by(told.session_id)
    return list(work.execute(whole.having(func.min(told.energy_wh) == func.max(told.energy_wh))).scalars())


def _these(work: Work, keys: dict[int, Any]) -> list[Any]:
    return list(work.execute(_at_stations().where(stations.c.id.in_(list(keys))))) if keys else []


def _drops(work: Work, within: timedelta) -> dict[int, list[datetime]]:
    """When each charger was disconnected within this time, oldest first."""
    since = work.now - within
    first = first_since(work, connection_log, since)
    log = connection_log.c
    rows = select(log.station_id, log.at).where(log.id >= first, log.at > since, log.event == "disconnected")
    found: dict[int, list[datetime]] = {}
    for row in work.execute(rows.order_by(log.id)):
        found.setdefault(row.station_id, []).append(row.at)
    return found


def _minutes(rule: RuleRow) -> int:
    return rule.minutes or 0


def _before(work: Work, rules: Sequence[RuleRow]) -> datetime:
    """Since then at least it must be so for one of these rules."""
    return work.now - timedelta(minutes=min(_minutes(rule) for rule in rules))


def _of_station(row: Any, since: datetime, facts: dict[str, Any] | None = None, *, subject: str = "") -> Finding:
    place = {"charger": row.identity, "name": row.station_name, "site": row.site_name}
    return Finding(
        row.organization_id,
        subject or f"station:{row.station_id}",
        since,
        place | (facts or {}),
        station_id=row.station_id,
        site_id=row.site_id,
        zone=row.time_zone or "UTC",
    )
