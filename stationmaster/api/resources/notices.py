"""What customers want to be told of, which kinds an organization offers, and what each customer was told."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, patch, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import GivenCaller, GivenContext, of_server
from stationmaster.api.shapes import Cursor, IfMatch, Limit, Page, given, page_of, tagged, tagged_as, tags_of
from stationmaster.domain import customers, looks
from stationmaster.domain.alerts.tables import NoticeRow, NoticeState
from stationmaster.domain.colours import Colours
from stationmaster.domain.customer_notices import choices, links, telling, texts, unsubscribing
from stationmaster.domain.customer_notices.choices import Choices, Offers
from stationmaster.domain.customer_notices.tables import KINDS, Kind, Way
from stationmaster.domain.customer_notices.unsubscribing import Asked
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

Percent = Annotated[int, msgspec.Meta(ge=10, le=100, description="Of the battery, at which a car is nearly full")]
Below = Annotated[
    Decimal, msgspec.Meta(description="A balance below this is low, in whatever currency; a text is as good")
]


class NoticeChoice(msgspec.Struct, frozen=True):
    """A kind of notice: whether the organization offers it, and since when the customer wants it. Null: they do not."""

    kind: Kind
    offered: bool
    since: datetime | None


class NoticeChoices(msgspec.Struct, frozen=True):
    """What a customer wants to be told of. It goes to `email`, or by SMS to `phone`, and to the devices that they have added.

    `sms_offered`: whether the organization sends SMS. Who has chosen it where it cannot be sent gets mail.

    `nearly_full` is told at `full_at_percent` of the battery, or where the car does not tell of that, when it takes far less power than before.
    """

    email: str | None
    phone: str | None
    way: Way
    sms_offered: bool
    full_at_percent: int
    kinds: list[NoticeChoice]


class KindChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which kinds are wanted from now on, and which no more; what is left out stays."""

    started: bool | msgspec.UnsetType = msgspec.UNSET
    nearly_full: bool | msgspec.UnsetType = msgspec.UNSET
    ended: bool | msgspec.UnsetType = msgspec.UNSET
    idle_fee: bool | msgspec.UnsetType = msgspec.UNSET
    reservation: bool | msgspec.UnsetType = msgspec.UNSET
    wallet_low: bool | msgspec.UnsetType = msgspec.UNSET
    receipt: bool | msgspec.UnsetType = msgspec.UNSET


class NoticeChoiceChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    kinds: KindChanges | msgspec.UnsetType = msgspec.UNSET
    full_at_percent: Percent | msgspec.UnsetType = msgspec.UNSET
    way: Way | msgspec.UnsetType = msgspec.UNSET


class OwnNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it was written. `state`: waiting; sent; failed, and tried again; not_sent, and not tried any more. `receiver` is the address or the
    phone number that it is sent to, empty where there is none; `pushed_at` is when a device of theirs has got it."""

    id: str
    kind: Kind
    subject: str
    text: str
    receiver: str
    at: datetime
    state: NoticeState
    sent_at: datetime | None
    pushed_at: datetime | None


class CustomerNotice(OwnNotice, frozen=True, kw_only=True):
    """The same for the operator: `why` it was not sent."""

    why: str | None


class NoticeOffers(msgspec.Struct, frozen=True):
    """Which kinds customers may choose, below which balance a wallet is low, and the channel by which SMS go to customers; null: none do."""

    kinds: list[Kind]
    wallet_below: str
    sms_channel: str | None


class NoticeOfferChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. Who has chosen a kind that is offered no more is not told of it."""

    kinds: Annotated[list[Kind], msgspec.Meta(max_length=len(KINDS))] | msgspec.UnsetType = msgspec.UNSET
    wallet_below: Below | msgspec.UnsetType = msgspec.UNSET
    sms_channel: str | msgspec.UnsetType | None = msgspec.UNSET


