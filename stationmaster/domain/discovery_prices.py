"""What charging costs where a driver looks: the tariff that would hold for them at each connector that was found."""

from __future__ import annotations

from collections.abc import Sequence

from stationmaster.domain import tariff_places, tariffs
from stationmaster.domain.discovery import Place
from stationmaster.domain.tariffs import TariffRow
from stationmaster.storage import Work

Prices = dict[tuple[str, int, int], TariffRow]
"""The tariff with its terms of now, by the charger's public id, EVSE and connector; a connector without one costs what nobody has said."""


def of_places(work: Work, organization_id: int, places: Sequence[Place], *, customer_id: int | None) -> Prices:
    """The same tariff as a session there would have (`tariff_places.at`), in a few questions however many places there are."""
    chargers = [(place.site, charger) for place in places for charger in place.chargers]
    named = {site.tariff_id for site, _ in chargers} | {charger.tariff_id for _, charger in chargers}
    named |= {plug.tariff_id for _, charger in chargers for plug in charger.plugs}
    choose = tariff_places.chooser(work, organization_id, named, customer_id=customer_id)
    held = {
        (charger.public_id, plug.evse, plug.connector): choose(plug.tariff_id, charger.tariff_id, site.tariff_id)
        for site, charger in chargers
        for plug in charger.plugs
    }
    rows = tariffs.of_keys(work, organization_id, {one.tariff.id for one in held.values() if one is not None})
    return {where: rows[one.tariff.id] for where, one in held.items() if one is not None}
