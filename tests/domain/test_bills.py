"""From a session to its bill and into the ledger: once, whatever is told, corrected and retried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from stationmaster.background.outbox import deliver_due
from stationmaster.domain import (
    bills,
    customers,
    ledger,
    outbox,
    revenue,
    sessions,
    site_hosts,
    sites,
    stations,
    tariffs,
    tokens,
    wallets,
)
from stationmaster.domain.bills import auditing
from stationmaster.domain.ledger import Account, holds
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments import manual
from stationmaster.domain.sessions import Figures
from stationmaster.domain.site_hosts import Host
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests import telling
from tests.domain.conftest import World

TEN = datetime(2026, 12, 1, 9, tzinfo=UTC)  # in Berlin
VAT = Decimal(19)


def eur(amount: str | int) -> Money:
    return Money(Decimal(amount), "EUR")


class Place:
    """A charger in Berlin with the tariff of M-07, and a customer."""

    def __init__(self, world: World, station: Station) -> None:
        self.world, self.station, self.customer = world, station, 0

    async def customer_with(self, amount: str) -> None:
        row = await self.world(customers.create, self.world.home, public_id="ann", name="Ann", billing="prepaid")
        self.customer = row.id
        await self.top_up(amount)

    async def top_up(self, amount: str) -> None:
        paid: Any = {"reference": "Receipt", "by": "Eve", "customer": "ann"}
        await self.world(manual.enter, self.world.home, "cash", eur(amount), **paid)

    async def charge(self, *, kwh: str = "18.735", minutes: int = 47, **told: Any) -> str:
        """A session of that length, as the charger tells it; its id."""
        world, begin = self.world, self.world.now
        whose = {"customer_id": self.customer or None}
        number = await world(telling.start, self.station, meter=0, at=begin, **whose, **told)
        world.now = begin + timedelta(minutes=minutes)
        await world(telling.stop, self.station, number, meter=Decimal(kwh) * 1000, at=world.now)
        table = sessions.sessions
        return await world(
            lambda work: str(work.execute(table.select().order_by(table.c.id.desc()).limit(1)).one().public_id)
        )

    async def deliver(self) -> None:
        while await deliver_due(self.world.database):
            pass

    async def bills_of(self, session: str) -> list[bills.BillRow]:
        def read(work: Work) -> list[Any]:
            row = sessions.get(work, self.world.home, session)
            table = bills.bills
            return list(work.execute(table.select().where(table.c.session_id == row.id).order_by(table.c.revision)))

        return await self.world(read)

    async def in_it(self, *accounts: Account) -> list[str]:
        balances = [await self.world(ledger.balance, self.world.home, each, "EUR") for each in accounts]
        return [str(each.amount) for each in balances]

    async def wallet(self) -> str:
        [amount] = await self.in_it(Account("wallet", self.customer))
        return amount

    async def owed(self) -> str:
        [amount] = await self.in_it(Account("receivable", self.customer))
        return amount


INCOME = (Account("revenue"), Account("tax", name="VAT 19 %"))


@pytest.fixture
async def place(world: World) -> Any:
    world.database.before_commit.append(outbox.keep)
    world.now = TEN - timedelta(hours=1)
    structure = {
        "elements": [
            {
                "price_components": [
                    {"type": "flat", "price": "1.00", "taxes": [{"name": "VAT", "percent": 19}]},
                    {"type": "energy", "price": "0.39", "taxes": [{"name": "VAT", "percent": 19}]},
                    {"type": "time", "price": "0.03", "per": "minute", "taxes": [{"name": "VAT", "percent": 19}]},
                ]
            }
        ]
    }
    await world(
        lambda work: tariffs.create(
            work, world.home, public_id="day", name="Day", currency="EUR", standard=True, structure=structure
        )
    )
    station = await world.station()
    await world(sites.create, world.home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
    await world(stations.change, world.home, "CP1", {"site": "Harbour"})
    world.now = TEN
    place = Place(world, station)
    yield place
    found = await world(lambda work: [str(each) for each in auditing.problems(work)])
    assert found == []


async def test_M_07_a_session_is_billed_and_booked(place: Place) -> None:
    await place.customer_with("50")
    session = await place.charge()
    await place.deliver()
    [bill] = await place.bills_of(session)
    assert (bill.state, bill.revision, str(bill.net), str(bill.tax), str(bill.total)) == (
        "booked", 1, "9.720", "1.850", "11.570",
    )  # fmt: skip
    assert (bill.decided_by, bill.time_zone, bill.terms, bill.booked_on) == (
        "organization", "Europe/Berlin", 1, "2026-12-01",
    )  # fmt: skip
    assert await place.in_it(*INCOME) == ["9.72", "1.85"]
    assert await place.wallet() == "38.43"
    whole = bills.read(bill)
    assert whole is not None and [line.type for line in whole.lines] == ["flat", "energy", "time"]


async def test_D_08_a_session_whose_card_ends_meanwhile_is_billed_to_its_customer(place: Place) -> None:
    await place.customer_with("50")
    world = place.world
    await world(tokens.add, world.home, uid="SOON", customer="ann", expires_at=world.now + timedelta(minutes=20))
    session = await place.charge(token="SOON")
    await place.deliver()
    [bill] = await place.bills_of(session)
    assert (bill.state, str(bill.total)) == ("booked", "11.570")
    assert await place.wallet() == "38.43"


async def test_a_reaction_that_runs_23_times_has_one_effect(place: Place) -> None:
    await place.customer_with("50")
    session = await place.charge()
    for _ in range(23):
        await place.world(bills.settle, session)
    await place.deliver()
    assert len(await place.bills_of(session)) == 1
    assert await place.wallet() == "38.43"


async def test_a_corrected_session_gets_a_correcting_entry(place: Place) -> None:
    await place.customer_with("50")
    session = await place.charge()
    await place.deliver()
    world = place.world
    await world(
        sessions.correct, world.home, session, by="Eve", note="the meter", figures=Figures(energy_wh=Decimal(8735))
    )
    await place.deliver()
    first, second = await place.bills_of(session)
    # 1.00 + 8.735 × 0.39 + 47 × 0.03 = 5.81665 → 5.82, and 19 % of it 1.11.
    assert [str(each.total) for each in (first, second)] == ["11.570", "6.930"]
    assert await place.in_it(*INCOME) == ["5.82", "1.11"]
    assert await place.wallet() == "43.07"
    listed = await world(wallets.list_transactions, world.home, "ann", Wanted())
    assert [(each.booked_as, str(each.amount), str(each.balance.amount)) for each in listed.rows] == [
        ("correction", "4.64 EUR", "43.07"),
        ("bill", "11.57 EUR", "38.43"),
        ("top_up", "50.00 EUR", "50.00"),
    ]


@pytest.mark.parametrize(
    ("told", "minutes", "total"), [("9000", 47, "11.570"), ("0", 47, "11.570"), ("9000", 0, "9.890")]
)
async def test_M_22_what_a_person_has_set_is_billed_where_the_meter_told_nothing_that_could_be(
    place: Place, told: str, minutes: int, total: str
) -> None:
    """It jumped by 9,000 kWh, or never counted: what was corrected to 18.735 kWh costs what they cost, and is not free."""
    await place.customer_with("50")
    session = await place.charge(kwh=told, minutes=minutes)
    await place.deliver()
    world = place.world
    figures = Figures(energy_wh=Decimal(18735))
    await world(sessions.correct, world.home, session, by="Eve", note="the meter", figures=figures)
    await place.deliver()
    bill = (await place.bills_of(session))[-1]
    # 1.00 + 18.735 × 0.39 = 8.30665 → 8.31, or 9.72 with 47 × 0.03; and 19 % of it, 1.58 or 1.85.
    assert (bill.state, str(bill.total)) == ("booked", total)


async def test_a_correction_is_by_the_terms_of_the_first_bill(place: Place) -> None:
    await place.customer_with("50")
    session = await place.charge()
    await place.deliver()
    world = place.world
    dearer = {"structure": None, "price_per_kwh": Decimal(9)}
    await world(tariffs.change, world.home, "day", dearer)
    await world(
        tariffs.create, world.home, public_id="other", name="O", currency="EUR", standard=True, price_per_kwh=Decimal(8)
    )
    await world(tariffs.remove, world.home, "day")
    await world(
        sessions.correct, world.home, session, by="Eve", note="the meter", figures=Figures(energy_wh=Decimal(8735))
    )
    await place.deliver()
    assert [str(each.total) for each in await place.bills_of(session)] == ["11.570", "6.930"]


async def test_what_is_left_out_is_taken_back_and_restored(place: Place) -> None:
    await place.customer_with("50")
    session = await place.charge()
    await place.deliver()
    world = place.world
    await world(sessions.exclude, world.home, session, by="Eve", note="a test")
    await place.deliver()
    assert (await place.wallet(), await place.in_it(*INCOME)) == ("50.00", ["0.00", "0.00"])
    await world(sessions.restore, world.home, session, by="Eve", note="it was none")
    await place.deliver()
    assert [(each.state, str(each.total)) for each in await place.bills_of(session)] == [
        ("booked", "11.570"),
        ("taken_back", "0.000"),
        ("booked", "11.570"),
    ]
    assert await place.wallet() == "38.43"


async def test_what_is_held_is_not_billed_before_it_is_freed(place: Place) -> None:
    await place.customer_with("50")
    session = await place.charge(authorization="blocked")  # and charged all the same
    await place.deliver()
    assert await place.bills_of(session) == []
    await place.world(sessions.review, place.world.home, session, by="Eve")
    await place.deliver()
    [bill] = await place.bills_of(session)
    whole = bills.read(bill)
    assert whole is not None and "held" not in whole.notes
    assert await place.wallet() == "38.43"


async def test_a_session_of_nobody_is_rated_and_kept(place: Place) -> None:
    session = await place.charge()
    await place.deliver()
    [bill] = await place.bills_of(session)
    assert (bill.state, str(bill.total), bill.transaction_id, bill.customer_id) == ("kept", "11.570", None, None)
    assert await place.in_it(*INCOME) == ["0.00", "0.00"]


async def test_without_a_tariff_nothing_is_billed(place: Place) -> None:
    await place.world(tariffs.remove, place.world.home, "day")
    session = await place.charge()
    await place.deliver()
    assert await place.bills_of(session) == []


async def test_P_09_a_hold_pays_and_what_is_left_of_it_goes_back(place: Place) -> None:
    await place.customer_with("20")
    world = place.world
    begun = await world(telling.start, place.station, meter=0, customer_id=place.customer)
    key = await world(lambda work: work.execute(sessions.sessions.select()).one().id)
    of = {"name": "start", "customer_id": place.customer, "session_id": key}
    await world(holds.hold, world.home, amount=eur(20), **of)
    assert await place.wallet() == "0.00"
    world.now += timedelta(minutes=47)
    await world(telling.stop, place.station, begun, meter=Decimal(18735))
    await place.deliver()
    assert (await place.wallet(), await place.in_it(Account("held", place.customer))) == ("8.43", ["0.00"])


async def test_what_is_owed_is_paid_by_the_next_top_up(place: Place) -> None:
    await place.customer_with("10")
    await place.charge()
    await place.deliver()
    assert (await place.wallet(), await place.owed()) == ("0.00", "-1.57")
    await place.top_up("5")
    assert (await place.wallet(), await place.owed()) == ("3.43", "0.00")


@pytest.mark.any_database
async def test_what_came_of_the_bonus_goes_back_there(place: Place) -> None:
    await place.customer_with("4")
    world, bonus = place.world, Account("bonus", place.customer)
    await world(wallets.adjust, world.home, "ann", amount=eur(5), purse="bonus", reason="welcome")
    session = await place.charge()  # 11.57: 5 of the bonus, 4 of the wallet, 2.57 owed
    await place.deliver()
    assert (await place.in_it(bonus), await place.wallet(), await place.owed()) == (["0.00"], "0.00", "-2.57")
    await world(sessions.exclude, world.home, session, by="Eve", note="a test")
    await place.deliver()
    assert (await place.in_it(bonus), await place.wallet(), await place.owed()) == (["5.00"], "4.00", "0.00")


@pytest.mark.any_database
@pytest.mark.parametrize("before, after, left", [("prepaid", "free", "43.07"), ("free", "prepaid", "50.00")])
async def test_other_terms_of_a_customer_are_for_the_next_session(
    place: Place, before: str, after: str, left: str
) -> None:
    await place.customer_with("50")
    world = place.world
    await world(customers.change, world.home, "ann", {"billing": before})
    session = await place.charge()
    await place.deliver()
    await world(customers.change, world.home, "ann", {"billing": after})
    await world(
        sessions.correct, world.home, session, by="Eve", note="the meter", figures=Figures(energy_wh=Decimal(8735))
    )
    await place.deliver()
    assert (await place.wallet(), len(await place.bills_of(session))) == (left, 2)


@pytest.mark.any_database
async def test_where_there_is_nothing_to_bill_nothing_is_left_to_do(place: Place) -> None:
    world = place.world

    async def waiting() -> int:
        return len(await world(lambda work: work.execute(outbox.outbox.select()).all()))

    number = await world(telling.start, place.station, meter=0)
    assert await waiting() == 0  # it has only begun
    world.now += timedelta(minutes=5)
    await world(telling.stop, place.station, number, meter=500)
    assert await waiting() == 1
    await place.deliver()


@pytest.mark.any_database
async def test_where_there_is_no_tariff_at_all_a_message_leaves_nothing_to_do(world: World) -> None:
    world.database.before_commit.append(outbox.keep)
    number = await world(telling.start, await world.station(), meter=0)
    world.now += timedelta(minutes=5)
    await world(telling.stop, Station(1, "CP1", world.home, "1.6", "accepted", True), number, meter=500)
    assert await world(lambda work: work.execute(outbox.outbox.select()).all()) == []


@pytest.mark.any_database
async def test_a_session_that_got_another_customer_is_theirs(place: Place) -> None:
    await place.customer_with("50")
    session = await place.charge()
    await place.deliver()
    bob = await place.world(customers.create, place.world.home, public_id="bob", name="Bob", billing="postpaid")
    table = sessions.sessions
    await place.world(lambda work: work.execute(update(table).values(customer_id=bob.id)) and None)
    await place.world(bills.settle, session)
    assert await place.wallet() == "50.00"
    assert await place.in_it(Account("receivable", bob.id)) == ["-11.57"]
    assert await place.in_it(*INCOME) == ["9.72", "1.85"]


async def test_a_site_s_host_gets_their_share_and_of_a_correction_as_well(place: Place) -> None:
    await place.customer_with("50")
    world = place.world
    await world(site_hosts.name_host, world.home, "H", Host("Hotel", Decimal(30)))
    session = await place.charge()
    await place.deliver()
    await world(site_hosts.name_host, world.home, "H", Host("Hotel", Decimal(50)))
    shares = (Account("shares"), Account("host", name="H"))
    assert await place.in_it(*shares, *INCOME) == ["-2.92", "2.92", "9.72", "1.85"]  # 30 % of 9.72 is 2.916
    await world(
        sessions.correct, world.home, session, by="Eve", note="the meter", figures=Figures(energy_wh=Decimal(8735))
    )
    await place.deliver()
    assert await place.in_it(*shares, *INCOME) == ["-1.75", "1.75", "5.82", "1.11"]  # still 30 %, of 5.82
    december = ("2026-12-01", "2027-01-01")
    [month] = await world(revenue.booked_between, world.home, *december)
    assert (month.site, month.sessions, str(month.net), str(month.total)) == ("H", 1, "5.82 EUR", "6.93 EUR")
    assert (str(month.host_share), str(month.margin), str(month.on_account)) == ("1.75 EUR", "4.07 EUR", "0.00 EUR")
    lines = await world(revenue.shares_of, world.home, "H", *december)
    assert [(str(line.net), str(line.share)) for line in lines] == [
        ("9.72 EUR", "2.92 EUR"),
        ("-3.90 EUR", "-1.17 EUR"),
    ]
    assert await world(revenue.booked_between, world.home, "2026-11-01", "2026-12-01") == []
    [now] = await world(revenue.totals, world.home)
    assert (str(now.wallets), str(now.owed)) == ("43.07 EUR", "0.00 EUR")
