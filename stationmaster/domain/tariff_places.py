"""Where tariffs hold: which connector, charger or site names one, and what that comes to at each connector of a charger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select, or_, select, update

from stationmaster.domain import audit, customer_groups, customers, stations, tariffs, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.connectors import connectors
from stationmaster.domain.errors import Conflict, NotFound
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
    follows_changes: bool
    deleted_at: datetime | None


class AtConnector(NamedTuple):
    """Which tariff a connector names, if any, and which one holds there."""

    evse: int
    connector: int
    named: NamedTariff | None
    holding: Holding[NamedTariff] | None


class Where(NamedTuple):
    """Where somebody charges, and who it is, by their keys."""

    station_id: int
    evse: int | None
    connector: int | None
    customer_id: int | None


def at(work: Work, organization_id: int, where: Where) -> Holding[NamedTariff] | None:
    """The tariff by which somebody pays there, and who decided; None where nobody names one."""
    table = stations.stations
    placed = table.outerjoin(sites, sites.c.id == table.c.site_id)
    there = select(table.c.tariff_id, sites.c.tariff_id.label("of_site")).select_from(placed)
    place = work.execute(there.where(table.c.id == where.station_id)).one()
    named = (_of_connector(work, where), place.tariff_id, place.of_site)
    return chooser(work, organization_id, set(named), customer_id=where.customer_id)(*named)


Choose = Callable[[int | None, int | None, int | None], Holding[NamedTariff] | None]


def chooser(work: Work, organization_id: int, named: set[int | None], *, customer_id: int | None) -> Choose:
    """What holds where connector, charger and site name these tariffs, by key, for a customer or for anybody; `named` are all that may be asked for."""
    customer = _of_customer(work, customer_id)
    known = _known(work, organization_id, named | set(customer))
    above: dict[Level, NamedTariff | None] = {
        "customer": known.get(customer.own),
        "customer_group": known.get(customer.of_group),
        **_everywhere(known),
    }

    def choose(connector: int | None, station: int | None, site: int | None) -> Holding[NamedTariff] | None:
        here: dict[Level, NamedTariff | None] = {
            "connector": known.get(connector),
            "station": known.get(station),
            "site": known.get(site),
        }
        return tariffs.holding(above | here)

    return choose


def of_station(work: Work, organization_id: int, identity: str) -> list[AtConnector]:
    """At each connector of a charger that is known, in order; at (0, 0) for the charger as a whole. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    at_site = None
    if station.site_id is not None:
        at_site = work.execute(select(sites.c.tariff_id).where(sites.c.id == station.site_id)).scalar()
    mine = select(connectors.c.evse, connectors.c.number, connectors.c.tariff_id).where(
        connectors.c.station_id == station.id, connectors.c.evse > 0
    )
    rows = work.execute(mine.order_by(connectors.c.evse, connectors.c.number)).all()
    known = _known(work, organization_id, {at_site, station.tariff_id, *(row.tariff_id for row in rows)})
    above: dict[Level, NamedTariff | None] = {
        "station": known.get(station.tariff_id),
        "site": known.get(at_site),
        **_everywhere(known),
    }
    return [AtConnector(0, 0, above["station"], tariffs.holding(above))] + [
        AtConnector(
            row.evse,
            row.number,
            known.get(row.tariff_id),
            tariffs.holding({"connector": known.get(row.tariff_id), **above}),
        )
        for row in rows
    ]


