"""What sessions cost so far, for chargers whose settings say that they show it. Worked out by the clock, not at each meter value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select

from stationmaster.domain import commands, prices, session_terms, sessions, stations
from stationmaster.domain.commands.history import commands as asked
from stationmaster.domain.errors import DomainError
from stationmaster.domain.sessions.lists import with_names
from stationmaster.domain.sessions.table import is_open
from stationmaster.domain.station_settings import is_on, station_settings
from stationmaster.storage import Work
from stationmaster.storage.lists import rows_among

SETTINGS = {
    "1.6": "CustomDisplayCostAndPrice",
    "2.0.1": "TariffCostCtrlr/Enabled(Cost)",
    "2.1": "TariffCostCtrlr/Enabled(RunningCost)",
}
"""Which setting says, in each version, that a charger shows what a session costs."""

FINAL_WITHIN = timedelta(minutes=10)  # whose car is gone looks at no display
RECENT = 20  # commands of a charger among which the last that told a cost is looked for


class Shown(NamedTuple):
    """What a charger is to show for one of its sessions."""

    station_id: int
    command: commands.ShowCost


def due(work: Work, versions: Mapping[int, str]) -> list[Shown]:
    """For the chargers that are connected, by their keys with their versions: what has changed since it was told last."""
    keys = {name.lower(): version for version, name in SETTINGS.items()}
    mine = select(station_settings.c.station_id, station_settings.c.name_key).where(
        station_settings.c.name_key.in_(list(keys)),
        func.lower(station_settings.c.value) == "true",
    )
    settings = rows_among(work, mine, station_settings.c.station_id, list(versions))
    able = [row.station_id for row in settings if keys[row.name_key] == versions[row.station_id]]
    priced = session_terms.session_terms
    going_on = with_names().join(priced, priced.c.session_id == sessions.sessions.c.id)
    of_tariff = going_on.where(is_open, priced.c.tariff_id.is_not(None))
    rows = rows_among(work, of_tariff, sessions.sessions.c.station_id, able)
    return [shown for row in rows if (shown := _shown(work, row)) is not None]


def final(work: Work, session: str) -> Shown | None:
    """What a charger of 1.6 that shows costs is told of a session that has ended just now, as it is billed; told again, it is told the same."""
    mine = with_names().where(sessions.sessions.c.public_id == session)
    row = work.execute(mine).one_or_none()
    if row is None or row.status == "active" or row.stopped_at is None or row.stopped_at < work.now - FINAL_WITHIN:
        return None
    version = select(stations.stations.c.ocpp_version).where(stations.stations.c.id == row.station_id)
    if work.execute(version).scalar() != "1.6" or not is_on(work, row.station_id, SETTINGS["1.6"]):
        return None
    try:
        total = prices.by(work, row, session_terms.of_session(work, row)).bill.total
    except DomainError:  # nothing to show then
        return None
    text = f"{(row.energy_wh or Decimal(0)) / 1000:.1f} kWh, {total}"
    command = commands.ShowCost(session=row.public_id, total_cost=float(total.amount), final=True, text=text)
    return Shown(row.station_id, command)


def _shown(work: Work, row: sessions.ListedRow) -> Shown | None:
    try:
        total = prices.by(work, row, session_terms.of_session(work, row)).bill.total.amount
    except DomainError:  # nothing to show then
        return None
    command = commands.ShowCost(session=row.public_id, total_cost=float(total))
    return None if _told(work, row) == total else Shown(row.station_id, command)


def _told(work: Work, row: sessions.ListedRow) -> Decimal | None:
    """What its charger was told last."""
    newest = select(asked.c.name, asked.c.arguments).where(asked.c.station_id == row.station_id)
    for each in work.execute(newest.order_by(asked.c.id.desc()).limit(RECENT)):
        if each.name == "show-cost" and each.arguments["session"] == row.public_id:
            return Decimal(str(each.arguments["total_cost"]))
    return None
