"""The Stripe adapter against a Stripe that is not ours to change: what it says is what `payment_words.py` says that it means."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import stripe

import stationmaster
from stationmaster.outside import Http
from stationmaster.outside.payments.provider import Asked, Forged, Provider, Refused, Unclear
from stationmaster.outside.payments.stripe import Stripe
from stationmaster.payment_words import Amount, SavedMethod, Webhook
from tests.payments.fake_stripe import DAY, NOW, FakeStripe
from tests.payments.serving import Answered, Server, serving

THEN = datetime.fromtimestamp(NOW, UTC)
FIFTY = Amount(5000, "EUR")


class Set(NamedTuple):
    theirs: FakeStripe
    server: Server
    adapter: Stripe

    def heard(self, kind: str) -> Webhook:
        """The newest event of a kind, by way of its webhook."""
        event = next(event for event in reversed(self.theirs.events) if event["type"] == kind)
        headers, body = self.theirs.signed(event)
        return self.adapter.event(body, headers, now=THEN)


@pytest.fixture
async def stripes() -> AsyncIterator[Set]:
    theirs = FakeStripe()
    async with serving(theirs) as server:
        http = Http([ip_network("127.0.0.0/8")], timeout_s=2)
        adapter = Stripe(
            http, secret_key="sk_test_fake", webhook_secret="whsec_fake", clock=lambda: THEN, url=server.url
        )
        yield Set(theirs, server, adapter)


def asked(payment: str = "p1", **more: Any) -> Asked:
    facts: dict[str, Any] = {"capture": "later", "description": "Charging at SIM-001", "amount": FIFTY} | more
    return Asked(
        payment=payment, return_url="https://cs.example/pay/p1", expires_at=THEN + timedelta(minutes=10), **facts
    )


async def test_a_hold_is_paid_in_part_and_given_back(stripes: Set) -> None:
    theirs, _, adapter = stripes
    provider: Provider = adapter
    begun = await provider.begin(asked(), key="begin-1")
    assert (begun.state, begun.payment, begun.amount) == ("pending", "p1", FIFTY)
    assert begun.pay_at is not None and begun.pay_at.startswith("https://checkout.stripe.com/")
    intent = theirs.pay(begun.reference)
    held = await adapter.find(begun.reference)
    assert (held.state, held.charge, held.reference) == ("authorised", intent["id"], begun.reference)
    assert held.hold_until == THEN + timedelta(days=7)  # M-18: as Stripe says
    for kind in ("payment_intent.amount_capturable_updated", "checkout.session.completed"):
        told = stripes.heard(kind).payment
        assert told is not None and (told.state, told.payment, told.charge) == ("authorised", "p1", intent["id"])
    told = stripes.heard("charge.succeeded").payment
    assert told is not None and (told.payment, told.state, told.hold_until) == ("p1", "authorised", held.hold_until)
    taken = await adapter.capture(held, Amount(1157, "EUR"), key="capture-1")
    assert (taken.state, taken.captured, taken.reference) == ("paid", 1157, begun.reference)
    told = stripes.heard("payment_intent.succeeded").payment
    assert told is not None and (told.state, told.captured, told.payment) == ("paid", 1157, "p1")
    assert taken.charge is not None
    back = await adapter.refund(taken, Amount(157, "EUR"), refund="r1", charge=taken.charge, key="refund-1")
    assert (back.state, back.refund, back.charge, back.amount) == ("done", "r1", taken.charge, Amount(157, "EUR"))
    assert (await adapter.find_refund(back.reference)).refund == "r1"
    moved = await adapter.movements(THEN, THEN + timedelta(seconds=1))
    assert {(one.kind, one.amount, one.payment) for one in moved} == {
        ("charge", Amount(1157, "EUR"), "p1"),  # what the payer paid, not what the account's owner got in dollars
        ("refund", Amount(-157, "EUR"), "p1"),
    }
    assert {one.reference for one in moved} == {taken.charge, back.reference}
    assert await adapter.movements(THEN + timedelta(seconds=1), THEN + timedelta(days=1)) == []


async def test_P_09_C23_a_hold_is_raised_where_card_and_bank_can(stripes: Set) -> None:
    theirs, server, adapter = stripes
    begun = await adapter.begin(asked(), key="b")
    theirs.pay(begun.reference)
    held = await adapter.find(begun.reference)
    server.lose_answers = 1
    with pytest.raises(Unclear):
        await adapter.increase(held, Amount(6500, "EUR"), key="i")
    raised = await adapter.increase(held, Amount(6500, "EUR"), key="i")
    assert (raised.state, raised.amount, raised.reference) == ("authorised", Amount(6500, "EUR"), begun.reference)
    told = stripes.heard("payment_intent.amount_capturable_updated").payment
    assert told is not None and (told.state, told.amount, told.payment) == ("authorised", Amount(6500, "EUR"), "p1")
    with pytest.raises(Refused, match="insufficient funds"):
        await adapter.increase(raised, Amount(200_000, "EUR"), key="i2")
    assert (await adapter.find(begun.reference)).amount == Amount(6500, "EUR")  # held as before
    assert (await adapter.capture(raised, Amount(6320, "EUR"), key="c")).captured == 6320
    other = await adapter.begin(asked("p2"), key="b2")
    theirs.pay(other.reference, card="5555555555554444")
    with pytest.raises(Refused, match="not eligible"):
        await adapter.increase(await adapter.find(other.reference), Amount(6500, "EUR"), key="i3")


async def test_what_is_told_twice_is_done_once(stripes: Set) -> None:
    """Answers get lost after the work was done; and a key that Stripe has forgotten meanwhile is no second refund."""
    theirs, server, adapter = stripes
    server.lose_answers = 1
    with pytest.raises(Unclear):
        await adapter.begin(asked(), key="b")
    begun = await adapter.begin(asked(), key="b")
    intent = theirs.pay(begun.reference)
    held = await adapter.find(begun.reference)
    server.lose_answers = 1
    with pytest.raises(Unclear):
        await adapter.capture(held, Amount(1000, "EUR"), key="c")
    for key in ("c", "a day later"):
        assert (await adapter.capture(held, Amount(1000, "EUR"), key=key)).captured == 1000
    for key in ("r", "a day later"):
        await adapter.refund(held, Amount(300, "EUR"), refund="r1", charge=intent["id"], key=key)
    assert [event["type"] for event in theirs.events].count("refund.created") == 1
    assert sum(one.amount.minor for one in await adapter.movements(THEN, THEN + timedelta(hours=1))) == 700


async def test_M_12_amounts_are_in_the_smallest_unit_but_where_stripe_writes_them_otherwise(stripes: Set) -> None:
    theirs, _, adapter = stripes
    for amount, written in ((Amount(403, "JPY"), 403), (Amount(403, "EUR"), 403), (Amount(500, "ISK"), 50000)):
        begun = await adapter.begin(asked(amount=amount, capture="at_once"), key=str(amount))
        intent = theirs.pay(begun.reference)
        told = await adapter.find(begun.reference)
        assert (intent["amount"], told.amount, told.captured) == (written, amount, amount.minor)
    dinars = await adapter.begin(asked(amount=Amount(5000, "KWD")), key="kwd")
    theirs.pay(dinars.reference)
    # The banks behind Stripe know two of a dinar's decimals: 0.329 is not paid with 0.330.
    told = await adapter.capture(await adapter.find(dinars.reference), Amount(329, "KWD"), key="k")
    assert (told.captured, told.amount) == (320, Amount(5000, "KWD"))
    with pytest.raises(Refused, match="two decimals"):
        await adapter.begin(asked(amount=Amount(329, "KWD"), capture="at_once"), key="k2")


async def test_nobody_pays_a_page_that_was_closed(stripes: Set) -> None:
    theirs, _, adapter = stripes
    begun = await adapter.begin(asked(), key="b")
    assert (await adapter.release(begun, key="r")).state == "released"
    told = stripes.heard("checkout.session.expired").payment
    assert told is not None and (told.state, told.payment) == ("released", "p1")
    assert (await adapter.release(begun, key="again")).state == "released"
    # Paid in the very moment in which it is released: what is held is given back.
    begun = await adapter.begin(asked("p2"), key="b2")
    intent = theirs.pay(begun.reference)
    assert (await adapter.release(begun, key="r2")).state == "released"
    assert intent["status"] == "canceled" and (await adapter.find(begun.reference)).state == "released"
    # What is ours already is not released.
    begun = await adapter.begin(asked("p3", capture="at_once"), key="b3")
    theirs.pay(begun.reference)
    with pytest.raises(Refused):
        await adapter.release(begun, key="r3")


async def test_M_18_a_hold_that_is_over_is_no_money(stripes: Set) -> None:
    theirs, _, adapter = stripes
    begun = await adapter.begin(asked(), key="b")
    intent = theirs.pay(begun.reference)
    held = await adapter.find(begun.reference)
    theirs.let_hold_expire(intent["id"])
    with pytest.raises(Refused) as refused:
        await adapter.capture(held, Amount(1000, "EUR"), key="c")
    assert refused.value.code == "hold_over"
    assert (await adapter.find(begun.reference)).state == "expired"
    told = stripes.heard("payment_intent.canceled").payment
    assert told is not None and told.state == "expired"


async def test_more_than_is_held_or_paid_is_refused(stripes: Set) -> None:
    theirs, _, adapter = stripes
    begun = await adapter.begin(asked(), key="b")
    with pytest.raises(Refused):  # nobody has paid yet
        await adapter.capture(begun, FIFTY, key="c0")
    intent = theirs.pay(begun.reference)
    held = await adapter.find(begun.reference)
    with pytest.raises(Refused):
        await adapter.capture(held, Amount(5001, "EUR"), key="c")
    await adapter.capture(held, FIFTY, key="c2")
    with pytest.raises(Refused):
        await adapter.refund(held, Amount(5001, "EUR"), refund="r", charge=intent["id"], key="r")


async def test_a_card_that_is_declined_at_the_page_may_be_followed_by_another(stripes: Set) -> None:
    theirs, _, adapter = stripes
    begun = await adapter.begin(asked(), key="b")
    theirs.pay(begun.reference, card="4000000000000069")
    assert stripes.heard("payment_intent.payment_failed").payment is None
    assert (await adapter.find(begun.reference)).state == "pending"
    theirs.pay(begun.reference)
    assert (await adapter.find(begun.reference)).state == "authorised"
    begun = await adapter.begin(asked("p2"), key="b2")
    theirs.leave_open(begun.reference)
    assert (await adapter.find(begun.reference)).state in ("expired", "released")


async def test_a_card_is_saved_and_charged_without_its_owner(stripes: Set) -> None:
    theirs, _, adapter = stripes
    begun = await adapter.begin(asked(save=True, email="ann@example.com"), key="b")
    theirs.pay(begun.reference)
    saved = (await adapter.find(begun.reference)).method
    assert saved is not None and saved.label == "visa ···· 4242" and saved.payer.startswith("cus_")
    paid = await adapter.begin(
        asked("p2", capture="at_once", method=SavedMethod(saved.payer, "pm_card_visa", "x")), key="b2"
    )
    assert (paid.state, paid.captured, paid.payment, paid.charge) == ("paid", 5000, "p2", paid.reference)
    held = await adapter.begin(asked("p3", method=SavedMethod(saved.payer, "pm_card_visa", "x")), key="b3")
    assert (held.state, held.hold_until) == ("authorised", THEN + timedelta(days=7))


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ],
)
async def test_a_saved_card_is_declined(stripes: Set, method: str, code: str) -> None:
    _, _, adapter = stripes
    saved = SavedMethod("cus_1", method, "x")
    for _ in range(2):  # told again it is the same attempt
        told = await adapter.begin(asked(capture="at_once", method=saved), key="b")
        assert (told.state, told.code, told.payment, told.captured) == ("refused", code, "p1", 0)
        assert told.reason is not None
    heard = stripes.heard("payment_intent.payment_failed").payment
    assert heard is not None and (heard.state, heard.code, heard.reference) == ("refused", code, told.reference)


async def test_what_a_bank_takes_back_and_a_refund_that_fails(stripes: Set) -> None:
    theirs, _, adapter = stripes
    begun = await adapter.begin(asked(capture="at_once"), key="b")
    intent = theirs.pay(begun.reference)
    paid = await adapter.find(begun.reference)
    assert (paid.state, paid.captured) == ("paid", 5000)
    back = await adapter.refund(paid, Amount(100, "EUR"), refund="r1", charge=intent["id"], key="r")
    theirs.fail_refund(back.reference)
    heard = stripes.heard("refund.failed").refund
    assert heard is not None and (heard.state, heard.refund, heard.reference) == ("failed", "r1", back.reference)
    theirs.dispute(intent["id"])
    told = stripes.heard("charge.dispute.funds_withdrawn").payment
    assert told is not None and (told.state, told.charge) == ("reversed", intent["id"])
    assert (await adapter.find(begun.reference)).state == "reversed"
    moved = {
        (one.kind, one.amount.minor, one.payment) for one in await adapter.movements(THEN, THEN + timedelta(hours=1))
    }
    assert moved == {("charge", 5000, "p1"), ("reversal", -5000, "p1")}


async def test_pages_of_a_list_are_read_to_the_end(stripes: Set) -> None:
    theirs, server, adapter = stripes
    theirs.sell(103)
    moved = await adapter.movements(THEN, THEN + timedelta(hours=1))
    assert len({one.payment for one in moved}) == 103 and len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, {"error": {"type": "api_error", "message": "oh"}}), (503, {}), (429, {"error": {"message": "slow down"}}),
     (409, {"error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "in use"}}),
     (401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}), (200, {"not": "a session"})],
)  # fmt: skip
async def test_what_is_not_said_is_unclear(stripes: Set, status: int, body: dict[str, Any]) -> None:
    _, server, adapter = stripes
    server.refuse.append(Answered(status, body))
    with pytest.raises(Unclear):
        await adapter.begin(asked(), key="b")
    assert (await adapter.begin(asked(), key="b")).state == "pending"


async def test_PAY_01_a_webhook_without_a_good_signature_is_forged(stripes: Set) -> None:
    theirs, _, adapter = stripes
    begun = await adapter.begin(asked(), key="b")
    theirs.pay(begun.reference)
    event = theirs.events[-1]
    headers, body = theirs.signed(event)
    heard = adapter.event(body, headers, now=THEN + timedelta(minutes=5))
    assert (heard.id, heard.kind, heard.at) == (event["id"], event["type"], THEN)
    good = headers["stripe-signature"]
    forged = [
        ({}, body, 0),
        ({"stripe-signature": ""}, body, 0),
        ({"stripe-signature": "t=,v1="}, body, 0),
        ({"stripe-signature": "t=x,v1=é"}, body, 0),
        ({"stripe-signature": good.replace("v1=", "v1=é")}, body, 0),
        ({"stripe-signature": good.replace(",v1=", ",v2=")}, body, 0),
        ({"stripe-signature": f"t={NOW + 301}," + good.partition(",")[2]}, body, 0),
        (headers, body.replace(b"5000", b"5001", 1), 0),
        (headers, body + b" ", 0),
        (headers, b"\xff" + body, 0),
        (headers, body, 301),
        (headers, body, -301),
        (theirs.signed(event, secret="whsec_other")[0], body, 0),
        (theirs.signed(event, at=NOW - DAY)[0], body, 0),
    ]
    for given, said, later in forged:
        with pytest.raises(Forged):
            adapter.event(said, given, now=THEN + timedelta(seconds=later))
    headers, body = theirs.signed(
        {
            "object": "event",
            "id": "evt_9",
            "type": "payout.paid",
            "created": NOW,
            "data": {"object": {"object": "payout"}},
        }
    )
    nothing = adapter.event(body, headers, now=THEN)
    assert (nothing.payment, nothing.refund) == (None, None)


async def test_the_fake_says_only_what_stripe_says(stripes: Set) -> None:
    """Held against the library's own description of what comes: fields and states that Stripe does not have would prove nothing."""
    theirs, _, adapter = stripes
    begun = await adapter.begin(asked(), key="b")
    intent = theirs.pay(begun.reference)
    held = await adapter.capture(await adapter.find(begun.reference), FIFTY, key="c")
    await adapter.refund(held, Amount(1, "EUR"), refund="r", charge=intent["id"], key="r")
    theirs.dispute(intent["id"])
    described = {
        "payment_intent": stripe.PaymentIntent, "charge": stripe.Charge, "refund": stripe.Refund, "dispute": stripe.Dispute,
        "checkout.session": stripe.checkout.Session,
    }  # fmt: skip
    shown = {event["data"]["object"]["object"]: event["data"]["object"] for event in theirs.events}
    assert set(shown) == set(described)
    for kind, thing in shown.items():
        assert set(thing) <= set(described[kind].__annotations__), kind


def test_a_server_that_does_not_use_it_does_not_load_it() -> None:
    """Its library is large: nothing of ours imports it, or the adapter, but in a function."""
    top = re.compile(
        r"^(import stripe|from stripe|(from|import) stationmaster\.outside\.payments\.stripe|from stationmaster\.outside\.payments import .*stripe)",
        re.M,
    )
    found = [path for path in Path(stationmaster.__file__).parent.rglob("*.py") if top.search(path.read_text())]
    assert [path.name for path in found] == ["stripe.py"]
