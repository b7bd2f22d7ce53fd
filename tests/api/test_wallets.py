"""Wallets, corrections by hand, and bills over the API, in ours and in document 001's."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.api.application import Application
from stationmaster.domain import bills, customers, organizations, payments, sites, stations, tariffs
from stationmaster.domain.invoices import issuing
from stationmaster.domain.payments import methods
from stationmaster.domain.stations import Station
from stationmaster.payment_words import SavedMethod
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import PASSWORD, Client

API = "/api/v1"
CMS = "/api/cms"


@pytest.fixture
async def ann(admin: Client) -> str:
    made = await admin.post(f"{API}/customers", json={"id": "ann", "name": "Ann Rao", "billing": "prepaid"})
    assert made.status_code == 201, made.text
    cash = {"way": "cash", "amount": "50.00", "currency": "EUR", "reference": "Receipt 7", "customer": "ann"}
    assert (await admin.post(f"{API}/payments", json=cash)).is_success
    return "ann"


@pytest.fixture
async def charged(ann: str, database: Database, charger: Any) -> str:
    """A session of Ann's of 10 kWh at 0.35 with 19 % of tax, billed."""

    def charge(work: Work) -> str:
        home = organizations.home(work)
        sites.create(work, home, public_id="harbour", name="Harbour")
        stations.change(work, home, "CP1", {"site": "Harbour"})
        price = {"price_per_kwh": Decimal("0.35"), "tax_percent": Decimal(19)}
        tariffs.create(work, home, public_id="day", name="Day", currency="EUR", standard=True, **price)
        her = customers.get(work, home, ann).id
        told = Station(charger.id, "CP1", home, "1.6", "accepted", True)
        number = telling.start(work, told, meter=0, customer_id=her, at=work.now - timedelta(hours=1))
        telling.stop(work, told, number, meter=10_000)
        session = telling.newest_of(work, her)
        bills.settle(work, session)
        return session

    return await database.write_apart(charge)


async def test_S1_066_S1_070_a_wallet_is_shown_with_all_that_was_booked(admin: Client, ann: str, charged: str) -> None:
    shown = (await admin.get(f"{API}/customers/{ann}/wallet")).json()
    assert shown == {
        "balances": [{"currency": "EUR", "wallet": "45.83", "bonus": "0.00", "held": "0.00", "owed": "0.00"}]
    }
    listed = (await admin.get(f"{API}/customers/{ann}/wallet-transactions")).json()["items"]
    told = [(one["type"], one["booked_as"], one["amount"], one["balance"], one["reference"]) for one in listed]
    assert told[0] == ("debit", "bill", "4.17", "45.83", charged)
    assert told[1][:4] == ("credit", "top_up", "50.00", "50.00")
    rows = (await admin.get(f"{CMS}/customers/{ann}/wallet-transactions")).json()
    assert [(row["transaction_type"], row["amount"], row["balance"], row["customer_id"]) for row in rows] == [
        ("Debit", "4.17", "45.83", ann),
        ("Credit", "50.00", "50.00", ann),
    ]


async def test_S1_084_a_session_shows_what_was_billed(admin: Client, charged: str) -> None:
    [row] = (await admin.get(f"{CMS}/sessions")).json()
    assert (row["session_id"], row["billed_amount"]) == (charged, "4.17")
    [one] = (await admin.get(f"{API}/sessions")).json()["items"]
    assert (one["billed"], one["currency"], one["customer"], one["customer_name"]) == ("4.17", "EUR", "ann", "Ann Rao")
    whole = (await admin.get(f"{API}/sessions/{charged}")).json()
    assert (whole["billed"], whole["currency"], whole["customer_name"]) == ("4.17", "EUR", "Ann Rao")
    [exported] = csv.DictReader(io.StringIO((await admin.get(f"{API}/exports/sessions")).text, newline=""))
    assert (Decimal(exported["billed"]), exported["currency"]) == (Decimal("4.17"), "EUR")
    [bill] = (await admin.get(f"{API}/sessions/{charged}/bills")).json()
    assert (bill["state"], bill["net"], bill["tax"], bill["total"]) == ("booked", "3.50", "0.67", "4.17")
    assert bill["paid_from"] == {"bonus": "0.00", "wallet": "4.17", "owed": "0.00"}
    assert [line["type"] for line in bill["price"]["lines"]] == ["energy"]
    [listed] = (await admin.get(f"{API}/bills", params={"customer": "ann", "booked_from": "2026-01-01"})).json()[
        "items"
    ]
    assert listed == {name: value for name, value in bill.items() if name not in ("price", "paid_from")}
    assert (await admin.get(f"{API}/bills/{bill['id']}")).json() == bill
    assert (await admin.get(f"{API}/bills", params={"customer": "bob"})).status_code == 404


