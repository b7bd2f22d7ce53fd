"""Stripe, by its own library: Checkout for a payer who is there, a PaymentIntent for a card that they have saved.

A payment has Checkout's id as its reference, and the PaymentIntent's as its charge; with a saved card the PaymentIntent's is both.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec
import stripe

from stationmaster.outside.http import Failed, Http
from stationmaster.outside.http import Refused as NotReached
from stationmaster.outside.payments.provider import SIGNED_WITHIN_S, Asked, Forged, Refused, Unclear
from stationmaster.payment_words import Amount, Movement, Refunded, SavedMethod, State, Told, Webhook

if TYPE_CHECKING:
    from stripe.checkout import Session
    from stripe.params import PaymentIntentCreateParams
    from stripe.params.checkout import SessionCreateParams

ADDRESS = "https://api.stripe.com"
LONGEST_LIST = 4 * 1024 * 1024  # bytes of a page of a hundred
SHORTEST = timedelta(minutes=30)  # Checkout's page is open so long at least,
LONGEST = timedelta(hours=23)  # and a day at most
TWO_DECIMALS_THERE = frozenset({"ISK", "UGX"})  # they have none, and Stripe writes two zeros
LAST_DIGIT_0 = frozenset(
    {"BHD", "JOD", "KWD", "OMR", "TND"}
)  # the banks behind Stripe know two of their three decimals
_HOLD_OVER = ("automatic", "expired")
_WHOLE = ["payment_intent.latest_charge", "payment_intent.payment_method", "setup_intent.payment_method"]


class Stripe:
    """An account with Stripe. `url` is another one in tests only."""

    kind = "stripe"
    can_hold = True

    def __init__(
        self, http: Http, *, secret_key: str, webhook_secret: str, clock: Callable[[], datetime], url: str = ADDRESS
    ) -> None:
        stripe.enable_telemetry = False
        self._secret = webhook_secret
        self._clock = clock
        # A delivery is tried again with growing pauses, so the library does not try again itself.
        self._client = stripe.StripeClient(
            secret_key, http_client=_Wire(http), base_addresses={"api": url}, max_network_retries=0
        )

    async def begin(self, asked: Asked, *, key: str) -> Told:
        if asked.method is not None:
            return await self._charge(asked, asked.method, key)
        if not asked.amount.minor:
            return await self._set_up(asked, key)
        amount = theirs(asked.amount)
        currency, about = asked.amount.currency.lower(), {"payment": asked.payment}
        if asked.save:
            about["save"] = "yes"
        params: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": currency,
                        "unit_amount": amount,
                        "product_data": {"name": asked.description},
                    },
                }
            ],
            "payment_intent_data": {
                "capture_method": _capture_method(asked),
                "description": asked.description,
                "metadata": {**about, "checkout": "yes"},
            },
            "metadata": {**about, "capture": asked.capture},
            "success_url": asked.return_url,
            "cancel_url": asked.return_url,
            "adaptive_pricing": {"enabled": False},  # what is asked for in euros is paid in euros
        }
        if asked.capture == "later":  # where the account and the card can do it, more may be held later
            params["payment_method_options"] = {"card": {"request_incremental_authorization": "if_available"}}
        if asked.email is not None:
            params["customer_email"] = asked.email
        if asked.save:
            params["customer_creation"] = "always"
            params["payment_intent_data"]["setup_future_usage"] = "off_session"
        return await self._open(params, asked, key)

    async def _set_up(self, asked: Asked, key: str) -> Told:
        """A SetupIntent: the payer lets Stripe keep a card, and nothing is charged."""
        about = {"payment": asked.payment}
        params: SessionCreateParams = {
            "mode": "setup",
            "currency": asked.amount.currency.lower(),
            "customer_creation": "always",
            "setup_intent_data": {"description": asked.description, "metadata": about},
            "metadata": about,
            "success_url": asked.return_url,
            "cancel_url": asked.return_url,
        }
        if asked.email is not None:
            params["customer_email"] = asked.email
        return await self._open(params, asked, key)

    async def _open(self, params: SessionCreateParams, asked: Asked, key: str) -> Told:
        if asked.expires_at - self._clock() < LONGEST - SHORTEST:
            # Later than we want by Checkout's shortest time, so that it is the same when it is told again; we close the page ourselves.
            params["expires_at"] = int((asked.expires_at + SHORTEST).timestamp())
        with _translated():
            return self._of_session(
                await self._client.v1.checkout.sessions.create_async(params, {"idempotency_key": key})
            )

    async def _charge(self, asked: Asked, method: SavedMethod, key: str) -> Told:
        params: PaymentIntentCreateParams = {
            "amount": theirs(asked.amount),
            "currency": asked.amount.currency.lower(),
            "customer": method.payer,
            "payment_method": method.method,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "capture_method": _capture_method(asked),
            "description": asked.description,
            "metadata": {"payment": asked.payment},
            "confirm": True,
            "off_session": True,
            "expand": ["latest_charge"],
        }
        with _translated():
            try:
                intent = await self._client.v1.payment_intents.create_async(params, {"idempotency_key": key})
            except stripe.CardError as error:
                refused = _intent_in(error)
                if refused is None:
                    raise
                code = getattr(error.error, "decline_code", None)
                return Told(
                    reference=refused.id,
                    state="refused",
                    at=self._clock(),
                    payment=asked.payment,
                    amount=asked.amount,
                    code=code or error.code,
                    reason=error.user_message,
                )
            return self._of_intent(intent, intent.id)

    async def increase(self, told: Told, amount: Amount, *, key: str) -> Told:
        intent_id = told.charge or await self._charge_of(told.reference)
        with _translated():
            intent = await self._client.v1.payment_intents.increment_authorization_async(
                intent_id, {"amount": theirs(amount), "expand": ["latest_charge"]}, {"idempotency_key": key}
            )
            return self._of_intent(intent, told.reference)

    async def capture(self, told: Told, amount: Amount, *, key: str) -> Told:
        """What a bank behind Stripe cannot take of it (the third decimal of a dinar) is not taken."""
        intent_id = told.charge or await self._charge_of(told.reference)
        wanted = theirs(amount, rounded_down=True)
        with _translated():
            try:
                intent = await self._client.v1.payment_intents.capture_async(
                    intent_id, {"amount_to_capture": wanted, "expand": ["latest_charge"]}, {"idempotency_key": key}
                )
            except stripe.InvalidRequestError as error:
                now = _intent_in(error)
                if now is None or error.code != "payment_intent_unexpected_state":
                    raise
                if now.status != "succeeded" or now.amount_received != wanted:
                    over = now.status == "canceled" and now.cancellation_reason in _HOLD_OVER
                    raise Refused(
                        "The hold was over, and nothing could be taken."
                        if over
                        else f"Nothing is held: the payment is {now.status}.",
                        "hold_over" if over else error.code,
                    ) from None
                intent = now  # taken before, by a request that Stripe has forgotten
            return self._of_intent(intent, told.reference)

    async def release(self, told: Told, *, key: str) -> Told:
        charge = told.charge
        with _translated():
            if charge is None and told.reference.startswith("cs_"):
                try:
                    session = await self._client.v1.checkout.sessions.expire_async(
                        told.reference, None, {"idempotency_key": f"{key}-page"}
                    )
                    return self._of_session(session, released=True)
                except stripe.InvalidRequestError:  # paid, or over, in this moment
                    now = await self.find(told.reference)
                    if now.charge is None:
                        return _changed(now, "released")
                    charge = now.charge
            try:
                intent = await self._client.v1.payment_intents.cancel_async(
                    charge or told.reference, {"expand": ["latest_charge"]}, {"idempotency_key": key}
                )
            except stripe.InvalidRequestError as error:
                found = _intent_in(error)
                if found is None or found.status != "canceled":
                    raise
                intent = found
            return _changed(self._of_intent(intent, told.reference), "released")

    async def refund(self, told: Told, amount: Amount, *, refund: str, charge: str, key: str) -> Refunded:
        wanted = theirs(amount)
        with _translated():
            # Stripe forgets keys after a day; what it has given back it does not.
            before = await self._client.v1.refunds.list_async({"payment_intent": charge, "limit": 100})
            for one in before.data:
                if _said(one.metadata, "refund") == refund:
                    return self._of_refund(one, self._clock())
            about = {"refund": refund} | ({"payment": told.payment} if told.payment is not None else {})
            made = await self._client.v1.refunds.create_async(
                {"payment_intent": charge, "amount": wanted, "metadata": about}, {"idempotency_key": key}
            )
            return self._of_refund(made, self._clock())

    async def find(self, reference: str) -> Told:
        with _translated():
            if reference.startswith("cs_"):
                session = await self._client.v1.checkout.sessions.retrieve_async(reference, {"expand": _WHOLE})
                intent = session.payment_intent
                told = self._of_session(session)
            else:
                intent = await self._client.v1.payment_intents.retrieve_async(
                    reference, {"expand": ["latest_charge", "payment_method"]}
                )
                told = self._of_intent(intent, reference)
            if intent is not None and not isinstance(intent, str) and await self._was_taken_back(intent):
                told = _changed(told, "reversed")
            return told

    async def find_refund(self, reference: str) -> Refunded:
        with _translated():
            return self._of_refund(await self._client.v1.refunds.retrieve_async(reference), self._clock())

    async def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        """By the balance of the account, because a charge counts when it is captured, not when it was made."""
        moved: dict[tuple[str, str], Movement] = {}
        last: str | None = None
        with _translated():
            while True:
                page = await self._client.v1.balance_transactions.list_async(
                    {
                        "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
                        "limit": 100,
                        "expand": ["data.source"],
                        **({"starting_after": last} if last is not None else {}),
                    }
                )
                for one in page.data:
                    movement = _movement(one)
                    if movement is None:
                        continue
                    if movement.kind == "reversal":
                        movement = movement._replace(payment=await self._whose(one))
                    name = movement.kind, movement.reference
                    if name in moved:  # a refund that came back, a dispute that was won
                        minor = moved[name].amount.minor + movement.amount.minor
                        movement = moved[name]._replace(amount=movement.amount._replace(minor=minor))
                    moved[name] = movement
                if not page.has_more or not page.data:
                    return [movement for movement in moved.values() if movement.amount.minor]
                last = page.data[-1].id

    def event(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Webhook:
        header = headers.get("stripe-signature", "")
        try:
            # The library asks the clock of the machine; the age is judged below by the one that is handed in.
            event = self._client.construct_event(body, header, self._secret, tolerance=0)
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            raise Forged(f"the signature is not Stripe's: {str(error)[:100]}") from None
        stamp = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
        if abs(now.timestamp() - stamp) > SIGNED_WITHIN_S:
            raise Forged("it was signed too long ago, or in the future")
        at = _time(event.created)
        about: Any = event.data.object
        payment: Told | None = None
        refund: Refunded | None = None
        match event.type:
            case (
                "checkout.session.completed"
                | "checkout.session.expired"
                | "checkout.session.async_payment_succeeded"
                | "checkout.session.async_payment_failed"
            ):
                # Where a card is to be saved, the charge tells that it is paid, because it alone says which card. Where nothing is charged, Stripe is asked.
                saves = about.mode == "setup" or _said(about.metadata, "save") is not None
                if event.type != "checkout.session.completed" or not saves:
                    payment = self._of_session(about, at=at, failed=event.type.endswith("failed"))
            case (
                "payment_intent.succeeded"
                | "payment_intent.amount_capturable_updated"
                | "payment_intent.canceled"
                | "payment_intent.payment_failed"
            ):
                # At Checkout another card may be tried, and the page tells when it is over.
                told_elsewhere = {"payment_intent.payment_failed": "checkout"}
                if about.capture_method != "manual":
                    told_elsewhere["payment_intent.succeeded"] = "save"
                if _said(about.metadata, told_elsewhere.get(event.type, "nowhere")) is None:
                    payment = self._of_intent(about, about.id, at=at)
            case "charge.succeeded":
                # It alone says when a hold ends, and which card was saved.
                saved = _said(about.metadata, "save") is not None
                if not about.captured or saved:
                    amount = ours(about.amount, about.currency)
                    payment = Told(
                        reference=_id(about.payment_intent) or about.id,
                        charge=_id(about.payment_intent) or about.id,
                        state="paid" if about.captured else "authorised",
                        at=at,
                        payment=_said(about.metadata, "payment"),
                        amount=amount,
                        captured=amount.minor if about.captured else 0,
                        hold_until=_hold_until(about),
                        method=_charged(about) if saved else None,
                    )
            case "charge.dispute.funds_withdrawn":
                payment = Told(
                    reference=_id(about.payment_intent) or about.charge,
                    charge=_id(about.payment_intent) or about.charge,
                    state="reversed",
                    at=at,
                    amount=ours(about.amount, about.currency),
                    code=about.reason,
                    reason="The payer's bank took it back.",
                )
            case "refund.created" | "refund.updated" | "refund.failed":
                refund = self._of_refund(about, at)
        return Webhook(id=event.id, at=at, kind=event.type, payment=payment, refund=refund)

    async def close(self) -> None:
        """Nothing stays open between requests."""

    async def _charge_of(self, reference: str) -> str:
        found = await self.find(reference)
        if found.charge is None:
            raise Refused("Nothing was paid.", "not_paid")
        return found.charge

    async def _whose(self, one: stripe.BalanceTransaction) -> str | None:
        """Our id of the payment that a dispute is about: Stripe writes it to the charge only."""
        dispute: Any = one.source
        charge = await self._client.v1.charges.retrieve_async(_id(dispute.charge) or "")
        return _said(charge.metadata, "payment")

    async def _was_taken_back(self, intent: stripe.PaymentIntent) -> bool:
        charge = intent.latest_charge
        if charge is None or isinstance(charge, str) or not charge.disputed:
            return False
        disputes = await self._client.v1.disputes.list_async({"payment_intent": intent.id, "limit": 100})
        return sum(one.amount for dispute in disputes.data for one in dispute.balance_transactions) < 0

    def _of_session(
        self, session: Session, *, at: datetime | None = None, released: bool = False, failed: bool = False
    ) -> Told:
        at = at or self._clock()
        intent = session.payment_intent
        if intent is not None and not isinstance(intent, str) and session.status == "complete":
            return self._of_intent(intent, session.id, at=at)
        amount = ours(session.amount_total or 0, session.currency or "")
        kept = _kept(session)
        state: State = "pending"
        if failed:
            state = "refused"
        elif session.status == "expired":
            state = "released" if released or at < _time(session.expires_at) else "expired"
        elif session.status == "complete" and (session.payment_status == "paid" or kept is not None):
            state = "paid"
        elif session.status == "complete" and _said(session.metadata, "capture") == "later":
            state = "authorised"
        return Told(
            reference=session.id,
            state=state,
            at=at,
            payment=_said(session.metadata, "payment"),
            charge=_id(intent) if state in ("paid", "authorised") else None,
            amount=amount,
            captured=amount.minor if state == "paid" else 0,
            pay_at=session.url if state == "pending" else None,
            method=kept,
        )

    def _of_intent(self, intent: stripe.PaymentIntent, reference: str, *, at: datetime | None = None) -> Told:
        at = at or self._clock()
        charge = None if isinstance(intent.latest_charge, str) else intent.latest_charge
        error = intent.last_payment_error
        held = intent.status == "requires_capture"
        at_checkout = _said(intent.metadata, "checkout") is not None  # where another card may be tried
        states: dict[str, State] = {
            "requires_capture": "authorised",
            "succeeded": "paid",
            "canceled": "expired" if intent.cancellation_reason in _HOLD_OVER else "released",
            "requires_payment_method": "pending" if error is None or at_checkout else "refused",
        }
        state = states.get(intent.status, "pending")
        return Told(
            reference=reference,
            state=state,
            at=at,
            payment=_said(intent.metadata, "payment"),
            charge=intent.id if state in ("paid", "authorised", "expired", "released") else None,
            amount=ours(intent.amount, intent.currency),
            captured=ours(intent.amount_received, intent.currency).minor,
            hold_until=_hold_until(charge) if held else None,
            code=getattr(error, "decline_code", None) or getattr(error, "code", None),
            reason=getattr(error, "message", None),
            method=_saved(intent),
        )

    def _of_refund(self, refund: stripe.Refund, at: datetime) -> Refunded:
        return Refunded(
            reference=refund.id,
            state="done" if refund.status == "succeeded" else "failed" if refund.status in _FAILED else "pending",
            at=at,
            refund=_said(refund.metadata, "refund"),
            charge=_id(refund.payment_intent) or _id(refund.charge),
            amount=ours(refund.amount, refund.currency),
            reason=getattr(refund, "failure_reason", None),
        )


_FAILED = ("failed", "canceled")


class _Wire(stripe.HTTPClient):
    """The library's requests, by the one client that we have."""

    name = "stationmaster"

    def __init__(self, http: Http) -> None:
        super().__init__()
        self._http = http

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            if method == "get":
                answer = await self._http.get(url, headers, longest=LONGEST_LIST)
            else:
                answer = await self._http.post(url, (post_data or "").encode(), headers, longest=LONGEST_LIST)
        except (Failed, NotReached) as error:
            raise Unclear(f"Stripe: {error}") from error
        return answer.body, answer.status, {}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What the library raises, in our words."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        raise Refused(error.user_message or "Stripe has said no.", error.code) from error
    except (
        stripe.StripeError
    ) as error:  # away, too many requests, a key that a person must mend: what was done is not known
        raise Unclear(f"Stripe: {error.user_message or type(error).__name__}") from error
    except (AttributeError, TypeError) as error:  # the library has no types at run time
        raise Unclear(f"Stripe has answered with something else: {error}") from error


