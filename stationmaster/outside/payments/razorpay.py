"""Razorpay, by its documented HTTP: payment links for UPI, cards and bank accounts in India; refunds, webhooks.

A payment has our own id as its reference, which Razorpay keeps with the link and with all that is paid by it, and finds it by. Razorpay cannot take a
part of what is held, so that all of it is paid at once, and what is not used goes back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from stationmaster.outside.http import Answer, Failed, Http
from stationmaster.outside.http import Refused as NotReached
from stationmaster.outside.payments.provider import SIGNED_WITHIN_S, Asked, Forged, Refused, Unclear
from stationmaster.payment_words import Amount, Movement, Refunded, RefundState, State, Told, Webhook

ADDRESS = "https://api.razorpay.com/v1"
LONGEST_LIST = 1024 * 1024  # bytes of a page of a hundred
PAGE = 100
SHORTEST = timedelta(minutes=15)  # a link is open so long at least
TOLD_FOR = timedelta(days=1)  # a webhook that nobody takes is sent again for so long, as it was signed the first time
LAST_DIGIT_0 = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})  # the third decimal of these is always 0
_MAYBE_DONE = frozenset({401, 403, 408, 409, 425, 429})  # not said: a person mends the key, or it is told again later
_THEIR_TROUBLE = frozenset({"GATEWAY_ERROR", "SERVER_ERROR"})


class Razorpay:
    """An account with Razorpay. `url` is another one in tests only."""

    kind = "razorpay"
    can_hold = False

    def __init__(
        self,
        http: Http,
        *,
        key_id: str,
        key_secret: str,
        webhook_secret: str,
        clock: Callable[[], datetime],
        url: str = ADDRESS,
    ) -> None:
        self._http = http
        self._login = "Basic " + base64.b64encode(f"{key_id}:{key_secret}".encode()).decode()
        self._secret = webhook_secret
        self._clock = clock
        self._url = url

    async def begin(self, asked: Asked, *, key: str) -> Told:
        if asked.method is not None or not asked.amount.minor:
            raise Refused("Razorpay keeps no cards for us.", "no_saved_methods")
        before = await self._link(asked.payment)  # it knows no keys here, but our id of the payment
        if before is not None:
            return self._of_link(before)
        fields: dict[str, Any] = {
            "amount": checked(asked.amount),
            "currency": asked.amount.currency,
            "reference_id": asked.payment,
            "description": asked.description,
            "notes": {"payment": asked.payment},
            "callback_url": asked.return_url,
            "callback_method": "get",
            "expire_by": int((asked.expires_at + SHORTEST).timestamp()),
            "notify": {"sms": False, "email": False},
            "reminder_enable": False,
        }
        if asked.email is not None:
            fields["customer"] = {"email": asked.email}
        return self._of_link(await self._post("/payment_links", fields))

    async def increase(self, told: Told, amount: Amount, *, key: str) -> Told:
        raise Refused("Nothing can be held here, so it cannot be raised.", "not_supported")

    async def capture(self, told: Told, amount: Amount, *, key: str) -> Told:
        raise Refused("Razorpay holds nothing: the whole amount is paid at once.", "cannot_hold")

    async def release(self, told: Told, *, key: str) -> Told:
        link = await self._link(told.reference)
        if link is None:
            raise Refused("Razorpay knows no such payment.", "not_found")
        if link["status"] == "paid":
            raise Refused("It has been paid; it can be given back.", "paid")
        if link["status"] != "cancelled" and link["status"] != "expired":
            link = await self._post(f"/payment_links/{link['id']}/cancel", {})
        return self._of_link(link, state="released")

    async def refund(self, told: Told, amount: Amount, *, refund: str, charge: str, key: str) -> Refunded:
        path = f"/payments/{quote(charge, safe='')}"
        for one in (await self._get(f"{path}/refunds?count={PAGE}"))["items"]:
            if _note(one, "refund") == refund:
                return _refunded(one)
        notes = {"refund": refund} | ({"payment": told.payment} if told.payment is not None else {})
        fields = {"amount": checked(amount), "speed": "normal", "notes": notes}
        # A key of theirs is made of letters and digits, and not short.
        said = hashlib.sha256(key.encode()).hexdigest()
        return _refunded(await self._post(f"{path}/refund", fields, {"X-Refund-Idempotency": said}))

    async def find(self, reference: str) -> Told:
        link = await self._link(reference)
        if link is None:
            raise Refused("Razorpay knows no such payment.", "not_found")
        paid = [one for one in link.get("payments") or () if one["status"] == "captured"]
        if not paid:
            return self._of_link(link)
        return self._of_payment(await self._get(f"/payments/{quote(paid[0]['payment_id'], safe='')}"), self._clock())

    async def find_refund(self, reference: str) -> Refunded:
        return _refunded(await self._get(f"/refunds/{quote(reference, safe='')}"))

    async def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        moved = []
        for one in await self._listed("/payments", since, until):
            if one["status"] in ("captured", "refunded") and one["captured"]:
                amount = Amount(one["amount"], one["currency"])
                moved.append(Movement(one["id"], "charge", amount, _time(one["created_at"]), _note(one, "payment")))
        for one in await self._listed("/refunds", since, until):
            if one["status"] == "processed":
                amount = Amount(-one["amount"], one["currency"])
                moved.append(Movement(one["id"], "refund", amount, _time(one["created_at"]), _note(one, "payment")))
        return [each for each in moved if since <= each.at < until]

    def event(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Webhook:
        """Their headers are not signed, so that the event is told by its bytes, and its age by what is in them."""
        good = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        if not self._secret or not hmac.compare_digest(
            good.encode(), headers.get("x-razorpay-signature", "").encode("utf-8", "replace")
        ):
            raise Forged("the signature is not Razorpay's")
        try:
            said = msgspec.json.decode(body, type=_Said)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Forged("this is no event of Razorpay's") from None
        at = _time(said.created_at)
        spare = timedelta(seconds=SIGNED_WITHIN_S)
        if not -spare <= now - at <= TOLD_FOR + spare:
            raise Forged("it was signed too long ago, or in the future")
        payment: Told | None = None
        refund: Refunded | None = None
        match said.event:
            case "payment_link.paid" | "payment.captured":
                payment = self._of_payment(said.entity("payment"), at)
            case "payment_link.expired" | "payment_link.cancelled":
                payment = self._of_link(said.entity("payment_link"), at=at)
            case "payment.dispute.lost":
                payment = self._of_payment(said.entity("payment"), at, state="reversed")
            case "refund.created" | "refund.processed" | "refund.failed":
                refund = _refunded(said.entity("refund"), at)
        if payment is not None and payment.payment is None:
            payment = None  # paid by something that is not ours
        return Webhook(id=hashlib.sha256(body).hexdigest()[:32], at=at, kind=said.event, payment=payment, refund=refund)

    async def close(self) -> None:
        """Nothing stays open between requests."""

    async def _link(self, reference: str) -> dict[str, Any] | None:
        found = await self._get(f"/payment_links?{urlencode({'reference_id': reference})}")
        links: list[dict[str, Any]] = found["payment_links"]
        return links[0] if links else None

    async def _listed(self, path: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            span = {"from": int(since.timestamp()), "to": int(until.timestamp()), "count": PAGE, "skip": len(found)}
            page = (await self._get(f"{path}?{urlencode(span)}"))["items"]
            found += page
            if len(page) < PAGE:
                return found

    def _of_link(self, link: dict[str, Any], *, at: datetime | None = None, state: State | None = None) -> Told:
        states: dict[str, State] = {"expired": "expired", "cancelled": "released", "paid": "paid"}
        now = state or states.get(link["status"], "pending")
        charges = [one["payment_id"] for one in link.get("payments") or () if one["status"] == "captured"]
        return Told(
            reference=link["reference_id"],
            state=now,
            at=at or self._clock(),
            payment=_note(link, "payment"),
            charge=charges[0] if charges else None,
            amount=Amount(link["amount"], link["currency"]),
            captured=link["amount_paid"],
            pay_at=link["short_url"] if now == "pending" else None,
        )

    def _of_payment(self, said: dict[str, Any], at: datetime, *, state: State = "paid") -> Told:
        ours = _note(said, "payment")
        amount = Amount(said["amount"], said["currency"])
        return Told(
            reference=ours or said["id"],
            state=state,
            at=at,
            payment=ours,
            charge=said["id"],
            amount=amount,
            captured=amount.minor,
            reason="The payer's bank took it back." if state == "reversed" else None,
        )

    async def _get(self, path: str) -> Any:
        headers = {"Authorization": self._login, "Accept": "application/json"}
        return await self._said(self._http.get(self._url + path, headers, longest=LONGEST_LIST))

    async def _post(self, path: str, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        every = {"Authorization": self._login, "Content-Type": "application/json"} | dict(headers or {})
        body = msgspec.json.encode(fields)
        return await self._said(self._http.post(self._url + path, body, every, longest=LONGEST_LIST))

    async def _said(self, asking: Any) -> Any:
        try:
            answer: Answer = await asking
        except (Failed, NotReached) as error:
            raise Unclear(f"Razorpay: {error}") from error
        try:
            said = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unclear(f"Razorpay answered {answer.status}, and no JSON") from None
        if answer.fine:
            return said
        wrong = said.get("error", {}) if isinstance(said, dict) else {}
        sentence = wrong.get("description") or f"Razorpay answered {answer.status}."
        if answer.status >= 500 or answer.status in _MAYBE_DONE or wrong.get("code") in _THEIR_TROUBLE:
            raise Unclear(f"Razorpay: {sentence}")
        raise Refused(sentence, wrong.get("reason") or wrong.get("code"))


class _Said(msgspec.Struct):
    """A webhook of theirs."""

    event: str
    created_at: int
    payload: dict[str, dict[str, Any]]

    def entity(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.payload[name]["entity"]
        except KeyError:
            raise Forged(f"{self.event} has no {name}") from None
        return found


def checked(amount: Amount) -> int:
    """As Razorpay wants it: in the smallest unit. Raises `Refused` for what it cannot take."""
    if amount.currency in LAST_DIGIT_0 and amount.minor % 10:
        raise Refused(f"Razorpay takes amounts of {amount.currency} with two decimals only.", "invalid_amount")
    return amount.minor


def _refunded(said: dict[str, Any], at: datetime | None = None) -> Refunded:
    states: dict[str, RefundState] = {"processed": "done", "failed": "failed"}
    return Refunded(
        reference=said["id"],
        state=states.get(said["status"], "pending"),
        at=at or _time(said["created_at"]),
        refund=_note(said, "refund"),
        charge=said["payment_id"],
        amount=Amount(said["amount"], said["currency"]),
    )


def _note(said: dict[str, Any], name: str) -> str | None:
    """What we have written to it; where there is nothing, they have an empty list."""
    notes = said.get("notes")
    return notes.get(name) if isinstance(notes, dict) else None


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
