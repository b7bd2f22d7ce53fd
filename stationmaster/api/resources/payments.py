"""Payments: what was paid and how, refunds, what is owed, webhooks of providers, and whether the provider's books say the same as ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Router, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.payment_accounts import needed
from stationmaster.api.shapes import Cursor, Limit, Page, Text, amount_of, page_of
from stationmaster.domain import customers, payments
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.links import BadLink
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments import (
    ClaimRow,
    Names,
    NewPayment,
    PaymentRow,
    RefundRow,
    Source,
    claims,
    hearing,
    refunds,
)
from stationmaster.domain.payments.reconciling import CheckRow, Difference, What
from stationmaster.domain.payments.states import State
from stationmaster.domain.payments.tables import ClaimState, Purpose, RefundState, Why
from stationmaster.domain.permissions import Permission
from stationmaster.outside.payments.provider import Forged
from stationmaster.payment_words import MovementKind, checked
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

AmountText = Annotated[
    str,
    msgspec.Meta(
        max_length=24, pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$(?!\n)", description="An exact decimal in a text"
    ),
]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
PagePath = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^/(?![/\\])[^\x00-\x1f]*$(?!\n)")]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment. Amounts are exact decimals in texts, in `currency`: `amount` was asked or is held, `captured` is ours of it, `refunded` went back of that, or is about to."""

    id: str
    provider: str
    purpose: Purpose
    state: State
    currency: str
    amount: str
    captured: str
    refunded: str
    customer: str | None
    customer_name: str | None
    session: str | None
    claim: str | None
    reference: str | None
    hold_until: datetime | None
    expires_at: datetime
    pay_at: str | None
    client: dict[str, str]
    description: str
    code: str | None
    reason: str | None
    made_by: str
    made_at: datetime
    changed_at: datetime


class PaymentRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money that went back. `why`: a person has said so, it came late, or a second time."""

    id: str
    state: RefundState
    amount: str
    currency: str
    why: Why
    reason: str | None
    error: str | None
    asked_by: str | None
    asked_at: datetime
    ended_at: datetime | None


class PaymentWithRefunds(msgspec.Struct, frozen=True):
    """A payment, and what went back of it."""

    payment: Payment
    refunds: list[PaymentRefund]


class NewRefund(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to go back, and why; without an amount all that is left."""

    reason: Text
    amount: AmountText | None = None


class NewManualPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money that a person has taken at a cash desk, or seen on the bank's statement: for a customer's wallet, or for a claim."""

    way: Literal["cash", "bank"]
    amount: AmountText
    currency: Currency
    reference: Text
    customer: str | None = None
    claim: str | None = None


class NewTopUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money for a customer's wallet, which they pay at `pay_at`. With `save` the provider keeps the card, for what is owed later.

    They come back to `return_to`, a path of these pages, with `payment` in its query.
    """

    amount: AmountText
    currency: Currency
    return_to: PagePath = "/"
    save: bool = False


