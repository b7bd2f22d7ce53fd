"""The Razorpay adapter against a Razorpay written from its public documentation."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, NamedTuple

import pytest

from stationmaster.outside import Http
from stationmaster.outside.payments.provider import Asked, Forged, Provider, Refused, Unclear
from stationmaster.outside.payments.razorpay import Razorpay
from stationmaster.payment_words import Amount, SavedMethod, Webhook
from tests.payments.fake_razorpay import NOW, FakeRazorpay
from tests.payments.serving import Answered, Server, serving

THEN = datetime.fromtimestamp(NOW, UTC)
TWO_HUNDRED = Amount(20000, "INR")


class Set(NamedTuple):
    theirs: FakeRazorpay
    server: Server
    adapter: Razorpay

    def heard(self, kind: str, *, minutes: float = 0, event_id: str | None = None) -> Webhook:
        """The newest event of a kind, by way of its webhook."""
        event = next(event for event in reversed(self.theirs.events) if event["event"] == kind)
        headers, body = self.theirs.signed(event, event_id=event_id)
        return self.adapter.event(body, headers, now=THEN + timedelta(minutes=minutes))


@pytest.fixture
async def razorpays() -> AsyncIterator[Set]:
    theirs = FakeRazorpay()
    async with serving(theirs) as server:
        adapter = Razorpay(
            Http([ip_network("127.0.0.0/8")], timeout_s=2),
            key_id="rzp_test_fake",
            key_secret="fake_secret",
            webhook_secret="hook_secret",
            clock=lambda: THEN,
            url=f"{server.url}/v1",
        )
        yield Set(theirs, server, adapter)


def asked(payment: str = "p1", **more: Any) -> Asked:
    facts: dict[str, Any] = {"capture": "at_once", "description": "Charging at SIM-001", "amount": TWO_HUNDRED} | more
    return Asked(
        payment=payment, return_url="https://cs.example/pay/p1", expires_at=THEN + timedelta(minutes=10), **facts
    )


async def test_a_payment_by_upi_is_paid_at_once_and_what_is_not_used_goes_back(razorpays: Set) -> None:
    theirs, _, adapter = razorpays
    provider: Provider = adapter
    assert not provider.can_hold
    begun = await provider.begin(asked(email="ann@example.com"), key="b")
    assert (begun.state, begun.payment, begun.amount, begun.captured) == ("pending", "p1", TWO_HUNDRED, 0)
    assert begun.pay_at is not None and begun.pay_at.startswith("https://rzp.io/")
    theirs.pay("p1", fails=True)  # another try is made at the same page
    assert razorpays.heard("payment.failed").payment is None
    assert (await adapter.find(begun.reference)).state == "pending"
    payment = theirs.pay("p1")
    paid = await adapter.find(begun.reference)
    assert (paid.state, paid.charge, paid.captured, paid.reference) == ("paid", payment["id"], 20000, begun.reference)
    for kind in ("payment.captured", "payment_link.paid"):
        told = razorpays.heard(kind).payment
        assert told is not None
        assert (told.state, told.charge, told.reference, told.payment) == ("paid", payment["id"], begun.reference, "p1")
    back = await adapter.refund(paid, Amount(12345, "INR"), refund="r1", charge=payment["id"], key="r")
    assert (back.state, back.refund, back.charge, back.amount) == ("done", "r1", payment["id"], Amount(12345, "INR"))
    assert (await adapter.find_refund(back.reference)).refund == "r1"
    for kind in ("refund.created", "refund.processed"):
        refund = razorpays.heard(kind).refund
        assert refund is not None and (refund.reference, refund.refund, refund.state) == (back.reference, "r1", "done")
    moved = await adapter.movements(THEN, THEN + timedelta(seconds=1))
    assert [(one.kind, one.amount, one.payment, one.reference) for one in moved] == [
        ("charge", TWO_HUNDRED, "p1", payment["id"]),
        ("refund", Amount(-12345, "INR"), "p1", back.reference),
    ]
    assert await adapter.movements(THEN + timedelta(seconds=1), THEN + timedelta(days=1)) == []
    with pytest.raises(Refused):
        await adapter.refund(paid, Amount(12345, "INR"), refund="r2", charge=payment["id"], key="r2")
    with pytest.raises(Refused, match="at once"):
        await adapter.capture(paid, TWO_HUNDRED, key="c")


async def test_what_is_told_twice_is_done_once(razorpays: Set) -> None:
    theirs, server, adapter = razorpays
    server.lose_answers = 2  # of the look, then of the link
    for _ in range(2):
        with pytest.raises(Unclear):
            await adapter.begin(asked(), key="b")
    server.lose_answers = 0
    begun = await adapter.begin(asked(), key="b")
    assert (await adapter.begin(asked(), key="b")).pay_at == begun.pay_at
    payment = theirs.pay("p1")
    paid = await adapter.find(begun.reference)
    for key in ("r", "r", "another"):
        await adapter.refund(paid, Amount(100, "INR"), refund="r1", charge=payment["id"], key=key)
    assert [event["event"] for event in theirs.events].count("refund.processed") == 1


async def test_M_19_a_payment_that_comes_too_late_is_told_whatever_its_link_says(razorpays: Set) -> None:
    theirs, _, adapter = razorpays
    begun = await adapter.begin(asked(), key="b")
    payment = theirs.try_to_pay("p1")
    assert (await adapter.release(begun, key="r")).state == "released"  # its ten minutes are over
    told = razorpays.heard("payment_link.cancelled").payment
    assert told is not None and (told.state, told.reference) == ("released", begun.reference)
    theirs.authorize(payment["id"])
    # Sent again it is the same event, whatever a header that nobody has signed says.
    first = razorpays.heard("payment.captured", minutes=2)
    again = [
        razorpays.heard("payment.captured", minutes=minutes, event_id=f"x{minutes}") for minutes in (3, 3.5, 60 * 23)
    ]
    assert {one.id for one in again} == {first.id}
    assert first.payment is not None
    assert (first.payment.state, first.payment.captured, first.payment.charge) == ("paid", 20000, payment["id"])
    back = await adapter.refund(first.payment, TWO_HUNDRED, refund="late", charge=payment["id"], key="refund")
    assert back.state == "done"


async def test_nobody_pays_a_link_that_is_over(razorpays: Set) -> None:
    theirs, _, adapter = razorpays
    begun = await adapter.begin(asked(), key="b")
    theirs.expire("p1")
    told = razorpays.heard("payment_link.expired").payment
    assert told is not None and (told.state, told.payment) == ("expired", "p1")
    assert (await adapter.find(begun.reference)).state == "expired"
    assert (await adapter.release(begun, key="r")).state == "released"
    begun = await adapter.begin(asked("p2"), key="b2")
    theirs.pay("p2")
    with pytest.raises(Refused, match="paid"):
        await adapter.release(begun, key="r2")
    for unknown in ("p9", "p1&reference_id=p2", "../payments"):
        with pytest.raises(Refused):
            await adapter.find(unknown)


async def test_what_a_bank_takes_back_and_a_refund_that_fails(razorpays: Set) -> None:
    theirs, _, adapter = razorpays
    begun = await adapter.begin(asked(), key="b")
    payment = theirs.pay("p1")
    paid = await adapter.find(begun.reference)
    back = await adapter.refund(paid, Amount(100, "INR"), refund="r1", charge=payment["id"], key="r")
    theirs.fail_refund(back.reference)
    refund = razorpays.heard("refund.failed").refund
    assert refund is not None and (refund.state, refund.refund) == ("failed", "r1")
    assert (await adapter.find_refund(back.reference)).state == "failed"
    theirs.dispute(payment["id"])
    told = razorpays.heard("payment.dispute.lost").payment
    assert told is not None and (told.state, told.payment, told.charge) == ("reversed", "p1", payment["id"])


async def test_M_12_amounts_are_in_the_smallest_unit(razorpays: Set) -> None:
    _, server, adapter = razorpays
    for amount in (Amount(403, "JPY"), Amount(40300, "INR"), Amount(330, "KWD")):
        begun = await adapter.begin(asked(str(amount.minor), amount=amount), key="b")
        sent = json.loads(server.asked[-1].body)
        assert (sent["amount"], sent["currency"], begun.amount) == (amount.minor, amount.currency, amount)
    with pytest.raises(Refused, match="two decimals"):
        await adapter.begin(asked("kwd", amount=Amount(329, "KWD")), key="b")
    with pytest.raises(Refused):
        await adapter.begin(asked("little", amount=Amount(99, "INR")), key="b")
    with pytest.raises(Refused):
        await adapter.begin(asked("saved", method=SavedMethod("a", "b", "c")), key="b")


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, {"error": {"code": "SERVER_ERROR", "description": "oh"}}), (502, {}), (429, {}), (401, {}), (409, {}),
     (400, {"error": {"code": "GATEWAY_ERROR", "description": "the bank is away"}})],
)  # fmt: skip
async def test_what_is_not_said_is_unclear(razorpays: Set, status: int, body: dict[str, Any]) -> None:
    _, server, adapter = razorpays
    server.refuse.append(Answered(status, body))
    with pytest.raises(Unclear):
        await adapter.begin(asked(), key="b")
    assert (await adapter.begin(asked(), key="b")).state == "pending"


async def test_PAY_01_a_webhook_without_a_good_signature_is_forged(razorpays: Set) -> None:
    theirs, _, adapter = razorpays
    await adapter.begin(asked(), key="b")
    theirs.pay("p1")
    headers, body = theirs.signed(theirs.events[-1])
    assert adapter.event(body, headers, now=THEN + timedelta(days=1)).payment is not None
    good = headers["x-razorpay-signature"]
    short = json.dumps({"event": "payment.captured", "created_at": NOW, "payload": {}}).encode()
    forged = [
        ({}, body, 0.0),
        ({"x-razorpay-signature": ""}, body, 0.0),
        ({"x-razorpay-signature": "é" + good}, body, 0.0),
        ({"x-razorpay-signature": good.upper()}, body, 0.0),
        (headers, body + b" ", 0.0),
        (headers, body.replace(b"20000", b"90000"), 0.0),
        (headers, body, 60 * 24 + 6),
        (headers, body, -6.0),
        (theirs.signed(theirs.events[-1], secret="other")[0], body, 0.0),
        (FakeRazorpay(webhook_secret="").signed(theirs.events[-1])[0], body, 0.0),
    ]
    for given, said, minutes in forged:
        with pytest.raises(Forged):
            adapter.event(said, given, now=THEN + timedelta(minutes=minutes))
    for said in (b"[]", b"{}", b"\xff", short):
        with pytest.raises(Forged):
            adapter.event(said, {"x-razorpay-signature": theirs.signature(said)}, now=THEN)
    theirs.sell()  # by the same account, and not by us
    assert razorpays.heard("payment.captured").payment is None


async def test_it_says_who_it_is_and_nothing_more(razorpays: Set) -> None:
    _, server, adapter = razorpays
    await adapter.begin(asked(), key="b")
    assert {one.headers["authorization"] for one in server.asked} == {
        "Basic " + base64.b64encode(b"rzp_test_fake:fake_secret").decode()
    }
    assert b"fake_secret" not in b"".join(one.body for one in server.asked)
