"""The cards that customers have saved with a provider: what is owed is paid with them. No number of a card is here; the provider has it."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Router, delete, get
from litestar.params import FromPath

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import customers
from stationmaster.domain.payments import methods
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class SavedCard(msgspec.Struct, frozen=True):
    """A card as people call it, as in “Visa ···· 4242”, with which of our accounts it was saved, and when."""

    label: str
    provider: str
    made_at: datetime


class SavedCards(msgspec.Struct, frozen=True):
    """The card that is used; none, or one."""

    items: list[SavedCard]


@get("/{customer_id:str}/saved-cards", permission=Permission.VIEW_CUSTOMERS)
async def list_saved_cards(customer_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> SavedCards:
    """The card with which a customer pays what they owe."""

    def read(work: Work) -> SavedCards:
        return cards_of(work, customers.get(work, caller.organization, customer_id).id)

    return await context.database.read(read)


@delete("/{customer_id:str}/saved-cards", permission=Permission.MANAGE_CUSTOMERS)
async def remove_saved_card(customer_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Nothing is paid with it any more. 404 where there is none."""

    def remove(work: Work) -> None:
        methods.take_away(work, caller.organization, customers.get(work, caller.organization, customer_id))

    await context.database.write(remove)


router = Router("/customers", route_handlers=[list_saved_cards, remove_saved_card], tags=["payments"])


def cards_of(work: Work, customer_id: int) -> SavedCards:
    """What is shown of a customer's card."""
    saved = methods.of_customer(work, customer_id)
    return SavedCards([] if saved is None else [SavedCard(saved.method.label, saved.provider, saved.made_at)])
