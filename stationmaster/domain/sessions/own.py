"""Sessions as the driver sees them whose they are: by what drivers know of chargers, and nothing else of these (ATK-04, D-01)."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import Select, select

from stationmaster.domain.errors import NotFound
from stationmaster.domain.sessions.lists import SORTS, Which, only_those
from stationmaster.domain.sessions.table import SessionRow, sessions
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed


class OwnSession(SessionRow, Protocol):
    """A row with its place."""

    station: str
    charger: str
    charger_name: str | None
    site: str | None
    site_name: str | None
    time_zone: str | None


def list_own(work: Work, organization_id: int, customer_key: int, wanted: Wanted, which: Which) -> Found[OwnSession]:
    """The sessions of a customer that are so, newest first or sorted."""
    mine = only_those(_with_places(customer_key), organization_id, which)
    return listed(work, mine, wanted, key=sessions.c.id, sorts=SORTS)


def get_own(work: Work, organization_id: int, customer_key: int, public_id: str) -> OwnSession:
    """One session of a customer. Raises `NotFound`."""
    mine = _with_places(customer_key).where(
        sessions.c.organization_id == organization_id, sessions.c.public_id == public_id
    )
    row: OwnSession | None = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is no session {id!r}", id=public_id)
    return row


def _with_places(customer_key: int) -> Select[Any]:
    named = select(
        sessions,
        stations.c.identity.label("station"),
        stations.c.public_id.label("charger"),
        stations.c.name.label("charger_name"),
        sites.c.public_id.label("site"),
        sites.c.name.label("site_name"),
        sites.c.time_zone,
    )
    placed = named.join(stations, stations.c.id == sessions.c.station_id)
    return placed.outerjoin(sites, sites.c.id == stations.c.site_id).where(sessions.c.customer_id == customer_key)
