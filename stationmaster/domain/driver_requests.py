"""What drivers ask of chargers by themselves: to start with a card of theirs, to stop what they began, to be kept a place (API-34).

A driver can do no more so than with the card at the charger, and nothing to what is somebody else's. What is refused says nothing of
a charger but what the discovery shows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select

from stationmaster.domain import commands, discovery, organizations, reservations, sessions, sites, tokens
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted

# That nobody knows yet what comes of: a charger waits for a car meanwhile, and nobody else can have it.
STARTS_AT_ONCE = 3
KEPT_FOR = timedelta(hours=1)  # a reservation, at the longest


class Asked(NamedTuple):
    """A command for a charger, and what drivers call that one."""

    station_id: int
    identity: str
    charger: str
    command: commands.RemoteStart | commands.RemoteStop | commands.ReserveNow | commands.CancelReservation


def start(
    work: Work,
    organization_id: int,
    customer: CustomerRow,
    *,
    by: str,
    charger: str,
    evse: int | None,
    card: str,
    kind: str | None = None,
) -> Asked:
    """To start charging. Raises `NotFound`, `Invalid`, and `Conflict` when it may not or cannot be now."""
    if not organizations.get(work, organization_id).drivers_start:
        raise Conflict("chargers are not started from afar here: show your card at the charger")
    here = _place(work, organization_id, customer, charger=charger, evse=evse, card=card, kind=kind)
    if commands.count_unfinished(work, by, "remote-start") >= STARTS_AT_ONCE:
        raise Conflict(
            "you have started {most} chargers that wait for a car: plug in, or wait until they give up",
            most=STARTS_AT_ONCE,
        )
    return Asked(here.station_id, here.identity, charger, commands.RemoteStart(token=here.uid, evse=here.evse))


def stop(work: Work, organization_id: int, customer: CustomerRow, session_id: str) -> Asked:
    """To stop a session of one's own. Raises `NotFound`, and `Conflict` when it does not go on."""
    row = sessions.get_own(work, organization_id, customer.id, session_id)
    if row.status != "active":
        raise Conflict("this session has ended")
    return Asked(row.station_id, row.station, row.charger, commands.RemoteStop(session=row.public_id))


def reserve(
    work: Work,
    organization_id: int,
    customer: CustomerRow,
    *,
    charger: str,
    evse: int | None,
    card: str,
    kind: str | None = None,
    minutes: int,
) -> Asked:
    """To be kept a place. Raises as `start` does, and when something is kept for them already."""
    if not organizations.get(work, organization_id).drivers_reserve:
        raise Conflict("drivers do not reserve chargers here")
    here = _place(work, organization_id, customer, charger=charger, evse=evse, card=card, kind=kind)
    if reservations.open_for(work, organization_id, customer.id):
        raise Conflict("a charger is kept for you already: give that up first")
    until = work.now + min(timedelta(minutes=minutes), KEPT_FOR)
    command = commands.ReserveNow(token=here.uid, evse=here.evse, expires_at=until)
    return Asked(here.station_id, here.identity, charger, command)


class Kept(NamedTuple):
    """A place that is kept for a driver, and what drivers call its charger and site."""

    reservation: reservations.ListedReservation
    charger: str
    charger_name: str | None
    site_name: str | None


def kept(work: Work, organization_id: int, customer: CustomerRow) -> list[Kept]:
    """What is kept for a driver now, or asked to be."""
    rows = reservations.open_for(work, organization_id, customer.id)
    there = select(stations.c.id, stations.c.public_id, stations.c.name, sites.sites.c.name.label("site_name"))
    there = there.outerjoin(sites.sites, sites.sites.c.id == stations.c.site_id)
    of = {row.id: row for row in work.execute(there.where(stations.c.id.in_([each.station_id for each in rows])))}
    found = []
    for row in rows:
        place = of[row.station_id]
        found.append(Kept(row, place.public_id, discovery.shown_name(place.name, row.station), place.site_name))
    return found


def give_up(work: Work, organization_id: int, customer: CustomerRow, reservation_id: str) -> Asked:
    """To keep it no longer. Raises `NotFound`."""
    mine = reservations.open_for(work, organization_id, customer.id)
    found = next((each for each in mine if each.public_id == reservation_id), None)
    if found is None:
        raise NotFound("there is no reservation {id!r}", id=reservation_id)
    charger = work.execute(select(stations.c.public_id).where(stations.c.id == found.station_id)).scalar_one()
    return Asked(found.station_id, found.station, charger, commands.CancelReservation(reservation=reservation_id))


class _Place(NamedTuple):
    station_id: int
    identity: str
    evse: int | None
    uid: str


def _place(
    work: Work,
    organization_id: int,
    customer: CustomerRow,
    *,
    charger: str,
    evse: int | None,
    card: str,
    kind: str | None,
) -> _Place:
    """Where a driver wants to charge and with which card of theirs, both looked at. Raises as `start` does."""
    shown = discovery.charger(work, organization_id, charger)
    uid = _card(work, organization_id, customer, card, kind)
    mine = (stations.c.organization_id == organization_id, stations.c.public_id == charger)
    there = select(stations.c.id, stations.c.identity).where(*mine, not_deleted(stations))
    row = work.execute(there).one()
    return _Place(row.id, row.identity, _evse(work, row.id, shown, evse), uid)


def _card(work: Work, organization_id: int, customer: CustomerRow, uid: str, kind: str | None) -> str:
    """The number of a card that is theirs, and may charge."""
    try:
        card = tokens.own(work, organization_id, customer.id, uid, kind)
    except NotFound as missing:
        raise Invalid("card", missing.reason) from None
    status = tokens.judged(work, card).status
    if status != "accepted":
        raise Conflict("your card {card} is {status}", card=card.uid, status=status)
    if tokens.is_shared(work, organization_id, customer.id, uid):
        raise Conflict("another card has the number {card} as well: show yours at the charger", card=card.uid)
    return card.uid


def _evse(work: Work, station_id: int, place: discovery.Place, evse: int | None) -> int | None:
    """The EVSE that is meant: named, or the only one. It is there, in order, and nobody charges at it."""
    plugs = place.chargers[0].plugs
    there = sorted({plug.evse for plug in plugs})
    if evse is None and len(there) > 1:
        raise Invalid("evse", "is missing: the charger has {known}", known=", ".join(map(str, there)))
    if evse is not None and there and evse not in there:
        raise Invalid("evse", "is none of the charger's, which has {known}", known=", ".join(map(str, there)))
    evse = there[0] if evse is None and there else evse
    here = [plug for plug in plugs if plug.evse == evse]
    if here and all(plug.availability == "out_of_order" for plug in here):
        raise Conflict("this is out of order")
    if any(each.evse in (None, evse) for each in sessions.active_at(work, station_id)):
        raise Conflict("somebody charges here")
    return evse
