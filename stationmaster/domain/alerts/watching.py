"""Alerts are opened, told, escalated and resolved: what is so now is held against the rules, and against what is open.

`look` reads and decides, `apply` writes what follows, in a transaction of its own. Two nodes may decide the same: a unique index and a condition in
each statement let one of them do it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, cast

import msgspec
from sqlalchemy import insert, select, update

from stationmaster.domain import events, moments, organizations, sites
from stationmaster.domain.alerts import conditions, rules, telling
from stationmaster.domain.alerts.conditions import Finding
from stationmaster.domain.alerts.kinds import MANY, TOGETHER, WELL_AFTER, KindName
from stationmaster.domain.alerts.tables import AlertRow, RuleRow, alert_pauses, alert_rules, alert_steps, alerts
from stationmaster.domain.errors import Invalid
from stationmaster.storage import Work
from stationmaster.storage.queries import insert_once

AT_ONCE = 50  # changes in one unit of work


class Changes(NamedTuple):
    """What is to be done."""

    open: list[tuple[RuleRow, Finding]] = []
    resolve: list[tuple[AlertRow, RuleRow | None, str | None]] = []  # why, if not because it is well again
    tell: list[tuple[AlertRow, RuleRow]] = []
    escalate: list[tuple[AlertRow, RuleRow]] = []

    def __bool__(self) -> bool:
        return any(self)


def look(work: Work, *, disks: Mapping[str, Decimal] | None = None) -> Changes:
    """What is to be done now. `disks`: of each folder, how many percent of its disk are full."""
    active = rules.active(work)
    open_now = _open(work)
    found = _found(work, active, disks or {})
    restless = conditions.restless(work) if any(alert.kind == "unstable" for alert in open_now) else set()
    unstable = {alert.station_id for alert in open_now if alert.kind == "unstable"}
    paused = _Paused(work)
    changes = Changes([], [], [], [])
    by_rule: dict[int, list[AlertRow]] = {}
    for alert in open_now:
        by_rule.setdefault(alert.rule_id, []).append(alert)
    for rule in active:
        mine = by_rule.pop(rule.id, [])
        so = [finding for finding in found.get(rule.kind, ()) if _covers(rule, finding, active)]
        if rule.kind == "offline":
            so = list(_gone(so, mine, rule, unstable, work.now))
        else:
            so = [finding for finding in so if _holds(rule, finding, work.now)]
        subjects = {finding.subject: finding for finding in so}
        present = {alert.subject for alert in mine}
        for subject, finding in subjects.items():
            if subject not in present and not paused.covers(finding):
                changes.open.append((rule, finding))
        for alert in mine:
            still = alert.station_id in restless if alert.kind == "unstable" else alert.subject in subjects
            if not still:
                changes.resolve.append((alert, rule, None))
            elif alert.told_at is None and not is_quiet(rule, alert.zone, work.now):
                changes.tell.append((alert, rule))
            elif _is_to_escalate(alert, rule, work.now) and not is_quiet(rule, alert.zone, work.now):
                changes.escalate.append((alert, rule))
    for left in by_rule.values():
        changes.resolve.extend((alert, None, "the rule is switched off, or was removed") for alert in left)
    return changes


def parts(changes: Changes) -> Iterator[Changes]:
    """The same in small parts: where thousands of chargers are gone at once, nobody waits for all of it."""
    for field in Changes._fields:
        everything = getattr(changes, field)
        for start in range(0, len(everything), AT_ONCE):
            yield Changes(**{field: everything[start : start + AT_ONCE]})


def apply(work: Work, changes: Changes) -> int:
    """Do it; returns how many alerts were opened, told, escalated or resolved by this very call."""
    done = sum(_opened(work, rule, finding) for rule, finding in changes.open)
    done += sum(_resolved(work, alert, rule, why) for alert, rule, why in changes.resolve)
    done += sum(_told(work, alert, rule) for alert, rule in changes.tell)
    return done + sum(_escalated(work, alert, rule) for alert, rule in changes.escalate)


def step(work: Work, alert: AlertRow, what: str, *, by: str | None = None, note: str | None = None) -> None:
    """A line in the history of an alert."""
    values = {"organization_id": alert.organization_id, "alert_id": alert.id, "at": work.now, "what": what}
    work.execute(insert(alert_steps).values(values | {"by": by, "note": note}))


def changed(work: Work, alert: AlertRow) -> None:
    """Open pages are to look again."""
    work.publish(
        events.AlertChanged(
            organization_id=alert.organization_id, station_id=alert.station_id, alert=alert.public_id, at=work.now
        )
    )


def is_quiet(rule: RuleRow, zone: str, now: datetime) -> bool:
    """Whether nobody is to be told at this moment, by the clock there."""
    if rule.quiet_from is None or rule.quiet_until is None:
        return False
    begin, end = time.fromisoformat(rule.quiet_from), time.fromisoformat(rule.quiet_until)
    there = now.astimezone(_zone(zone)).time()
    return begin <= there < end if begin < end else (there >= begin or there < end)


def _zone(name: str) -> Any:
    try:
        return moments.zone_named(name)
    except Invalid:  # a name that a newer list of time zones has no more
        return moments.zone_named(None)


def _open(work: Work) -> list[AlertRow]:
    return cast(list[AlertRow], work.execute(select(alerts).where(alerts.c.resolved_at.is_(None))).all())


def _found(work: Work, active: Sequence[RuleRow], disks: Mapping[str, Decimal]) -> dict[KindName, list[Finding]]:
    found: dict[KindName, list[Finding]] = {}
    for kind, condition in conditions.CONDITIONS.items():
        if wanted := [rule for rule in active if rule.kind == kind]:
            found[kind] = condition(work, wanted)
    if disks and any(rule.kind == "disk_full" for rule in active):
        home = organizations.home(work)
        found["disk_full"] = [
            Finding(home, f"disk:{folder}", work.now, {"folder": folder, "percent": str(percent)})
            for folder, percent in disks.items()
        ]
    return found


def _covers(rule: RuleRow, finding: Finding, active: Sequence[RuleRow]) -> bool:
    """Whether a finding is this rule's: one about its charger or site goes before one about everything."""
    if rule.organization_id != finding.organization_id or not _reaches(rule, finding):
        return False
    nearer = [
        other
        for other in active
        if other.kind == rule.kind and _nearness(other) > _nearness(rule) and _reaches(other, finding)
    ]
    return not any(other.organization_id == rule.organization_id for other in nearer)


