"""The daily digest: at the time of its rule, by the clock of each zone in which chargers stand, one message of what is open (O-08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from stationmaster.domain import moments
from stationmaster.domain.alerts import rules, telling, texts
from stationmaster.domain.alerts.kinds import LONG_OFFLINE
from stationmaster.domain.alerts.tables import RuleRow, alert_digests, alerts
from stationmaster.domain.alerts.texts import Written
from stationmaster.domain.connections import connections
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.queries import insert_once, not_deleted

STILL_TODAY = timedelta(hours=2)  # so late it is still sent, when nobody was there at its time


class Due(NamedTuple):
    """A digest that is to be sent: of a rule, for the sites in a time zone, on a day there."""

    rule: RuleRow
    zone: str
    day: str


def due(work: Work) -> list[Due]:
    """The digests whose time it is, and that have not been sent."""
    found = []
    for rule in (rule for rule in rules.active(work) if rule.kind == "digest"):
        for zone in _zones(work, rule):
            there = work.now.astimezone(moments.zone_named(zone))
            begin = datetime.combine(there.date(), time.fromisoformat(rule.at_time or "07:00"), there.tzinfo)
            if begin <= there < begin + STILL_TODAY:
                found.append(Due(rule, zone, f"{there:%Y-%m-%d}"))
    return [each for each in found if not _is_sent(work, each)]


def send(work: Work, digest: Due) -> bool:
    """Send it, unless somebody else has; whether this call did. Nothing is sent where there is nothing to tell."""
    rule = digest.rule
    values = {"organization_id": rule.organization_id, "rule_id": rule.id, "zone": digest.zone, "day": digest.day}
    values |= {"at": work.now}
    if work.first(insert_once(alert_digests, tuple(values), "(rule_id, zone, day)"), **values) is None:
        return False
    for receiver in telling.receivers(work, rule.organization_id, rule.tell, site_id=rule.site_id):
        message = _written(work, digest, receiver.language)
        if message is None:
            return True
        telling.add(work, rule.organization_id, receiver, message, kind="digest")
    return True


def _is_sent(work: Work, digest: Due) -> bool:
    table = alert_digests.c
    mine = table.rule_id == digest.rule.id, table.zone == digest.zone, table.day == digest.day
    return work.execute(select(table.id).where(*mine)).first() is not None


def _zones(work: Work, rule: RuleRow) -> list[str]:
    theirs = select(sites.c.time_zone).where(sites.c.organization_id == rule.organization_id, not_deleted(sites))
    if rule.site_id is not None:
        theirs = theirs.where(sites.c.id == rule.site_id)
    if rule.station_id is not None:
        theirs = theirs.where(
            sites.c.id == select(stations.c.site_id).where(stations.c.id == rule.station_id).scalar_subquery()
        )
    return sorted(work.execute(theirs.distinct()).scalars()) or ["UTC"]


def _written(work: Work, digest: Due, language: str | None) -> Written | None:
    rule, zone = digest.rule, digest.zone
    mine = select(alerts).where(alerts.c.organization_id == rule.organization_id, alerts.c.zone == zone)
    if rule.site_id is not None:
        mine = mine.where(alerts.c.site_id == rule.site_id)
    if rule.station_id is not None:
        mine = mine.where(alerts.c.station_id == rule.station_id)
    here = mine.subquery().c
    yesterday = work.now - timedelta(days=1)
    open_now = work.execute(mine.where(alerts.c.resolved_at.is_(None)).order_by(alerts.c.id)).all()
    counted = select(
        func.count().filter(here.opened_at >= yesterday).label("opened"),
        func.count().filter(here.resolved_at >= yesterday).label("resolved"),
    )
    lately = work.execute(counted).one()
    gone = _long_gone(work, digest)
    if not open_now and not gone and not lately.opened and not lately.resolved:
        return None
    counts = {
        "day": digest.day,
        "open": len(open_now),
        "gone": len(gone),
        "opened": lately.opened,
        "resolved": lately.resolved,
    }
    lines: list[str] = []
    if open_now:
        lines += [texts.say(language, "digest.open", {})]
        lines += [f"- {texts.title(language, row.kind, row.facts, zone=zone)}" for row in open_now] + [""]
    if gone:
        lines += [texts.say(language, "digest.offline", {})]
        for row in gone:
            facts = {"charger": row.identity, "name": row.name, "site": row.site, "since": row.closed_at}
            lines.append(f"- {texts.title(language, 'offline', facts, zone=zone)}")
        lines.append("")
    lines += [texts.say(language, "digest.yesterday", counts), "{link}"]
    return Written(texts.say(language, "digest", counts), "\n".join(lines), texts.language_of(language))


def _long_gone(work: Work, digest: Due) -> Sequence[Any]:
    """Chargers there that were connected once, and not for three days."""
    rule = digest.rule
    theirs = (
        select(stations.c.identity, stations.c.name, sites.c.name.label("site"), connections.c.closed_at)
        .select_from(stations)
        .join(connections, connections.c.station_id == stations.c.id)
        .outerjoin(sites, sites.c.id == stations.c.site_id)
        .where(stations.c.organization_id == rule.organization_id, not_deleted(stations))
        .where(stations.c.registration == "accepted", connections.c.closed_at <= work.now - LONG_OFFLINE)
        .where(
            func.coalesce(sites.c.time_zone, "UTC") == digest.zone, func.coalesce(sites.c.status, "active") == "active"
        )
    )
    if rule.site_id is not None:
        theirs = theirs.where(stations.c.site_id == rule.site_id)
    if rule.station_id is not None:
        theirs = theirs.where(stations.c.id == rule.station_id)
    return work.execute(theirs.order_by(connections.c.closed_at)).all()