def theirs(amount: Amount, *, rounded_down: bool = False) -> int:
    """As Stripe wants it: in the smallest unit, but for the currencies that it writes otherwise. Raises `Refused` for what it cannot take."""
    if amount.currency in TWO_DECIMALS_THERE:
        return amount.minor * 100
    if amount.currency in LAST_DIGIT_0 and amount.minor % 10:
        if not rounded_down:
            raise Refused(f"Stripe takes amounts of {amount.currency} with two decimals only.", "invalid_amount")
        return amount.minor - amount.minor % 10
    return amount.minor


def ours(minor: int, currency: str) -> Amount:
    code = currency.upper()
    return Amount(minor // 100 if code in TWO_DECIMALS_THERE else minor, code)


def _capture_method(asked: Asked) -> str:
    return "manual" if asked.capture == "later" else "automatic"


def _movement(one: stripe.BalanceTransaction) -> Movement | None:
    """None: a fee, a payout, what else there is in a balance that is not about payments."""
    source: Any = one.source
    at = _time(one.created)
    if one.type in ("charge", "payment"):
        amount = ours(source.amount_captured, source.currency)
        return Movement(
            _id(source.payment_intent) or source.id, "charge", amount, at, _said(source.metadata, "payment")
        )
    if one.type in ("refund", "payment_refund", "refund_failure", "payment_failure_refund"):
        minor, currency = ours(source.amount, source.currency)
        signed = Amount(minor if one.amount > 0 else -minor, currency)
        return Movement(source.id, "refund", signed, at, _said(source.metadata, "payment"))
    if one.type == "adjustment" and getattr(source, "object", None) == "dispute":
        minor, currency = ours(source.amount, source.currency)
        return Movement(source.id, "reversal", Amount(minor if one.amount > 0 else -minor, currency), at, None)
    return None


def _said(metadata: object, name: str) -> str | None:
    """What we have written there ourselves."""
    return cast(str | None, getattr(metadata, name, None))


def _saved(intent: stripe.PaymentIntent) -> SavedMethod | None:
    return None if intent.setup_future_usage is None else _method(intent.payment_method, _id(intent.customer))


def _kept(session: Session) -> SavedMethod | None:
    intent = session.setup_intent
    if intent is None or isinstance(intent, str):
        return None
    return _method(intent.payment_method, _id(intent.customer) or _id(session.customer))


def _method(method: str | stripe.PaymentMethod | None, payer: str | None) -> SavedMethod | None:
    if payer is None or method is None or isinstance(method, str):
        return None
    card = getattr(method, "card", None)  # what is of another kind has none
    label = f"{card.brand} ···· {card.last4}" if card is not None else method.type
    return SavedMethod(payer, method.id, label)


def _charged(charge: stripe.Charge) -> SavedMethod | None:
    payer, method = _id(charge.customer), charge.payment_method
    if payer is None or method is None:
        return None
    card = getattr(charge.payment_method_details, "card", None)
    return SavedMethod(payer, method, f"{card.brand} ···· {card.last4}" if card is not None else "saved")


def _hold_until(charge: stripe.Charge | None) -> datetime | None:
    card = getattr(getattr(charge, "payment_method_details", None), "card", None)
    before = getattr(card, "capture_before", None)
    return _time(before) if before is not None else None


def _intent_in(error: stripe.StripeError) -> stripe.PaymentIntent | None:
    """The payment as an error tells it."""
    return cast("stripe.PaymentIntent | None", getattr(error.error, "payment_intent", None))


def _changed(told: Told, state: State) -> Told:
    """The same payment, with which its payer has nothing to do any more."""
    return msgspec.structs.replace(told, state=state, hold_until=None, pay_at=None)


def _id(thing: Any) -> str | None:
    return thing if thing is None or isinstance(thing, str) else cast(str, thing.id)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
