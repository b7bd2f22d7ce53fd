"""What customers are told: what they have chosen, once, and nothing that is old news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.background.outbox import deliver_due
from stationmaster.domain import (
    connectors,
    customers,
    looks,
    metering,
    outbox,
    personal_data,
    reservations,
    sessions,
    sites,
    stations,
    tariffs,
    tokens,
)
from stationmaster.domain.alerts import channels
from stationmaster.domain.alerts.tables import alert_notices
from stationmaster.domain.customer_notices import choices, following, links, looking, unsubscribing
from stationmaster.domain.customer_notices import telling as notices
from stationmaster.domain.customer_notices.tables import KINDS, notice_choices
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.events import BillMade, SessionEnded
from stationmaster.domain.invoices import issuers
from stationmaster.domain.ledger import Account, Entry, book
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.sessions import Figures
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.domain.versions import Outdated
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests import telling
from tests.domain.conftest import World

TEN = datetime(2026, 12, 1, 9, tzinfo=UTC)  # in Berlin
MINUTE = timedelta(minutes=1)
EVIL = "Harbour\r\nBcc: all@example.com"


class Ann:
    """A customer with a card at a charger in Berlin: 0.50 EUR a kWh, and 0.10 a minute for who stands there idle for longer than ten."""

    def __init__(self, world: World, station: Station, key: int) -> None:
        self.world, self.station, self.key = world, station, key

    async def chooses(self, *kinds: str, **more: Any) -> choices.Choices:
        def choose(work: Work) -> choices.Choices:
            row = customers.get(work, self.world.home, "ann")
            wanted: Any = dict.fromkeys(kinds, True)
            return choices.change(work, self.world.home, row, wanted, **more)

        return await self.world(choose)

    async def starts(self, **told: Any) -> int:
        told = {"at": self.world.now} | told
        return await self.world(telling.start, self.station, meter=0, token="ANN", customer_id=self.key, **told)

    async def stops(self, number: int, kwh: str = "20", **told: Any) -> str:
        told = {"at": self.world.now} | told
        await self.world(telling.stop, self.station, number, meter=Decimal(kwh) * 1000, **told)
        return await self.world(telling.newest_of, self.key)

    async def meter(self, number: int, kwh: str, *, kw: str | None = None, soc: str | None = None) -> None:
        samples = [metering.Sample(str(int(Decimal(kwh) * 1000)), "Energy.Active.Import.Register", "Wh")]
        samples += [] if kw is None else [metering.Sample(kw, "Power.Active.Import", "kW")]
        samples += [] if soc is None else [metering.Sample(soc, "SoC", "Percent")]
        now = self.world.now

        def record(work: Work) -> None:
            metering.record(
                work,
                self.station,
                evse=1,
                transaction_id=str(number),
                taken=Instant(now, now.isoformat()),
                samples=samples,
                raw=b"[]",
            )

        await self.world(record)

    async def says(self, status: str, state: str) -> None:
        words: Any = {"evse": 1, "connector": 1, "state": state, "status": status}
        await self.world(connectors.report_status, self.station, at=self.world.now, **words)

    async def tops_up(self, amount: str, kind: Any = "top_up") -> None:
        money = Money(Decimal(amount), "EUR")
        entries = [Entry(Account("clearing", name="test"), -money), Entry(Account("wallet", self.key), money)]
        key = f"{kind} {amount} {self.world.now}"
        await self.world(book, self.world.home, key=key, kind=kind, entries=entries, customer_id=self.key)

    async def follows(self) -> None:
        """What the reactions do."""
        while await deliver_due(self.world.database):
            pass

    async def looks(self) -> None:
        """What the timer does."""
        for found in await self.world(looking.look):
            await self.world(notices.tell, found)

    async def told(self) -> Sequence[Any]:
        mine = select(alert_notices).order_by(alert_notices.c.id)
        return await self.world(lambda work: work.execute(mine).all())

    async def subjects(self) -> list[str]:
        return [row.subject for row in await self.told()]


async def channel(world: World, kind: Any, address: str) -> str:
    made: Any = {"name": "Ours", "kind": kind, "address": address}
    row = await world(lambda work: channels.create(work, world.home, world.keys, **made))
    return row.public_id


@pytest.fixture
async def ann(world: World) -> Ann:
    world.now = TEN
    world.database.before_commit.append(outbox.keep)
    station = await world.station()
    await world(sites.create, world.home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
    await world(stations.change, world.home, "CP1", {"site": "Harbour"})
    elements = [
        {"price_components": [{"type": "energy", "price": "0.50"}]},
        {"price_components": [{"type": "parking_time", "price": "0.10", "per": "minute"}]},
    ]
    structure = {"elements": elements, "grace_minutes": 10}
    facts: dict[str, Any] = {"currency": "EUR", "structure": structure, "standard": True}
    await world(lambda work: tariffs.create(work, world.home, public_id="day", name="Day", **facts))
    terms: Any = {"billing": "postpaid", "currency": "EUR", "email": "ann@example.com"}
    row = await world(lambda work: customers.create(work, world.home, public_id="ann", name="Ann", **terms))
    await world(tokens.add, world.home, uid="ANN", customer="ann")
    return Ann(world, station, row.id)


@pytest.mark.any_database
async def test_who_has_chosen_nothing_is_told_nothing(ann: Ann) -> None:
    number = await ann.starts()
    ann.world.now += 30 * MINUTE
    await ann.stops(number)
    await ann.follows()
    await ann.looks()
    assert await ann.told() == []


async def test_a_session_is_told_at_its_begin_and_with_its_price_once(ann: Ann) -> None:
    await ann.chooses("started", "ended")
    number = await ann.starts()
    await ann.follows()
    await ann.follows()
    ann.world.now += 90 * MINUTE
    session = await ann.stops(number, "21.5")
    await ann.follows()
    # Another node, or the same after a crash.
    again: Any
    for again, kind in ((following.tell_of_end, SessionEnded), (following.tell_of_price, BillMade)):
        event = next(each for each in ann.world.heard if isinstance(each, kind))
        await ann.world(again, event)
    started, ended = await ann.told()
    assert (started.subject, started.body) == (
        "Charging has started: Harbour",
        "Charging at Harbour has started at 1 Dec 2026 10:00 CET.",
    )
    assert ended.subject == "Your session has ended: Harbour"
    assert ended.body.splitlines()[2:] == [
        "Begin: 1 Dec 2026 10:00 CET",
        "End: 1 Dec 2026 11:30 CET",
        "Duration: 1 h 30 min",
        "Energy: 21.5 kWh",
        "Price: 10.75 EUR",
    ]
    assert {(row.receiver, row.customer_id, row.state) for row in (started, ended)} == {
        ("ann@example.com", ann.key, "waiting")
    }
    # Corrected afterwards: the new price once, and nothing where it stays the same.
    for wh in (20_000, 20_000):
        ann.world.now += MINUTE
        figures = Figures(energy_wh=Decimal(wh))
        await ann.world(sessions.correct, ann.world.home, session, by="Eve", note="the meter", figures=figures)
        await ann.follows()
    ann.world.now += MINUTE
    await ann.world(sessions.exclude, ann.world.home, session, by="Eve", note="a test")
    await ann.follows()
    assert [row.body.partition("corrected. ")[2] for row in (await ann.told())[2:]] == [
        "Its price is 10.00 EUR now; before it was 10.75 EUR.",
        "Its price is 0.00 EUR now; before it was 10.00 EUR.",
    ]


@pytest.mark.any_database
async def test_a_correction_names_the_price_that_was_told(ann: Ann) -> None:
    """Who could not be reached at the end was never told the first one."""
    await ann.chooses("ended")
    number = await ann.starts()
    ann.world.now += 90 * MINUTE
    await ann.world(customers.change, ann.world.home, "ann", {"email": None})
    session = await ann.stops(number, "21.5")
    await ann.follows()
    await ann.world(customers.change, ann.world.home, "ann", {"email": "ann@example.com"})
    for wh in (20_000, 18_000):
        ann.world.now += MINUTE
        figures = Figures(energy_wh=Decimal(wh))
        await ann.world(sessions.correct, ann.world.home, session, by="Eve", note="the meter", figures=figures)
        await ann.follows()
    ended, corrected = await ann.told()
    assert ended.body.endswith("Price: 10.00 EUR")
    assert corrected.body.endswith("Its price is 9.00 EUR now; before it was 10.00 EUR.")


@pytest.mark.any_database
async def test_old_news_is_told_to_nobody(ann: Ann) -> None:
    """An offline session of yesterday tells no begin; one of the day before no end; who has chosen since was not told of what was before."""
    await ann.chooses("started", "ended")
    yesterday = await ann.starts(at=TEN - timedelta(hours=20))
    await ann.stops(yesterday, at=TEN - timedelta(hours=19))
    before = await ann.starts(at=TEN - timedelta(days=3))
    await ann.stops(before, at=TEN - timedelta(days=2), content="other", repeat_key="other")
    await ann.follows()
    assert await ann.subjects() == []  # it has ended before she chose
    [row] = await ann.world(lambda work: work.execute(select(notice_choices)).all())
    long_ago = {"since": "2026-01-01T00:00:00+00:00", "version": 1}
    new = notice_choices.update().values(kinds=row.kinds | {"started": long_ago, "ended": long_ago})
    await ann.world(lambda work: work.execute(new))
    late = await ann.starts(at=TEN - timedelta(hours=15))
    await ann.stops(late, at=TEN - timedelta(hours=14), content="third", repeat_key="third")
    late = await ann.starts(at=TEN - timedelta(days=5))
    await ann.stops(late, at=TEN - timedelta(days=4), content="fourth", repeat_key="fourth")
    await ann.follows()
    assert await ann.subjects() == ["Your session has ended: Harbour"]


async def test_nearly_full_by_the_battery_else_by_the_power_and_once(ann: Ann) -> None:
    await ann.chooses("nearly_full", full_at_percent=75)
    number = await ann.starts()
    for minute, soc in ((5, "60"), (6, "74"), (7, "75"), (8, "81")):
        ann.world.now = TEN + minute * MINUTE
        await ann.meter(number, str(minute), kw="2", soc=soc)
        await ann.looks()
    assert await ann.subjects() == ["Your car is charged to 75 %"]
    await ann.stops(number)
    ann.world.now = begin = TEN + timedelta(hours=2)
    number = await ann.starts()
    for minute in range(1, 31):  # 11 kW for twenty minutes, then 3
        ann.world.now = begin + minute * MINUTE
        await ann.meter(number, str(minute), kw="11" if minute < 20 else "3")
        await ann.looks()
        assert len(await ann.told()) == (1 if minute < 25 else 2), minute
    assert (await ann.subjects())[1] == "Your car is nearly full"


@pytest.mark.any_database
async def test_a_car_that_has_stopped_by_itself_is_told_and_a_limit_of_ours_is_not(ann: Ann) -> None:
    from stationmaster.domain.charging_profiles import charging_profiles

    await ann.chooses("nearly_full")
    number = await ann.starts()
    limit = {"station_id": ann.station.id, "number": 1, "evse": 1, "source": "", "purpose": "TxDefaultProfile"}
    limit |= {"stack_level": 0, "profile": {}, "at": TEN}
    await ann.world(lambda work: work.execute(charging_profiles.insert().values(limit)))
    for minute in range(1, 31):
        ann.world.now = TEN + minute * MINUTE
        await ann.meter(number, str(minute), kw="11" if minute < 20 else "2")
        await ann.looks()
    assert await ann.subjects() == []
    await ann.says("SuspendedEV", "suspended_ev")
    ann.world.now += 4 * MINUTE
    await ann.looks()
    assert await ann.subjects() == []
    ann.world.now += MINUTE
    await ann.looks()
    await ann.looks()
    [told] = await ann.told()
    assert told.subject == "Your car takes no more energy"
    assert "since 1 Dec 2026 10:30 CET" in told.body


@pytest.mark.any_database
async def test_a_fee_for_parking_is_told_before_it_begins(ann: Ann) -> None:
    await ann.chooses("idle_fee")
    await ann.world(customers.change, ann.world.home, "ann", {"language": "de-AT"})
    number = await ann.starts()
    await ann.says("Charging", "charging")
    for minute in range(1, 31):
        ann.world.now = TEN + minute * MINUTE
        await ann.meter(number, str(minute), kw="11")
        await ann.looks()
    assert await ann.subjects() == []
    await ann.says("SuspendedEV", "suspended_ev")
    ann.world.now += MINUTE  # and ten minutes of grace since the one before
    await ann.looks()
    [told] = await ann.told()
    assert told.subject == "Eine Standgebühr beginnt um 01.12.2026 10:40 CET"
    assert "eine Gebühr von 0,10 EUR pro Minute" in told.body
    ann.world.now += 30 * MINUTE
    await ann.looks()
    assert len(await ann.told()) == 1


async def test_a_reservation_is_told_when_made_before_it_ends_and_when_it_has(ann: Ann) -> None:
    await ann.chooses("reservation")
    world = ann.world
    until = TEN + 20 * MINUTE
    await world(reservations.request, ann.station, number=1, token="ANN", expires_at=until)
    await ann.follows()
    assert await ann.subjects() == []
    await world(reservations.accept, ann.station, 1)
    await ann.follows()
    for minute in (10, 15, 16, 20):
        world.now = TEN + minute * MINUTE
        await ann.looks()
        await world(reservations.expire)
        await ann.follows()
    assert await ann.subjects() == [
        "A charger is kept for you: Harbour",
        "Your reservation ends at 1 Dec 2026 10:20 CET",
        "Your reservation has expired: Harbour",
    ]


async def test_a_low_wallet_is_told_once_until_it_is_topped_up(ann: Ann) -> None:
    await ann.world(customers.change, ann.world.home, "ann", {"billing": "prepaid"})
    await ann.chooses("wallet_low")
    await ann.tops_up("20")
    await ann.looks()
    for amount, kind in (("-16", "bill"), ("3", "correction"), ("-3", "correction"), ("-1", "hold")):  # 4, 7, 4, 3
        ann.world.now += MINUTE
        await ann.tops_up(amount, kind)
        await ann.looks()
    assert await ann.subjects() == ["Your balance is low: 4.00 EUR"]
    ann.world.now += MINUTE
    await ann.tops_up("10")
    await ann.looks()
    await ann.tops_up("-9", "bill")
    await ann.looks()
    assert await ann.subjects() == ["Your balance is low: 4.00 EUR"] * 2


@pytest.mark.any_database
async def test_a_look_finds_nothing_for_who_does_not_want_it_or_cannot_be_reached(ann: Ann) -> None:
    """What it finds costs a transaction, each minute anew."""
    world = ann.world
    await world(customers.change, world.home, "ann", {"billing": "prepaid"})
    await ann.tops_up("1")
    await world(reservations.request, ann.station, number=1, token="ANN", expires_at=TEN + 20 * MINUTE)
    await world(reservations.accept, ann.station, 1)
    world.now += 17 * MINUTE
    await ann.chooses("started")
    assert await world(looking.look) == []
    await ann.chooses("wallet_low", "reservation")
    assert [found.kind for found in await world(looking.look)] == ["reservation", "wallet_low"]
    await world(customers.change, world.home, "ann", {"email": None})
    assert await world(looking.look) == []


@pytest.mark.any_database
async def test_a_receipt_is_told_where_it_is_not_mailed_anyway(ann: Ann) -> None:
    await ann.world(customers.change, ann.world.home, "ann", {"billing": "prepaid"})
    await ann.chooses("receipt")
    await ann.tops_up("100")
    for mailed in (True, False):
        await ann.world(issuers.change, ann.world.home, {"mail_receipts": mailed})
        number = await ann.starts()
        ann.world.now += 30 * MINUTE
        await ann.stops(number, content=str(mailed), repeat_key=str(mailed))
        await ann.follows()
    [told] = await ann.told()
    assert told.subject.startswith("Receipt ") and told.subject.endswith("– Home")
    assert told.body.endswith(": 10.00 EUR\n{link}")


async def test_a_link_ends_one_kind_of_one_customer_once(ann: Ann) -> None:
    await ann.chooses("started", "ended")
    secret = ann.world.keys.links
    row = await ann.world(choices.row_of, ann.key)
    assert row is not None
    key = links.key_of(secret, row, "started")
    named = links.open_key(secret, key)
    await ann.world(looks.change, ann.world.home, {"name": "Quay", "colour": "#123456"})
    asked = await ann.world(unsubscribing.look, named)
    assert (asked.state, asked.organization, asked.colours.on_light) == ("wanted", "Quay", "#123456")
    assert set((await ann.world(choices.of, ann.key)).kinds) == {"started", "ended"}  # to look changes nothing
    for _ in range(2):
        assert (await ann.world(unsubscribing.stop, named)).state == "stopped"
    assert set((await ann.world(choices.of, ann.key)).kinds) == {"ended"}
    await ann.chooses("started")  # anew: the old link is over
    assert (await ann.world(unsubscribing.look, named)).state == "stopped"
    await ann.world(unsubscribing.stop, named)
    assert set((await ann.world(choices.of, ann.key)).kinds) == {"started", "ended"}


@pytest.mark.any_database
async def test_a_link_that_was_given_to_nobody_opens_nothing(ann: Ann) -> None:
    await ann.chooses("started")
    secret = ann.world.keys.links
    row = await ann.world(choices.row_of, ann.key)
    assert row is not None
    key = links.key_of(secret, row, "started")
    signature = key.rpartition("-")[2]
    forged = [
        "",
        "-",
        "é" * 40,
        key[:-1],
        key + "0",
        key.replace("started", "ended"),
        key.replace(row.public_id, "0" * 16),
        f"{row.public_id}-2-started-{signature}",
        f"{row.public_id}-1-started-started-{signature}",
    ]
    for each in forged:
        with pytest.raises(NotFound):
            links.open_key(secret, each)
    with pytest.raises(NotFound):  # of another installation
        links.open_key(b"another key", key)


@pytest.mark.any_database
async def test_who_is_gone_is_told_nothing_and_erased_leaves_nothing(ann: Ann) -> None:
    await ann.chooses("started", "ended")
    number = await ann.starts()
    await ann.follows()
    [told] = await ann.told()
    row = await ann.world(choices.row_of, ann.key)
    assert row is not None
    named = links.open_key(ann.world.keys.links, links.key_of(ann.world.keys.links, row, "ended"))
    assert await ann.world(notices.to_send, told) is not None
    assert [notices.is_stale(told, TEN + hours * timedelta(hours=1)) for hours in (1, 2)] == [False, True]
    await ann.world(customers.change, ann.world.home, "ann", {"email": None})
    assert await ann.world(notices.to_send, told) is None  # it waits, and is not sent any more
    ann.world.now += MINUTE
    await ann.stops(number)
    await ann.follows()
    assert len(await ann.told()) == 1  # nobody can be reached
    data = await ann.world(personal_data.gather, ann.world.home, "ann")
    assert (set(data.notice_choices.kinds), len(data.notices)) == ({"started", "ended"}, 1)
    await ann.world(personal_data.erase, ann.world.home, "ann")
    assert await ann.told() == []
    assert await ann.world(lambda work: work.execute(select(notice_choices)).all()) == []
    with pytest.raises(NotFound):
        await ann.world(unsubscribing.stop, named)


@pytest.mark.any_database
async def test_a_name_is_no_header_and_no_template(ann: Ann) -> None:
    await ann.world(lambda work: work.execute(sites.sites.update().values(name=EVIL + " {since} {link}")))
    await ann.chooses("started")
    await ann.starts()
    await ann.follows()
    [told] = await ann.told()
    assert told.subject == "Charging has started: Harbour  Bcc: all@example.com {since} {link}"
    assert len(told.body.splitlines()) == 1


@pytest.mark.any_database
async def test_what_may_be_chosen_is_what_is_offered(ann: Ann) -> None:
    home = ann.world.home
    await ann.chooses("started")
    assert await ann.world(choices.offers, home) == choices.Offers(KINDS, Decimal(5))
    await ann.world(choices.change_offers, home, {"kinds": ["ended", "receipt"], "wallet_below": Decimal(50)})
    with pytest.raises(Invalid, match="offered") as refused:
        await ann.chooses("idle_fee")
    assert refused.value.field == "kinds.idle_fee"
    await ann.starts()
    await ann.follows()
    assert await ann.told() == []  # chosen before, and offered no more
    with pytest.raises(Outdated):
        await ann.chooses("ended", expected=frozenset({"another"}))
    with pytest.raises(Invalid):
        await ann.world(choices.change_offers, home, {"wallet_below": Decimal(0)})


@pytest.mark.any_database
async def test_who_wants_SMS_gets_them_while_they_can_be_sent_and_else_mail(ann: Ann) -> None:
    world, phone = ann.world, "+4915112345678"
    with pytest.raises(Invalid, match="way: is not offered here"):
        await ann.chooses("started", way="sms")
    sms = await channel(world, "sms", "vonage://12345678:abcdefghijklmnop@15551234567/15557654321")
    await world(choices.change_offers, world.home, {"sms_channel": sms})
    with pytest.raises(Invalid, match="way: needs a phone number"):
        await ann.chooses("started", way="sms")
    await world(lambda work: customers.change(work, world.home, "ann", {"phone": phone}))
    assert (await ann.chooses("started", way="sms")).way == "sms"

    async def charges(evse: int) -> None:
        world.now += MINUTE
        await ann.starts(evse=evse)
        await ann.follows()

    await charges(1)
    await world(lambda work: customers.change(work, world.home, "ann", {"phone": None}))
    await charges(2)
    await world(lambda work: customers.change(work, world.home, "ann", {"phone": phone}))
    await world(channels.remove, world.home, sms)
    await charges(3)
    told = [(row.channel, row.receiver, row.channel_id is None) for row in await ann.told()]
    mail = ("email", "ann@example.com", True)
    assert told == [("sms", phone, False), mail, mail]
    assert (await ann.chooses("ended")).way == "sms"  # what they want stays


async def test_an_SMS_goes_to_the_phone_by_the_channel_of_the_organization(ann: Ann) -> None:
    world, phone = ann.world, "+4915112345678"
    sms = await channel(world, "sms", "vonage://12345678:abcdefghijklmnop@15551234567/15557654321")
    await world(choices.change_offers, world.home, {"sms_channel": sms})
    await world(lambda work: customers.change(work, world.home, "ann", {"phone": phone, "email": None}))
    await ann.chooses("started", way="sms")
    await ann.starts()
    await ann.follows()
    [row] = await ann.told()
    assert (row.channel, row.receiver, row.channel_id is None) == ("sms", phone, False)
    found = await world(notices.to_send, row)
    assert found is not None
    assert (found.phone, found.footer) == (phone, "No more of this:")


async def test_SMS_go_by_a_channel_for_SMS_of_ones_own(ann: Ann) -> None:
    world = ann.world
    chat = await channel(world, "chat", "discord://1234567890/abcdefghijklmnop")
    for wrong, why in ((chat, "is no channel for SMS"), ("none", "there is no such channel")):
        with pytest.raises(Invalid, match=f"sms_channel: {why}"):
            await world(choices.change_offers, world.home, {"sms_channel": wrong})
    assert (await world(choices.offers, world.home)).sms_channel is None


async def test_a_list_of_what_was_told_has_pages(ann: Ann) -> None:
    await ann.chooses("started", "ended")
    number = await ann.starts()
    await ann.follows()
    ann.world.now += MINUTE
    await ann.stops(number)
    await ann.follows()
    found = await ann.world(notices.list_notices, ann.key, Wanted(1))
    rest = await ann.world(notices.list_notices, ann.key, Wanted(1, found.next))
    assert [row.kind for row in (*found.rows, *rest.rows)] == ["ended", "started"]
    assert rest.next is None
