"""To pay at the charger without an account: the place that its QR code names, and a guest's visit there.

Nobody logs in here. A place's id and a visit's id have 128 random bits; whoever has them may see what is behind. Requests are counted by address, as all without a log-in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import Context, GivenContext
from stationmaster.api.payment_accounts import account_of, needed
from stationmaster.api.resources.discovery import ChargingConnector, PayTariff, connector_form, tariff_form
from stationmaster.api.resources.looks import OrganizationLook, look_form
from stationmaster.api.shapes import Number, amount_of, number
from stationmaster.domain import looks, payments
from stationmaster.domain.errors import Conflict
from stationmaster.domain.guests import afterwards, places, visits
from stationmaster.domain.guests.tables import Outcome, VisitState
from stationmaster.domain.guests.visits import Offer, Progress
from stationmaster.domain.invoices.links import key_of
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments import ClaimRow, PaymentRow, claims
from stationmaster.domain.payments.tables import ClaimState
from stationmaster.domain.permissions import Permission
from stationmaster.outside.payments import Account
from stationmaster.storage import Work

Once = Annotated[str, msgspec.Meta(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]*$(?!\n)")]


class PayPlace(msgspec.Struct, frozen=True, kw_only=True):
    """An EVSE where one can pay without an account.

    `hold` is how much is set aside at first, in `currency`; what is not used is released (or given back, where `given_back`). Where `pays_after`, nothing is: one
    pays at the end, needs an e-mail address to begin, and `hold` is what it may cost at most. `plugged_in`: a cable is in. `can_pay` is false where one cannot now, and `why_not` says why.
    """

    id: str
    site: str
    address: str | None
    city: str | None
    charger: str | None
    evse: int
    connectors: list[ChargingConnector]
    plugged_in: bool
    open: bool
    time_zone: str
    tariff: PayTariff | None
    hold: str | None
    currency: str | None
    given_back: bool
    pays_after: bool
    can_pay: bool
    why_not: str | None
    look: OrganizationLook


class NewVisit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who wants to charge. `once` is made by the browser and kept in all of its tabs: with it there is one visit, however often this is sent."""

    once: Once
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=255)] | None = None


