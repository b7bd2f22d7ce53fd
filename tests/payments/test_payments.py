"""A payment happens once: whatever the provider does, says twice, says late or never says. The bank is a real HTTP server."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from stationmaster.domain import payments
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.ledger import Account, Entry, book
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments import PaymentRow, claims, hearing, methods, reconciling, refunds
from stationmaster.outside.payments.provider import Forged
from stationmaster.outside.payments.test_bank import SIGNATURE, Fault, signature
from stationmaster.payment_words import Told, Webhook
from stationmaster.storage.lists import Wanted
from tests.payments.world import DECLINED, FINE, TEN, Counter

FAULTS: list[Fault] = ["deaf", "mute", "broken", "busy"]
LOST, LATE, TWICE, REVERSED, NO_CAPTURE = (
    *("4000000000000077", "4000000000000101", "4000000000000119"),
    *("4000000000000259", "4000000000000341"),
)


def euros(text: str) -> Money:
    return Money(Decimal(text), "EUR")


async def held(counter: Counter, amount: str = "50.00", card: str = FINE) -> PaymentRow:
    row = await counter.pays(await counter.ask(amount, purpose="session", capture="later"), card)
    assert row.state == "authorised"
    return row


async def test_it_is_asked_paid_and_told(counter: Counter) -> None:
    row = await counter.ask()
    assert (row.state, row.told and row.told["pay_at"]) == ("pending", f"/test-bank/test/{row.reference}")
    row = await counter.pays(row, DECLINED)
    assert (row.state, row.code) == ("pending", "card_declined")  # another card may do
    row = await counter.pays(row)
    assert (row.state, row.captured) == ("paid", 5000)
    assert await counter.books() == {"clearing": "-50.00 EUR", "wallet": "50.00 EUR"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.any_database
async def test_PAY_03_whatever_becomes_of_the_answer_there_is_one_payment(counter: Counter, fault: Fault) -> None:
    counter.bank.faults = [fault, fault]
    counter.webhooks = False
    row = await counter.ask()
    assert (row.state, len(counter.bank.requests)) == ("asked", 1)
    await counter.later(seconds=3)
    await counter.later(seconds=5)
    row = await counter.row(row)
    assert (row.state, len(counter.bank.payments), len(counter.bank.requests)) == ("pending", 1, 3)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("webhooks", [True, False])
@pytest.mark.any_database
async def test_PAY_03_it_is_captured_once(counter: Counter, fault: Fault, webhooks: bool) -> None:
    row = await held(counter)
    counter.webhooks = webhooks
    counter.bank.faults = [fault]
    await counter(payments.capture, row.id, euros("11.57"))
    await counter(payments.capture, row.id, euros("11.57"))
    await counter.all()
    for _ in range(3):
        await counter.later(seconds=30)
    row = await counter.row(row)
    assert (row.state, row.captured) == ("paid", 1157)
    assert [(each["kind"], each["amount"]) for each in counter.bank.movements] == [("charge", 1157)]
    assert await counter.books() == {"clearing": "-11.57 EUR", "receivable": "11.57 EUR"}


@pytest.mark.any_database
async def test_PAY_03_not_more_is_taken_than_is_held(counter: Counter) -> None:
    row = await held(counter)
    for wrong in ("50.01", "0.00"):
        with pytest.raises(Conflict, match="cannot be taken"):
            await counter(payments.capture, row.id, euros(wrong))


@pytest.mark.any_database
@pytest.mark.parametrize("fault", FAULTS)
async def test_P_09_a_hold_is_raised_once_whatever_becomes_of_the_answer(counter: Counter, fault: Fault) -> None:
    row = await held(counter)
    counter.bank.faults = [fault]
    for _ in range(2):  # asked twice by a nervous thumb
        await counter(payments.raise_hold, row.id, euros("65"))
    with pytest.raises(Conflict, match="already"):
        await counter(payments.raise_hold, row.id, euros("80"))
    await counter.all()
    await counter.later(seconds=30)
    row = await counter.row(row)
    assert (row.state, row.amount, row.raise_to, row.raise_refused) == ("authorised", 6500, None, None)
    assert counter.bank.payments[row.reference or ""].amount == 6500
    with pytest.raises(Invalid, match=r"must be more than the 65\.00 EUR"):
        await counter(payments.raise_hold, row.id, euros("65"))
    await counter(payments.capture, row.id, euros("60"))
    await counter.all()
    assert (await counter.row(row)).captured == 6000


async def test_P_09_where_the_bank_holds_no_more_it_is_said_and_what_was_held_stays(counter: Counter) -> None:
    row = await held(counter, card="4000000000000093")
    await counter(payments.raise_hold, row.id, euros("65"))
    await counter.all()
    row = await counter.row(row)
    assert (row.state, row.amount, row.raise_to) == ("authorised", 5000, None)
    assert row.raise_refused == "Your bank does not hold more."
    await counter(payments.raise_hold, row.id, euros("55"))  # one may ask for less more
    await counter(payments.capture, row.id, euros("50"))  # the session ends while the bank is asked
    await counter.all()
    row = await counter.row(row)
    assert (row.state, row.captured, row.amount) == ("paid", 5000, 5000)


async def test_M_18_the_hold_was_over_before_the_session_had_ended(counter: Counter) -> None:
    row = await held(counter)
    assert row.hold_until == TEN + timedelta(days=7)  # the bank says so, no constant of ours
    counter.now += timedelta(days=7, hours=1)
    asked = len(counter.bank.requests)
    await counter(payments.capture, row.id, euros("10.00"))
    await counter.all()
    row = await counter.row(row)
    assert (row.state, row.captured, row.code) == ("lost", 0, "hold_over")
    [claim] = (await counter(claims.list_claims, counter.home, Wanted())).rows
    assert (claim.amount, claim.currency, claim.state) == (1000, "EUR", "open")
    assert len(counter.bank.requests) == asked  # nothing is tried against a dead hold


@pytest.mark.any_database
async def test_M_18_a_hold_that_the_bank_ends_early_is_a_claim_once(counter: Counter) -> None:
    row = await held(counter, card=NO_CAPTURE)
    await counter(payments.capture, row.id, euros("10.00"))
    await counter.all()  # the refusal and the webhook both say it
    assert (await counter.row(row)).state == "lost"
    assert len((await counter(claims.list_claims, counter.home, Wanted())).rows) == 1


async def test_M_19_money_that_comes_too_late_goes_back_once(counter: Counter) -> None:
    row = await counter.ask("200.00", currency="INR")
    told = Told(
        reference=str(row.reference),
        state="paid",
        at=TEN,
        payment=row.public_id,
        charge="upi_1",
        amount=(20000, "INR"),
        captured=20000,
    )
    await counter.later(minutes=10)
    assert (await counter.row(row)).state == "expired"
    counter.now += timedelta(minutes=2)
    bank = counter.bank.payments[str(row.reference)]
    bank.state, bank.charge, bank.captured, bank.card = "paid", "upi_1", 20000, FINE
    event = Webhook(id="evt_1", at=counter.now, kind="payment.paid", payment=told)
    outcomes = [await counter(hearing.hear, counter.source, event) for _ in range(3)]
    assert outcomes == ["give_back", "known", "known"]
    assert await counter.books() == {"clearing": "-200.00 INR", "refunds": "200.00 INR"}
    await counter.all()
    assert await counter.books() == {}
    [refund] = await counter(refunds.of_payment, row.id)
    assert (refund.state, refund.amount, refund.why) == ("done", 20000, "late")
    row = await counter.row(row)
    assert (row.state, row.captured) == ("expired", 0)


@pytest.mark.any_database
async def test_M_19_what_could_not_go_back_is_tried_again_by_a_person(counter: Counter) -> None:
    row = await counter.ask("200.00", currency="INR")
    await counter.later(minutes=10)
    paid = {"reference": str(row.reference), "payment": row.public_id, "charge": "upi_1", "captured": 20000}
    await counter(hearing.tell, counter.source, Told(state="paid", at=TEN, **paid))
    await counter.all()  # the bank knows no such charge
    [failed] = await counter(refunds.of_payment, row.id)
    assert (failed.state, await counter.books()) == ("failed", {"clearing": "-200.00 INR", "refunds": "200.00 INR"})
    bank = counter.bank.payments[str(row.reference)]
    bank.state, bank.charge, bank.captured, bank.card = "paid", "upi_1", 20000, FINE
    await counter(refunds.ask, counter.home, row.public_id, None, reason="The bank is back", by="op")
    await counter.all()
    assert [each.state for each in await counter(refunds.of_payment, row.id)] == ["failed", "done"]
    assert await counter.books() == {}
    with pytest.raises(Conflict, match="that is expired"):
        await counter(refunds.ask, counter.home, row.public_id, None, reason="Again", by="op")


@pytest.mark.any_database
async def test_M_19_of_two_that_were_paid_for_one_the_second_goes_back(counter: Counter) -> None:
    row = await counter.pays(await counter.ask("200.00", currency="INR"))
    bank = counter.bank.payments[str(row.reference)]
    told = Told(
        reference=bank.reference,
        state="paid",
        at=TEN,
        payment=row.public_id,
        charge="upi_2",
        amount=(20000, "INR"),
        captured=20000,
    )
    for id in ("a", "b"):
        event = Webhook(id=id, at=TEN, kind="payment.paid", payment=told)
        await counter(hearing.hear, counter.source, event)
    [refund] = await counter(refunds.of_payment, row.id)
    assert (refund.charge, refund.amount, refund.why) == ("upi_2", 20000, "second")
    row = await counter.row(row)
    assert (row.state, row.captured, row.refunded) == ("paid", 20000, 0)
    assert await counter.books() == {
        "clearing": "-400.00 INR",
        "wallet": "200.00 INR",
        "refunds": "200.00 INR",
    }


@pytest.mark.any_database
async def test_webhooks_come_never_late_and_three_times(counter: Counter) -> None:
    lost, late, twice = [await counter.ask() for _ in range(3)]
    assert (await counter.pays(twice, TWICE)).state == "paid"
    assert (await counter.pays(lost, LOST)).state == "pending"
    assert (await counter.pays(late, LATE)).state == "pending"
    await counter.later(seconds=30)  # the bank is asked
    assert (await counter.row(lost)).state == (await counter.row(late)).state == "paid"
    await counter.later(seconds=30)
    assert len(counter.bank.movements) == 3
    ours = await counter(reconciling.ours, counter.source, TEN, counter.now)
    assert [each.amount.minor for each in ours] == [5000, 5000, 5000]


@pytest.mark.every_case
async def test_PAY_01_fifty_at_once_are_one(counter: Counter) -> None:
    row = await counter.ask()
    told = Told(reference=str(row.reference), state="paid", at=TEN, payment=row.public_id, charge="c", captured=5000)
    event = Webhook(id="evt_1", at=TEN, kind="payment.paid", payment=told)
    outcomes = await asyncio.gather(*(counter(hearing.hear, counter.source, event) for _ in range(50)))
    assert sorted(outcomes) == ["known"] * 49 + ["take"]
    assert await counter.books() == {"clearing": "-50.00 EUR", "wallet": "50.00 EUR"}


@pytest.mark.any_database
async def test_PAY_01_a_webhook_is_believed_by_its_signature_and_for_five_minutes(counter: Counter) -> None:
    body = b'{"id":"e","at":"2026-12-01T10:00:00Z","kind":"nothing"}'
    good = {SIGNATURE: signature("practice", body, TEN)}
    assert counter.provider.event(body, good, now=TEN + timedelta(minutes=5)).id == "e"
    for headers, at in (
        ({}, TEN),
        ({SIGNATURE: signature("another", body, TEN)}, TEN),
        (good, TEN + timedelta(minutes=5, seconds=1)),
        ({SIGNATURE: good[SIGNATURE].replace("t=", "t=1")}, TEN),
    ):
        with pytest.raises(Forged):
            counter.provider.event(body, headers, now=at)
    with pytest.raises(Forged):
        counter.provider.event(body + b" ", good, now=TEN)


@pytest.mark.any_database
async def test_PAY_02_another_account_cannot_speak_of_it(counter: Counter) -> None:
    row = await counter.ask()
    told = Told(reference="x", state="paid", at=TEN, payment=row.public_id, captured=5000)
    for source in (counter.source._replace(provider="other"), counter.source._replace(organization_id=999)):
        assert await counter(hearing.tell, source, told) == ("unknown", None)
    assert (await counter.row(row)).state == "pending"


@pytest.mark.every_case
async def test_PAY_10_two_refunds_of_all_are_one(counter: Counter) -> None:
    row = await counter.pays(await counter.ask())
    both = (counter(refunds.ask, counter.home, row.public_id, None, reason="not wanted", by="op") for _ in range(2))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Invalid", "Row"]
    await counter.all()
    assert sum(each["amount"] for each in counter.bank.movements) == 0
    row = await counter.row(row)
    assert (row.captured, row.refunded) == (5000, 5000)
    assert await counter.books() == {}
    with pytest.raises(Invalid, match="at most 0"):
        await counter(refunds.ask, counter.home, row.public_id, euros("0.01"), reason="more", by="op")


@pytest.mark.any_database
async def test_a_payment_that_the_bank_takes_back_is_reversed(counter: Counter) -> None:
    row = await counter.pays(await counter.ask(), REVERSED)
    assert row.state == "reversed"
    assert await counter.books() == {}
    ours = await counter(reconciling.ours, counter.source, TEN, counter.now + timedelta(seconds=1))
    assert sum(each.amount.minor for each in ours) == 0
    assert await counter(lambda work: claims.list_claims(work, counter.home, Wanted(10)).rows) == []


async def test_a_top_up_that_is_spent_and_taken_back_is_a_claim(counter: Counter) -> None:
    """38.00 of 50.00 are spent when the bank takes them back: 12.00 come out of the wallet, and the rest is claimed once."""
    row = await counter.pays(await counter.ask())
    entries = [Entry(Account("wallet", counter.ida), euros("-38")), Entry(Account("revenue"), euros("38"))]
    await counter(book, counter.home, key="spent", kind="bill", entries=entries, customer_id=counter.ida)
    for _ in range(2):
        counter.bank.reverse(row.reference or "")
        await counter.all()
    assert await counter.books() == {"receivable": "-38.00 EUR", "revenue": "38.00 EUR"}
    [claim] = await counter(lambda work: claims.list_claims(work, counter.home, Wanted(10)).rows)
    assert (claim.amount, claim.customer_id, claim.state) == (3800, counter.ida, "open")
    assert await counter(claims.owed, claim) == euros("38")


async def test_PAY_09_three_differences_are_all_found(counter: Counter) -> None:
    rows = [await counter.pays(await counter.ask()) for _ in range(3)]
    counter.bank.movements[0]["amount"] = 4999
    del counter.bank.movements[1]
    counter.bank.movements.append(counter.bank.movements[1] | {"reference": "tc_foreign", "payment": None})
    since, until = TEN - timedelta(hours=1), TEN + timedelta(hours=1)
    theirs = await counter.provider.movements(since, until)
    checked = await counter(reconciling.check, counter.source, theirs, since, until)
    found = {(each["what"], each["payment"], each["theirs"], each["ours"]) for each in checked.differences}
    assert found == {
        ("other_amount", rows[0].public_id, 4999, 5000),
        ("missing_there", rows[1].public_id, None, 5000),
        ("missing_here", None, 5000, None),
    }


async def test_a_card_is_saved_alone_at_the_bank_for_practice(counter: Counter) -> None:
    row = await counter.ask("0.00", purpose="card", save=True)
    assert (await counter.pays(row, DECLINED)).state == "pending"
    paid = await counter.pays(row)
    saved = await counter(methods.of_customer, counter.ida)
    assert (paid.state, saved is not None and saved.method.label) == ("paid", "card ···· 4242")
    assert (await counter.books(), counter.bank.movements) == ({}, [])
    with pytest.raises(Invalid, match="more than nothing"):  # anything else is of something
        await counter.ask("0.00")
