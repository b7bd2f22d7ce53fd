"""Where tariffs hold: which connector, charger or site names one, and what that comes to at each connector of a charger."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select, select

from stationmaster.domain import stations, tariffs, versions
from stationmaster.domain.connectors import connectors
from stationmaster.domain.errors import Conflict
from stationmaster.domain.sites import sites
from stationmaster.domain.tariffs import Holding, Level, Status
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted

_NAMED = 3  # places that an error names; there may be thousands


class NamedTariff(Protocol):
    """A tariff, as far as a place needs it."""

    id: int
    public_id: str
    name: str
    status: Status
    standard: bool
    deleted_at: datetime | None


class AtConnector(NamedTuple):
    """Which tariff holds at a connector; none where nobody names one."""

    evse: int
    connector: int
    holding: Holding[NamedTariff] | None


def of_station(work: Work, organization_id: int, identity: str) -> list[AtConnector]:
    """At each connector of a charger that is known, in order; at (0, 0) for the charger as a whole. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    at_site = None
    if station.site_id is not None:
        at_site = work.execute(select(sites.c.tariff_id).where(sites.c.id == station.site_id)).scalar()
    mine = select(connectors.c.evse, connectors.c.number, connectors.c.tariff_id)
    rows = list(
        work.execute(mine.where(connectors.c.station_id == station.id).order_by(connectors.c.evse, connectors.c.number))
    )
    known = _known(work, organization_id, {at_site, station.tariff_id, *(row.tariff_id for row in rows)})
    above: dict[Level, NamedTariff | None] = {
        "station": known.get(station.tariff_id),
        "site": known.get(at_site),
        "organization": next((tariff for tariff in known.values() if tariff.standard), None),
    }
    whole = AtConnector(0, 0, tariffs.holding(above))
    return [whole] + [
        AtConnector(row.evse, row.number, tariffs.holding({"connector": known.get(row.tariff_id), **above}))
        for row in rows
        if row.evse
    ]


def _known(work: Work, organization_id: int, ids: set[int | None]) -> dict[int | None, NamedTariff]:
    """These tariffs and the standard of the organization, by key."""
    table = tariffs.tariffs
    wanted = table.c.id.in_([one for one in ids if one is not None]) | table.c.standard.is_(True)
    mine = select(table).where(table.c.organization_id == organization_id, wanted, not_deleted(table))
    return {row.id: row for row in work.execute(mine)}


def remove(work: Work, organization_id: int, tariff_id: str, *, expected: versions.Expected = None) -> None:
    """Remove a tariff. Raises `NotFound`, `Outdated`, and `Conflict` while a place names it."""
    row = tariffs.get(work, organization_id, tariff_id, lock=True)
    places = [*(["the organization"] if row.standard else []), *_places(work, row.id)]
    if places:
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        raise Conflict(f"tariff {tariff_id!r} is in use at {', '.join(places[:_NAMED])}{more}")
    tariffs.remove(work, organization_id, tariff_id, expected=expected)


def _places(work: Work, tariff_id: int) -> list[str]:
    """What names it, for people to read."""
    table = stations.stations
    at_sites = select(sites.c.name).where(sites.c.tariff_id == tariff_id, not_deleted(sites))
    at_stations = select(table.c.identity).where(table.c.tariff_id == tariff_id, not_deleted(table))
    at_connectors: Select[Any] = (
        select(table.c.identity, connectors.c.evse, connectors.c.number)
        .join(table, table.c.id == connectors.c.station_id)
        .where(connectors.c.tariff_id == tariff_id, not_deleted(table))
    )
    return [
        *(f"site {name}" for name in work.execute(at_sites.order_by(sites.c.name)).scalars()),
        *(f"charger {identity}" for identity in work.execute(at_stations.order_by(table.c.identity)).scalars()),
        *(
            f"connector {row.number} of EVSE {row.evse} of charger {row.identity}"
            for row in work.execute(at_connectors.order_by(table.c.identity, connectors.c.evse, connectors.c.number))
        ),
    ]