class MoreHeld(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is to be set aside, in all."""

    amount: Decimal


class VisitSession(msgspec.Struct, frozen=True):
    """What has been charged so far, and what that comes to by now; both may still change while it goes on."""

    started_at: datetime
    stopped_at: datetime | None
    energy_wh: Number | None
    power_w: Number | None
    cost: str | None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """How far a guest's visit is.

    - `paying`: go to `pay_at`, where the provider takes the payment, or use `client` on this page. Empty both: come back in a moment.
    - `starting`: the charger has been asked; plug in. `until` says how long it waits.
    - `charging`.
    - `to_pay`, where one pays after charging: begin to pay (`/pay`), and then as in `paying`. The cable is released when it is paid, and at `release_at` in any case. `due` is empty until the bill is written.
    - `settling` (it has ended and is billed), `over`: `outcome` and `sentence` say how.

    `held` is set aside; where one pays afterwards it is what charging may cost. While one charges it may be raised to `more`; empty where it may not. `raising`: the bank is asked just now; `not_raised` says why it has not. `paid` is what was taken of it, `given_back` what came back of a payment. `receipt` is the path of a page, good for 90 days; `claim` the one where what is still owed is paid.
    """

    id: str
    place: str
    state: VisitState
    outcome: Outcome | None
    sentence: str | None
    pay_at: str | None
    client: dict[str, str]
    provider: str | None
    currency: str
    held: str
    more: str | None
    raising: bool
    not_raised: str | None
    paid: str | None
    given_back: str | None
    until: datetime | None
    pays_after: bool
    due: str | None
    release_at: datetime | None
    session: VisitSession | None
    email: bool
    receipt: str | None
    claim: str | None
    made_at: datetime
    ended_at: datetime | None


class ClaimToPay(msgspec.Struct, frozen=True):
    """What is owed for charging. `pay_at` and `client` are there once a payment was begun."""

    id: str
    state: ClaimState
    amount: str
    currency: str
    reason: str
    pay_at: str | None
    client: dict[str, str]
    made_at: datetime


@get("/places/{place_id:str}", permission=Permission.PUBLIC)
async def get_pay_place(place_id: FromPath[str], context: GivenContext) -> PayPlace:
    """The place of a QR code: where it is, what charging costs, and whether one can pay there now."""
    return await context.database.read(_place, context, place_id)


@post("/places/{place_id:str}/visits", permission=Permission.PUBLIC, status_code=201)
async def begin_visit(place_id: FromPath[str], data: JSONBody[NewVisit], context: GivenContext) -> Visit:
    """Begin to pay. Nothing is charged, and no charger is started, before the provider says that the amount is held."""

    def begin(work: Work) -> Visit:
        organization = places.find(work, place_id).organization_id
        offer = _offer(context, needed(context.providers, work, organization))
        address = _address(context, place_id, "{visit}")
        row = visits.begin(work, place_id, offer, once=data.once, email=data.email, return_url=address)
        return _public_form(context, visits.progress(work, row.public_id))

    return await context.database.write(begin)


@get("/visits/{visit_id:str}", permission=Permission.PUBLIC)
async def get_visit(visit_id: FromPath[str], context: GivenContext) -> Visit:
    """How far a visit is. Ask every second or two while it goes on."""
    return _public_form(context, await context.database.read(visits.progress, visit_id))


@post("/visits/{visit_id:str}/returned", permission=Permission.PUBLIC, status_code=200)
async def return_to_visit(visit_id: FromPath[str], context: GivenContext) -> Visit:
    """The guest is back from the provider: it is asked now what is so. That they are back proves nothing (PAY-06)."""
    return await _done(context, visits.look, visit_id)


@post("/visits/{visit_id:str}/hold", permission=Permission.PUBLIC, status_code=202)
async def set_aside_more(visit_id: FromPath[str], data: JSONBody[MoreHeld], context: GivenContext) -> Visit:
    """Have more set aside while charging, so that it may cost more. The bank is asked; until it agrees, what is held is what it was."""

    def do(work: Work) -> Progress:
        visits.set_aside_more(work, visit_id, data.amount, context.settings.payments.hold)
        return visits.progress(work, visit_id)

    return _public_form(context, await context.database.write(do))


@post("/visits/{visit_id:str}/pay", permission=Permission.PUBLIC, status_code=200)
async def pay_visit(visit_id: FromPath[str], context: GivenContext) -> Visit:
    """Begin to pay what was charged, where one pays afterwards; asked twice it is one payment, and one that was refused may be tried again. Ask for the visit until there is a `pay_at`."""

    def do(work: Work) -> Progress:
        row = visits.find(work, visit_id)
        account = needed(context.providers, work, row.organization_id)
        address = _address(context, visits.place_of(work, row), visit_id)
        afterwards.begin_to_pay(work, visit_id, provider=account.name, return_url=address)
        return visits.progress(work, visit_id)

    return _public_form(context, await context.database.write(do))


@post("/visits/{visit_id:str}/stop", permission=Permission.PUBLIC, status_code=200)
async def stop_visit(visit_id: FromPath[str], context: GivenContext) -> Visit:
    """Stop charging."""
    return await _done(context, visits.stop, visit_id)


@post("/visits/{visit_id:str}/give-up", permission=Permission.PUBLIC, status_code=200)
async def give_up_visit(visit_id: FromPath[str], context: GivenContext) -> Visit:
    """Do not pay after all, as long as nothing has begun."""
    return await _done(context, visits.give_up, visit_id)


@get("/claims/{claim_id:str}", permission=Permission.PUBLIC)
async def get_claim_to_pay(claim_id: FromPath[str], context: GivenContext) -> ClaimToPay:
    """What is owed, for whoever has the address that was in the mail."""

    def read(work: Work) -> ClaimToPay:
        row = claims.of_link(work, claim_id)
        return _claim(work, row, payments.open_of_claim(work, row.id))

    return await context.database.read(read)


@post("/claims/{claim_id:str}/pay", permission=Permission.PUBLIC, status_code=200)
async def pay_claim(claim_id: FromPath[str], context: GivenContext) -> ClaimToPay:
    """Begin to pay it; asked twice it is one payment. Ask for the claim again until there is a `pay_at`."""

    def pay(work: Work) -> ClaimToPay:
        row = claims.settle(work, claims.of_link(work, claim_id).id)
        if row.state != "open":
            return _claim(work, row, None)
        account = needed(context.providers, work, row.organization_id)
        base = context.settings.web.public_url or ""
        within = timedelta(minutes=context.settings.payments.pay_within_minutes)
        return_url = f"{base}/pay/claims/{claim_id}"
        payment = payments.ask_to_pay(work, row, provider=account.name, return_url=return_url, pay_within=within)
        return _claim(work, row, payment)

    return await context.database.write(pay)


router = Router(
    "/pay",
    route_handlers=[
        get_pay_place,
        begin_visit,
        get_visit,
        return_to_visit,
        set_aside_more,
        pay_visit,
        stop_visit,
        give_up_visit,
        get_claim_to_pay,
        pay_claim,
    ],
    tags=["paying at the charger"],
)


async def _done(context: Context, act: Callable[[Work, str], object], visit_id: str) -> Visit:
    """What a guest does, and how far their visit is then."""

    def do(work: Work) -> Progress:
        act(work, visit_id)
        return visits.progress(work, visit_id)

    return _public_form(context, await context.database.write(do))


def _address(context: Context, place: str, visit: str) -> str:
    return f"{context.settings.web.public_url or ''}/pay/{place}?visit={visit}"


def _offer(context: Context, account: Account) -> Offer:
    """How guests pay with an account."""
    settings = context.settings.payments
    pay_within = timedelta(minutes=settings.pay_within_minutes)
    return Offer(account.name, settings.hold, pay_within, not account.provider.can_hold)


def _place(work: Work, context: Context, place_id: str) -> PayPlace:
    shown = places.shown(work, place_id)
    account = account_of(context.providers, work, shown.row.organization_id)
    offer = None if account is None else _offer(context, account)
    hold: Money | None = None
    why_not: str | None = "One cannot pay here yet."
    if offer is not None:
        try:
            visits.check_free(work, shown)
            assert shown.tariff is not None
            hold, why_not = visits.hold_of(offer, shown.tariff.currency), None
        except Conflict as error:
            why_not = f"{str(error)[:1].upper()}{str(error)[1:]}."
    site, charger = shown.place.site, shown.place.chargers[0]
    return PayPlace(
        id=shown.row.public_id,
        site=site.name,
        address=site.address,
        city=site.city,
        charger=charger.name,
        evse=shown.row.evse,
        connectors=[connector_form(plug) for plug in shown.plugs],
        plugged_in=places.is_plugged_in(work, shown.row),
        open=shown.place.open,
        time_zone=site.time_zone,
        tariff=None if shown.tariff is None else tariff_form(shown.tariff),
        hold=None if hold is None else str(hold.amount),
        currency=None if shown.tariff is None else shown.tariff.currency,
        given_back=offer is not None and offer.at_once and not shown.row.pays_after,
        pays_after=shown.row.pays_after,
        can_pay=why_not is None,
        why_not=why_not,
        look=look_form(looks.get(work, shown.row.organization_id)),
    )


def _public_form(context: Context, now: Progress) -> Visit:
    row, payment = now.visit, now.payment
    pays = row.state in ("paying", "to_pay")
    pay_at, client = payments.where_to_pay(payment) if pays and payment is not None else (None, {})
    may_cost = visits.may_cost(row, payment)
    currency = may_cost.currency
    session = None
    if now.session is not None:
        session = VisitSession(
            now.session.started_at,
            now.session.stopped_at,
            number(now.session.energy_wh if now.so_far is None else now.so_far.energy_wh),
            None if now.so_far is None else number(now.so_far.power_w),
            None if now.cost is None else str(now.cost.amount),
        )
    more = None
    if payment is not None and row.state == "charging":
        more = visits.more(payment, context.settings.payments.hold)
    return Visit(
        id=row.public_id,
        place=now.place,
        state=row.state,
        outcome=row.outcome,
        sentence=row.sentence or (payment.reason if pays and payment is not None else None),
        pay_at=pay_at,
        client=client,
        provider=None if payment is None else payment.provider,
        currency=currency,
        held=str(may_cost.amount),
        more=None if more is None else str(more.amount),
        raising=payment is not None and payment.raise_to is not None,
        not_raised=None if payment is None else payment.raise_refused,
        paid=amount_of(payment.captured, currency) if payment is not None and payment.captured else None,
        given_back=amount_of(payment.refunded, currency) if payment is not None and payment.refunded else None,
        until=now.until,
        pays_after=row.pays_after,
        due=None if now.due is None else str(now.due.amount),
        release_at=row.release_at,
        session=session,
        email=row.email is not None,
        receipt=None if now.receipt is None else f"/receipts/{key_of(context.keys.links, now.receipt)}",
        claim=None if now.claim is None else f"/pay/claims/{now.claim}",
        made_at=row.made_at,
        ended_at=row.ended_at,
    )


def _claim(work: Work, row: ClaimRow, payment: PaymentRow | None) -> ClaimToPay:
    pay_at, client = payments.where_to_pay(payment) if payment is not None else (None, {})
    owed = claims.owed(work, row).minor if row.state == "open" else row.amount
    state = row.state if owed else "paid"
    amount = amount_of(owed or row.amount, row.currency)
    return ClaimToPay(row.public_id, state, amount, row.currency, row.reason, pay_at, client, row.made_at)