class NewCustomerTopUp(NewTopUp, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, for a customer whom somebody names."""

    customer: str


class BooksDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of money on which the provider and we do not agree: one of the two does not have it, or with another amount."""

    what: What
    kind: MovementKind
    reference: str
    currency: str
    theirs: str | None
    ours: str | None
    at: datetime
    payment: str | None


class BooksComparison(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison of the provider's list with our ledger has come to, in `since` ≤ at < `until`."""

    provider: str
    since: datetime
    until: datetime
    made_at: datetime
    movements: int
    differences: list[BooksDifference]


class NewComparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be compared, now."""

    provider: str
    since: Annotated[datetime, msgspec.Meta(tz=True)]
    until: Annotated[datetime, msgspec.Meta(tz=True)]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody owes because a payment has failed."""

    id: str
    customer: str | None
    customer_name: str | None
    session: str | None
    currency: str
    amount: str
    state: ClaimState
    reason: str
    tries: int
    next_try_at: datetime | None
    made_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    note: str | None


class WriteOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is given up."""

    reason: Text


OfState = Annotated[State | None, QueryParameter(name="state", description="Only those that are so")]
OfPurpose = Annotated[Purpose | None, QueryParameter(description="Only those that are for this")]
OfCustomer = Annotated[str | None, QueryParameter(max_length=255, description="Only those of this customer")]
OfClaim = Annotated[ClaimState | None, QueryParameter(name="state", description="Only those that are so")]


@post("/webhooks/{provider:str}", permission=Permission.PUBLIC, status_code=200)
async def hear_provider(provider: FromPath[str], request: Request[Any, Any, Any], context: GivenContext) -> None:
    """What a provider of payments tells by itself. It is signed over the very bytes, and counts once; the answer comes after the commit (PAY-01)."""
    account = context.providers.get(provider)
    if account is None:
        raise NotFoundException("there is no such account")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        event = account.provider.event(await request.body(), headers, now=context.database.clock())
    except Forged as error:
        raise BadLink("this webhook is not believed: {why}", why=error) from None
    told = checked(event)

    def hear(work: Work) -> None:
        organization_id = payments.organization_of(work, account.organization)
        if organization_id is None:
            raise NotFound("there is no such account")
        hearing.hear(work, Source(account.name, organization_id), told)

    await context.database.write_aside(hear)


@get("/", permission=Permission.VIEW_CUSTOMERS)
async def list_payments(
    caller: GivenCaller,
    context: GivenContext,
    in_state: OfState = None,
    purpose: OfPurpose = None,
    customer: OfCustomer = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Payment]:
    """Payments, the newest first."""

    def read(work: Work) -> tuple[Found[PaymentRow], Names]:
        wanted = Wanted(limit, cursor)
        found = payments.list_payments(
            work, caller.organization, wanted, state=in_state, purpose=purpose, customer=customer
        )
        return found, payments.names_of(work, found.rows)

    found, names = await context.database.read(read)
    return page_of(found, lambda row: public_form(row, names))


@get("/{payment_id:str}", permission=Permission.VIEW_CUSTOMERS)
async def get_payment(payment_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> PaymentWithRefunds:
    """One payment, with what went back of it."""

    def read(work: Work) -> PaymentWithRefunds:
        row = payments.get(work, caller.organization, payment_id)
        gone = [_refund(each, row.currency) for each in refunds.of_payment(work, row.id)]
        return PaymentWithRefunds(public_form(row, payments.names_of(work, [row])), gone)

    return await context.database.read(read)


@post("/", permission=Permission.HANDLE_MONEY, status_code=201)
async def enter_payment(data: JSONBody[NewManualPayment], caller: GivenCaller, context: GivenContext) -> Payment:
    """Enter money that has come by itself: cash, or a bank transfer. It is booked at once."""

    def enter(work: Work) -> Payment:
        amount = Money(Decimal(data.amount), data.currency)
        where = {"customer": data.customer, "claim": data.claim}
        row = payments.enter(
            work, caller.organization, data.way, amount, reference=data.reference, by=caller.actor.name, **where
        )
        return public_form(row, payments.names_of(work, [row]))

    return await context.database.write_aside(enter)


@post("/top-ups", permission=Permission.MANAGE_CUSTOMERS, status_code=201)
async def begin_top_up(data: JSONBody[NewCustomerTopUp], caller: GivenCaller, context: GivenContext) -> Payment:
    """Let a customer pay into their wallet: hand them `pay_at`, which is there as soon as the provider has answered. Nothing is in the wallet before it says that it was paid."""

    def begin(work: Work) -> Payment:
        return top_up(work, context, caller, customers.get(work, caller.organization, data.customer), data)

    return await context.database.write(begin)


@get("/comparisons", permission=Permission.VIEW_CUSTOMERS)
async def list_comparisons(caller: GivenCaller, context: GivenContext) -> Page[BooksComparison]:
    """The last comparisons with the providers' books, newest first: each night, and when somebody asks."""
    rows = await context.database.read(payments.reconciling.newest, caller.organization)
    return Page([_comparison(row) for row in rows], None)


@post("/comparisons", permission=Permission.HANDLE_MONEY, status_code=202)
async def compare_books(data: JSONBody[NewComparison], caller: GivenCaller, context: GivenContext) -> None:
    """Compare with a provider's books now; what comes of it is in the list in a moment."""

    def ask(work: Work) -> None:
        account = context.providers.get(data.provider)
        if account is None or payments.organization_of(work, account.organization) != caller.organization:
            raise Invalid("provider", "there is no account {provider!r} in the settings", provider=data.provider)
        payments.reconciling.ask(work, caller.organization, account.name, data.since, data.until)

    await context.database.write(ask)


@post("/{payment_id:str}/refund", permission=Permission.HANDLE_MONEY, status_code=201)
async def refund_payment(
    payment_id: FromPath[str], data: JSONBody[NewRefund], caller: GivenCaller, context: GivenContext
) -> PaymentRefund:
    """Give back a part of a payment, or all that is left of it; never more than was paid (422), however many ask at once."""

    def refund(work: Work) -> PaymentRefund:
        row = payments.get(work, caller.organization, payment_id)
        amount = None if data.amount is None else Money(Decimal(data.amount), row.currency)
        by = caller.actor.name
        made = refunds.ask(work, caller.organization, payment_id, amount, reason=data.reason, by=by)
        return _refund(made, row.currency)

    return await context.database.write_aside(refund)


@post("/{payment_id:str}/look", permission=Permission.VIEW_CUSTOMERS, status_code=202)
async def look_at_payment(payment_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Payment:
    """Ask the provider what is so; what it says is there in a moment."""

    def look(work: Work) -> Payment:
        row = payments.look(work, caller.organization, payment_id)
        return public_form(row, payments.names_of(work, [row]))

    return await context.database.write(look)


@get("/", permission=Permission.VIEW_CUSTOMERS)
async def list_claims(
    caller: GivenCaller, context: GivenContext, in_state: OfClaim = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[Claim]:
    """What is owed because payments have failed, the newest first."""

    def read(work: Work) -> tuple[Found[ClaimRow], Names]:
        found = claims.list_claims(work, caller.organization, Wanted(limit, cursor), state=in_state)
        return found, payments.names_of(work, found.rows)

    found, names = await context.database.read(read)
    return page_of(found, lambda row: _claim(row, names))


@post("/{claim_id:str}/write-off", permission=Permission.HANDLE_MONEY, status_code=200)
async def write_claim_off(
    claim_id: FromPath[str], data: JSONBody[WriteOff], caller: GivenCaller, context: GivenContext
) -> Claim:
    """Give a claim up; whoever owes it may charge again."""

    def write_off(work: Work) -> Claim:
        row = claims.write_off(work, caller.organization, claim_id, note=data.reason, by=caller.actor.name)
        return _claim(row, payments.names_of(work, [row]))

    return await context.database.write_aside(write_off)


router = Router(
    "/payments",
    route_handlers=[
        list_payments,
        enter_payment,
        get_payment,
        refund_payment,
        look_at_payment,
        begin_top_up,
        list_comparisons,
        compare_books,
        hear_provider,
        Router("/claims", route_handlers=[list_claims, write_claim_off]),
    ],
    tags=["payments"],
)


def top_up(work: Work, context: Context, caller: Caller, customer: CustomerRow, data: NewTopUp) -> Payment:
    """A payment into a customer's wallet, to be paid by them."""
    amount = Money(Decimal(data.amount), data.currency)
    return asked_of(work, context, caller, customer, "top_up", amount, return_to=data.return_to, save=data.save)


_DESCRIBED: dict[Literal["top_up", "card"], str] = {
    "top_up": "Top-up of your wallet",
    "card": "A card for what you owe",
}


def asked_of(
    work: Work,
    context: Context,
    caller: Caller,
    customer: CustomerRow,
    purpose: Literal["top_up", "card"],
    amount: Money,
    *,
    return_to: str,
    save: bool,
) -> Payment:
    """What a customer has begun to pay, or a card of theirs that is to be saved."""
    account = needed(context.providers, work, caller.organization)
    new = NewPayment(
        provider=account.name,
        purpose=purpose,
        amount=amount,
        capture="at_once",
        description=_DESCRIBED[purpose],
        return_url=f"{context.settings.web.public_url or ''}{return_to}{'&' if '?' in return_to else '?'}payment={{payment}}",
        pay_within=timedelta(minutes=context.settings.payments.pay_within_minutes),
        customer_id=customer.id,
        email=customer.email,
        save=save,
    )
    row = payments.ask(work, caller.organization, new, by=caller.actor.name)
    return public_form(row, payments.names_of(work, [row]))


def _comparison(row: CheckRow) -> BooksComparison:
    found = [msgspec.convert(each, Difference) for each in row.differences]
    return BooksComparison(
        provider=row.provider,
        since=row.since,
        until=row.until,
        made_at=row.made_at,
        movements=row.movements,
        differences=[
            BooksDifference(
                what=each.what,
                kind=each.kind,
                reference=each.reference,
                currency=each.currency,
                theirs=None if each.theirs is None else amount_of(each.theirs, each.currency),
                ours=None if each.ours is None else amount_of(each.ours, each.currency),
                at=each.at,
                payment=each.payment,
            )
            for each in found
        ],
    )


def public_form(row: PaymentRow, names: Names) -> Payment:
    """A payment as everyone outside sees it."""
    pay_at, client = payments.where_to_pay(row)
    return Payment(
        id=row.public_id,
        provider=row.provider,
        purpose=row.purpose,
        state=row.state,
        currency=row.currency,
        amount=amount_of(row.amount, row.currency),
        captured=amount_of(row.captured, row.currency),
        refunded=amount_of(row.refunded, row.currency),
        customer=names.customers.get(row.customer_id),
        customer_name=names.people.get(row.customer_id),
        session=row.session,
        claim=names.claims.get(row.claim_id),
        reference=row.reference,
        hold_until=row.hold_until,
        expires_at=row.expires_at,
        pay_at=pay_at,
        client=client,
        description=row.description,
        code=row.code,
        reason=row.reason,
        made_by=row.made_by,
        made_at=row.made_at,
        changed_at=row.changed_at,
    )


def _refund(row: RefundRow, currency: str) -> PaymentRefund:
    return PaymentRefund(
        id=row.public_id,
        state=row.state,
        amount=amount_of(row.amount, currency),
        currency=currency,
        why=row.why,
        reason=row.reason,
        error=row.error,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
    )


def _claim(row: ClaimRow, names: Names) -> Claim:
    return Claim(
        id=row.public_id,
        customer=names.customers.get(row.customer_id),
        customer_name=names.people.get(row.customer_id),
        session=row.session,
        currency=row.currency,
        amount=amount_of(row.amount, row.currency),
        state=row.state,
        reason=row.reason,
        tries=row.tries,
        next_try_at=row.next_try_at,
        made_at=row.made_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        note=row.note,
    )