@pytest.mark.any_database
async def test_a_month_s_revenue_and_the_host_of_a_site(admin: Client, charged: str) -> None:
    [bill] = (await admin.get(f"{API}/sessions/{charged}/bills")).json()
    month = (await admin.get(f"{API}/revenue", params={"month": bill["booked_on"][:7]})).json()
    [site] = month["sites"]
    assert site == {
        "site": "harbour",
        "site_name": "Harbour",
        "currency": "EUR",
        "sessions": 1,
        "net": "3.50",
        "tax": "0.67",
        "round_off": "0.00",
        "total": "4.17",
        "on_account": "0.00",
        "host_share": "0.00",
        "margin": "3.50",
    }
    assert (await admin.get(f"{API}/revenue")).json() == month  # this one
    assert month["customers"] == [
        {"currency": "EUR", "wallets": "45.83", "bonuses": "0.00", "held": "0.00", "owed": "0.00"}
    ]
    for wrong in ("2026-13", "2026-5", "0000-01", "May"):
        assert (await admin.get(f"{API}/revenue", params={"month": wrong})).status_code == 422, wrong
    assert (await admin.post(f"{API}/sites", json={"id": "H", "name": "Hotel"})).is_success
    assert (await admin.get(f"{API}/sites/H/host")).json() == {"host": None}
    hotel = {"host": {"name": "Hotel", "percent": "12.5"}}
    assert (await admin.put(f"{API}/sites/H/host", json=hotel)).json() == hotel
    for percent in ("0", "100.01", "-1", "NaN", "1.00001"):
        refused = await admin.put(f"{API}/sites/H/host", json={"host": {"name": "Hotel", "percent": percent}})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "percent"), percent
    statement = (await admin.get(f"{API}/sites/H/host/statement", params={"month": "2026-05"})).json()
    assert statement == {"site": "H", "month": "2026-05", "host": "Hotel", "lines": [], "shares": {}}
    assert (await admin.put(f"{API}/sites/H/host", json={"host": None})).json() == {"host": None}


@pytest.mark.any_database
async def test_a_large_correction_waits_for_a_second_person(
    admin: Client, as_role: Callable[..., Any], ann: str
) -> None:
    path = f"{API}/customers/{ann}/wallet/adjustments"
    small = await admin.post(path, json={"amount": "-10.00", "currency": "EUR", "reason": "Paid twice"})
    assert (small.status_code, small.json()["state"]) == (201, "booked")
    large = await admin.post(path, json={"amount": "100.00", "currency": "EUR", "reason": "A wrong bill"})
    assert (large.status_code, large.json()["state"]) == (202, "waiting")
    at = f"{API}/wallet-adjustments/{large.json()['id']}"
    assert (await admin.post(f"{at}/confirm")).status_code == 409  # the same person
    other = await as_role("owner")
    done = await other.post(f"{at}/confirm")
    assert (done.status_code, done.json()["state"]) == (200, "booked"), done.text
    for again in ("confirm", "refuse"):
        assert (await other.post(f"{at}/{again}")).status_code == 409
    [balance] = (await admin.get(f"{API}/customers/{ann}/wallet")).json()["balances"]
    assert balance["wallet"] == "140.00"
    unwanted = (await admin.post(path, json={"amount": "200", "currency": "EUR", "reason": "Mistake"})).json()["id"]
    assert (await admin.post(f"{API}/wallet-adjustments/{unwanted}/refuse")).json()["state"] == "refused"
    states = [one["state"] for one in (await admin.get(f"{API}/wallet-adjustments")).json()["items"]]
    assert states == ["refused", "booked", "booked"]
    acts = [one["action"] for one in (await admin.get(f"{API}/audit")).json()["items"]]
    assert acts[:3] == ["refuse_adjustment", "ask_for_adjustment", "adjust_wallet"]