def for_driver(
    work: Work, organization_id: int, station_id: int, *, customer_id: int | None
) -> dict[int, Holding[NamedTariff] | None]:
    """By which tariff somebody would pay at each EVSE of a charger; at 0 where none is known."""
    table, plugs = stations.stations, connectors
    placed = table.outerjoin(sites, sites.c.id == table.c.site_id).outerjoin(
        plugs, (plugs.c.station_id == table.c.id) & (plugs.c.evse > 0)
    )
    columns = (plugs.c.evse, plugs.c.tariff_id.label("own"), table.c.tariff_id, sites.c.tariff_id.label("of_site"))
    rows = work.execute(select(*columns).select_from(placed).where(table.c.id == station_id)).all()
    named = {key for row in rows for key in (row.own, row.tariff_id, row.of_site)}
    choose = chooser(work, organization_id, named, customer_id=customer_id)
    return {row.evse or 0: choose(row.own, row.tariff_id, row.of_site) for row in rows}


def of_site(work: Work, organization_id: int, site_id: str) -> str | None:
    """The id of the tariff that a site names. Raises `NotFound`."""
    key = _site(work, organization_id, site_id).tariff_id
    return None if key is None else _id_of(work, key)


def name_at_site(work: Work, organization_id: int, site_id: str, tariff_id: str | None) -> None:
    """From now on a site names this tariff, or none. Raises `NotFound`, `Invalid`."""
    site = _site(work, organization_id, site_id)
    new = tariffs.named(work, organization_id, tariff_id)
    work.execute(update(sites).where(sites.c.id == site.id).values(tariff_id=new))
    _record(work, organization_id, Subject("site", site.name), site.tariff_id, tariff_id)


def name_at_station(work: Work, organization_id: int, identity: str, tariff_id: str | None) -> None:
    """From now on a charger names this tariff, or none. Raises `NotFound`, `Invalid`."""
    station = stations.get(work, organization_id, identity)
    new = tariffs.named(work, organization_id, tariff_id)
    table = stations.stations
    work.execute(update(table).where(table.c.id == station.id).values(tariff_id=new))
    _record(work, organization_id, Subject("station", identity), station.tariff_id, tariff_id)


def name_at_connector(
    work: Work, organization_id: int, identity: str, tariff_id: str | None, *, evse: int, connector: int
) -> None:
    """From now on a connector names this tariff, or none. Raises `NotFound`, `Invalid`."""
    station = stations.get(work, organization_id, identity)
    this = (connectors.c.station_id == station.id, connectors.c.evse == evse, connectors.c.number == connector)
    before = work.execute(select(connectors.c.tariff_id).where(*this, connectors.c.evse > 0)).one_or_none()
    if before is None:
        raise NotFound("the charger has told of no connector {evse}.{connector} yet", evse=evse, connector=connector)
    new = tariffs.named(work, organization_id, tariff_id)
    work.execute(update(connectors).where(*this).values(tariff_id=new))
    _record(work, organization_id, Subject("connector", f"{identity} {evse}.{connector}"), before.tariff_id, tariff_id)


class _OfCustomer(NamedTuple):
    own: int | None
    of_group: int | None


def _of_customer(work: Work, key: int | None) -> _OfCustomer:
    """What a customer names, and what their group does."""
    if key is None:
        return _OfCustomer(None, None)
    who, groups = customers.customers, customer_groups.customer_groups
    grouped = who.outerjoin(groups, (groups.c.id == who.c.group_id) & not_deleted(groups))
    row = work.execute(
        select(who.c.tariff_id, groups.c.tariff_id.label("of_group")).select_from(grouped).where(who.c.id == key)
    ).one()
    return _OfCustomer(row.tariff_id, row.of_group)


def _of_connector(work: Work, where: Where) -> int | None:
    """What the connector names; where it is not known which of its EVSE that is, what all of these name alike."""
    if where.evse is None:
        return None
    here = select(connectors.c.tariff_id).where(
        connectors.c.station_id == where.station_id, connectors.c.evse == where.evse
    )
    if where.connector is not None:
        here = here.where(connectors.c.number == where.connector)
    named = set(work.execute(here).scalars())
    return named.pop() if len(named) == 1 else None


