"""Rules of alerts, as an operator edits them: what to watch for, where, who is told, when it is quiet, and who is told next."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Select, func, insert, select

from stationmaster.domain import accounts, audit, customers, organizations, permissions, sites, stations, versions
from stationmaster.domain.alerts.kinds import ABOUT, KINDS, NAMES, KindName
from stationmaster.domain.alerts.tables import RuleRow, alert_channels, alert_rules
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed, only
from stationmaster.storage.queries import not_deleted

MOST = 200  # of one organization
FACTS = (
    "name",
    "kind",
    "severity",
    "active",
    "site",
    "station",
    "minutes",
    "amount",
    "at_time",
    "quiet_from",
    "quiet_until",
    "tell",
    "tell_resolved",
    "escalate_after_minutes",
    "escalate_to",
)
"""What a person may say of a rule. `site` is a name, as of a station, `station` an identity."""

SORTS = {"name": func.lower(alert_rules.c.name), "kind": alert_rules.c.kind, "created": alert_rules.c.id}
LONGEST_MINUTES = 366 * 24 * 60
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")


class Receivers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets a message: users by role or by id and other addresses by e-mail, channels by their id."""

    roles: list[str] = []
    users: list[str] = []
    addresses: list[str] = []
    channels: list[str] = []


def create(work: Work, organization_id: int, /, *, public_id: str | None = None, **facts: Any) -> RuleRow:
    """A new rule with the `FACTS` that are given. Raises `Invalid`, `Conflict`."""
    counted = select(func.count()).select_from(alert_rules)
    mine = counted.where(alert_rules.c.organization_id == organization_id, not_deleted(alert_rules))
    if int(work.execute(mine).scalar_one()) >= MOST:
        raise Conflict("there are {most} rules already; remove one first", most=MOST)
    kind = facts.get("kind")
    if kind not in ABOUT:
        raise Invalid("kind", "must be one of {known}", known=", ".join(KINDS))
    values = _columns(work, organization_id, _defaults(kind) | facts)
    values |= {"organization_id": organization_id, "public_id": public_id or secrets.token_hex(8)}
    row: RuleRow = work.execute(
        insert(alert_rules).values(values | versions.first(work)).returning(*alert_rules.c)
    ).one()
    _record(work, "add_alert_rule", row, after=values)
    return row


def get(work: Work, organization_id: int, rule_id: str, *, lock: bool = False) -> RuleRow:
    """The rule with this id. Raises `NotFound`."""
    row: RuleRow | None = versions.find(
        work, _mine(organization_id, rule_id).where(not_deleted(alert_rules)), lock=lock
    )
    if row is None:
        raise NotFound("there is no rule {id!r}", id=rule_id)
    return row


def change(
    work: Work, organization_id: int, rule_id: str, changes: Mapping[str, Any], *, expected: versions.Expected = None
) -> RuleRow:
    """Set the `FACTS` that are given. Raises `NotFound`, `Outdated`, `Invalid`."""
    row = get(work, organization_id, rule_id, lock=True)
    versions.check(row, expected)
    if "kind" in changes and changes["kind"] != row.kind:
        raise Invalid("kind", "stays what it is: add another rule")
    before = _kept(row)
    known = [name for name in ("tell", "escalate_to") if name not in changes]  # somebody in it may be gone since then
    values = _columns(work, organization_id, facts_of(work, [row])[0] | dict(changes), known=known)
    changed: RuleRow = versions.change(work, alert_rules, row, values)
    _record(work, "change_alert_rule", row, before=before, after=_kept(changed))
    return changed


def remove(work: Work, organization_id: int, rule_id: str, *, expected: versions.Expected = None) -> None:
    """Nothing more comes of it; what is open of it is closed at the next look. Raises `NotFound`, `Outdated`."""
    row = get(work, organization_id, rule_id, lock=True)
    versions.check(row, expected)
    versions.delete(work, alert_rules, row)
    _record(work, "remove_alert_rule", row, before=_kept(row))


