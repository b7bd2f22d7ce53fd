"""A payment that has failed has a life: tried again by a schedule, told, blocking, paid at last or written off."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.domain import customers, payments, personal_data, tokens
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.events import MailDue
from stationmaster.domain.guests import settling
from stationmaster.domain.ledger import Account, Entry, book
from stationmaster.domain.money.amounts import Money, of_minor
from stationmaster.domain.payments import ClaimRow, Schedule, claims, manual, methods, reconciling
from stationmaster.domain.stations import Station
from stationmaster.payment_words import SavedMethod
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests.payments.world import DECLINED, FINE, TEN, Counter

TABLE = customers.customers
SCHEDULE = Schedule([1, 3, 7], block_after=2)


async def owed(counter: Counter, card: str | None = None, minor: int = 1000) -> ClaimRow:
    """Ida owes 10 euros, and has saved a card or none."""
    paid = await counter.ask("1.00")

    def make(work: Work) -> ClaimRow:
        row = payments.get(work, counter.home, paid.public_id)
        if card is not None:
            methods.keep(work, row, SavedMethod("payer_1", f"card_{card}", "card ···· 0002"))
        amount = of_minor(minor, "EUR")
        debt = [Entry(Account("receivable", counter.ida), -amount), Entry(Account("revenue"), amount)]
        book(work, counter.home, key=f"debt:{minor}", kind="bill", entries=debt)
        return claims.make(work, row, amount, reason="The card was declined.")

    return await counter(make)


async def chase(counter: Counter, **time: float) -> None:
    counter.now += timedelta(**time)
    await counter(payments.chase, SCHEDULE)
    await counter.all()


async def state(counter: Counter, claim: ClaimRow) -> tuple[str, int, datetime | None, bool]:
    row = await counter(claims.get, counter.home, claim.public_id)
    blocked = select(TABLE.c.blocked_at).where(TABLE.c.id == counter.ida)
    since: Any = await counter(lambda work: work.execute(blocked).scalar_one())
    return row.state, row.tries, row.next_try_at, since is not None


async def may_charge(counter: Counter) -> tuple[str, str | None]:
    """What Ida's card is answered at a charger; she pays later."""

    def show(work: Work) -> tuple[str, str | None]:
        if work.execute(tokens.tokens.select()).first() is None:
            customers.change(work, counter.home, "IDA", {"billing": "postpaid"})
            tokens.add(work, counter.home, uid="TAG1", customer="IDA")
        answer = tokens.authorize(work, Station(1, "CP1", counter.home, "1.6", "accepted", True), "TAG1")
        return answer.status, answer.message

    return await counter(show)


@pytest.mark.any_database
async def test_a_saved_card_pays_it_without_being_asked(counter: Counter) -> None:
    claim = await owed(counter, FINE)
    await chase(counter)
    assert await state(counter, claim) == ("paid", 1, None, False)
    assert await counter.books() == {"clearing": "-10.00 EUR", "revenue": "10.00 EUR"}
    await chase(counter, days=30)
    assert len(counter.bank.movements) == 1


async def test_whose_saved_card_is_refused_is_told_where_to_pay_from_the_second_try_on(counter: Counter) -> None:
    await counter(lambda work: work.execute(TABLE.update().values(email="ida@example.org")))
    claim = await owed(counter, DECLINED)
    mails: list[MailDue] = []
    counter.database.after_commit.append(lambda events: mails.extend(e for e in events if isinstance(e, MailDue)))
    await chase(counter)
    assert mails == []  # it may well have been paid
    await chase(counter, days=1)
    [mail] = mails
    assert (mail.kind, mail.email, mail.path) == ("owed", "ida@example.org", f"pay/claims/{claim.public_id}")


async def test_it_is_tried_by_the_schedule_then_blocks_and_is_written_off(counter: Counter) -> None:
    claim = await owed(counter, DECLINED)
    for days, expected in (
        (0, ("open", 1, TEN + timedelta(days=1), False)),
        (0.5, ("open", 1, TEN + timedelta(days=1), False)),
        (0.5, ("open", 2, TEN + timedelta(days=3), False)),
        (2, ("open", 3, TEN + timedelta(days=7), True)),
        (4, ("open", 4, None, True)),
        (90, ("open", 4, None, True)),
    ):
        await chase(counter, days=days)
        assert await state(counter, claim) == expected
    await counter(claims.write_off, counter.home, claim.public_id, note="Gone", by="op")
    assert await state(counter, claim) == ("written_off", 4, None, False)
    assert await counter.books() == {"write_off": "-10.00 EUR", "revenue": "10.00 EUR"}
    with pytest.raises(Conflict, match="written off already"):
        await counter(claims.write_off, counter.home, claim.public_id, note="Again", by="op")


