"""The routes around payments: a top-up that somebody asks for, webhooks that are not believed, comparisons."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.domain import organizations, payments
from stationmaster.domain.payments import methods
from stationmaster.outside import Http
from stationmaster.outside.payments import Account, Providers
from stationmaster.outside.payments.test import Practice
from stationmaster.payment_words import SavedMethod
from stationmaster.storage import Work
from tests.api.conftest import Client
from tests.api.conftest import admin as admin
from tests.api.conftest import as_role as as_role
from tests.api.conftest import chargers as chargers
from tests.api.conftest import context as plain_context  # noqa: F401
from tests.api.conftest import user as user
from tests.api.conftest import web as web

pytestmark = pytest.mark.any_database
API = "/api/v1"


@pytest.fixture
def context(plain_context: Context) -> Context:  # noqa: F811
    import dataclasses

    provider = Practice(Http(), url="", secret="a secret of the bank", page="/test-bank/test/")
    return dataclasses.replace(plain_context, providers=Providers([Account("test", None, provider)]))


async def test_a_top_up_is_asked_for_a_customer_of_ones_own(admin: Client, context: Context) -> None:
    await admin.post(f"{API}/customers", json={"id": "C1", "name": "Ann"})
    body: dict[str, Any] = {"customer": "C1", "amount": "50.00", "currency": "EUR"}
    asked = (await admin.post(f"{API}/payments/top-ups", json=body)).json()
    assert (asked["state"], asked["amount"], asked["customer"]) == ("asked", "50.00", "C1")
    again = await admin.get(f"{API}/payments/{asked['id']}")
    assert again.json() == {"payment": asked, "refunds": []}
    for come_back, address in (
        ("/", "/?payment={}"),
        ("/my/money", "/my/money?payment={}"),
        ("/a?b=1", "/a?b=1&payment={}"),
    ):
        one = (await admin.post(f"{API}/payments/top-ups", json=body | {"return_to": come_back})).json()["id"]
        row = await context.database.read(lambda work, one=one: payments.get(work, organizations.home(work), one))
        assert row.return_url.endswith(address.format(one))
    for wrong, status in (
        ({"customer": "nobody"}, 404),
        ({"amount": "0.00"}, 422),
        ({"amount": "-5"}, 422),
        ({"amount": "10.505"}, 422),
        ({"amount": "10.50", "currency": "JPY"}, 422),
        ({"currency": "EUX"}, 422),
        ({"return_to": "//evil.example"}, 422),
    ):
        answer = await admin.post(f"{API}/payments/top-ups", json=body | wrong)
        assert answer.status_code == status, (wrong, answer.text)


async def test_PAY_01_a_forged_webhook_is_refused_and_changes_nothing(admin: Client, web: Application) -> None:
    await admin.post(f"{API}/customers", json={"id": "C1", "name": "Ann"})
    body = {"customer": "C1", "amount": "50.00", "currency": "EUR"}
    asked = (await admin.post(f"{API}/payments/top-ups", json=body)).json()
    paid = {"payment": asked["id"], "state": "paid", "captured": 5000}
    async with Client(web) as stranger:
        forged = await stranger.post(
            f"{API}/payments/webhooks/test", json=paid, headers={"Test-Bank-Signature": "t=1,v1=" + "0" * 64}
        )
        assert forged.status_code == 403
        assert (await stranger.post(f"{API}/payments/webhooks/none", json=paid)).status_code == 404
    assert (await admin.get(f"{API}/payments/{asked['id']}")).json()["payment"]["state"] == "asked"


async def test_cash_is_booked_and_given_back_at_once(admin: Client) -> None:
    await admin.post(f"{API}/customers", json={"id": "C1", "name": "Ann"})
    body = {"way": "cash", "amount": "20.00", "currency": "EUR", "reference": "Receipt 1", "customer": "C1"}
    paid = (await admin.post(f"{API}/payments", json=body)).json()
    assert (paid["state"], paid["captured"], paid["provider"]) == ("paid", "20.00", "cash")
    refund = {"reason": "Too much", "amount": "5.00"}
    back = await admin.post(f"{API}/payments/{paid['id']}/refund", json=refund)
    assert (back.json()["state"], back.json()["amount"]) == ("done", "5.00")
    too_much = await admin.post(f"{API}/payments/{paid['id']}/refund", json=refund | {"amount": "15.01"})
    assert (too_much.status_code, too_much.json()["errors"][0]["field"]) == (422, "amount")


async def test_a_saved_card_is_shown_and_taken_away_by_a_person(admin: Client, context: Context) -> None:
    await admin.post(f"{API}/customers", json={"id": "C1", "name": "Ann"})
    body = {"way": "cash", "amount": "20.00", "currency": "EUR", "reference": "Receipt 1", "customer": "C1"}
    paid = (await admin.post(f"{API}/payments", json=body)).json()
    cards = f"{API}/customers/C1/saved-cards"
    assert (await admin.get(cards)).json() == {"items": []}
    assert (await admin.delete(cards)).status_code == 404

    def save(work: Work) -> None:
        row = payments.get(work, organizations.home(work), paid["id"])
        methods.keep(work, row, SavedMethod("payer_1", "card_1", "Visa ···· 4242"))

    await context.database.write(save)
    [card] = (await admin.get(cards)).json()["items"]
    assert (card["label"], sorted(card)) == (
        "Visa ···· 4242",
        ["label", "made_at", "provider"],
    )  # and no id of the provider's
    assert (await admin.delete(cards)).status_code == 204
    assert (await admin.get(cards)).json() == {"items": []}
    rows = (await admin.get(f"{API}/audit", params={"subject": "customer:C1"})).json()["items"]
    assert rows[0]["action"] == "remove_saved_card"


async def test_PAY_09_a_comparison_is_asked_for(admin: Client) -> None:
    span = {"since": "2026-04-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}
    assert (await admin.post(f"{API}/payments/comparisons", json={"provider": "test"} | span)).status_code == 202
    other = await admin.post(f"{API}/payments/comparisons", json={"provider": "other"} | span)
    [wrong] = other.json()["errors"]
    assert (wrong["field"], wrong["reason"]) == ("provider", "there is no account 'other' in the settings")
    backwards = {"provider": "test", "since": span["until"], "until": span["since"]}
    assert (await admin.post(f"{API}/payments/comparisons", json=backwards)).status_code == 422
    assert (await admin.get(f"{API}/payments/comparisons")).json() == {"items": [], "next": None}