def restore(work: Work, organization_id: int, rule_id: str) -> RuleRow:
    """Bring back the one that was removed last. Raises `NotFound`, `Conflict`."""
    row = versions.newest_deleted(work, alert_rules, _mine(organization_id, rule_id), f"rule {rule_id!r}")
    if work.execute(_mine(organization_id, rule_id).where(not_deleted(alert_rules))).first() is not None:
        raise Conflict("there is a rule with the id {id!r} already", id=rule_id)
    restored: RuleRow = versions.change(work, alert_rules, row, {"deleted_at": None})
    _record(work, "restore_alert_rule", row, after=_kept(restored))
    return restored


def list_rules(
    work: Work, organization_id: int, wanted: Wanted, *, kind: KindName | None = None, deleted: bool = False
) -> Found[RuleRow]:
    """The rules, newest first or as they are to be sorted."""
    mine = select(alert_rules).where(alert_rules.c.organization_id == organization_id)
    mine = mine.where(alert_rules.c.deleted_at.is_not(None) if deleted else not_deleted(alert_rules))
    mine = only(mine, {alert_rules.c.kind: kind})
    return listed(work, mine, wanted, key=alert_rules.c.id, sorts=SORTS, searched=(alert_rules.c.name,))


def facts_of(work: Work, rows: Sequence[RuleRow]) -> list[dict[str, Any]]:
    """What people know of these rules, with the ids of sites and chargers."""
    places = {row.site_id for row in rows if row.site_id is not None}
    named = select(sites.sites.c.id, sites.sites.c.name).where(sites.sites.c.id.in_(places))
    at_sites = {row.id: row.name for row in work.execute(named)} if places else {}
    keys = {row.station_id for row in rows if row.station_id is not None}
    theirs = select(stations.stations.c.id, stations.stations.c.identity).where(stations.stations.c.id.in_(keys))
    chargers = {row.id: row.identity for row in work.execute(theirs)} if keys else {}
    return [
        {name: getattr(row, name) for name in FACTS if name not in ("site", "station")}
        | {
            "site": None if row.site_id is None else at_sites[row.site_id],
            "station": None if row.station_id is None else chargers[row.station_id],
        }
        for row in rows
    ]


def begin(work: Work) -> int:
    """Give the first rules to organizations that have never had one; returns how many organizations that were.

    They tell in the app only: nobody gets a message before a person has said who is to get it, also not after an upgrade.
    """
    without = organizations_without(work)
    for organization_id in without:
        organizations.lock(work, organization_id)
        had = select(alert_rules.c.id).where(alert_rules.c.organization_id == organization_id)
        if work.execute(had.limit(1)).first() is not None:
            continue
        at_home = organization_id == organizations.home(work)
        for kind in KINDS:
            if ABOUT[kind].at_home and not at_home:
                continue
            values = _columns(work, organization_id, _defaults(kind) | {"name": NAMES[kind]})
            values |= {"organization_id": organization_id, "public_id": kind.replace("_", "-")}
            work.execute(insert(alert_rules).values(values | versions.first(work)))
    return len(without)


def organizations_without(work: Work) -> list[int]:
    """Those that have never had a rule."""
    table = organizations.organizations
    none = ~select(alert_rules.c.id).where(alert_rules.c.organization_id == table.c.id).exists()
    return list(work.execute(select(table.c.id).where(none, table.c.closed_at.is_(None))).scalars())


def active(work: Work) -> list[RuleRow]:
    """All rules that hold now, of all organizations that are open."""
    holds = alert_rules.c.active & not_deleted(alert_rules) & alert_rules.c.organization_id.not_in(organizations.closed)
    return list(work.execute(select(alert_rules).where(holds).order_by(alert_rules.c.id)))


def _defaults(kind: KindName) -> dict[str, Any]:
    about = ABOUT[kind]
    return {
        "name": NAMES[kind],
        "kind": kind,
        "severity": about.severity,
        "active": True,
        "minutes": about.minutes,
        "amount": about.amount,
        "at_time": about.at_time,
        "tell_resolved": about.severity != "info",
    }


