"""The list of cards that a charger lets in without asking. It is sent by a command, or kept fresh by itself."""

from __future__ import annotations

import msgspec
from litestar import Router, get, patch
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import local_lists, stations, tokens
from stationmaster.domain.local_lists import LocalList
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class LocalListChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether it is sent again by itself when a card has changed."""

    keep: bool


class ListedCard(msgspec.Struct, frozen=True):
    """A card in the list that a charger has accepted. The kind of the card is told to chargers of 2.x only."""

    token: str
    kind: str | None
    label: str | None  # of the card here; empty when it has none, or is no longer here


@get("/{station_id:str}/local-list", permission=Permission.VIEW)
async def get_local_list(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> LocalList:
    """Which list the charger has, as far as is known here."""
    return await context.database.read(_one, caller.organization, station_id)


@get("/{station_id:str}/local-list/cards", permission=Permission.VIEW)
async def list_local_list_cards(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> list[ListedCard]:
    """Which cards are in the list that the charger has accepted from here; none when it is not known what it has."""
    return await context.database.read(_cards, caller.organization, station_id)


@patch("/{station_id:str}/local-list", permission=Permission.OPERATE)
async def change_local_list(
    station_id: FromPath[str], data: JSONBody[LocalListChange], caller: GivenCaller, context: GivenContext
) -> LocalList:
    """Keep the charger's list fresh, or no longer. What it has stays."""
    return await context.database.write(local_lists.keep, caller.organization, station_id, data.keep)


router = Router(
    "/stations", route_handlers=[get_local_list, list_local_list_cards, change_local_list], tags=["chargers"]
)


def _cards(work: Work, organization_id: int, identity: str) -> list[ListedCard]:
    station = stations.get(work, organization_id, identity)
    cards = [local_lists.kind_and_card(name, station.ocpp_version) for name in local_lists.cards_in(work, station.id)]
    labels = tokens.labels(work, organization_id, [token for _, token in cards])
    return [ListedCard(token, kind or None, labels.get(token)) for kind, token in cards]


def _one(work: Work, organization_id: int, identity: str) -> LocalList:
    station = stations.get(work, organization_id, identity)
    return local_lists.public_form(local_lists.of(work, station.id), identity)
