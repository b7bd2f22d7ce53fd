"""Where a driver can charge: sites nearby, and which of their connectors are free.

A driver sees of others only that something is in use: no card, no name, no energy; and of a charger its public id (ATK-04, D-01).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from stationmaster.domain import connections, connectors, sites
from stationmaster.domain.connectors import Type
from stationmaster.domain.errors import NotFound
from stationmaster.domain.sites import SiteRow
from stationmaster.domain.stations import ChargerType, stations
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted
from stationmaster.storage.queries import search as searched

Availability = Literal["free", "in_use", "out_of_order", "unknown"]

EARTH_M = 6_371_000.0


class Asked(NamedTuple):
    """What a driver looks for; None and False: whatever there is."""

    type: Type | None = None
    min_power_w: int | None = None
    free: bool = False
    open: bool = False


class Plug(NamedTuple):
    """A connector, as drivers see it; and the tariff that it names, by key."""

    evse: int
    connector: int
    type: Type | None
    max_power_w: int | None
    max_current_a: int | None
    availability: Availability
    tariff_id: int | None


class Charger(NamedTuple):
    """A charger, as drivers see it, and the tariff that it names, by key. The name is left out where it tells the identity."""

    public_id: str
    name: str | None
    charger_type: ChargerType | None
    plugs: list[Plug]
    tariff_id: int | None


class Place(NamedTuple):
    """A site with the chargers that were looked for."""

    site: SiteRow
    open: bool
    distance_m: float | None
    chargers: list[Charger]


class _Told(Protocol):
    """What is asked of a connector."""

    evse: int
    number: int
    type: Type | None
    max_power_w: int | None
    max_current_a: int | None
    state: str
    told: bool
    withheld: bool
    tariff_id: int | None


def nearby(
    work: Work, organization_id: int, asked: Asked, *, latitude: float, longitude: float, radius_m: float, limit: int
) -> list[Place]:
    """The sites within this radius that have what is asked for, the nearest first."""
    table = sites.sites
    there = _sites(organization_id, asked, table.c.id, table.c.latitude, table.c.longitude)
    there = there.where(_in_box(latitude, longitude, radius_m))
    far = [(distance_m(latitude, longitude, row.latitude, row.longitude), row.id) for row in work.execute(there).all()]
    near = sorted(each for each in far if each[0] <= radius_m)
    return _first(work, asked, [(key, away) for away, key in near], limit)


def named(work: Work, organization_id: int, asked: Asked, text: str, *, limit: int) -> list[Place]:
    """The sites that have this in their name or address, or a charger with just this id, by name."""
    table = sites.sites
    of_charger = select(stations.c.site_id).where(
        stations.c.organization_id == organization_id,
        stations.c.public_id == text.strip().lower(),
        stations.c.registration == "accepted",
        not_deleted(stations),
    )
    columns = (table.c.name, table.c.address, table.c.city, table.c.postal_code)
    there = _sites(organization_id, asked, table.c.id).where(or_(searched(text, columns), table.c.id.in_(of_charger)))
    keys = work.execute(there.order_by(table.c.name, table.c.id)).scalars().all()
    return _first(work, asked, [(key, None) for key in keys], limit)


def charger(work: Work, organization_id: int, public_id: str) -> Place:
    """One charger with its site, by the id that drivers know. Raises `NotFound`."""
    mine = (stations.c.organization_id == organization_id, stations.c.public_id == public_id, not_deleted(stations))
    where = and_(*mine, stations.c.registration == "accepted")
    key = work.execute(select(stations.c.site_id).where(where)).scalar()
    site = None if key is None else _site(work, key)
    if site is None:
        raise NotFound("there is no charger {id!r}", id=public_id)
    return Place(site, sites.is_open(site, work.now), None, _chargers(work, Asked(), where)[site.id])


def shown_name(name: str | None, identity: str) -> str | None:
    """What drivers are told that a charger is called: nothing where the name tells its identity."""
    return None if name is None or identity in name else name


def distance_m(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """How far it is along the great circle, in metres."""
    here, there = math.radians(latitude), math.radians(to_latitude)
    half_up, half_along = (there - here) / 2, math.radians(to_longitude - longitude) / 2
    chord = math.sin(half_up) ** 2 + math.cos(here) * math.cos(there) * math.sin(half_along) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(chord)))


def box(latitude: float, longitude: float, radius_m: float) -> tuple[float, float, list[tuple[float, float]]]:
    """The lowest and highest latitude of a circle, and the spans of longitude: two where it reaches over 180°."""
    up = math.degrees(radius_m / EARTH_M)
    low, high = latitude - up, latitude + up
    if low <= -90 or high >= 90:  # a pole is in it, and with it every longitude
        return max(low, -90.0), min(high, 90.0), [(-180.0, 180.0)]
    along = math.degrees(math.asin(math.sin(radius_m / EARTH_M) / math.cos(math.radians(latitude))))
    west, east = longitude - along, longitude + along
    if along >= 180:
        return low, high, [(-180.0, 180.0)]
    if west < -180:
        return low, high, [(west + 360, 180.0), (-180.0, east)]
    if east > 180:
        return low, high, [(west, 180.0), (-180.0, east - 360)]
    return low, high, [(west, east)]


def _sites(organization_id: int, asked: Asked, *columns: ColumnElement[Any]) -> Select[Any]:
    """The sites in service that may have what is asked for."""
    table = sites.sites
    there = select(*columns).where(
        table.c.organization_id == organization_id, table.c.status == "active", not_deleted(table)
    )
    if asked.type is not None or asked.min_power_w is not None or asked.free:
        there = there.where(_has_such_a_connector(asked))
    return there


def _first(work: Work, asked: Asked, there: list[tuple[int, float | None]], limit: int) -> list[Place]:
    """The first of these sites that have what is asked for; nearly every one of them has."""
    found: list[Place] = []
    for start in range(0, len(there), limit):
        found += _places(work, asked, dict(there[start : start + limit]))
        if len(found) >= limit:
            break
    return found[:limit]


def _in_box(latitude: float, longitude: float, radius_m: float) -> ColumnElement[bool]:
    table = sites.sites
    low, high, spans = box(latitude, longitude, radius_m)
    return and_(
        table.c.latitude.between(low, high), or_(*(table.c.longitude.between(west, east) for west, east in spans))
    )


def _has_such_a_connector(asked: Asked) -> ColumnElement[bool]:
    """Where nothing fits, nothing else of a site is read: there may be hundreds of them in the circle."""
    plugs, there = connectors.connectors, connections.connections
    fitting = select(plugs.c.id).join(stations, stations.c.id == plugs.c.station_id)
    fitting = fitting.where(stations.c.site_id == sites.sites.c.id, not_deleted(stations), plugs.c.evse > 0)
    if asked.type is not None:
        fitting = fitting.where(plugs.c.type == asked.type)
    if asked.min_power_w is not None:
        fitting = fitting.where(func.coalesce(plugs.c.max_power_w, stations.c.max_power_w) >= asked.min_power_w)
    if asked.free:
        fitting = fitting.join(there, there.c.station_id == plugs.c.station_id)
        fitting = fitting.where(there.c.online_since.is_not(None), plugs.c.state == "available")
    return fitting.exists()


def _site(work: Work, key: int) -> SiteRow | None:
    table = sites.sites
    mine = select(table).where(table.c.id == key, table.c.status == "active", not_deleted(table))
    row: SiteRow | None = work.execute(mine).one_or_none()
    return row


def _places(work: Work, asked: Asked, away: dict[int, float | None]) -> Iterator[Place]:
    """Those of these sites that have what is asked for, in their order."""
    rows: dict[int, SiteRow] = {
        row.id: row for row in work.execute(select(sites.sites).where(sites.sites.c.id.in_(list(away))))
    }
    is_open = {key: sites.is_open(site, work.now) for key, site in rows.items()}
    wanted = [key for key in away if key in rows and (is_open[key] or not asked.open)]
    theirs = and_(stations.c.site_id.in_(wanted), stations.c.registration == "accepted", not_deleted(stations))
    chargers = _chargers(work, asked, theirs)
    for key in wanted:
        if key in chargers:
            yield Place(rows[key], is_open[key], away[key], chargers[key])


def _chargers(work: Work, asked: Asked, where: ColumnElement[bool]) -> dict[int, list[Charger]]:
    """Those of these stations that have a connector that is asked for, with all their connectors; by the key of their site."""
    plug, there = connectors.connectors.c, connections.connections
    # What drivers see and no more, in one question: fifty sites have a thousand connectors.
    rows = work.execute(
        select(
            *(stations.c.id, stations.c.site_id, stations.c.identity, stations.c.public_id, stations.c.name),
            *(stations.c.charger_type, stations.c.max_power_w.label("charger_power_w")),
            stations.c.tariff_id.label("of_charger"),
            *(plug.evse, plug.number, plug.type, plug.max_power_w, plug.max_current_a, plug.tariff_id),
            *(
                plug.state,
                (plug.status_at != connectors.NEVER).label("told"),
                plug.withheld_until.is_not(None).label("withheld"),
            ),
            there.c.online_since,
        )
        .select_from(stations)
        .outerjoin(connectors.connectors, plug.station_id == stations.c.id)
        .outerjoin(there, there.c.station_id == stations.c.id)
        .where(where)
        .order_by(stations.c.id, plug.evse, plug.number)
    ).all()
    found: dict[int, list[Charger]] = {}
    for _, (first, *others) in itertools.groupby(rows, key=lambda row: row.id):
        told = [row for row in (first, *others) if row.evse is not None]
        mine = [_plug(row, online=first.online_since is not None) for row in told if row.evse]
        if any(row.evse == 0 and row.state in ("faulted", "unavailable") for row in told):
            mine = [plug._replace(availability="out_of_order") for plug in mine]
        if asked == Asked() or any(_fits(asked, plug, first.charger_power_w) for plug in mine):
            name = shown_name(first.name, first.identity)
            one = Charger(first.public_id, name, first.charger_type, mine, first.of_charger)
            found.setdefault(first.site_id, []).append(one)
    return found


def _fits(asked: Asked, plug: Plug, charger_power_w: int | None) -> bool:
    power = plug.max_power_w if plug.max_power_w is not None else charger_power_w
    return (
        asked.type in (None, plug.type)
        and (asked.min_power_w is None or (power is not None and power >= asked.min_power_w))
        and (not asked.free or plug.availability == "free")
    )


def _plug(row: _Told, *, online: bool) -> Plug:
    availability = _availability(row) if online else "unknown"
    return Plug(row.evse, row.number, row.type, row.max_power_w, row.max_current_a, availability, row.tariff_id)


def _availability(row: _Told) -> Availability:
    if not row.told or row.state == "unknown":
        return "unknown"
    if row.state in ("faulted", "unavailable"):
        return "out_of_order"
    if row.state == "available":
        return "out_of_order" if row.withheld else "free"
    return "in_use"
