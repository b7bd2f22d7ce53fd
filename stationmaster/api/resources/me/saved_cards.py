"""The card with which one pays what one owes."""

from __future__ import annotations

from litestar import delete, get

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.saved_cards import SavedCards, cards_of
from stationmaster.domain.payments import methods
from stationmaster.domain.permissions import Permission


@get("/saved-cards", permission=Permission.LOGGED_IN)
async def list_own_saved_cards(caller: GivenCaller, context: GivenContext) -> SavedCards:
    """The card with which one pays what one owes. It was saved with a top-up (`save`)."""
    return await context.database.read(lambda work: cards_of(work, customer_of(work, caller).id))


@delete("/saved-cards", permission=Permission.LOGGED_IN)
async def remove_own_saved_card(caller: GivenCaller, context: GivenContext) -> None:
    """Nothing is paid with it any more. 404 where there is none."""
    await context.database.write(lambda work: methods.take_away(work, caller.organization, customer_of(work, caller)))


routes = [list_own_saved_cards, remove_own_saved_card]
