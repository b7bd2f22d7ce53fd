"""Stripe, as far as its public documentation says how it behaves: Checkout, PaymentIntents, SetupIntents, refunds, events, idempotency.

It knows nothing of ours. What a person does at Stripe's own page is `pay`, `save_card` and `leave_open`; what time does is `let_hold_expire`.
A parameter that it does not know is refused, as there.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from tests.payments.serving import Answered, Asked

Object = dict[str, Any]

NOW = 1_800_000_000  # seconds since 1970, where nobody sets another time
DAY = 86_400
DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline", "Your card was declined."),
    "4000000000009995": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "4000000000000069": ("expired_card", None, "Your card has expired."),
}
METHODS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_authenticationRequired": "4000002760003184",
}
RAISED = {"4242424242424242"}  # cards whose banks hold more later
THREE_DECIMALS = {"bhd", "jod", "kwd", "omr", "tnd"}
NO_DECIMALS_WRITTEN_WITH_TWO = {"isk", "ugx"}
INTENT = {"amount", "currency", "customer", "payment_method", "capture_method", "confirm", "off_session", "description"}
INTENT |= {"metadata", "automatic_payment_methods", "receipt_email", "setup_future_usage", "return_url"}
SESSION = {"mode", "line_items", "success_url", "cancel_url", "expires_at", "client_reference_id", "metadata", "locale"}
SESSION |= {"payment_method_options", "setup_intent_data"}
SESSION |= {"payment_intent_data", "customer", "customer_email", "customer_creation", "currency", "adaptive_pricing"}


class Wrong(Exception):
    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = Answered(status, {"error": {"type": kind, "message": message, **more}})


def invalid(message: str, **more: Any) -> Wrong:
    return Wrong(400, "invalid_request_error", message, **more)


class FakeStripe:
    def __init__(self, key: str = "sk_test_fake", webhook_secret: str = "whsec_fake") -> None:
        self.now = NOW
        self.events: list[Object] = []
        self._key = key
        self._secret = webhook_secret
        self._things: dict[str, Object] = {}
        self._numbers = itertools.count(1)
        self._done: dict[str, tuple[str, Answered]] = {}

    # What a person, a bank and time do.

    def pay(self, session_id: str, card: str = "4242424242424242") -> Object:
        """A person pays at Stripe's page; a card that is declined leaves the page open."""
        session = self._things[session_id]
        assert session["status"] == "open", "nobody can pay here any more"
        given = session.pop("_given")
        wanted = given.get("payment_intent_data", {})
        if given.get("customer_creation") == "always" and session["customer"] is None:
            session["customer"] = self._keep("cus", "customer", email=given.get("customer_email"), metadata={})["id"]
        if session["mode"] == "setup":
            return self._set_up(session, given, card)
        intent = self._new_intent(
            {
                "amount": str(session["amount_total"]),
                "currency": session["currency"],
                "customer": session["customer"],
                "capture_method": wanted.get("capture_method"),
                "description": wanted.get("description"),
                "metadata": wanted.get("metadata", {}),
                "setup_future_usage": wanted.get("setup_future_usage"),
            }
        )
        of_card = given.get("payment_method_options", {}).get("card", {})
        intent["_may_be_raised"] = of_card.get("request_incremental_authorization") == "if_available" and card in RAISED
        session["_given"] = given
        session["payment_intent"] = intent["id"]
        try:
            self._charge(intent, card)
        except Wrong:
            return intent
        session |= {"status": "complete", "payment_status": "unpaid" if intent["amount_capturable"] else "paid"}
        self._tell("checkout.session.completed", session)
        return intent

    def _set_up(self, session: Object, given: Object, card: str) -> Object:
        """Stripe keeps the card, and charges nothing; one that is declined leaves the page open."""
        intent = self._keep(
            "seti", "setup_intent", customer=session["customer"], usage="off_session", payment_method=None
        )
        intent |= {
            "metadata": given.get("setup_intent_data", {}).get("metadata", {}),
            "status": "requires_payment_method",
        }
        session |= {"_given": given, "setup_intent": intent["id"]}
        if card in DECLINES:
            return intent
        used = {"type": "card", "card": {"brand": "visa", "last4": card[-4:]}, "customer": session["customer"]}
        intent |= {
            "status": "succeeded",
            "payment_method": self._keep("pm", "payment_method", **used, metadata={})["id"],
        }
        session |= {"status": "complete", "payment_status": "no_payment_required"}
        self._tell("setup_intent.succeeded", intent)
        self._tell("checkout.session.completed", session)
        return intent

    def sell(self, count: int) -> None:
        """Others pay, somewhere else."""
        for number in range(count):
            given = {"amount": "5000", "currency": "eur", "metadata": {"payment": f"other{number}"}}
            self._charge(self._new_intent(given), "4242424242424242")

    def leave_open(self, session_id: str) -> None:
        """Nobody pays, and its time is over."""
        session = self._things[session_id]
        session |= {"status": "expired", "url": None}
        self._tell("checkout.session.expired", session)

    def let_hold_expire(self, intent_id: str) -> None:
        self._cancelled(self._things[intent_id], reason="automatic")

    def dispute(self, intent_id: str) -> None:
        """The payer's bank takes it back."""
        charge = self._things[self._things[intent_id]["latest_charge"]]
        charge["disputed"] = True
        dispute = self._keep(
            "du", "dispute", amount=charge["amount_captured"], currency=charge["currency"], charge=charge["id"]
        )
        dispute |= {"payment_intent": intent_id, "reason": "fraudulent", "status": "needs_response", "metadata": {}}
        moved = self._move("adjustment", -dispute["amount"], dispute)
        dispute["balance_transactions"] = [moved]
        self._tell("charge.dispute.created", dispute)
        self._tell("charge.dispute.funds_withdrawn", dispute)

    def fail_refund(self, refund_id: str) -> None:
        refund = self._things[refund_id]
        refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        self._things[refund["charge"]]["amount_refunded"] -= refund["amount"]
        self._move("refund_failure", refund["amount"], refund)
        self._tell("refund.failed", refund)

    def signed(
        self, event: Object, *, at: int | None = None, secret: str | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook."""
        body = json.dumps(event, indent=2).encode()
        stamp = self.now if at is None else at
        made = hmac.new((secret or self._secret).encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={stamp},v1={made},v0=none"}, body

    # Its HTTP.

    def answer(self, asked: Asked) -> Answered:
        try:
            return self._answer(asked)
        except Wrong as wrong:
            return wrong.answer

    def _answer(self, asked: Asked) -> Answered:
        if asked.headers.get("authorization") != f"Bearer {self._key}":
            raise Wrong(401, "invalid_request_error", "Invalid API Key provided: sk_test_***")
        if asked.method == "GET":
            return Answered(200, self._read(asked))
        key = asked.headers.get("idempotency-key")
        what = f"{asked.path}?{asked.body.decode()}"
        if key in self._done:
            before, answered = self._done[key]
            if before != what:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                raise Wrong(400, "idempotency_error", message)
            return answered._replace(headers={"Idempotent-Replayed": "true"})
        try:
            answered = Answered(200, self._written(asked.path, unflattened(asked.body)))
        except Wrong as wrong:
            if wrong.answer.status != 402:
                raise
            answered = wrong.answer
        if key is not None:
            self._done[key] = what, answered
        return answered

    def _read(self, asked: Asked) -> Object:
        query = unflattened_pairs(asked.query)
        kind, _, name = asked.path.removeprefix("/v1/").removeprefix("checkout/").partition("/")
        if name:
            return self._shown(self._found(name), query.get("expand", []))
        objects = {"balance_transactions": "balance_transaction", "refunds": "refund", "disputes": "dispute"}
        created = {bound: int(at) for bound, at in query.get("created", {}).items()}
        kept = [thing for thing in self._things.values() if thing["object"] == objects[kind]]
        kept = [
            thing
            for thing in kept
            if created.get("gte", 0) <= thing["created"] < created.get("lt", thing["created"] + 1)
        ]
        if "payment_intent" in query:
            kept = [thing for thing in kept if thing["payment_intent"] == query["payment_intent"]]
        kept.reverse()  # the newest first
        if "starting_after" in query:
            ids = [thing["id"] for thing in kept]
            kept = kept[ids.index(query["starting_after"]) + 1 :]
        limit = int(query.get("limit", 10))
        assert 1 <= limit <= 100
        shown = [
            self._shown(thing, [one.removeprefix("data.") for one in query.get("expand", [])]) for thing in kept[:limit]
        ]
        return {"object": "list", "url": asked.path, "has_more": len(kept) > limit, "data": shown}

    def _written(self, path: str, given: Object) -> Object:
        expand = given.pop("expand", [])
        for pattern, does in self._routes().items():
            match = re.fullmatch(pattern, path)
            if match is not None:
                return self._shown(does(given, *match.groups()), expand)
        raise Wrong(404, "invalid_request_error", f"Unrecognized request URL (POST: {path}).")

    def _routes(self) -> dict[str, Callable[..., Object]]:
        return {
            "/v1/customers": self._create_customer,
            "/v1/checkout/sessions": self._create_session,
            "/v1/checkout/sessions/([^/]+)/expire": self._expire_session,
            "/v1/payment_intents": self._create_intent,
            "/v1/payment_intents/([^/]+)/capture": self._capture,
            "/v1/payment_intents/([^/]+)/increment_authorization": self._increment,
            "/v1/payment_intents/([^/]+)/cancel": self._cancel,
            "/v1/refunds": self._refund,
        }

    def _create_customer(self, given: Object) -> Object:
        only(given, {"email", "name", "metadata", "phone", "preferred_locales"})
        return self._keep("cus", "customer", **given)

    def _create_session(self, given: Object) -> Object:
        only(given, SESSION)
        mode = given["mode"]
        if not str(given.get("success_url", "")).startswith(("https://", "http://")):
            raise invalid("Not a valid URL", param="success_url", code="url_invalid")
        expires = int(given.get("expires_at", self.now + DAY))
        if not self.now + 1800 <= expires <= self.now + DAY:
            raise invalid("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
        total, currency = None, given.get("currency")
        if mode == "payment":
            prices = [item["price_data"] for item in given["line_items"]]
            total = sum(
                int(p["unit_amount"]) * int(i["quantity"]) for p, i in zip(prices, given["line_items"], strict=True)
            )
            currency = prices[0]["currency"]
            chargeable(total, currency)
        session = self._keep("cs_test", "checkout.session", status="open", payment_status="unpaid", mode=mode)
        session |= {
            "amount_total": total,
            "currency": currency,
            "customer": given.get("customer"),
            "payment_intent": None,
        }
        session |= {
            "setup_intent": None,
            "client_reference_id": given.get("client_reference_id"),
            "expires_at": expires,
        }
        session |= {"metadata": given.get("metadata", {}), "url": f"https://checkout.stripe.com/c/pay/{session['id']}"}
        session |= {"success_url": given["success_url"], "cancel_url": given.get("cancel_url"), "_given": given}
        return session

    def _expire_session(self, given: Object, name: str) -> Object:
        only(given, set())
        session = self._found(name)
        if session["status"] != "open":
            raise invalid(
                f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.'
            )
        self.leave_open(name)
        return session

    def _create_intent(self, given: Object) -> Object:
        only(given, INTENT)
        method, confirm = given.pop("payment_method", None), given.pop("confirm", "false")
        intent = self._new_intent(given)
        intent["payment_method"] = method
        if confirm == "true":
            if method not in METHODS:
                raise invalid(f"No such PaymentMethod: '{method}'", param="payment_method", code="resource_missing")
            self._charge(intent, METHODS[method], alone=given.get("off_session") == "true")
            intent["payment_method"] = method
        return intent

    def _new_intent(self, given: Object) -> Object:
        amount, currency = int(given["amount"]), str(given["currency"])
        chargeable(amount, currency)
        intent = self._keep(
            "pi", "payment_intent", amount=amount, currency=currency, amount_received=0, amount_capturable=0
        )
        intent |= {
            "status": "requires_payment_method",
            "capture_method": given.get("capture_method") or "automatic_async",
        }
        intent |= {"customer": given.get("customer"), "description": given.get("description"), "latest_charge": None}
        intent |= {"metadata": given.get("metadata", {}), "cancellation_reason": None, "canceled_at": None}
        intent |= {"setup_future_usage": given.get("setup_future_usage")}
        intent |= {
            "last_payment_error": None,
            "payment_method": None,
            "next_action": None,
            "client_secret": intent["id"] + "_secret_x",
        }
        self._tell("payment_intent.created", intent)
        return intent

    def _charge(self, intent: Object, card: str, *, alone: bool = False) -> None:
        """Raises what a bank says no to."""
        if card == METHODS["pm_card_authenticationRequired"] and alone:
            self._declined(
                intent, ("authentication_required", "authentication_required", "The card needs the cardholder.")
            )
        if card in DECLINES:
            self._declined(intent, DECLINES[card])
        manual = intent["capture_method"] == "manual"
        charge = self._keep("ch", "charge", amount=intent["amount"], currency=intent["currency"], captured=not manual)
        charge |= {
            "amount_captured": 0 if manual else intent["amount"],
            "amount_refunded": 0,
            "refunded": False,
            "paid": True,
        }
        held = {
            "card": {"brand": "visa", "last4": card[-4:], "capture_before": self.now + 7 * DAY if manual else None},
            "type": "card",
        }
        charge |= {
            "payment_intent": intent["id"],
            "status": "succeeded",
            "payment_method_details": held,
            "disputed": False,
        }
        charge |= {"metadata": intent["metadata"], "customer": intent["customer"]}
        used = {"type": "card", "card": {"brand": "visa", "last4": card[-4:]}, "customer": intent["customer"]}
        intent["payment_method"] = self._keep("pm", "payment_method", **used, metadata={})["id"]
        intent |= {"latest_charge": charge["id"], "status": "requires_capture" if manual else "succeeded"}
        intent |= {"amount_capturable": intent["amount"]} if manual else {"amount_received": intent["amount"]}
        charge["payment_method"] = intent["payment_method"]
        self._tell("charge.succeeded", charge)
        if not manual:
            self._move("charge", charge["amount"], charge)
        self._tell("payment_intent.amount_capturable_updated" if manual else "payment_intent.succeeded", intent)

    def _declined(self, intent: Object, why: tuple[str, str | None, str]) -> None:
        code, decline_code, message = why
        error = {"code": code, "message": message, "type": "card_error"}
        error |= {} if decline_code is None else {"decline_code": decline_code}
        intent |= {"status": "requires_payment_method", "last_payment_error": error}
        self._tell("payment_intent.payment_failed", intent)
        more = {name: value for name, value in error.items() if name not in ("type", "message")}
        raise Wrong(402, "card_error", message, **more, payment_intent=public(intent))

    def _capture(self, given: Object, name: str) -> Object:
        only(given, {"amount_to_capture", "metadata"})
        intent = self._found(name)
        if intent["status"] != "requires_capture":
            raise invalid(
                f"This PaymentIntent could not be captured because it has a status of {intent['status']}.",
                code="payment_intent_unexpected_state",
                payment_intent=public(intent),
            )
        amount = int(given.get("amount_to_capture", intent["amount_capturable"]))
        if amount > intent["amount_capturable"]:
            raise invalid(
                "The requested capture amount is greater than the amount you can capture.", code="amount_too_large"
            )
        if amount < 1:
            raise invalid("This value must be greater than or equal to 1.", param="amount_to_capture")
        chargeable(amount, intent["currency"], least=1)
        charge = self._things[intent["latest_charge"]]
        charge |= {"captured": True, "amount_captured": amount}
        self._move("charge", amount, charge)
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self._tell("payment_intent.succeeded", intent)
        return intent

    def _increment(self, given: Object, name: str) -> Object:
        only(given, {"amount", "description", "metadata", "amount_details"})
        intent, amount = self._found(name), int(given["amount"])
        if intent["status"] != "requires_capture":
            raise invalid(
                f"This PaymentIntent could not be incremented because it has a status of {intent['status']}.",
                code="payment_intent_unexpected_state",
                payment_intent=public(intent),
            )
        if not intent.get("_may_be_raised"):
            raise invalid("This PaymentIntent is not eligible for incremental authorization.")
        if amount <= intent["amount"]:
            raise invalid("The amount must be greater than the currently authorized amount.", param="amount")
        if amount > 100_000:  # more than is on the card: it stays held as it was
            raise Wrong(402, "card_error", "Your card has insufficient funds.", code="card_declined")
        intent |= {"amount": amount, "amount_capturable": amount}
        self._things[intent["latest_charge"]]["amount"] = amount
        self._tell("payment_intent.amount_capturable_updated", intent)
        return intent

    def _cancel(self, given: Object, name: str) -> Object:
        only(given, {"cancellation_reason"})
        intent = self._found(name)
        if intent["status"] in ("succeeded", "canceled"):
            raise invalid(
                f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
                code="payment_intent_unexpected_state",
                payment_intent=public(intent),
            )
        return self._cancelled(intent, reason=given.get("cancellation_reason"))

    def _cancelled(self, intent: Object, *, reason: str | None) -> Object:
        intent |= {"status": "canceled", "amount_capturable": 0, "canceled_at": self.now, "cancellation_reason": reason}
        self._tell("payment_intent.canceled", intent)
        return intent

    def _refund(self, given: Object) -> Object:
        only(given, {"payment_intent", "amount", "metadata", "reason"})
        intent = self._found(given["payment_intent"])
        if intent["latest_charge"] is None or intent["status"] != "succeeded":
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        charge = self._things[intent["latest_charge"]]
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        amount = int(given.get("amount", left))
        if amount > left:
            raise invalid(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
            )
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        refund = self._keep(
            "re", "refund", amount=amount, currency=charge["currency"], charge=charge["id"], status="succeeded"
        )
        refund |= {"payment_intent": intent["id"], "metadata": given.get("metadata", {}), "reason": given.get("reason")}
        self._move("refund", -amount, refund)
        self._tell("refund.created", refund)
        self._tell("charge.refunded", charge)
        return refund

    def _move(self, kind: str, amount: int, source: Object) -> Object:
        """In the currency of the account's owner, with a fee: that is what a balance is about."""
        return self._keep(
            "txn",
            "balance_transaction",
            amount=amount * 9 // 10,
            currency="usd",
            fee=25,
            type=kind,
            source=source["id"],
        )

    # What it keeps.

    def _keep(self, prefix: str, kind: str, **fields: Any) -> Object:
        thing = {"id": f"{prefix}_{next(self._numbers):014}", "object": kind, "created": self.now, **fields}
        self._things[thing["id"]] = thing
        return thing

    def _found(self, name: str) -> Object:
        if name not in self._things:
            raise Wrong(404, "invalid_request_error", f"No such object: '{name}'", code="resource_missing", param="id")
        return self._things[name]

    def _shown(self, thing: Object, expand: list[str]) -> Object:
        shown = public(thing)
        firsts = {path.partition(".")[0] for path in expand}
        for first in firsts:
            if isinstance(shown.get(first), str):
                rest = [path.partition(".")[2] for path in expand if path.startswith(f"{first}.")]
                shown[first] = self._shown(self._things[shown[first]], rest)
        return shown

    def _tell(self, kind: str, thing: Object) -> None:
        event = {"id": f"evt_{next(self._numbers):014}", "object": "event", "type": kind, "created": self.now}
        event |= {
            "api_version": "2026-10-28.endive",
            "livemode": False,
            "pending_webhooks": 1,
            "data": {"object": public(thing)},
        }
        self.events.append(event)


def public(thing: Object) -> Object:
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def only(given: Object, known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def chargeable(amount: int, currency: str, *, least: int = 30) -> None:
    if currency != currency.lower():
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    if amount < least:
        raise invalid("Amount must be at least €0.50 eur", code="amount_too_small", param="amount")
    if currency in THREE_DECIMALS and amount % 10:
        raise invalid("The last digit of an amount with three decimals must be 0.", param="amount")
    if currency in NO_DECIMALS_WRITTEN_WITH_TWO and amount % 100:
        raise invalid("This currency has no decimals.", param="amount")


def unflattened(body: bytes) -> Object:
    return unflattened_pairs(parse_qsl(body.decode(), keep_blank_values=True))


def unflattened_pairs(pairs: list[tuple[str, str]]) -> Object:
    """`a[b][0][c]=1` as what it stands for."""
    tree: Object = {}
    for path, value in pairs:
        names = re.findall(r"[^\[\]]+", path)
        at = tree
        for name in names[:-1]:
            at = at.setdefault(name, {})
        at[names[-1]] = value
    return _lists(tree)


def _lists(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree and all(name.isdigit() for name in tree):
        return [_lists(tree[name]) for name in sorted(tree, key=int)]
    return {name: _lists(value) for name, value in tree.items()}
