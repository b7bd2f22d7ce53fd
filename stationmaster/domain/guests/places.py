"""Where a guest can pay: an id of each EVSE that cannot be guessed, in a QR code on the charger."""

from __future__ import annotations

import secrets
from typing import NamedTuple, cast

from sqlalchemy import insert, select, update

from stationmaster.domain import audit, discovery, sites, stations, tariff_places, tariffs
from stationmaster.domain.audit import Subject
from stationmaster.domain.connectors import connectors
from stationmaster.domain.discovery import Plug
from stationmaster.domain.errors import NotFound
from stationmaster.domain.guests.tables import PlaceRow, pay_places
from stationmaster.domain.tariffs import TariffRow
from stationmaster.storage import Work


class Shown(NamedTuple):
    """What a guest sees of a place before they pay."""

    row: PlaceRow
    place: discovery.Place
    plugs: list[Plug]  # of this EVSE
    tariff: TariffRow | None


def make(work: Work, organization_id: int, identity: str) -> list[PlaceRow]:
    """A place for each EVSE of a charger that has none yet; all of them. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    known = {row.evse for row in of_station(work, organization_id, identity)}
    told = select(connectors.c.evse).where(connectors.c.station_id == station.id, connectors.c.evse > 0).distinct()
    missing = sorted(set(work.execute(told).scalars()) - known)
    for evse in missing:
        values = {"organization_id": organization_id, "station_id": station.id, "evse": evse, "made_at": work.now}
        work.execute(insert(pay_places).values(public_id=secrets.token_urlsafe(16), **values))
    if missing:
        subject = Subject("station", identity)
        audit.record(work, "add_pay_places", subject, after={"evses": missing}, organization=organization_id)
    return of_station(work, organization_id, identity)


def of_station(work: Work, organization_id: int, identity: str) -> list[PlaceRow]:
    """The places of a charger, in order. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    mine = select(pay_places).where(pay_places.c.station_id == station.id, pay_places.c.closed_at.is_(None))
    return cast(list[PlaceRow], work.execute(mine.order_by(pay_places.c.evse)).all())


class Code(NamedTuple):
    """A code, and which charger it is for: as the operator calls it, and as drivers know it."""

    public_id: str
    evse: int
    identity: str
    name: str | None


def of_site(work: Work, organization_id: int, site_id: str) -> list[Code]:
    """The codes of all chargers of a site, in order. Raises `NotFound`."""
    site = sites.get(work, organization_id, site_id)
    table, of = stations.stations.c, pay_places.c
    mine = select(of.public_id, of.evse, table.identity, table.name).join(stations.stations, table.id == of.station_id)
    mine = mine.where(table.site_id == site.id, of.closed_at.is_(None), table.deleted_at.is_(None))
    rows = work.execute(mine.order_by(table.identity, of.evse))
    return [Code(row.public_id, row.evse, row.identity, discovery.shown_name(row.name, row.identity)) for row in rows]


def let_pay_after(work: Work, organization_id: int, identity: str, evse: int, *, pays_after: bool) -> PlaceRow:
    """Whether guests pay after charging at an EVSE, and not before (M-20); who charges already does as was agreed. Raises `NotFound`."""
    row = _of_evse(work, organization_id, identity, evse)
    if row.pays_after != pays_after:
        changed = update(pay_places).where(pay_places.c.id == row.id).values(pays_after=pays_after)
        row = cast(PlaceRow, work.execute(changed.returning(*pay_places.c)).one())
        facts = {"evse": evse, "pays_after": pays_after}
        subject = Subject("station", identity)
        audit.record(work, "change_pay_place", subject, after=facts, organization=organization_id)
    return row


def close(work: Work, organization_id: int, identity: str, evse: int) -> None:
    """The code of an EVSE is void from now on, as one that somebody has stuck elsewhere. Raises `NotFound`."""
    row = _of_evse(work, organization_id, identity, evse)
    work.execute(update(pay_places).where(pay_places.c.id == row.id).values(closed_at=work.now))
    subject = Subject("station", identity)
    audit.record(work, "close_pay_place", subject, after={"evse": evse}, organization=organization_id)


def _of_evse(work: Work, organization_id: int, identity: str, evse: int) -> PlaceRow:
    row = next((each for each in of_station(work, organization_id, identity) if each.evse == evse), None)
    if row is None:
        raise NotFound("EVSE {evse} of charger {charger} has no place to pay", evse=evse, charger=identity)
    return row


def lock(work: Work, row: PlaceRow) -> None:
    """Nobody else begins here until the commit."""
    work.execute(select(pay_places.c.id).where(pay_places.c.id == row.id).with_for_update())


def find(work: Work, public_id: str) -> PlaceRow:
    """The place of a code. Raises `NotFound`."""
    mine = select(pay_places).where(pay_places.c.public_id == public_id, pay_places.c.closed_at.is_(None))
    row: PlaceRow | None = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("this code is not good any more; please use the one on the charger")
    return row


def shown(work: Work, public_id: str) -> Shown:
    """The same with what a guest sees of it. Raises `NotFound`."""
    row = find(work, public_id)
    table = stations.stations.c
    station = work.execute(select(table.identity, table.public_id).where(table.id == row.station_id)).one()
    place = discovery.charger(work, row.organization_id, station.public_id)
    plugs = [plug for plug in place.chargers[0].plugs if plug.evse == row.evse]
    return Shown(row, place, plugs, _tariff(work, row, station.identity))


def _tariff(work: Work, row: PlaceRow, identity: str) -> TariffRow | None:
    """The tariff that holds at the EVSE, with its terms of now."""
    holding = {
        each.connector: each.holding
        for each in tariff_places.of_station(work, row.organization_id, identity)
        if each.evse in (0, row.evse)
    }
    held = next((each for connector, each in sorted(holding.items()) if connector and each), holding.get(0))
    return None if held is None else tariffs.get(work, row.organization_id, held.tariff.public_id)


def is_plugged_in(work: Work, row: PlaceRow) -> bool:
    """Whether a cable is in, and waits."""
    mine = (connectors.c.station_id == row.station_id, connectors.c.evse == row.evse)
    return "preparing" in work.execute(select(connectors.c.state).where(*mine)).scalars().all()
