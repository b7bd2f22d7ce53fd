"""Payments with Stripe and Razorpay behind them, from what is asked to the books: webhooks come twice and the newest first, answers get lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, cast

import pytest

from stationmaster.background import payments as background
from stationmaster.domain import customers, organizations, payments
from stationmaster.domain.money.amounts import Money, of_minor
from stationmaster.domain.payments import PaymentRow, Source, methods, reconciling, refunds
from stationmaster.outside import Http
from stationmaster.outside.payments.provider import Provider
from stationmaster.outside.payments.razorpay import Razorpay
from stationmaster.outside.payments.stripe import Stripe
from stationmaster.payment_words import SavedMethod
from stationmaster.settings import Settings
from stationmaster.storage import Database
from tests.payments.fake_razorpay import FakeRazorpay
from tests.payments.fake_stripe import NOW, FakeStripe
from tests.payments.serving import Server, serving
from tests.payments.world import Counter

pytestmark = pytest.mark.any_database
THEN = datetime.fromtimestamp(NOW, UTC)


class Hooks:
    """Stands where the bank for practice does: it sends what a fake has to tell, all of it twice, the newest first."""

    def __init__(self, theirs: FakeStripe | FakeRazorpay) -> None:
        self.theirs = theirs
        self.clock: Callable[[], datetime] = lambda: THEN
        self.post: Callable[[bytes, dict[str, str]], Awaitable[bool]]
        self._sent = 0

    async def deliver(self) -> None:
        self.theirs.now = int(self.clock().timestamp())
        new = self.theirs.events[self._sent :]
        self._sent += len(new)
        for event in reversed(new):
            headers, body = self.theirs.signed(event)
            for _ in range(2):
                await self.post(body, headers)


async def opened(database: Database, theirs: FakeStripe | FakeRazorpay, provider: Any) -> Counter:
    counter = Counter(database, cast(Any, Hooks(theirs)), provider, THEN)
    counter.home = await counter(organizations.home)
    counter.source = Source("test", counter.home)
    counter.ida = (await counter(customers.create, counter.home, public_id="IDA", name="Ida")).id
    return counter


@pytest.fixture
async def stripe(database: Database) -> AsyncIterator[tuple[Counter, FakeStripe, Server]]:
    theirs = FakeStripe()
    async with serving(theirs) as server:
        http = Http([ip_network("127.0.0.0/8")], timeout_s=2)
        adapter = Stripe(
            http, secret_key="sk_test_fake", webhook_secret="whsec_fake", clock=lambda: database.clock(), url=server.url
        )
        yield await opened(database, theirs, adapter), theirs, server


@pytest.fixture
async def razorpay(database: Database) -> AsyncIterator[tuple[Counter, FakeRazorpay, Server]]:
    theirs = FakeRazorpay()
    async with serving(theirs) as server:
        http = Http([ip_network("127.0.0.0/8")], timeout_s=2)
        keys = {"key_id": "rzp_test_fake", "key_secret": "fake_secret", "webhook_secret": "hook_secret"}
        adapter = Razorpay(http, clock=lambda: database.clock(), url=f"{server.url}/v1", **keys)
        yield await opened(database, theirs, adapter), theirs, server


async def agree(counter: Counter) -> None:
    """The provider's own list says the same as our books."""
    since, until = THEN, counter.now + timedelta(minutes=1)
    provider = cast(Provider, counter.provider)
    theirs = await provider.movements(since, until)
    row = await counter(reconciling.check, counter.source, theirs, since, until)
    assert row.differences == [] and row.movements == len(theirs)


async def test_M_19_and_what_a_driver_tops_up_by_upi(razorpay: tuple[Counter, FakeRazorpay, Server]) -> None:
    counter, theirs, server = razorpay
    server.lose_answers = 1
    row = await counter.ask("200.00", currency="INR")
    await counter.later(seconds=10)
    row = await counter.row(row)
    assert (row.state, row.reference) == ("pending", row.public_id)
    late = theirs.try_to_pay(row.public_id)
    await counter.later(minutes=10)
    await counter.later(minutes=2)
    row = await counter.row(row)
    assert row.state in ("expired", "released")
    theirs.authorize(late["id"])
    await counter.all()
    [refund] = await counter(refunds.of_payment, row.id)
    assert (refund.state, refund.amount, refund.why) == ("done", 20000, "late")
    assert await counter.books() == {}
    await agree(counter)
    row = await counter.ask("200.00", currency="INR")
    theirs.pay(row.public_id, fails=True)
    theirs.pay(row.public_id)
    await counter.all()
    row = await counter.row(row)
    assert (row.state, row.captured) == ("paid", 20000)
    assert await counter.books() == {"clearing": "-200.00 INR", "wallet": "200.00 INR"}
    await agree(counter)


