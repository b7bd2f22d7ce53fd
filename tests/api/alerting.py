"""An alert that is open, without waiting for something to go wrong."""

from __future__ import annotations

from sqlalchemy import select

from stationmaster.domain.alerts import rules, watching
from stationmaster.domain.alerts.conditions import Finding
from stationmaster.domain.alerts.tables import alerts
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


def opened(work: Work, organization_id: int, station: Station) -> str:
    """One of a charger that is faulty; returns its id."""
    rule = rules.create(work, organization_id, name=f"Fault of {station.identity}", kind="fault")
    facts = {
        "charger": station.identity,
        "name": None,
        "site": None,
        "evse": 1,
        "connector": 1,
        "error": "GroundFailure",
    }
    finding = Finding(organization_id, "connector:1", work.now, facts, station_id=station.id)
    watching.apply(work, watching.Changes(open=[(rule, finding)]))
    return str(work.execute(select(alerts.c.public_id).where(alerts.c.rule_id == rule.id)).scalar_one())