def _reaches(rule: RuleRow, finding: Finding) -> bool:
    if rule.station_id is not None:
        return rule.station_id == finding.station_id
    return rule.site_id is None or rule.site_id == finding.site_id


def _nearness(rule: RuleRow) -> int:
    if rule.station_id is not None:
        return 2
    return 0 if rule.site_id is None else 1


def _holds(rule: RuleRow, finding: Finding, now: datetime) -> bool:
    """Whether it is as this rule says, for as long as it says."""
    minutes = timedelta(minutes=rule.minutes or 0)
    if rule.kind == "certificate_expiring":
        return finding.since <= now + minutes
    if rule.kind == "wallet_low":
        return Decimal(finding.facts["balance"]) < (rule.amount or 0)
    if rule.kind == "disk_full":
        return Decimal(finding.facts["percent"]) >= (rule.amount or 0)
    if rule.kind in ("unstable", "standing_still"):  # the time is in what was asked
        return bool(finding.facts["minutes"] == rule.minutes)
    return finding.since <= now - minutes


def _gone(
    gone: Sequence[Finding], mine: Sequence[AlertRow], rule: RuleRow, unstable: set[int | None], now: datetime
) -> Iterator[Finding]:
    """Who is offline for as long as a rule says: one by one, or together where many of a site went within a minute (O-08)."""
    limit = now - max(timedelta(minutes=rule.minutes or 0), TOGETHER)
    alone = {alert.station_id for alert in mine if alert.members is None}
    grouped = {key: alert for alert in mine for key in alert.members or ()}
    at_site: dict[int | None, list[Finding]] = {}
    for finding in gone:
        key = finding.station_id
        if key in grouped:
            yield finding._replace(subject=grouped[key].subject)
        elif key in alone:
            yield finding
        elif key not in unstable or finding.since <= min(limit, now - WELL_AFTER):
            at_site.setdefault(finding.site_id, []).append(finding)
    for site_id, here in at_site.items():
        here.sort(key=lambda finding: finding.since)
        while here and here[0].since <= limit:
            together = [one for one in here if one.since <= here[0].since + TOGETHER]
            here = here[len(together) :]
            if site_id is None or len(together) < MANY:
                yield from (one for one in together if one.since <= limit)
            else:
                yield _together(together)


def _together(many: Sequence[Finding]) -> Finding:
    first = many[0]
    names = sorted(str(one.facts["name"] or one.facts["charger"]) for one in many)
    facts = {"site": first.facts["site"], "count": len(many), "chargers": names, "charger": None, "name": None}
    return first._replace(
        subject=f"site:{first.site_id}:{int(first.since.timestamp())}",
        facts=facts,
        station_id=None,
        members=tuple(sorted(one.station_id for one in many if one.station_id is not None)),
    )