@pytest.mark.any_database
async def test_who_has_no_card_there_is_told_where_to_pay_and_pays_once(counter: Counter) -> None:
    await counter(lambda work: work.execute(TABLE.update().values(email="ida@example.org")))
    claim = await owed(counter)
    mails: list[MailDue] = []
    counter.database.after_commit.append(lambda events: mails.extend(e for e in events if isinstance(e, MailDue)))
    await chase(counter)
    [mail] = mails
    assert (mail.kind, mail.email, mail.now) == ("owed", "ida@example.org", "10.00 EUR")
    assert mail.path == f"pay/claims/{claim.public_id}"
    first, again = [await counter(payments.ask_to_pay, claim, **ASKED) for _ in range(2)]
    assert first.public_id == again.public_id
    await counter.all()
    await counter.pays(first)
    assert (await state(counter, claim))[0] == "paid"


@pytest.mark.any_database
async def test_it_is_paid_in_cash_and_who_was_blocked_charges_again(counter: Counter) -> None:
    claim = await owed(counter)
    for days in (0, 1, 2):
        await chase(counter, days=days)
    assert (await state(counter, claim))[3]
    assert await may_charge(counter) == ("no_credit", "A payment of yours has failed. Please pay what is due.")
    entered = {"reference": "Receipt 7", "by": "op", "claim": claim.public_id}
    await counter(manual.enter, counter.home, "cash", of_minor(1000, "EUR"), **entered)
    assert await state(counter, claim) == ("paid", 3, None, False)
    assert await may_charge(counter) == ("accepted", None)
    with pytest.raises(Conflict, match="paid already"):
        await counter(manual.enter, counter.home, "cash", of_minor(1000, "EUR"), **entered)


async def top_up(counter: Counter, minor: int) -> None:
    entered = {"reference": "Receipt 8", "by": "op", "customer": "IDA"}
    await counter(manual.enter, counter.home, "cash", of_minor(minor, "EUR"), **entered)
    await counter.all()


ASKED: dict[str, Any] = {"provider": "test", "return_url": "https://csms.example/", "pay_within": timedelta(minutes=10)}


async def test_what_a_top_up_has_paid_is_asked_no_more(counter: Counter) -> None:
    claim = await owed(counter)
    for days in (0, 1, 2, 4):
        await chase(counter, days=days)
    link = await counter(payments.ask_to_pay, claim, **ASKED)
    await counter.all()
    await top_up(counter, 1200)
    assert await state(counter, claim) == ("paid", 4, None, False)  # she may charge again
    assert (await counter.row(link)).state == "released"
    assert await counter.books() == {"clearing": "-12.00 EUR", "revenue": "10.00 EUR", "wallet": "2.00 EUR"}


@pytest.mark.any_database
async def test_what_a_corrected_bill_has_taken_back_is_not_tried(counter: Counter) -> None:
    claim = await owed(counter, FINE)
    amount = of_minor(1000, "EUR")
    back = [Entry(Account("receivable", counter.ida), amount), Entry(Account("revenue"), -amount)]
    await counter(book, counter.home, key="back", kind="correction", entries=back)
    await chase(counter)
    assert await state(counter, claim) == ("paid", 0, None, False)
    assert (counter.bank.movements, await counter.books()) == ([], {})


@pytest.mark.any_database
async def test_of_claims_that_are_paid_in_part_the_rest_is_asked_once(counter: Counter) -> None:
    ten, five = await owed(counter), await owed(counter, minor=500)
    link = await counter(payments.ask_to_pay, ten, **ASKED)
    await counter.all()
    await top_up(counter, 700)  # 8.00 of 15.00 are left
    again = await counter(payments.ask_to_pay, ten, **ASKED)
    assert (again.public_id != link.public_id, again.amount) == (True, 800)
    with pytest.raises(Conflict, match="being paid already"):
        await counter(payments.ask_to_pay, five, **ASKED)
    await counter.all()
    assert (await counter.row(link)).state == "released"
    await counter.pays(again)
    assert [(await state(counter, claim))[0] for claim in (ten, five)] == ["paid", "paid"]
    assert await counter.books() == {"clearing": "-8.00 EUR", "revenue": "15.00 EUR"}


@pytest.mark.any_database
async def test_no_more_is_entered_or_written_off_than_is_owed(counter: Counter) -> None:
    ten, five = await owed(counter), await owed(counter, minor=500)
    await top_up(counter, 700)
    entered = {"reference": "Receipt 9", "by": "op", "claim": ten.public_id}
    with pytest.raises(Invalid, match=r"the whole of what is owed: 8\.00 EUR"):
        await counter(manual.enter, counter.home, "cash", of_minor(1000, "EUR"), **entered)
    await counter(claims.write_off, counter.home, five.public_id, note="Gone", by="op")
    await counter(claims.write_off, counter.home, ten.public_id, note="Gone", by="op")
    assert [(await state(counter, claim))[0] for claim in (ten, five)] == ["written_off", "written_off"]
    assert (await counter.books())["write_off"] == "-8.00 EUR"


