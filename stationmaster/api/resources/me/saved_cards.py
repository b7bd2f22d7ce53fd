"""The card with which one pays what one owes: to save one, to look at it, and to take it away."""

from __future__ import annotations

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.payments import Currency, PagePath, Payment, asked_of
from stationmaster.api.resources.saved_cards import SavedCards, cards_of
from stationmaster.domain import currencies
from stationmaster.domain.money.amounts import zero
from stationmaster.domain.payments import methods
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class NewSavedCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card to be kept by the provider. `currency` is one's own where it is left out. One comes back to `return_to`, a path of these pages, with `payment` in its query."""

    currency: Currency | None = None
    return_to: PagePath = "/"


@get("/saved-cards", permission=Permission.LOGGED_IN)
async def list_own_saved_cards(caller: GivenCaller, context: GivenContext) -> SavedCards:
    """The card with which one pays what one owes."""
    return await context.database.read(lambda work: cards_of(work, customer_of(work, caller).id))


@post("/saved-cards", permission=Permission.LOGGED_IN, status_code=201)
async def save_own_card(data: JSONBody[NewSavedCard], caller: GivenCaller, context: GivenContext) -> Payment:
    """Have the provider keep a card; nothing is charged. Ask for the payment, which is of nothing, until it has a `pay_at`, and go there; the card is kept when it is `paid`."""

    def begin(work: Work) -> Payment:
        customer = customer_of(work, caller)
        nothing = zero(currencies.checked(data.currency or customer.currency or "EUR"))
        return asked_of(work, context, caller, customer, "card", nothing, return_to=data.return_to, save=True)

    return await context.database.write(begin)


@delete("/saved-cards", permission=Permission.LOGGED_IN)
async def remove_own_saved_card(caller: GivenCaller, context: GivenContext) -> None:
    """Nothing is paid with it any more. 404 where there is none."""
    await context.database.write(lambda work: methods.take_away(work, caller.organization, customer_of(work, caller)))


routes = [list_own_saved_cards, save_own_card, remove_own_saved_card]