def _is_to_escalate(alert: AlertRow, rule: RuleRow, now: datetime) -> bool:
    if rule.escalate_after_minutes is None or alert.told_at is None:
        return False
    due = alert.told_at + timedelta(minutes=rule.escalate_after_minutes)
    return alert.acknowledged_at is None and alert.escalated_at is None and due <= now


class _Paused:
    """Where work is planned now: nobody is told of that."""

    def __init__(self, work: Work) -> None:
        table = sites.sites
        resting = select(table.c.id).where(table.c.status != "active")
        self._sites = set(work.execute(resting).scalars())
        self._chargers: set[int] = set()
        self._whole: set[int] = set()
        now = alert_pauses.c.from_at <= work.now, alert_pauses.c.until_at > work.now
        for row in work.execute(select(alert_pauses).where(*now)):
            if row.station_id is not None:
                self._chargers.add(row.station_id)
            elif row.site_id is not None:
                self._sites.add(row.site_id)
            else:
                self._whole.add(row.organization_id)

    def covers(self, finding: Finding) -> bool:
        """Whether this is planned."""
        of_chargers = finding.station_id is not None or bool(finding.members)
        if finding.site_id in self._sites or (of_chargers and finding.organization_id in self._whole):
            return True
        keys = finding.members or (finding.station_id,)
        return all(key in self._chargers for key in keys)


def _opened(work: Work, rule: RuleRow, finding: Finding) -> bool:
    values = {
        "organization_id": rule.organization_id,
        "public_id": secrets.token_hex(8),
        "rule_id": rule.id,
        "kind": rule.kind,
        "severity": rule.severity,
        "subject": finding.subject,
        "site_id": finding.site_id,
        "station_id": finding.station_id,
        "members": list(finding.members) or None,
        "facts": msgspec.to_builtins(finding.facts | {"since": finding.since}),
        "zone": finding.zone,
        "since": finding.since,
        "opened_at": work.now,
    }
    once = insert_once(alerts, tuple(values), "(rule_id, subject) WHERE resolved_at IS NULL")
    made = work.first(once, **values)
    if made is None:
        return False
    alert = cast(AlertRow, work.execute(select(alerts).where(alerts.c.id == made.id)).one())
    step(work, alert, "opened")
    if not is_quiet(rule, alert.zone, work.now):
        _told(work, alert, rule)
    changed(work, alert)
    return True


def _told(work: Work, alert: AlertRow, rule: RuleRow) -> bool:
    mine = alerts.c.id == alert.id, alerts.c.resolved_at.is_(None), alerts.c.told_at.is_(None)
    if not work.execute(update(alerts).where(*mine).values(told_at=work.now)).rowcount:
        return False
    count = telling.tell(work, alert, rule.tell, kind="opened")
    step(work, alert, "told", note=None if count else "nobody is to be told by a message")
    return True


def _escalated(work: Work, alert: AlertRow, rule: RuleRow) -> bool:
    mine = alerts.c.id == alert.id, alerts.c.resolved_at.is_(None), alerts.c.escalated_at.is_(None)
    free = (*mine, alerts.c.acknowledged_at.is_(None))
    if not work.execute(update(alerts).where(*free).values(escalated_at=work.now)).rowcount:
        return False
    telling.tell(work, alert, rule.escalate_to or {}, kind="escalated")
    step(work, alert, "escalated")
    changed(work, alert)
    return True


def _resolved(work: Work, alert: AlertRow, rule: RuleRow | None, why: str | None) -> bool:
    mine = alerts.c.id == alert.id, alerts.c.resolved_at.is_(None)
    gone = update(alerts).where(*mine).values(resolved_at=work.now).returning(*alerts.c)
    row = work.execute(gone).one_or_none()
    if row is None:
        return False
    resolved = cast(AlertRow, row)
    if resolved.told_at is None:
        why = why or "it was over before the quiet hours were: nobody was told"
    elif rule is not None and is_quiet(rule, resolved.zone, work.now):
        why = why or "nobody is told in the quiet hours"
    elif rule is not None and rule.tell_resolved:
        told = dict(rule.tell)
        telling.tell(work, resolved, told, kind="resolved")
        if resolved.escalated_at is not None:
            telling.tell(work, resolved, rule.escalate_to or {}, kind="resolved", but=told)
    step(work, resolved, "resolved", note=why)
    changed(work, resolved)
    return True


def rule_of(work: Work, alert: AlertRow) -> RuleRow:
    """The rule by which it was opened, also when it was removed since."""
    return cast(RuleRow, work.execute(select(alert_rules).where(alert_rules.c.id == alert.rule_id)).one())
