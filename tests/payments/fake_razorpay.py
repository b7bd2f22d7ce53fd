"""Razorpay, as far as its public documentation says how it behaves: payment links, payments, refunds, webhooks.

It knows nothing of ours. What a person does at the page of a link is `pay` or `try_to_pay`; what a bank says late is `authorize`, what time does is
`expire`. What is asked for with a field that it does not know is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from typing import Any

from tests.payments.serving import Answered, Asked

Object = dict[str, Any]

NOW = 1_800_000_000
THREE_DECIMALS = {"BHD", "JOD", "KWD", "OMR", "TND"}
LINK = {"amount", "currency", "reference_id", "description", "notes", "callback_url", "callback_method", "expire_by"}
LINK |= {"notify", "reminder_enable", "customer", "accept_partial"}


class Wrong(Exception):
    def __init__(self, status: int, code: str, description: str, field: str | None = None) -> None:
        super().__init__(description)
        error = {"code": code, "description": description, "source": "business", "step": "payment_initiation"}
        self.answer = Answered(
            status, {"error": error | {"reason": "input_validation_failed", "metadata": {}, "field": field}}
        )


def bad(description: str, field: str | None = None) -> Wrong:
    return Wrong(400, "BAD_REQUEST_ERROR", description, field)


class FakeRazorpay:
    def __init__(
        self, key_id: str = "rzp_test_fake", secret: str = "fake_secret", webhook_secret: str = "hook_secret"
    ) -> None:
        self.now = NOW
        self.events: list[Object] = []
        self._login = "Basic " + base64.b64encode(f"{key_id}:{secret}".encode()).decode()
        self._webhook_secret = webhook_secret
        self._links: dict[str, Object] = {}
        self._orders: dict[str, Object] = {}
        self._payments: dict[str, Object] = {}
        self._refunds: dict[str, Object] = {}
        self._refund_keys: dict[str, tuple[bytes, Object]] = {}
        self._numbers = itertools.count(1)

    # What a person, a bank and time do.

    def pay(self, reference_id: str, *, method: str = "upi", fails: bool = False) -> Object:
        """A person pays, or tries to, at the page of a link; it may be tried again there."""
        payment = self.try_to_pay(reference_id, method=method)
        if fails:
            payment |= {"status": "failed", "error_code": "BAD_REQUEST_ERROR", "error_reason": "payment_failed"}
            payment |= {
                "error_description": "Payment failed because of insufficient funds in the account.",
                "error_source": "customer",
            }
            self._tell("payment.failed", payment=payment)
            return payment
        return self.authorize(payment["id"])

    def try_to_pay(self, reference_id: str, *, method: str = "upi") -> Object:
        """A person pays, and the bank says nothing yet; `authorize` is its late word."""
        link = next(link for link in self._links.values() if link["reference_id"] == reference_id)
        assert link["status"] == "created", "nobody can pay here any more"
        if link["order_id"] is None:
            link["order_id"] = self._create_order(link)["id"]
        order = self._orders[link["order_id"]]
        order |= {"attempts": order["attempts"] + 1, "status": "attempted"}
        return self._new_payment(order, method)

    def authorize(self, payment_id: str) -> Object:
        payment = self._payments[payment_id]
        payment["status"] = "authorized"
        self._tell("payment.authorized", payment=payment)
        if self._orders[payment["order_id"]]["status"] != "paid":
            self._captured(payment)
        return payment

    def sell(self) -> None:
        """Somebody pays for something else."""
        order = self._create_order({"amount": 100, "currency": "INR", "reference_id": "other", "notes": []})
        payment = self._new_payment(order, "card")
        payment |= {"status": "captured", "captured": True}
        self._tell("payment.captured", payment=payment)

    def expire(self, reference_id: str) -> None:
        """The time of a link is over."""
        link = next(link for link in self._links.values() if link["reference_id"] == reference_id)
        link |= {"status": "expired", "expired_at": self.now}
        self._tell("payment_link.expired", payment_link=link)

    def dispute(self, payment_id: str) -> None:
        """The payer's bank takes it back."""
        payment = self._payments[payment_id]
        dispute = {"id": self._name("disp"), "entity": "dispute", "payment_id": payment_id, "amount": payment["amount"]}
        dispute |= {
            "currency": payment["currency"],
            "amount_deducted": payment["amount"],
            "status": "lost",
            "phase": "chargeback",
        }
        self._tell("payment.dispute.lost", payment=payment, dispute=dispute)

    def fail_refund(self, refund_id: str) -> None:
        refund = self._refunds[refund_id]
        refund["status"] = "failed"
        payment = self._payments[refund["payment_id"]]
        payment["amount_refunded"] -= refund["amount"]
        self._tell("refund.failed", payment=payment, refund=refund)

    def signed(
        self, event: Object, *, secret: str | None = None, event_id: str | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook; sent again, both are the same."""
        body = json.dumps(event).encode()
        name = event_id or hashlib.md5(body).hexdigest()[:14]
        return {"x-razorpay-signature": self.signature(body, secret), "x-razorpay-event-id": name}, body

    def signature(self, body: bytes, secret: str | None = None) -> str:
        return hmac.new((secret or self._webhook_secret).encode(), body, hashlib.sha256).hexdigest()

    # Its HTTP.

    def answer(self, asked: Asked) -> Answered:
        try:
            if asked.headers.get("authorization") != self._login:
                raise Wrong(401, "BAD_REQUEST_ERROR", "Authentication failed")
            parts = asked.path.removeprefix("/v1/").split("/")
            if asked.method == "GET":
                return Answered(200, self._read(parts, dict(asked.query)))
            return Answered(200, public(self._written(parts, asked)))
        except Wrong as wrong:
            return wrong.answer

    def _read(self, parts: list[str], query: dict[str, str]) -> Object:
        match parts:
            case ["payment_links"]:
                found = [one for one in self._links.values() if one["reference_id"] == query["reference_id"]]
                return {"payment_links": [self._link(one) for one in found]}
            case ["payments", payment_id, "refunds"]:
                return collection([one for one in self._refunds.values() if one["payment_id"] == payment_id])
            case ["payments", name]:
                return public(self._one(self._payments, name))
            case ["refunds", name]:
                return public(self._one(self._refunds, name))
        count, skip = int(query.get("count", 10)), int(query.get("skip", 0))
        if not 1 <= count <= 100:
            raise bad("The count must be between 1 and 100.", "count")
        since, until = int(query.get("from", 0)), int(query.get("to", self.now + 1))
        kept = {"payments": self._payments, "refunds": self._refunds}[parts[0]]
        found = [one for one in kept.values() if since <= one["created_at"] <= until]
        found.reverse()  # the newest first
        return collection(found[skip : skip + count])

    def _written(self, parts: list[str], asked: Asked) -> Object:
        given = json.loads(asked.body)
        match parts:
            case ["payment_links"]:
                return self._link(self._create_link(given))
            case ["payment_links", name, "cancel"]:
                return self._link(self._cancel(self._one(self._links, name)))
            case ["payments", payment_id, "refund"]:
                return self._refund(self._one(self._payments, payment_id), given, asked)
        raise Wrong(404, "BAD_REQUEST_ERROR", "The requested URL was not found on the server.")

    def _create_link(self, given: Object) -> Object:
        only(given, LINK)
        amount, currency = given["amount"], given.get("currency", "INR")
        if type(amount) is not int or amount < 100:
            raise bad("amount must be atleast INR 1.00", "amount")
        if currency in THREE_DECIMALS and amount % 10:
            raise bad("The last digit of an amount with three decimals must be 0.", "amount")
        if len(given.get("reference_id", "")) > 40:
            raise bad("The reference id may not be greater than 40 characters.", "reference_id")
        if any(link["reference_id"] == given.get("reference_id") for link in self._links.values()):
            raise bad("payment link with given reference_id: already exists.", "reference_id")
        if given.get("callback_url") and given.get("callback_method") != "get":
            raise bad("callback_method must be get", "callback_method")
        if given.get("expire_by", self.now + 900) < self.now + 900:
            raise bad("expire_by should be at least 15 minutes after current time", "expire_by")
        link = {
            "id": self._name("plink"),
            "accept_partial": False,
            "amount": amount,
            "amount_paid": 0,
            "currency": currency,
        }
        link |= {
            "callback_url": given.get("callback_url"),
            "callback_method": "get",
            "cancelled_at": 0,
            "created_at": self.now,
        }
        link |= {
            "customer": given.get("customer", {}),
            "description": given.get("description"),
            "expire_by": given.get("expire_by", 0),
        }
        link |= {
            "expired_at": 0,
            "first_min_partial_amount": 0,
            "notes": given.get("notes"),
            "notify": given.get("notify"),
        }
        link |= {
            "reference_id": given.get("reference_id"),
            "reminder_enable": given.get("reminder_enable"),
            "reminders": [],
        }
        link |= {"status": "created", "updated_at": self.now, "user_id": "", "upi_link": False, "order_id": None}
        link |= {"short_url": f"https://rzp.io/i/{link['id'][-7:]}"}
        self._links[link["id"]] = link
        return link

    def _link(self, link: Object) -> Object:
        """With what was paid by it; before, it has no order."""
        paid = [one for one in self._payments.values() if link["order_id"] and one["order_id"] == link["order_id"]]
        paid = [one for one in paid if one["status"] in ("captured", "refunded")]
        shown = {name: value for name, value in link.items() if name != "order_id" or value is not None}
        names = ("amount", "created_at", "method")
        each = [{name: one[name] for name in names} | {"payment_id": one["id"], "status": "captured"} for one in paid]
        return shown | {"payments": each or None}

    def _cancel(self, link: Object) -> Object:
        if link["status"] != "created":
            raise bad(f"Payment Link cannot be cancelled: it is {link['status']}.")
        link |= {"status": "cancelled", "cancelled_at": self.now}
        self._tell("payment_link.cancelled", payment_link=link)
        return link

    def _create_order(self, link: Object) -> Object:
        order = {"id": self._name("order"), "entity": "order", "amount": link["amount"], "amount_paid": 0}
        order |= {
            "amount_due": link["amount"],
            "currency": link["currency"],
            "receipt": link["reference_id"],
            "offer_id": None,
        }
        order |= {"status": "created", "attempts": 0, "notes": link["notes"] or [], "created_at": self.now}
        self._orders[order["id"]] = order
        return order

    def _new_payment(self, order: Object, method: str) -> Object:
        payment = {
            "id": self._name("pay"),
            "entity": "payment",
            "amount": order["amount"],
            "currency": order["currency"],
        }
        payment |= {
            "status": "created",
            "order_id": order["id"],
            "invoice_id": None,
            "international": False,
            "method": method,
        }
        payment |= {
            "amount_refunded": 0,
            "refund_status": None,
            "captured": False,
            "description": None,
            "card_id": None,
        }
        payment |= {
            "bank": None,
            "wallet": None,
            "vpa": "ann@exampleupi" if method == "upi" else None,
            "fee": None,
            "tax": None,
        }
        payment |= {"email": "ann@example.com", "contact": "+919999999999", "notes": order["notes"], "error_code": None}
        payment |= {"error_description": None, "error_source": None, "error_step": None, "error_reason": None}
        payment |= {"acquirer_data": {"rrn": "033814379298"}, "created_at": self.now}
        self._payments[payment["id"]] = payment
        return payment

    def _captured(self, payment: Object) -> None:
        payment |= {"status": "captured", "captured": True, "fee": 24, "tax": 4}
        order = self._orders[payment["order_id"]]
        order |= {"status": "paid", "amount_paid": payment["amount"], "amount_due": 0}
        self._tell("payment.captured", payment=payment)
        self._tell("order.paid", payment=payment, order=order)
        link = next(link for link in self._links.values() if link["order_id"] == order["id"])
        if link["status"] == "created":
            link |= {"status": "paid", "amount_paid": payment["amount"], "updated_at": self.now}
            self._tell("payment_link.paid", order=order, payment=payment, payment_link=link)

    def _refund(self, payment: Object, given: Object, asked: Asked) -> Object:
        only(given, {"amount", "speed", "notes", "receipt"})
        key = asked.headers.get("x-refund-idempotency")
        if key is not None:
            if len(key) < 10 or not all(sign.isalnum() or sign in "-_" for sign in key):
                raise bad("The idempotency key must be at least 10 characters of letters, digits, - and _")
            if key in self._refund_keys:
                body, refund = self._refund_keys[key]
                if body != asked.body:
                    raise bad("Different request body for the same idempotency key")
                return refund
        if payment["status"] == "refunded":
            raise bad("The payment has been fully refunded already")
        if payment["status"] != "captured":
            raise bad("The payment status should be captured for action to be taken")
        left = payment["amount"] - payment["amount_refunded"]
        amount = given.get("amount", left)
        if amount > left:
            raise bad("The total refund amount is greater than the refund payment amount", "amount")
        refund = self._refunded(payment, amount, given)
        if key is not None:
            self._refund_keys[key] = asked.body, refund
        return refund

    def _refunded(self, payment: Object, amount: int, given: Object) -> Object:
        payment["amount_refunded"] += amount
        whole = payment["amount_refunded"] == payment["amount"]
        payment["refund_status"] = "full" if whole else "partial"
        if whole:
            payment["status"] = "refunded"
        refund = {"id": self._name("rfnd"), "entity": "refund", "amount": amount, "currency": payment["currency"]}
        refund |= {"payment_id": payment["id"], "notes": given.get("notes") or [], "receipt": given.get("receipt")}
        refund |= {"acquirer_data": {"arn": None}, "created_at": self.now, "batch_id": None, "status": "processed"}
        refund |= {"speed_processed": "normal", "speed_requested": "normal"}
        self._refunds[refund["id"]] = refund
        self._tell("refund.created", payment=payment, refund=refund)
        self._tell("refund.processed", payment=payment, refund=refund)
        return refund

    # What it keeps.

    def _name(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):014}"

    def _one(self, kept: dict[str, Object], name: str) -> Object:
        if name not in kept:
            raise bad("The id provided does not exist")
        return kept[name]

    def _tell(self, kind: str, **entities: Object) -> None:
        payload = {name: {"entity": public(entity)} for name, entity in entities.items()}
        event = {
            "entity": "event",
            "account_id": "acc_fake",
            "event": kind,
            "contains": list(payload),
            "payload": payload,
        }
        self.events.append(json.loads(json.dumps(event | {"created_at": self.now})))


def public(thing: Object) -> Object:
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def collection(items: list[Object]) -> Object:
    return {"entity": "collection", "count": len(items), "items": [public(one) for one in items]}


def only(given: Object, known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise bad(f"{name} is/are not required and should not be sent", name)