async def test_a_guests_hold_is_captured_once_with_stripe(stripe: tuple[Counter, FakeStripe, Server]) -> None:
    counter, theirs, server = stripe
    row = await counter.ask(purpose="session", capture="later")
    assert (
        row.state == "pending"
        and row.told is not None
        and row.told["pay_at"].startswith("https://checkout.stripe.com/")
    )
    theirs.pay(str(row.reference), card="4000000000000002")
    await counter.all()
    assert (await counter.row(row)).state == "pending"
    intent = theirs.pay(str(row.reference))
    await counter.all()
    row = await counter.row(row)
    assert (row.state, row.hold_until) == ("authorised", THEN + timedelta(days=7))
    server.lose_answers = 2
    await counter(payments.capture, row.id, Money(of_minor(1157, "EUR").amount, "EUR"))
    for _ in range(4):
        await counter.later(seconds=10)
    row = await counter.row(row)
    assert (row.state, row.captured, row.charge) == ("paid", 1157, intent["id"])
    assert await counter.books() == {"clearing": "-11.57 EUR", "receivable": "11.57 EUR"}
    await agree(counter)
    theirs.dispute(intent["id"])
    await counter.all()
    assert (await counter.row(row)).state == "reversed"


async def test_a_card_is_saved_alone_and_nothing_is_charged(stripe: tuple[Counter, FakeStripe, Server]) -> None:
    """By a SetupIntent; the webhook does not name the card, so Stripe is asked. What is owed is paid with it later."""
    counter, theirs, server = stripe
    server.lose_answers = 1
    row = await counter.ask("0.00", purpose="card", save=True)
    await counter.later(seconds=10)
    row = await counter.row(row)
    assert (row.state, row.amount, row.told and row.told["pay_at"][:20]) == ("pending", 0, "https://checkout.str")
    theirs.pay(str(row.reference), card="4000000000000002")
    await counter.later(seconds=20)
    assert await counter(methods.of_customer, counter.ida) is None
    theirs.pay(str(row.reference))
    for _ in range(6):
        await counter.later(seconds=60)
    row = await counter.row(row)
    saved = await counter(methods.of_customer, counter.ida)
    assert (row.state, row.captured, await counter.books()) == ("paid", 0, {})
    assert saved is not None and saved.method.label == "visa ···· 4242" and saved.method.payer.startswith("cus_")
    await agree(counter)


async def test_a_card_that_nobody_gives_is_none(stripe: tuple[Counter, FakeStripe, Server]) -> None:
    counter, _, _ = stripe
    row = await counter.ask("0.00", purpose="card", save=True)
    await counter.later(minutes=11)
    await counter.later(minutes=31)
    assert (await counter.row(row)).state in ("expired", "released")
    assert await counter(methods.of_customer, counter.ida) is None


async def test_a_provider_that_keeps_no_cards_says_so(razorpay: tuple[Counter, FakeRazorpay, Server]) -> None:
    counter, _, _ = razorpay
    row = await counter.ask("0.00", currency="INR", purpose="card", save=True)
    assert (row.state, row.reason) == ("refused", "Razorpay keeps no cards for us.")


async def test_a_card_that_is_saved_with_a_top_up_is_known_by_the_webhooks_alone(
    stripe: tuple[Counter, FakeStripe, Server],
) -> None:
    counter, theirs, _ = stripe
    row = await counter.ask(save=True)
    theirs.pay(str(row.reference))
    await counter.all()
    assert (await counter.row(row)).state == "paid"
    saved = await counter(methods.of_customer, counter.ida)
    assert saved is not None and saved.method.label == "visa ···· 4242"
    assert await counter.books() == {"clearing": "-50.00 EUR", "wallet": "50.00 EUR"}


