"""The provider for practice, over HTTP as all others: what it says is what `payment_words.py` says that it means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from stationmaster.outside import Http
from stationmaster.outside.payments.provider import Asked, Provider, Refused, Unclear
from stationmaster.outside.payments.test import Practice
from stationmaster.outside.payments.test_bank import Bank, Fault, serving
from stationmaster.payment_words import Amount

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
FIFTY = Amount(5000, "EUR")


@pytest.fixture
async def bank() -> AsyncIterator[tuple[Bank, Practice]]:
    bank = Bank(lambda: TEN, secret="practice")
    async with serving(bank) as port:
        http = Http([ip_network("127.0.0.0/8")], timeout_s=0.5)
        yield bank, Practice(http, url=f"http://127.0.0.1:{port}", secret="practice", page="/page/")


def asked(payment: str = "pay_1", **more: Any) -> Asked:
    facts: dict[str, Any] = {
        "capture": "later",
        "description": "x",
        "return_url": "https://x.example",
        "amount": FIFTY,
    } | more
    return Asked(payment=payment, expires_at=TEN + timedelta(minutes=10), **facts)


async def test_a_hold_is_captured_in_part_and_given_back(bank: tuple[Bank, Practice]) -> None:
    at, provider = bank
    practice: Provider = provider
    told = await practice.begin(asked(), key="a")
    assert (told.state, told.payment, told.pay_at) == ("pending", "pay_1", f"/page/{told.reference}")
    assert await practice.begin(asked(), key="a") == told
    told = await provider.pay(told.reference, "4242424242424242")
    assert (told.state, told.hold_until) == ("authorised", TEN + timedelta(days=7))
    told = await practice.capture(told, Amount(1157, "EUR"), key="b")
    assert (told.state, told.captured) == ("paid", 1157)
    assert told.charge is not None
    back = await practice.refund(told, Amount(157, "EUR"), refund="ref_1", charge=told.charge, key="c")
    assert (back.state, back.refund, await practice.find_refund(back.reference)) == ("done", "ref_1", back)
    moved = await practice.movements(TEN, TEN + timedelta(seconds=1))
    assert [(each.kind, each.amount.minor, each.payment) for each in moved] == [
        ("charge", 1157, "pay_1"),
        ("refund", -157, "pay_1"),
    ]
    assert len(at.payments) == 1


async def test_a_hold_is_released_and_no_more_is_refunded_than_was_paid(bank: tuple[Bank, Practice]) -> None:
    _, practice = bank
    told = await practice.release(await practice.begin(asked(), key="a"), key="b")
    assert told.state == "released"
    told = await practice.begin(asked("pay_2", capture="at_once"), key="c")
    told = await practice.pay(told.reference, "4242424242424242")
    assert (told.state, told.captured) == ("paid", 5000)
    with pytest.raises(Refused, match="more than was paid"):
        await practice.refund(told, Amount(5001, "EUR"), refund="r", charge=str(told.charge), key="d")


@pytest.mark.parametrize("fault", ["deaf", "mute", "broken", "busy"])
async def test_what_has_no_answer_is_unclear_and_done_once(bank: tuple[Bank, Practice], fault: Fault) -> None:
    at, practice = bank
    at.faults = [fault]
    with pytest.raises(Unclear):
        await practice.begin(asked(), key="a")
    await practice.begin(asked(), key="a")
    assert len(at.payments) == 1
