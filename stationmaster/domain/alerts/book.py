"""Alerts as people read them: open, acknowledged, resolved; their history; and how many of them somebody has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from sqlalchemy import Select, func, insert, select, update

from stationmaster.domain import accounts, audit
from stationmaster.domain.alerts import watching
from stationmaster.domain.alerts.kinds import KindName, Severity
from stationmaster.domain.alerts.tables import AlertRow, alert_rules, alert_steps, alerts, alerts_read
from stationmaster.domain.audit import Signature, Subject
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed, only

State = Literal["open", "acknowledged", "resolved"]
_STATES = {
    "open": alerts.c.resolved_at.is_(None) & alerts.c.acknowledged_at.is_(None),
    "acknowledged": alerts.c.resolved_at.is_(None) & alerts.c.acknowledged_at.is_not(None),
    "resolved": alerts.c.resolved_at.is_not(None),
}


class ListedAlert(AlertRow, Protocol):
    """A row with the charger's identity, and the rule by which it was opened."""

    station: str | None
    rule: str
    rule_name: str


class StepRow(Protocol):
    """A row of `alert_steps`."""

    id: int
    at: datetime
    what: str
    by: str | None
    note: str | None


def list_alerts(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    state: State | None = None,
    kind: KindName | None = None,
    severity: Severity | None = None,
    station: str | None = None,
    but: Sequence[KindName] = (),
) -> Found[ListedAlert]:
    """Alerts, newest first; not those of the kinds in `but`."""
    mine = _mine(organization_id).where(alerts.c.kind.not_in(but))
    if state is not None:
        mine = mine.where(_STATES[state])
    mine = only(mine, {alerts.c.kind: kind, alerts.c.severity: severity, stations.c.identity: station})
    return listed(work, mine, wanted, key=alerts.c.id)


def get(work: Work, organization_id: int, alert_id: str, *, but: Sequence[KindName] = ()) -> ListedAlert:
    """One alert. Raises `NotFound`, also for one of the kinds in `but`."""
    mine = _mine(organization_id).where(alerts.c.public_id == alert_id, alerts.c.kind.not_in(but))
    row = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is no such alert")
    return cast(ListedAlert, row)


def steps(work: Work, alert: AlertRow) -> list[StepRow]:
    """What became of it, oldest first."""
    mine = select(alert_steps).where(alert_steps.c.alert_id == alert.id)
    return list(cast(Sequence[StepRow], work.execute(mine.order_by(alert_steps.c.id)).all()))


def acknowledge(
    work: Work, organization_id: int, alert_id: str, *, note: str | None = None, but: Sequence[KindName] = ()
) -> ListedAlert:
    """Somebody looks after it: nobody else is told of it. Raises `NotFound`, `Conflict` when it is over."""
    alert = get(work, organization_id, alert_id, but=but)
    if alert.resolved_at is not None:
        raise Conflict("it is over already")
    mine = alerts.c.id == alert.id, alerts.c.resolved_at.is_(None), alerts.c.acknowledged_at.is_(None)
    values = {"acknowledged_at": work.now, "acknowledged_by": _name(work)}
    if work.execute(update(alerts).where(*mine).values(values)).rowcount:
        _note(work, alert, "acknowledge_alert", "acknowledged", note)
    return get(work, organization_id, alert_id)


def resolve(
    work: Work, organization_id: int, alert_id: str, *, note: str | None = None, but: Sequence[KindName] = ()
) -> ListedAlert:
    """Somebody says it is over. Where it is not, it is opened again at the next look. Raises `NotFound`, `Conflict`."""
    alert = get(work, organization_id, alert_id, but=but)
    mine = alerts.c.id == alert.id, alerts.c.resolved_at.is_(None)
    if not work.execute(update(alerts).where(*mine).values(resolved_at=work.now, resolved_by=_name(work))).rowcount:
        raise Conflict("it is over already")
    _note(work, alert, "resolve_alert", "resolved", note)
    return get(work, organization_id, alert_id)


def unseen(work: Work, organization_id: int, user_id: str, *, but: Sequence[KindName] = ()) -> int:
    """How many that are open were opened since this user has looked."""
    seen = select(alerts_read.c.alert_id).join(accounts.users, accounts.users.c.id == alerts_read.c.user_id)
    seen = seen.where(accounts.users.c.public_id == user_id)
    last = work.execute(seen).scalar() or 0
    counted = select(func.count()).select_from(alerts).where(alerts.c.organization_id == organization_id)
    counted = counted.where(alerts.c.kind.not_in(but), alerts.c.id > last)
    return int(work.execute(counted.where(_STATES["open"])).scalar_one())


def see(work: Work, organization_id: int, user_id: str) -> None:
    """This user has looked at all there are."""
    users = accounts.users
    mine = select(users.c.id).where(users.c.organization_id == organization_id, users.c.public_id == user_id)
    key = work.execute(mine.with_for_update()).scalar()
    last = work.execute(select(func.max(alerts.c.id)).where(alerts.c.organization_id == organization_id)).scalar()
    if key is None or last is None:
        return
    if not work.execute(update(alerts_read).where(alerts_read.c.user_id == key).values(alert_id=last)).rowcount:
        work.execute(insert(alerts_read).values(user_id=key, alert_id=last))


def count_open(work: Work, organization_id: int, *, but: Sequence[KindName] = ()) -> int:
    """How many are open, and nobody looks after them."""
    counted = select(func.count()).select_from(alerts).where(alerts.c.organization_id == organization_id)
    return int(work.execute(counted.where(_STATES["open"], alerts.c.kind.not_in(but))).scalar_one())


def _mine(organization_id: int) -> Select[Any]:
    theirs = select(
        *alerts.c,
        stations.c.identity.label("station"),
        alert_rules.c.public_id.label("rule"),
        alert_rules.c.name.label("rule_name"),
    ).select_from(alerts.join(alert_rules).outerjoin(stations, stations.c.id == alerts.c.station_id))
    return theirs.where(alerts.c.organization_id == organization_id)


def _name(work: Work) -> str | None:
    signature: Signature | None = work.signature
    return None if signature is None else signature.actor.name


def _note(work: Work, alert: ListedAlert, action: str, what: str, note: str | None) -> None:
    watching.step(work, alert, what, by=_name(work), note=note)
    watching.changed(work, alert)
    subject = Subject("alert", alert.public_id)
    after = {"kind": alert.kind, "charger": alert.station, "note": note}
    audit.record(work, action, subject, after=after, organization=alert.organization_id)