def _everywhere(known: Mapping[int | None, NamedTariff]) -> dict[Level, NamedTariff | None]:
    """What holds where nothing else does: the organization's standard, else the one of the settings."""
    return {
        "organization": next((tariff for tariff in known.values() if tariff.standard), None),
        "setting": next((tariff for tariff in known.values() if tariff.public_id == tariffs.OF_SETTINGS), None),
    }


def _site(work: Work, organization_id: int, site_id: str) -> Any:
    mine = (sites.c.organization_id == organization_id, sites.c.public_id == site_id, not_deleted(sites))
    row = work.execute(select(sites.c.id, sites.c.name, sites.c.tariff_id).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("there is no site {id!r}", id=site_id)
    return row


def _record(work: Work, organization_id: int, subject: Subject, before: int | None, after: str | None) -> None:
    was = None if before is None else _id_of(work, before)
    audit.record(
        work,
        "name_tariff",
        subject,
        before={"tariff": was},
        after={"tariff": after},
        organization=organization_id,
    )


def _id_of(work: Work, key: int) -> str:
    table = tariffs.tariffs
    return str(work.execute(select(table.c.public_id).where(table.c.id == key)).scalar_one())


def _known(work: Work, organization_id: int, ids: set[int | None]) -> dict[int | None, NamedTariff]:
    """These tariffs, the standard of the organization and the one of the settings, by key."""
    table = tariffs.tariffs
    wanted = or_(
        table.c.id.in_([one for one in ids if one is not None]),
        table.c.standard.is_(True),
        table.c.public_id == tariffs.OF_SETTINGS,
    )
    mine = select(table).where(table.c.organization_id == organization_id, wanted, not_deleted(table))
    return {row.id: row for row in work.execute(mine)}


def remove(work: Work, organization_id: int, tariff_id: str, *, expected: versions.Expected = None) -> None:
    """Remove a tariff. Raises `NotFound`, `Outdated`, and `Conflict` while a place names it."""
    row = tariffs.get(work, organization_id, tariff_id, lock=True)
    places = [*(["the organization"] if row.standard else []), *_places(work, row.id)]
    if places:
        more = len(places) - _NAMED
        said = (
            "tariff {id!r} is in use at {places} and {more} more" if more > 0 else "tariff {id!r} is in use at {places}"
        )
        raise Conflict(said, id=tariff_id, places=", ".join(places[:_NAMED]), more=more)
    tariffs.remove(work, organization_id, tariff_id, expected=expected)


def _places(work: Work, tariff_id: int) -> list[str]:
    """What names it, for people to read."""
    table = stations.stations
    who, groups = customers.customers, customer_groups.customer_groups
    of_customers = select(who.c.name).where(who.c.tariff_id == tariff_id, not_deleted(who)).order_by(who.c.name_key)
    of_groups = select(groups.c.name).where(groups.c.tariff_id == tariff_id, not_deleted(groups))
    at_sites = select(sites.c.name).where(sites.c.tariff_id == tariff_id, not_deleted(sites))
    at_stations = select(table.c.identity).where(table.c.tariff_id == tariff_id, not_deleted(table))
    at_connectors: Select[Any] = (
        select(table.c.identity, connectors.c.evse, connectors.c.number)
        .join(table, table.c.id == connectors.c.station_id)
        .where(connectors.c.tariff_id == tariff_id, not_deleted(table))
    )
    return [
        *(f"customer {name}" for name in work.execute(of_customers).scalars()),
        *(f"customers of the group {name}" for name in work.execute(of_groups.order_by(groups.c.name)).scalars()),
        *(f"site {name}" for name in work.execute(at_sites.order_by(sites.c.name)).scalars()),
        *(f"charger {identity}" for identity in work.execute(at_stations.order_by(table.c.identity)).scalars()),
        *(
            f"connector {row.number} of EVSE {row.evse} of charger {row.identity}"
            for row in work.execute(at_connectors.order_by(table.c.identity, connectors.c.evse, connectors.c.number))
        ),
    ]