@pytest.mark.any_database
@pytest.mark.parametrize(
    "body, field",
    [
        ({"amount": "0", "currency": "EUR"}, "amount"),
        ({"amount": "1.005", "currency": "EUR"}, "amount"),
        ({"amount": "10.50", "currency": "JPY"}, "amount"),
        ({"amount": "NaN", "currency": "EUR"}, "amount"),
        ({"amount": "5", "currency": "XXX"}, "currency"),
        ({"amount": "5", "currency": "EUR", "reason": ""}, "reason"),
    ],
)
async def test_M_12_what_cannot_be_put_into_a_wallet_is_refused(
    admin: Client, ann: str, body: dict[str, str], field: str
) -> None:
    answer = await admin.post(f"{API}/customers/{ann}/wallet/adjustments", json={"reason": "Why", **body})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


@pytest.mark.any_database
async def test_more_than_there_is_cannot_be_taken_out(admin: Client, ann: str) -> None:
    taken = {"amount": "-50.01", "currency": "EUR", "reason": "Why"}
    answer = await admin.post(f"{API}/customers/{ann}/wallet/adjustments", json=taken)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "there is 50.00 EUR in the wallet, and 50.01 EUR would be needed",
    )


@pytest.mark.any_database
async def test_D_01_ATK_04_a_driver_sees_their_own_wallet_and_bills_and_no_other(
    admin: Client, web: Application, ann: str, charged: str
) -> None:
    for name, customer in (("ann", ann), ("bob", None)):
        if customer is None:
            assert (await admin.post(f"{API}/customers", json={"id": "bob", "name": "Bob"})).is_success
        user = {"email": f"{name}@example.com", "password": PASSWORD, "role": "driver", "customer": customer or "bob"}
        assert (await admin.post(f"{API}/users", json=user)).is_success
    async with Client(web) as driver:
        await driver.login("ann@example.com")
        mine = (await driver.get(f"{API}/me/wallet")).json()
        assert mine == (await admin.get(f"{API}/customers/{ann}/wallet")).json()
        listed = await driver.get(f"{API}/me/wallet/transactions")
        entries = listed.json()["items"]
        assert (entries[0]["amount"], entries[0]["description"]) == ("4.17", "Charging at Harbour")
        statement = await driver.get(f"{API}/me/statements/{entries[0]['created_at'][:7]}/csv")
        assert "Charging at Harbour" in statement.text
        billed = await driver.get(f"{API}/me/sessions/{charged}/bills")
        for answer in (listed, statement, billed):
            assert "CP1" not in answer.text  # the charger logs in by that name
        [bill] = billed.json()
        assert (bill["total"], bill["paid_from"]["wallet"], len(bill["price"]["lines"])) == ("4.17", "4.17", 1)
    async with Client(web) as other:
        await other.login("bob@example.com")
        assert (await other.get(f"{API}/me/wallet")).json() == {"balances": []}
        assert (await other.get(f"{API}/me/sessions/{charged}/bills")).status_code == 404


@pytest.mark.any_database
async def test_API_35_what_is_kept_of_a_person_has_their_money_and_erased_nobody_has_their_card(
    admin: Client, ann: str, charged: str, database: Database
) -> None:
    assert (await admin.post(f"{API}/customers", json={"id": "bob", "name": "Bob"})).is_success
    await database.write(issuing.follow, charged)
    names = ("wallet_transactions", "bills", "payments", "invoices")
    data = (await admin.get(f"{API}/customers/{ann}/data")).json()
    wallet = (await admin.get(f"{API}/customers/{ann}/wallet-transactions")).json()["items"]
    assert data["wallet_transactions"] == wallet and len(wallet) == 2
    assert data["bills"] == (await admin.get(f"{API}/sessions/{charged}/bills")).json()
    assert [(one["purpose"], one["amount"], one["customer"]) for one in data["payments"]] == [("top_up", "50.00", ann)]
    assert [(one["customer"], one["total"]) for one in data["invoices"]] == [(ann, "4.17")]
    others = (await admin.get(f"{API}/customers/bob/data")).json()
    assert [others[name] for name in names] == [[], [], [], []]

    def save_a_card(work: Work) -> None:
        row = work.execute(payments.payments.update().values(email="ann@example.in").returning(payments.payments)).one()
        methods.keep(work, row, SavedMethod("payer_1", "card_1", "card ···· 4242"))

    await database.write(save_a_card)
    assert (await admin.post(f"{API}/customers/{ann}/erase")).status_code == 204
    left = select(payments.payments.c.email, payments.payment_methods.c.label).outerjoin_from(
        payments.payments, payments.payment_methods, payments.payment_methods.c.customer_id.is_not(None)
    )
    assert await database.read(lambda work: [tuple(row) for row in work.execute(left)]) == [(None, None)]
