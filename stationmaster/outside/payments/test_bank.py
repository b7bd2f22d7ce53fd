"""A bank for practice, which speaks HTTP as providers of payments do: refusals, holds that end, webhooks that come late, twice or never.

How it behaves is asked by the number of the card (`CARDS`), as with other providers' test cards. No money is in it. It forgets everything when it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec

HOLD = timedelta(days=7)
SLOW = timedelta(seconds=10)
AGAIN = timedelta(seconds=5)
SIGNATURE = "test-bank-signature"
Fault = Literal["deaf", "mute", "broken", "busy"]
"""What may become of a request: `deaf` (the connection ends, nothing was done), `mute` (it was done, and no answer comes), `broken` (it was done, and the
answer is 500), `busy` (503, nothing was done)."""


class Card(NamedTuple):
    """How a card behaves."""

    sentence: str
    refused: str | None = None
    code: str | None = None
    capture_refused: bool = False
    increase_refused: bool = False
    told: Literal["once", "never", "late", "twice"] = "once"
    reversed: bool = False


CARDS = {
    "4242424242424242": Card("pays"),
    "4000000000000002": Card("is declined", "The card was declined.", "card_declined"),
    "4000000000009995": Card("has not enough money", "The card has not enough money.", "insufficient_funds"),
    "4000000000000341": Card("holds the amount, and refuses to pay it later", capture_refused=True),
    "4000000000000093": Card("holds the amount, and never more", increase_refused=True),
    "4000000000000077": Card("pays, and the webhook is lost", told="never"),
    "4000000000000101": Card("pays, and the webhook is late", told="late"),
    "4000000000000119": Card("pays, and is told three times, the newest first", told="twice"),
    "4000000000000259": Card("pays, and takes it back", reversed=True),
}


class Payment(msgspec.Struct):
    """A payment in the bank."""

    reference: str
    payment: str
    amount: int
    currency: str
    capture: str
    description: str
    return_url: str
    expires_at: datetime
    at: datetime
    state: str = "pending"
    charge: str | None = None
    captured: int = 0
    refunded: int = 0
    hold_until: datetime | None = None
    code: str | None = None
    reason: str | None = None
    card: str | None = None
    save: bool = False


class Refund(msgspec.Struct):
    reference: str
    refund: str
    payment: str
    charge: str
    amount: int
    currency: str
    at: datetime
    state: str = "done"


class Problem(Exception):
    """A request that the bank does not do."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class Bank:
    """What the bank knows, and does. `post` delivers its webhooks, and says whether they were taken."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        secret: str,
        post: Callable[[bytes, dict[str, str]], Awaitable[bool]] | None = None,
    ) -> None:
        self.clock = clock
        self.payments: dict[str, Payment] = {}
        self.refunds: dict[str, Refund] = {}
        self.movements: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str]] = []  # method and path of all that came
        self.faults: list[Fault] = []  # of the next requests, one after the other
        self.post = post
        self._secret = secret
        self._answers: dict[str, Any] = {}  # by idempotency key
        self._hooks: list[tuple[datetime, bytes]] = []
        self._wake = asyncio.Event()

    # What is asked of it

    def answer(self, method: str, path: str, key: str | None, body: bytes) -> Any:
        """What it says to a request. Raises `Problem`."""
        if method == "POST" and key is not None and key in self._answers:
            return self._answers[key]
        for pattern, function in _ROUTES:
            if found := re.fullmatch(pattern, f"{method} {path}"):
                result = function(self, *found.groups(), **(msgspec.json.decode(body) if body else {}))
                if method == "POST" and key is not None:
                    self._answers[key] = result
                return result
        raise Problem(404, "not_found", "there is nothing here")

    def begin(
        self, *, payment: str, amount: int, currency: str, expires_at: str, method: str | None = None, **more: Any
    ) -> Any:
        if amount < 0 or (amount == 0 and not more.get("save")):
            raise Problem(400, "amount_invalid", "the amount must be more than nothing")
        reference = f"tp_{secrets.token_hex(8)}"
        made = Payment(
            reference,
            payment,
            amount,
            currency,
            more["capture"],
            more["description"],
            more["return_url"],
            msgspec.convert(expires_at, datetime),
            self.clock(),
            save=more.get("save", False),
        )
        self.payments[reference] = made
        if method is not None:
            self.pay(reference, card=method.removeprefix("card_"))
            if made.state == "pending":
                made.state = "refused"
        return self._told(made)

    def pay(self, reference: str, *, card: str) -> Any:
        """The payer pays, or tries to."""
        found, behaves = self._payment(reference), CARDS.get(card)
        if behaves is None:
            raise Problem(400, "card_unknown", "This is none of the cards for practice.")
        if found.state != "pending":
            raise Problem(409, "not_pending", "This has been paid, or is over.")
        if self.clock() >= found.expires_at:
            found.state, found.at = "expired", self.clock()
            raise Problem(409, "expired", "The time to pay is over.")
        found.at = self.clock()
        found.card = card
        if behaves.refused is not None:
            found.code, found.reason = behaves.code, behaves.refused
            self._tell(found, "payment.declined")
            return self._told(found)
        found.charge = f"tc_{secrets.token_hex(8)}"
        found.code = found.reason = None
        if found.capture == "later":
            found.state, found.hold_until = "authorised", self.clock() + HOLD
        else:
            found.state = "paid"
            if found.amount:  # else a card is saved, and nothing is taken
                self._take(found, found.amount)
        self._tell(found, "payment." + found.state)
        if behaves.reversed:
            self.reverse(reference)
        return self._told(found)

    def increase(self, reference: str, *, amount: int) -> Any:
        """Hold so much in all."""
        found = self._payment(reference)
        if found.state != "authorised" or found.hold_until is None or self.clock() >= found.hold_until:
            raise Problem(409, "not_authorised", "Nothing is held.")
        if amount <= found.amount:
            raise Problem(400, "amount_too_small", "So much is held already.")
        if CARDS[found.card or ""].increase_refused:
            raise Problem(402, "increase_refused", "Your bank does not hold more.")
        found.amount, found.at = amount, self.clock()
        self._tell(found, "payment.increased")
        return self._told(found)

    def capture(self, reference: str, *, amount: int) -> Any:
        found = self._payment(reference)
        if found.state != "authorised":
            raise Problem(409, "not_authorised", "Nothing is held.")
        assert found.hold_until is not None
        if self.clock() >= found.hold_until or CARDS[found.card or ""].capture_refused:
            found.state, found.at = "expired", self.clock()
            self._tell(found, "payment.expired")
            raise Problem(402, "hold_over", "The hold was over, and nothing could be taken.")
        if not 0 < amount <= found.amount:
            raise Problem(400, "amount_too_large", "That is more than is held.")
        found.state, found.at = "paid", self.clock()
        self._take(found, amount)
        self._tell(found, "payment.paid")
        return self._told(found)

    def release(self, reference: str) -> Any:
        found = self._payment(reference)
        if found.state not in ("pending", "authorised", "released"):
            raise Problem(409, "not_held", "Nothing is held.")
        if found.state != "released":
            found.state, found.at = "released", self.clock()
            self._tell(found, "payment.released")
        return self._told(found)

    def refund(self, reference: str, *, amount: int, refund: str, charge: str) -> Any:
        found = self._payment(reference)
        if found.charge != charge:
            raise Problem(404, "not_found", "there is no such charge")
        if not 0 < amount <= found.captured - found.refunded:
            raise Problem(400, "amount_too_large", "That is more than was paid.")
        found.refunded += amount
        made = Refund(f"tr_{secrets.token_hex(8)}", refund, reference, charge, amount, found.currency, self.clock())
        self.refunds[made.reference] = made
        self._move(found, made.reference, "refund", -amount)
        self._hook("refund.done", {"refund": msgspec.to_builtins(made)}, CARDS[found.card or ""])
        return msgspec.to_builtins(made)

    def reverse(self, reference: str) -> None:
        """The payer's bank takes it back."""
        found = self._payment(reference)
        found.state, found.at = "reversed", self.clock()
        if found.captured:
            self._move(found, f"{found.charge}-back", "reversal", -found.captured)
        self._tell(found, "payment.reversed")

    def find(self, reference: str) -> Any:
        return self._told(self._payment(reference))

    def find_refund(self, reference: str) -> Any:
        if reference not in self.refunds:
            raise Problem(404, "not_found", "there is no such refund")
        return msgspec.to_builtins(self.refunds[reference])

    def list_movements(self, since: str, until: str) -> Any:
        begin, end = (msgspec.convert(text, datetime) for text in (since, until))
        return [each for each in self.movements if begin <= msgspec.convert(each["at"], datetime) < end]

    # Webhooks

    async def run(self) -> None:
        """For ever: send webhooks when they are due, and again a while later those that nobody takes."""
        while True:
            self._wake.clear()
            soonest = min((at for at, _ in self._hooks), default=None)
            try:
                wait_s = None if soonest is None else max(0.0, (soonest - self.clock()).total_seconds())
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
            except TimeoutError:
                await self.deliver()

    async def deliver(self) -> None:
        """Send the webhooks that are due."""
        now = self.clock()
        due = [body for at, body in self._hooks if at <= now]
        self._hooks = [each for each in self._hooks if each[0] > now]
        for body in due:
            if self.post is None:
                continue
            headers = {SIGNATURE: signature(self._secret, body, now), "Content-Type": "application/json"}
            if not await self.post(body, headers):
                self._hooks.append((now + AGAIN, body))

    def _tell(self, found: Payment, kind: str) -> None:
        self._hook(kind, {"payment": self._told(found)}, CARDS[found.card or "4242424242424242"])

    def _hook(self, kind: str, what: dict[str, Any], card: Card) -> None:
        if card.told == "never":
            return
        at = self.clock() + SLOW if card.told == "late" else self.clock()
        body = msgspec.json.encode({"id": f"te_{secrets.token_hex(8)}", "at": self.clock(), "kind": kind} | what)
        hooks = [(at, body)] * (3 if card.told == "twice" else 1)
        self._hooks = hooks + self._hooks if card.told == "twice" else self._hooks + hooks
        self._wake.set()

    # Books

    def _take(self, found: Payment, amount: int) -> None:
        found.captured = amount
        self._move(found, found.charge or "", "charge", amount)

    def _move(self, found: Payment, reference: str, kind: str, amount: int) -> None:
        moved = {"reference": reference, "kind": kind, "amount": amount, "currency": found.currency}
        at = msgspec.to_builtins(self.clock())
        self.movements.append(moved | {"at": at, "payment": found.payment})

    def _payment(self, reference: str) -> Payment:
        if reference not in self.payments:
            raise Problem(404, "not_found", "there is no such payment")
        return self.payments[reference]

    def _told(self, found: Payment) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.to_builtins(found)
        return told