def _columns(
    work: Work, organization_id: int, facts: Mapping[str, Any], *, known: Sequence[str] = ()
) -> dict[str, Any]:
    """The facts as they are kept; those that are `known` are kept already. Raises `Invalid`."""
    about = ABOUT[facts["kind"]]
    values: dict[str, Any] = {name: facts.get(name) for name in FACTS if name not in ("site", "station")}
    site, station = facts.get("site"), facts.get("station")
    if not about.of_chargers and (site or station):
        raise Invalid("site" if site else "station", "means nothing to a rule of this kind")
    if site and station:
        raise Invalid("station", "says where that is already: name the site or the charger")
    values["site_id"] = None if site is None else sites.named(work, organization_id, site)
    found = stations.of_identities(work, organization_id, [station]) if station else {}
    if station is not None and station not in found:
        raise Invalid("station", "there is no charger {charger!r}", charger=station)
    values["station_id"] = None if station is None else found[station].id
    for name in ("minutes", "amount", "at_time"):
        default = getattr(about, name)
        if default is None and values[name] is not None:
            raise Invalid(name, "means nothing to a rule of this kind")
        if default is not None and values[name] is None:
            values[name] = default
    if values["minutes"] is not None and not 1 <= values["minutes"] <= LONGEST_MINUTES:
        raise Invalid("minutes", "must be between 1 and {most}", most=LONGEST_MINUTES)
    if values["amount"] is not None and not Decimal(0) <= values["amount"] <= (100 if about.at_home else 10**9):
        raise Invalid("amount", "must be between 0 and 100 percent" if about.at_home else "must not be negative")
    if (values["quiet_from"] is None) != (values["quiet_until"] is None):
        missing = "quiet_from" if values["quiet_from"] is None else "quiet_until"
        raise Invalid(missing, "is missing: quiet hours have a beginning and an end")
    for name in ("at_time", "quiet_from", "quiet_until"):
        if values[name] is not None and not _CLOCK.match(values[name]):
            raise Invalid(name, "must be a time, as in 07:00")
    if "tell" not in known:
        values["tell"] = _receivers(work, organization_id, values["tell"], "tell")
    if (values["escalate_after_minutes"] is None) != (values["escalate_to"] is None):
        missing = "escalate_after_minutes" if values["escalate_after_minutes"] is None else "escalate_to"
        raise Invalid(missing, "is missing: who is told next, and after how many minutes")
    if values["escalate_to"] is not None:
        if "escalate_to" not in known:
            values["escalate_to"] = _receivers(work, organization_id, values["escalate_to"], "escalate_to")
        if not 1 <= values["escalate_after_minutes"] <= LONGEST_MINUTES:
            raise Invalid("escalate_after_minutes", "must be between 1 and {most}", most=LONGEST_MINUTES)
    return values


def _receivers(work: Work, organization_id: int, told: Any, field: str) -> dict[str, list[str]]:
    """Raises `Invalid`, naming who is not there."""
    given: Receivers = told if isinstance(told, Receivers) else msgspec.convert(told or {}, Receivers)
    for role in given.roles:
        if Permission.VIEW not in permissions.of_role(role):
            raise Invalid(f"{field}.roles", "{role!r} is no role that sees chargers", role=role)
    users, channels = accounts.users, alert_channels
    for name, table, wanted in (("users", users, given.users), ("channels", channels, given.channels)):
        here = table.c.organization_id == organization_id, not_deleted(table), table.c.public_id.in_(wanted)
        there = set(work.execute(select(table.c.public_id).where(*here)).scalars()) if wanted else set()
        if missing := [each for each in wanted if each not in there]:
            raise Invalid(
                f"{field}.{name}",
                "there is no user {id!r}" if name == "users" else "there is no channel {id!r}",
                id=missing[0],
            )
    for address in given.addresses:
        if not customers.is_email(address):
            raise Invalid(f"{field}.addresses", "{address!r} is no e-mail address", address=address)
    return {name: list(dict.fromkeys(getattr(given, name))) for name in Receivers.__struct_fields__}


def _mine(organization_id: int, rule_id: str) -> Select[Any]:
    return select(alert_rules).where(
        alert_rules.c.organization_id == organization_id, alert_rules.c.public_id == rule_id
    )


def _kept(row: RuleRow) -> dict[str, Any]:
    names = (*(name for name in FACTS if name not in ("site", "station")), "site_id", "station_id")
    return {name: getattr(row, name) for name in names}


def _record(work: Work, action: str, row: RuleRow, *, before: Any = None, after: Any = None) -> None:
    subject = Subject("alert_rule", row.public_id)
    audit.record(work, action, subject, before=before, after=after, organization=row.organization_id)