@pytest.mark.any_database
@pytest.mark.parametrize("end", ["cash", "written_off"])
async def test_what_was_begun_to_pay_a_claim_that_is_over_is_called_off_and_goes_back(
    counter: Counter, end: str
) -> None:
    """Else it is paid twice: once here, and once by who had the page of the bank open."""
    claim = await owed(counter)
    begun = await counter(payments.ask_to_pay, claim, **ASKED)
    await counter.all()
    reference = (await counter.row(begun)).reference
    assert reference is not None
    if end == "cash":
        entered = {"reference": "Receipt 7", "by": "op", "claim": claim.public_id}
        await counter(manual.enter, counter.home, "cash", of_minor(1000, "EUR"), **entered)
    else:
        await counter(claims.write_off, counter.home, claim.public_id, note="Gone", by="op")
    counter.bank.pay(reference, card=FINE)  # before we have told the bank
    await counter.all()
    assert (await counter.row(begun)).state == "released"
    left = "clearing" if end == "cash" else "write_off"
    assert await counter.books() == {left: "-10.00 EUR", "revenue": "10.00 EUR"}


def visit(counter: Counter) -> Any:
    """A guest who has charged, as far as what is due is concerned."""
    return SimpleNamespace(organization_id=counter.home, session="s1", email=None, pays_after=False)


@pytest.mark.any_database
async def test_what_a_guest_owes_or_gets_back_follows_what_is_due(counter: Counter) -> None:
    """20.00 were taken. What is due is corrected again and again, and the claims and refunds always come to the difference."""
    payment = await counter.pays(await counter.ask("20.00", purpose="session"))

    def even(work: Work, due: str) -> tuple[list[int], int]:
        now = payments.get(work, counter.home, payment.public_id)
        settling.even(work, visit(counter), now, Money(Decimal(due), "EUR"), reason="Corrected.")
        found = claims.list_claims(work, counter.home, Wanted(), state="open").rows
        return sorted(row.amount for row in found), payments.get(work, counter.home, payment.public_id).refunded

    for due, expected in (
        ("20.00", ([], 0)),
        ("25.00", ([500], 0)),
        ("25.00", ([500], 0)),
        ("27.00", ([200, 500], 0)),
        ("26.00", ([100, 500], 0)),
        ("22.00", ([200], 0)),
        ("15.00", ([], 500)),
        ("15.00", ([], 500)),
        ("16.00", ([100], 500)),
    ):
        assert await counter(even, due) == expected, due


@pytest.mark.any_database
async def test_what_a_bank_took_back_is_claimed_only_as_far_as_it_is_due(counter: Counter) -> None:
    """All of it was paid at first, and taken back before the session had ended."""
    payment = await counter.pays(await counter.ask("50.00", purpose="session"))

    def ends(work: Work) -> list[int]:
        payments.claims.make(work, payment, of_minor(5000, "EUR"), reason="Taken back.", session="s1")
        work.execute(payments.payments.update().values(state="reversed"))
        now = payments.get(work, counter.home, payment.public_id)
        settling.even(work, visit(counter), now, of_minor(800, "EUR"), reason="Not used.")
        return [row.amount for row in claims.list_claims(work, counter.home, Wanted(), state="open").rows]

    assert await counter(ends) == [800]


@pytest.mark.any_database
async def test_API_35_who_is_erased_is_charged_no_more_with_a_saved_card(counter: Counter) -> None:
    claim = await owed(counter, FINE)
    told = {"reference": "r", "state": "paid", "at": TEN.isoformat(), "method": {"label": "card ···· 4242"}}
    card = {"payer": "payer_1", "method": f"card_{FINE}", "label": "card ···· 4242"}
    kept = {"told": told, "email": "ida@example.org", "method": card}
    await counter(lambda work: work.execute(payments.payments.update().values(kept)))
    await counter(personal_data.erase, counter.home, "IDA")
    await chase(counter)
    assert (counter.bank.movements, (await state(counter, claim))[:2]) == ([], ("open", 1))
    assert await counter(lambda work: work.execute(methods.payment_methods.select()).all()) == []
    [row] = await counter(lambda work: work.execute(payments.payments.select()).all())
    assert (row.email, row.method, row.told) == (
        None,
        None,
        {name: told[name] for name in ("reference", "state", "at")},
    )


@pytest.mark.any_database
async def test_PAY_09_each_day_is_compared_once(counter: Counter) -> None:
    midnight = TEN.replace(hour=0)
    assert await counter(reconciling.next_span, counter.source) == (midnight - timedelta(days=1), midnight)
    await counter(reconciling.check, counter.source, [], midnight - timedelta(days=1), midnight)
    assert await counter(reconciling.next_span, counter.source) is None
    counter.now += timedelta(days=3)
    assert await counter(reconciling.next_span, counter.source) == (midnight, midnight + timedelta(days=3))