_ROUTES: list[tuple[str, Callable[..., Any]]] = [
    (r"POST /payments", Bank.begin),
    (r"POST /payments/(\w+)/pay", Bank.pay),
    (r"POST /payments/(\w+)/increase", Bank.increase),
    (r"POST /payments/(\w+)/capture", Bank.capture),
    (r"POST /payments/(\w+)/release", Bank.release),
    (r"POST /payments/(\w+)/refunds", Bank.refund),
    (r"GET /payments/(\w+)", Bank.find),
    (r"GET /refunds/(\w+)", Bank.find_refund),
    (r"GET /movements\?since=([^&]+)&until=([^&]+)", Bank.list_movements),
]


def signature(secret: str, body: bytes, at: datetime) -> str:
    seconds = int(at.timestamp())
    return f"t={seconds},v1={hmac.new(secret.encode(), b'%d.%s' % (seconds, body), hashlib.sha256).hexdigest()}"


@contextlib.asynccontextmanager
async def serving(bank: Bank, port: int = 0) -> AsyncIterator[int]:
    """The bank behind a port of this machine; yields the port."""
    server = await asyncio.start_server(lambda reader, writer: _serve(bank, reader, writer), "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def _serve(bank: Bank, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        bank.requests.append((method, path))
        fault = bank.faults.pop(0) if bank.faults else None
        status, said = 503, b"{}"
        if fault not in ("deaf", "busy"):
            try:
                status, said = 200, msgspec.json.encode(bank.answer(method, path, headers.get("idempotency-key"), body))
            except Problem as problem:
                status, said = problem.status, msgspec.json.encode({"code": problem.code, "sentence": str(problem)})
        if fault == "broken":
            status, said = 500, b"oh"
        if fault not in ("deaf", "mute"):
            head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + said)
            await writer.drain()
    writer.close()