async def test_M_18_a_hold_that_stripe_has_ended_is_a_claim(stripe: tuple[Counter, FakeStripe, Server]) -> None:
    counter, theirs, _ = stripe
    row = await counter.ask(purpose="session", capture="later")
    intent = theirs.pay(str(row.reference))
    await counter.all()
    theirs.let_hold_expire(intent["id"])
    theirs.events.pop()  # and nobody has told
    await counter(payments.capture, row.id, of_minor(1000, "EUR"))
    await counter.all()
    row = await counter.row(row)
    assert (row.state, row.captured, row.code) == ("lost", 0, "hold_over")
    await agree(counter)


async def test_what_nobody_pays_cannot_be_paid_any_more(stripe: tuple[Counter, FakeStripe, Server]) -> None:
    counter, theirs, _ = stripe
    row = await counter.ask(purpose="session", capture="later")
    reference = str(row.reference)
    await counter(payments.release, row.id)
    await counter.all()
    assert (await counter.row(row)).state == "released"
    with pytest.raises(AssertionError, match="nobody can pay"):
        theirs.pay(reference)
    assert await counter.books() == {}


async def test_M_19_what_is_paid_in_the_last_moment_goes_back_also_where_no_webhook_comes_by_stripe(
    stripe: tuple[Counter, FakeStripe, Server],
) -> None:
    counter, theirs, _ = stripe
    counter.webhooks = False
    row = await counter.ask()
    theirs.pay(str(row.reference))
    await goes_back(counter, row)


async def test_M_19_and_by_upi(razorpay: tuple[Counter, FakeRazorpay, Server]) -> None:
    counter, theirs, _ = razorpay
    counter.webhooks = False
    row = await counter.ask("50.00", currency="INR")
    theirs.pay(row.public_id)
    await goes_back(counter, row)


async def test_M_19_and_at_the_bank_for_practice(counter: Counter) -> None:
    counter.webhooks = False
    row = await counter.ask()
    counter.bank.pay(str(row.reference), card="4242424242424242")
    await goes_back(counter, row)


async def goes_back(counter: Counter, row: PaymentRow) -> None:
    """Nothing was heard of it until its time was over, and it cannot be let go any more."""
    for _ in range(3):
        await counter.later(minutes=11)
    assert (await counter.row(row)).state == "expired"
    [refund] = await counter(refunds.of_payment, row.id)
    assert (refund.state, refund.amount, refund.why) == ("done", 5000, "late")
    assert await counter.books() == {}


async def test_M_19_a_saved_card_that_was_charged_is_known_when_the_provider_answers_at_last(
    stripe: tuple[Counter, FakeStripe, Server],
) -> None:
    """The answer is lost until the time is over, and no webhook comes: it is not over before Stripe has said what is so."""
    counter, _, server = stripe
    counter.webhooks = False
    visa = SavedMethod("cus_1", "pm_card_visa", "visa ···· 4242")
    server.lose_answers = 5
    row = await counter.ask("30.00", method=visa)
    for _ in range(7):
        await counter.later(minutes=11)
    row = await counter.row(row)
    assert (row.state, row.captured, server.lose_answers) == ("paid", 3000, 0)
    assert await counter.books() == {"clearing": "-30.00 EUR", "wallet": "30.00 EUR"}
    await agree(counter)


def test_an_account_is_made_of_the_settings() -> None:
    stripe = {"name": "cards", "kind": "stripe", "key": "sk_live_1", "secret": "whsec_0123456789"}
    razorpay = {"name": "upi", "kind": "razorpay", "key_id": "rzp_live_1", "key": "k", "secret": "0123456789abcdef"}
    settings = Settings.model_validate({"payments": {"providers": [stripe, razorpay]}})
    providers = background.accounts(settings, lambda: THEN)
    assert {account.name: type(account.provider) for account in providers} == {"cards": Stripe, "upi": Razorpay}
    assert "sk_live_1" not in repr(settings) and "whsec" not in repr(settings)
    for account, missing in ((stripe, "key"), (stripe, "secret"), (razorpay, "key_id")):
        without = {name: value for name, value in account.items() if name != missing}
        with pytest.raises(ValueError, match=f"{missing}: must be set"):
            Settings.model_validate({"payments": {"providers": [without]}})
