"""Who has no more is refused, and a session is ended in time: M-17, M-21, D-02, D-08, P-09, PAY-08."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.domain import (
    bills,
    commands,
    customers,
    metering,
    prices,
    session_limits,
    session_terms,
    sessions,
    sites,
    stations,
    tariffs,
    tokens,
)
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.energy_budgets import Budget
from stationmaster.domain.events import SessionLimitNear
from stationmaster.domain.ledger import Account, Entry, balance, book, ledger_transactions
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.session_limits import Ending
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from tests import telling
from tests.domain.conftest import World

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


class Site:
    """A charger that takes 0.50 a kWh, and Ann with her card."""

    def __init__(self, world: World, station: Station, ann: int) -> None:
        self.world, self.station, self.ann = world, station, ann
        self.number = 0
        self.behind = timedelta()  # the charger's clock

    async def top_up(self, amount: str) -> None:
        entries = [
            Entry(Account("clearing", name="test"), -euros(amount)),
            Entry(Account("wallet", self.ann), euros(amount)),
        ]
        await self.world(
            book, self.world.home, key=f"top-up:{amount}", kind="top_up", entries=entries, customer_id=self.ann
        )

    async def answer(self) -> tuple[str, str | None]:
        found = await self.world(tokens.authorize_told, self.station, "ANN")
        return found.status, found.message

    async def starts(self, at: datetime = TEN) -> None:
        self.world.now = at
        told = {"meter": 0, "at": at - self.behind, "token": "ANN", "customer_id": self.ann}
        self.number = await self.world(telling.start, self.station, **told)

    async def tells(self, kwh: str, at: datetime) -> None:
        self.world.now = at
        at -= self.behind
        told = metering.Sample(str(int(Decimal(kwh) * 1000)), "Energy.Active.Import.Register", "Wh", None, None, None)

        def record(work: Work) -> None:
            metering.record(
                work,
                self.station,
                evse=1,
                transaction_id=str(self.number),
                taken=Instant(at, at.isoformat()),
                samples=[told],
                raw=b"[]",
                value=metering.reading([told]),
            )

        await self.world(record)

    async def looks(self) -> list[Ending]:
        """What the timers do."""
        world = self.world
        await world(session_limits.take_up, await world(session_terms.unfixed))
        return await world(session_limits.note, await world(session_limits.look, await world(session_limits.due)))

    async def has(self, kind: Any) -> str:
        found = await self.world(balance, self.world.home, Account(kind, self.ann), "EUR")
        return str(found.amount)


@pytest.fixture
async def site(world: World) -> Site:
    world.now = TEN - timedelta(hours=1)
    station = await world.station()
    facts: dict[str, Any] = {"currency": "EUR", "price_per_kwh": Decimal("0.50"), "standard": True}
    await world(lambda work: tariffs.create(work, world.home, public_id="day", name="Day", **facts))
    ann = await world(lambda work: customers.create(work, world.home, public_id="A", name="Ann", billing="prepaid"))
    await world(tokens.add, world.home, uid="ANN", customer="A")
    return Site(world, station, ann.id)


async def test_who_has_no_money_is_refused_with_a_reason(site: Site) -> None:
    assert await site.answer() == ("no_credit", "Your balance is used up. Please top it up.")
    await site.world(customers.change, site.world.home, "A", {"language": "de-AT"})
    assert await site.answer() == ("no_credit", "Ihr Guthaben ist aufgebraucht. Bitte laden Sie es auf.")
    await site.top_up("0.01")
    assert await site.answer() == ("accepted", None)
    await site.world(customers.change, site.world.home, "A", {"currency": "INR"})
    assert (await site.answer())[0] == "no_credit"  # that is in another currency
    await site.world(customers.change, site.world.home, "A", {"billing": "free", "currency": None})
    assert await site.answer() == ("accepted", None)


async def test_M_17_a_wallet_is_held_bit_by_bit_and_the_session_ended_before_it_is_empty(site: Site) -> None:
    """12.00, 0.50 a kWh, 11 kW told in values each minute: a minute is at most 22 kW × 1/60 h = 0.37 kWh, 0.18."""
    await site.top_up("12")
    await site.starts()
    assert await site.looks() == []
    held = Decimal(await site.has("held"))
    # A minute, and a quarter of an hour more, at 22 kW: 5.87 kWh.
    assert (str(held), await site.has("wallet")) == ("2.93", "9.07")
    for minute, kwh in ((59, "10"), (60, "18")):
        await site.tells(kwh, TEN + minute * MINUTE)
    assert await site.looks() == []
    assert (await site.has("held"), await site.has("wallet")) == ("11.93", "0.07")  # raised at the last look
    assert site.world.told(SessionLimitNear) == []
    await site.tells("20", TEN + 65 * MINUTE)
    assert await site.looks() == []
    [told] = site.world.told(SessionLimitNear)  # 10.00 of 12.00
    assert (told.because, told.customer_key) == ("wallet", site.ann)
    assert await site.answer() == ("accepted", None)  # all is held, and she may stop with her card
    await site.tells("23.5", TEN + 69 * MINUTE)
    await site.tells("23.7", TEN + 70 * MINUTE)
    [ending] = await site.looks()
    assert (ending.because, ending.station_id) == ("wallet", site.station.id)
    session = await site.world(lambda work: work.execute(sessions.sessions.select()).one())
    limit = await site.world(session_limits.of_session, session.id)
    assert limit is not None
    assert (limit.because, limit.ended_at, limit.warned_at) == ("wallet", site.world.now, TEN + 65 * MINUTE)
    assert await site.looks() == []  # the charger has a while
    site.world.now += MINUTE
    assert len(await site.looks()) == 1  # and is asked again
    assert len(site.world.told(SessionLimitNear)) == 1
    await site.world(telling.stop, site.station, site.number, meter=23_950, at=site.world.now)
    site.world.now += MINUTE
    assert await site.looks() == []
    assert await site.world(session_limits.due) == []


@pytest.mark.any_database
@pytest.mark.parametrize("hours", [0, 12, 24 * 365])
async def test_M_17_a_clock_that_is_behind_ends_no_session_early_and_silence_does(site: Site, hours: int) -> None:
    """12.00 are 24 kWh, which 22 kW deliver in little more than an hour: it is the time since the charger was heard that counts."""
    site.behind = timedelta(hours=hours)
    world = site.world
    await site.top_up("12")
    await site.starts()
    assert await site.looks() == []  # before it has told a value
    for minute, kwh in ((5, "0.9"), (10, "1.8"), (15, "2.7")):
        await site.tells(kwh, TEN + minute * MINUTE)
        assert await site.looks() == []
    session = await world(lambda work: work.execute(select(sessions.sessions.c.public_id)).scalar_one())
    assert str((await world(prices.of_session, world.home, session)).bill.total) == "1.35 EUR"
    world.now += 30 * MINUTE
    assert await site.looks() == []
    world.now += 35 * MINUTE
    assert [each.because for each in await site.looks()] == ["wallet"]


@pytest.mark.any_database
async def test_postpaid_goes_as_far_as_the_credit_limit(site: Site) -> None:
    terms = {"billing": "postpaid", "currency": "EUR", "credit_limit": Decimal(20)}
    await site.world(customers.change, site.world.home, "A", terms)
    assert await site.answer() == ("accepted", None)
    owes = [Entry(Account("receivable", site.ann), euros("-15")), Entry(Account("revenue"), euros("15"))]
    await site.world(book, site.world.home, key="bill", kind="bill", entries=owes, customer_id=site.ann)
    await site.starts()
    await site.tells("9.5", TEN + MINUTE)
    # 15.00 + 4.75, and a minute at 22 kW, of 20.00
    assert await site.looks() == []
    site.world.now += 10 * MINUTE
    [ending] = await site.looks()
    assert ending.because == "credit"
    await site.world(telling.stop, site.station, site.number, meter=9_900, at=site.world.now)
    owes = [Entry(Account("receivable", site.ann), euros("-5")), Entry(Account("revenue"), euros("5"))]
    await site.world(book, site.world.home, key="bill 2", kind="bill", entries=owes, customer_id=site.ann)
    assert await site.answer() == ("no_credit", "Your credit limit is reached. Please pay what is due.")
    await site.world(customers.change, site.world.home, "A", {"credit_limit": None})
    assert await site.answer() == ("accepted", None)


async def test_M_21_a_card_has_so_much_energy_in_a_month_of_the_site(site: Site) -> None:
    """25 kWh, 22.4 of them used: a session is ended at 2.6, and the next one refused until the first, 00:00 in Berlin."""
    world = site.world
    await world(customers.change, world.home, "A", {"billing": "free"})
    await world(tokens.change, world.home, "ANN", {"budget": Budget(Decimal(25_000), "month")})
    await world(sites.create, world.home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
    await world(stations.change, world.home, "CP1", {"site": "Harbour"})
    # 4 kWh, of which half before midnight, when November began there; and 20.4.
    await site.starts(datetime(2026, 10, 31, 22, tzinfo=UTC))
    world.now = datetime(2026, 11, 1, 0, tzinfo=UTC)
    await world(telling.stop, site.station, site.number, meter=4_000, at=world.now)
    await site.starts(datetime(2026, 11, 10, 10, tzinfo=UTC))
    world.now += timedelta(hours=2)
    await world(telling.stop, site.station, site.number, meter=20_400, at=world.now, repeat_key="2")
    begin = datetime(2026, 11, 30, 20, tzinfo=UTC)
    world.now = begin
    assert await site.answer() == ("accepted", None)
    await site.starts(begin)
    await site.tells("0.2", begin + MINUTE)
    assert await site.looks() == []
    await site.tells("2.0", begin + 10 * MINUTE)
    await site.tells("2.3", begin + 11 * MINUTE)
    [ending] = await site.looks()
    assert ending.because == "card"
    await world(telling.stop, site.station, site.number, meter=2_600, at=world.now, repeat_key="3")
    assert await site.answer() == ("no_credit", "The energy of this card is used up until 2026-12-01.")
    world.now = datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC)
    assert (await site.answer())[0] == "no_credit"
    world.now += timedelta(seconds=1)
    assert await site.answer() == ("accepted", None)


async def test_a_month_costs_so_much_and_no_more(site: Site) -> None:
    """10.00 a month: 9.00 are billed in November there, and nothing yet in December."""
    world = site.world
    terms = {"billing": "postpaid", "currency": "EUR", "monthly_budget": Decimal(10)}
    await world(customers.change, world.home, "A", terms)
    await site.starts(datetime(2026, 11, 10, 10, tzinfo=UTC))
    world.now += timedelta(hours=1)
    await world(telling.stop, site.station, site.number, meter=18_000, at=world.now)
    session = await world(telling.newest_of, site.ann)
    await world(bills.settle, session)
    assert (await site.answer())[0] == "accepted"
    await site.starts(datetime(2026, 11, 20, 10, tzinfo=UTC))
    await site.tells("1.7", world.now + MINUTE)
    [ending] = await site.looks()
    assert ending.because == "budget"
    await world(telling.stop, site.station, site.number, meter=2_000, at=world.now, repeat_key="2")
    await world(bills.settle, await world(telling.newest_of, site.ann))
    assert await site.answer() == ("no_credit", "Your budget for this month is used up.")
    world.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert (await site.answer())[0] == "accepted"


@pytest.mark.any_database
async def test_nothing_is_held_for_a_session_that_has_ended_meanwhile(site: Site) -> None:
    world = site.world
    await site.top_up("12")
    await site.starts()
    await world(session_limits.take_up, await world(session_terms.unfixed))
    looks = await world(session_limits.look, await world(session_limits.due))
    assert looks[0].wanted is not None
    await world(telling.stop, site.station, site.number, meter=10_000, at=TEN + MINUTE)
    await world(bills.settle, await world(telling.newest_of, site.ann))
    assert await world(session_limits.note, looks) == []
    assert (await site.has("held"), await site.has("wallet")) == ("0.00", "7.00")


async def test_P_09_what_was_held_goes_back_whole_when_nothing_was_delivered(site: Site) -> None:
    world = site.world
    await site.top_up("12")
    await site.starts()
    await site.looks()
    assert await site.has("held") != "0.00"
    await world(telling.stop, site.station, site.number, meter=0, at=TEN + MINUTE / 3)
    await world(bills.settle, await world(telling.newest_of, site.ann))
    assert (await site.has("held"), await site.has("wallet")) == ("0.00", "12.00")


@pytest.mark.any_database
@pytest.mark.parametrize("answer", ["accepted", "rejected"])
async def test_P_09_D_02_a_remote_start_that_comes_to_nothing_holds_nothing(site: Site, answer: str) -> None:
    world = site.world
    await site.top_up("12")
    assert await site.answer() == ("accepted", None)
    start = {"name": "remote-start", "by": "Ann", "node": "n1", "awaits": Awaits("session", 75.0)}
    asked = await world(commands.ask, site.station, arguments={"token": "ANN", "evse": 1}, **start)
    await world(commands.record_answer, site.station, asked.id, Answer(answer))
    for seconds in (0, 60, 75):  # while the charger waits for the car, and when its time is over
        world.now += timedelta(seconds=seconds)
        await world(commands.expire)
        assert await site.looks() == []
        assert (await site.has("held"), await site.has("wallet")) == ("0.00", "12.00")
    [row] = await world(commands.listed, site.station.id, limit=9, cursor=None)
    assert (row.state, row.session) == ("expired" if answer == "accepted" else "failed", None)
    kinds = await world(lambda work: list(work.execute(select(ledger_transactions.c.kind)).scalars()))
    assert kinds == ["top_up"]  # nothing was held for a moment either
    await site.starts(world.now)  # another time she does come
    await site.looks()
    assert await site.has("held") != "0.00"


@pytest.mark.any_database
async def test_P_09_what_is_set_aside_elsewhere_may_be_raised(site: Site) -> None:
    world = site.world
    await world(customers.change, world.home, "A", {"billing": "free"})
    await site.starts()
    session = await world(lambda work: work.execute(sessions.sessions.select()).one())
    await world(session_limits.set_aside, session.id, euros("20"))
    await site.tells("20", TEN + 58 * MINUTE)
    await site.tells("39.8", TEN + 59 * MINUTE)
    world.now += MINUTE
    [ending] = await site.looks()
    assert ending.because == "hold"
    await world(session_limits.set_aside, session.id, euros("35"))
    assert await site.looks() == []


@pytest.mark.any_database
async def test_D_08_a_card_that_ends_while_charging_stops_with_itself_and_does_not_begin_again(site: Site) -> None:
    world = site.world
    await world(customers.change, world.home, "A", {"billing": "free"})
    await world(tokens.change, world.home, "ANN", {"expires_at": TEN + timedelta(hours=1)})
    await site.starts()
    world.now = TEN + timedelta(hours=2)
    await world(telling.stop, site.station, site.number, meter=5_000, at=world.now, token="ANN")
    row = await world(lambda work: work.execute(sessions.sessions.select()).one())
    assert (row.status, row.energy_wh, row.flags) == ("completed", 5000, None)
    assert (await site.answer())[0] == "expired"
