"""What deliveries are about, and to whom they go, in words that mean something outside: no internal keys, no addresses of visits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import select

from stationmaster.domain.alerts.tables import alert_notices, alerts
from stationmaster.domain.customers import customers
from stationmaster.domain.deliveries import Listed
from stationmaster.domain.guests.tables import guest_visits
from stationmaster.domain.stations import stations
from stationmaster.storage import Work

Kind = Literal["session", "reservation", "payment", "invoice", "alert", "customer", "report", "mail", "provider"]

_NOTICES = ("NoticeDue", "PushDue")


class Subject(NamedTuple):
    """What a delivery is about. `id` is that of the thing, the period of a report, or what kind of mail it is."""

    kind: Kind
    id: str


class Facts(NamedTuple):
    """Beyond what its row says. `receiver` is empty where the charger itself is told; `title` that of a message."""

    receiver: str
    about: Subject | None
    title: str | None = None
    station: str | None = None


def facts_of(work: Work, rows: Sequence[Listed]) -> dict[str, Facts]:
    """Of each delivery, by its key; two questions for all of them."""
    told: dict[str, dict[str, Any]] = {row.key: msgspec.json.decode(row.payload) for row in rows}
    notices = _notices(work, [told[row.key]["notice"] for row in rows if row.event in _NOTICES])
    visits = _visits(work, [told[row.key]["visit"] for row in rows if "visit" in told[row.key]])
    found = {}
    for row in rows:
        facts = told[row.key]
        if row.event == "NoticeDue":
            found[row.key] = notices.get(facts["notice"], Facts("", None))
        elif row.event == "PushDue":  # a device has no name that means something to others
            found[row.key] = notices.get(facts["notice"], Facts("", None))._replace(receiver="")
        elif "visit" in facts:
            found[row.key] = visits.get(facts["visit"], Facts("", None))
        elif row.event in ("LimitRaised", "BillMade"):
            session = facts.get("session")
            found[row.key] = Facts("", None if session is None else Subject("session", session))
        else:
            found[row.key] = Facts(row.receiver, _subject(row.event, facts))
    return found


def _subject(event: str, facts: dict[str, Any]) -> Subject | None:
    if event == "MailDue":
        return Subject("mail", facts["kind"])
    if event == "ReportMailDue":
        return Subject("report", f"{facts['report']} {facts['period']}")
    for kind in ("session", "reservation", "payment", "invoice", "provider"):
        if isinstance(facts.get(kind), str):
            return Subject(kind, facts[kind])
    return None


def _notices(work: Work, ids: Sequence[str]) -> dict[str, Facts]:
    if not ids:
        return {}
    there = (
        select(
            *(alert_notices.c.public_id, alert_notices.c.receiver, alert_notices.c.subject),
            *(alerts.c.public_id.label("alert"), customers.c.public_id.label("customer")),
        )
        .select_from(alert_notices)
        .outerjoin(alerts, alerts.c.id == alert_notices.c.alert_id)
        .outerjoin(customers, customers.c.id == alert_notices.c.customer_id)
    )
    found = {}
    for row in work.execute(there.where(alert_notices.c.public_id.in_(ids))):
        about = None
        if row.alert is not None:
            about = Subject("alert", row.alert)
        elif row.customer is not None:
            about = Subject("customer", row.customer)
        found[row.public_id] = Facts(row.receiver, about, row.subject)
    return found


def _visits(work: Work, ids: Sequence[str]) -> dict[str, Facts]:
    if not ids:
        return {}
    there = (
        select(guest_visits.c.public_id, guest_visits.c.session, stations.c.identity)
        .join(stations, stations.c.id == guest_visits.c.station_id)
        .where(guest_visits.c.public_id.in_(ids))
    )
    return {
        row.public_id: Facts("", None if row.session is None else Subject("session", row.session), None, row.identity)
        for row in work.execute(there)
    }