@get("/{customer_id:str}/notice-choices", permission=Permission.VIEW_CUSTOMERS)
async def get_notice_choices(
    customer_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Response[NoticeChoices]:
    """What a customer wants to be told of."""

    def read(work: Work) -> Response[NoticeChoices]:
        return choices_form(work, caller.organization, customers.get(work, caller.organization, customer_id))

    return await context.database.read(read)


@patch("/{customer_id:str}/notice-choices", permission=Permission.MANAGE_CUSTOMERS)
async def change_notice_choices(
    customer_id: FromPath[str],
    data: JSONBody[NoticeChoiceChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[NoticeChoices]:
    """Choose for a customer who has asked for it. 422 for a kind that is not offered."""

    def change(work: Work) -> Response[NoticeChoices]:
        row = customers.get(work, caller.organization, customer_id)
        return changed_form(work, caller.organization, row, data, if_match)

    return await context.database.write(change)


@get("/{customer_id:str}/notices", permission=Permission.VIEW_CUSTOMERS)
async def list_customer_notices(
    customer_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[CustomerNotice]:
    """What a customer was told, and what could not be sent and why, newest first."""

    def read(work: Work) -> Found[NoticeRow]:
        row = customers.get(work, caller.organization, customer_id)
        return telling.list_notices(work, row.id, Wanted(limit, cursor))

    return page_of(await context.database.read(read), notice_form)


of_customers = [get_notice_choices, change_notice_choices, list_customer_notices]


@get("/", permission=Permission.VIEW)
async def get_notice_offers(caller: GivenCaller, context: GivenContext) -> Response[NoticeOffers]:
    """Which kinds of notices customers of one's own organization may choose."""
    return _offers_form(await context.database.read(choices.offers, caller.organization))


@patch("/", permission=Permission.ADMINISTER)
async def change_notice_offers(
    data: JSONBody[NoticeOfferChanges], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> Response[NoticeOffers]:
    """Change it. 412 when somebody has changed it since."""
    changes, expected = given(data), tags_of(if_match)
    return _offers_form(
        await context.database.write(choices.change_offers, caller.organization, changes, expected=expected)
    )


offered = Router(
    "/organization/notices", route_handlers=[get_notice_offers, change_notice_offers], tags=["organizations"]
)


def choices_form(
    work: Work, organization_id: int, customer: CustomerRow, chosen: Choices | None = None
) -> Response[NoticeChoices]:
    """What a customer has chosen, with its ETag."""
    now = choices.of(work, customer.id) if chosen is None else chosen
    there = choices.offers(work, organization_id)
    kinds = [NoticeChoice(kind, kind in there.kinds, now.kinds.get(kind)) for kind in KINDS]
    sms = there.sms_channel is not None
    return tagged(now, NoticeChoices(customer.email, customer.phone, now.way, sms, now.full_at_percent, kinds))


def changed_form(
    work: Work, organization_id: int, customer: CustomerRow, data: NoticeChoiceChanges, if_match: str | None
) -> Response[NoticeChoices]:
    """The same, changed."""
    wanted: Any = {} if data.kinds is msgspec.UNSET else given(data.kinds)
    more = {name: value for name, value in given(data).items() if name != "kinds"}
    after = choices.change(work, organization_id, customer, wanted, expected=tags_of(if_match), **more)
    return choices_form(work, organization_id, customer, after)


def own_notice_form(row: NoticeRow) -> OwnNotice:
    """A notice as its customer sees it."""
    return OwnNotice(**_facts(row))


def notice_form(row: NoticeRow) -> CustomerNotice:
    """A notice as the operator sees it."""
    return CustomerNotice(**_facts(row), why=row.why)


def _facts(row: NoticeRow) -> dict[str, Any]:
    names = ("kind", "subject", "receiver", "at", "state", "sent_at", "pushed_at")
    # The address of a receipt is a secret, and in the mail only.
    text = row.body.replace("{link}", "").rstrip()
    return {name: getattr(row, name) for name in names} | {"id": row.public_id, "text": text}


def _offers_form(offers: Offers) -> Response[NoticeOffers]:
    form = NoticeOffers(list(offers.kinds), f"{offers.wallet_below.normalize():f}", offers.sms_channel)
    return tagged_as(choices.tag_of(offers), form)


# For whoever has the link


@get("/unsubscribe/{key:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def show_unsubscribe(request: Request[Any, Any, Any], key: FromPath[str]) -> Response[str]:
    """Asks. It changes nothing, for programs that look for viruses follow links as well."""
    context = of_server(request.scope)
    try:
        named = links.open_key(context.keys.links, key)
        return _page(await context.database.read(unsubscribing.look, named))
    except NotFound:
        return _unknown()


@post("/unsubscribe/{key:str}", permission=Permission.PUBLIC, include_in_schema=False, status_code=200)
async def unsubscribe(key: FromPath[str], context: GivenContext) -> Response[str]:
    """Does it: the button of the page, or that of a mail program (RFC 8058). What is sent with it does not matter."""
    try:
        named = links.open_key(context.keys.links, key)
        return _page(await context.database.write(unsubscribing.stop, named))
    except NotFound:
        return _unknown()


public_routes = [show_unsubscribe, unsubscribe]

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --front: #14181d; --out: #eef1f4; --accent: ON_LIGHT; }
@media (prefers-color-scheme: dark) { :root { --back: #181c21; --front: #e8ecf0; --out: #0f1215; --accent: ON_DARK; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--out); color: var(--front); font: 1.05rem/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 2.5rem) 3rem; background: var(--back); min-height: 100vh; overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
button { font: inherit; font-weight: 600; padding: .7rem 1.2rem; border: 0; border-radius: .4rem; background: var(--accent); color: var(--back); cursor: pointer; }
"""


def _page(asked: Asked) -> Response[str]:
    language = texts.language_of(asked.language)

    def say(key: str, **facts: str) -> str:
        return escape(texts.say(language, key, facts))

    title = say("page.title", organization=asked.organization)
    kind = texts.say(language, f"kind.{asked.kind}", {})
    content = f'<p role="status">{say("page.stopped", kind=kind)}</p>'
    if asked.state == "wanted":
        button = f'<form method="post"><button type="submit">{say("page.stop")}</button></form>'
        content = f"<p>{say('page.ask', kind=kind)}</p>{button}"
    return _html(language, title, content, asked.colours)


def _unknown() -> Response[str]:
    """To a person, for a program asks for other addresses. Nobody knows their language."""
    said = "<p>Please take the whole link from the message.</p>"
    return _html("en", "There is nothing at this address", said, status=404)


def _html(
    language: str, title: str, content: str, colours: Colours = looks.OURS, *, status: int = 200
) -> Response[str]:
    style = _STYLE.replace("ON_LIGHT", colours.on_light).replace("ON_DARK", colours.on_dark)
    page = (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{style}</style></head>"
        f"<body><main><h1>{title}</h1>{content}</main></body></html>\n"
    )
    return Response(page, status_code=status, media_type="text/html", headers={"Cache-Control": "no-store"})
