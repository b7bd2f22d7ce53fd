"""Alerts: what is so now, by which rule, and who is told of it, once. The clock and the chargers are the test's."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from stationmaster.domain import accounts, alarms, connections, connectors, customers, outbox, sites, stations
from stationmaster.domain.alerts import book, digests, pauses, rules, telling, watching
from stationmaster.domain.alerts.tables import alert_notices, alert_rules, alert_steps, alerts
from stationmaster.domain.certificate_requests import certificate_requests
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.ledger import ledger_accounts
from stationmaster.domain.metering import meter_values
from stationmaster.domain.payments.tables import payment_claims
from stationmaster.domain.sessions.table import REFUSED, sessions
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests.domain.conftest import World

BOSS = "boss@example.com"
MINUTE = timedelta(minutes=1)


class Operator:
    """A world with a site in Berlin, its first rules, and somebody who is told."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def look(self, **disks: Decimal) -> int:
        changes = await self.world(watching.look, disks=disks)
        return sum([await self.world(watching.apply, part) for part in watching.parts(changes)])

    async def passes(self, minutes: float) -> None:
        """Time passes, and is looked at each minute."""
        end = self.world.now + timedelta(minutes=minutes)
        while self.world.now < end:
            self.world.now = min(end, self.world.now + MINUTE)
            await self.look()

    async def comes(self, *chargers: Station) -> None:
        for one in chargers:
            await self.world(connections.connected, one, node="n", version="1.6", source="10.0.0.1")

    async def goes(self, *chargers: Station) -> None:
        for one in chargers:
            await self.world(connections.disconnected, one, node="n", reason="gone")

    async def there(self, identity: str) -> Station:
        """A charger at the site, that is connected."""
        one = await self.world.station(identity)
        await self.world(stations.change, self.world.home, identity, {"site": "Harbour"})
        await self.comes(one)
        return one

    async def notices(self, receiver: str | None = BOSS) -> list[str]:
        """The subjects of all messages, oldest first."""
        table = alert_notices.c
        mine = select(table.subject).order_by(table.id)
        mine = mine if receiver is None else mine.where(table.receiver == receiver)
        return list(await self.world(lambda work: work.execute(mine).scalars().all()))

    async def rows(self, kind: str) -> list[Any]:
        mine = select(alerts).where(alerts.c.kind == kind).order_by(alerts.c.id)
        return list(await self.world(lambda work: work.execute(mine).all()))

    async def rule(self, rule_id: str, **changes: Any) -> None:
        await self.world(rules.change, self.world.home, rule_id, changes)

    async def only(self, *kinds: str) -> None:
        """All other rules are switched off."""
        others = update(alert_rules).where(alert_rules.c.kind.not_in(kinds)).values(active=False)
        await self.world(lambda work: work.execute(others))


@pytest.fixture
async def operator(world: World) -> AsyncIterator[Operator]:
    world.now = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def begin(work: Work) -> None:
        sites.create(work, world.home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
        accounts.add(work, world.home, email=BOSS, password="correct horse battery staple", role="administrator")
        rules.begin(work)
        work.execute(update(alert_rules).values(tell={"roles": ["owner", "administrator"]}))

    await world(begin)
    yield Operator(world)


async def test_S0_097_a_new_organization_has_rules_once(operator: Operator) -> None:
    world = operator.world
    found = (await world(rules.list_rules, world.home, Wanted(100))).rows
    assert {row.kind for row in found} >= {"offline", "fault", "disk_full", "digest", "wallet_low"}
    assert await world(rules.begin) == 0
    for row in found:
        await world(rules.remove, world.home, row.public_id)
    assert await world(rules.organizations_without) == []  # who has removed them all gets no new ones


async def test_the_first_rules_tell_in_the_app_only(operator: Operator) -> None:
    """Who upgrades does not begin to send mails by it."""
    world = operator.world
    await world(lambda work: work.execute(delete(alert_rules)))
    await world(rules.begin)
    user = await world(lambda work: work.execute(select(accounts.users.c.public_id)).scalar_one())
    await operator.goes(await operator.there("CP1"))
    await operator.passes(6)
    assert await operator.notices(None) == []
    assert await world(book.unseen, world.home, user) == 1


async def test_S0_067_a_charger_offline_is_told_once_acknowledged_escalated_and_resolved(operator: Operator) -> None:
    world = operator.world
    await operator.rule("offline", escalate_after_minutes=10, escalate_to={"addresses": ["chief@example.com"]})
    charger = await operator.there("CP1")
    await operator.goes(charger)
    await operator.passes(4)
    assert await operator.notices() == []
    await operator.passes(10)
    assert await operator.notices() == ["Alert: CP1, Harbour is offline since 2026-11-26 13:00 CET"]
    [row] = await operator.rows("offline")
    assert (row.opened_at, row.told_at) == (row.since + 5 * MINUTE, row.since + 5 * MINUTE)
    assert await operator.notices("chief@example.com") == []
    await operator.passes(2)
    [escalated] = await operator.notices("chief@example.com")
    assert escalated.startswith("Nobody has looked at it yet: CP1")
    await world(book.acknowledge, world.home, row.public_id, note="on my way")
    await operator.comes(charger)
    await operator.passes(2)
    assert (await operator.notices())[1:] == ["Over: CP1, Harbour is offline since 2026-11-26 13:00 CET"]
    assert (await operator.notices("chief@example.com"))[1].startswith("Over: ")
    with pytest.raises(Conflict):
        await world(book.acknowledge, world.home, row.public_id)
    mine = select(alert_steps.c.what).order_by(alert_steps.c.id)
    steps = await world(lambda work: work.execute(mine).scalars().all())
    assert steps == ["opened", "told", "escalated", "acknowledged", "resolved"]


async def test_who_has_acknowledged_is_not_told_again(operator: Operator) -> None:
    world = operator.world
    await operator.rule("offline", escalate_after_minutes=10, escalate_to={"addresses": ["chief@example.com"]})
    await operator.goes(await operator.there("CP1"))
    await operator.passes(6)
    [row] = await operator.rows("offline")
    await world(book.acknowledge, world.home, row.public_id)
    await operator.passes(20)
    assert await operator.notices("chief@example.com") == []


@pytest.mark.every_case
async def test_two_nodes_that_look_at_once_open_and_resolve_once(operator: Operator) -> None:
    world = operator.world
    charger = await operator.there("CP1")
    await operator.goes(charger)
    world.now += 6 * MINUTE
    one, other = await world(watching.look), await world(watching.look)
    assert [await world(watching.apply, changes) for changes in (one, other)] == [1, 0]
    await operator.comes(charger)
    one, other = await world(watching.look), await world(watching.look)
    assert [await world(watching.apply, changes) for changes in (one, other)] == [1, 0]
    assert len(await operator.notices()) == 2


async def test_O_08_six_drops_in_ten_minutes_are_one_message_and_one_when_it_is_well(operator: Operator) -> None:
    await operator.only("offline", "unstable")
    charger = await operator.there("CP1")
    for _ in range(6):
        await operator.goes(charger)
        await operator.passes(0.5)
        await operator.comes(charger)
        await operator.passes(1)
    assert await operator.notices() == ["Alert: CP1, Harbour is unstable: its connection dropped 6 times in 10 minutes"]
    await operator.passes(10)
    await operator.goes(charger)  # once more: the quarter of an hour begins anew
    await operator.passes(1)
    await operator.comes(charger)
    await operator.passes(13)
    assert len(await operator.notices()) == 1
    await operator.passes(3)
    assert (await operator.notices())[1:] == ["Over: CP1, Harbour has been stable for 15 minutes"]
    await operator.passes(30)
    assert len(await operator.notices()) == 2


async def test_O_08_an_unstable_charger_that_stays_away_is_told_offline(operator: Operator) -> None:
    charger = await operator.there("CP1")
    for _ in range(5):
        await operator.goes(charger)
        await operator.comes(charger)
    await operator.goes(charger)
    await operator.passes(14)
    assert len(await operator.notices()) == 1
    await operator.passes(2)
    assert "is offline since" in (await operator.notices())[1]


async def test_O_08_a_dead_router_is_one_message_that_lists_twelve(operator: Operator) -> None:
    world = operator.world
    chargers = [await operator.there(f"CP{number:02}") for number in range(12)]
    other = await world.station("ELSEWHERE")
    await operator.comes(other)
    for charger in chargers:
        await operator.goes(charger)
        world.now += timedelta(seconds=5)
        await operator.look()
    await operator.passes(6)
    [told] = await operator.notices()
    assert told.startswith("Alert: 12 chargers of Harbour went offline at once")
    assert all(charger.identity in told for charger in chargers)
    await operator.comes(*chargers[:11])
    await operator.passes(2)
    assert len(await operator.notices()) == 1  # one of them is still away
    await operator.comes(chargers[11])
    await operator.passes(1)
    assert len(await operator.notices()) == 2
    assert [row.resolved_at is not None for row in await operator.rows("offline")] == [True]


async def test_O_08_two_that_go_together_are_told_one_by_one(operator: Operator) -> None:
    await operator.goes(await operator.there("CP1"), await operator.there("CP2"))
    await operator.passes(6)
    assert len(await operator.notices()) == 2


async def test_O_08_planned_work_is_told_to_nobody(operator: Operator) -> None:
    world = operator.world
    charger = await operator.there("CP1")
    elsewhere = await world.station("CP2")
    await operator.comes(elsewhere)
    await world(sites.change, world.home, "H", {"status": "maintenance"})
    pause = await world(
        pauses.create,
        world.home,
        site=None,
        station="CP2",
        from_at=None,
        until_at=world.now + 60 * MINUTE,
        note="new cable",
    )
    await operator.goes(charger, elsewhere)
    await operator.passes(20)
    assert (await operator.notices(), await operator.rows("offline")) == ([], [])
    await world(sites.change, world.home, "H", {"status": "active"})
    await world(pauses.remove, world.home, pause.public_id)
    await operator.passes(1)
    assert len(await operator.notices()) == 2  # the work is over, and they are still away


async def test_O_08_the_digest_comes_at_seven_by_the_clock_of_the_site_once_and_not_for_nothing(
    operator: Operator,
) -> None:
    world = operator.world
    await operator.only("offline", "digest")

    async def send() -> int:
        sent = 0
        for due in await world(digests.due):
            sent += await world(digests.send, due)
        return sent

    world.now = datetime(2026, 11, 27, 6, 1, tzinfo=UTC)
    assert await send() == 1  # it is noted, though there was nothing to tell
    assert await operator.notices() == []
    charger = await operator.there("CP1")
    await operator.goes(charger)
    await operator.passes(6)
    world.now = datetime(2026, 12, 1, 5, 59, tzinfo=UTC)
    assert await send() == 0
    world.now += MINUTE
    assert (await send(), await send()) == (1, 0)
    [_, digest] = await operator.notices()
    assert digest == "Your chargers on 2026-12-01: 1 to look at, 1 offline"
    body = await world(lambda work: work.execute(select(alert_notices.c.body).order_by(-alert_notices.c.id)).scalar())
    assert body.count("CP1, Harbour is offline since 2026-11-27 07:01 CET") == 2


async def test_in_quiet_hours_nobody_is_told_and_what_is_over_by_then_never(operator: Operator) -> None:
    world = operator.world
    await operator.only("offline")
    await operator.rule("offline", quiet_from="22:00", quiet_until="07:00")
    world.now = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)  # half past ten there
    night, morning = await operator.there("CP1"), await operator.there("CP2")
    await operator.goes(night)
    world.now += 10 * MINUTE
    await operator.look()
    await operator.goes(morning)
    world.now += 10 * MINUTE
    await operator.look()
    await operator.comes(night)
    await operator.look()
    assert len(await operator.rows("offline")) == 2
    assert await operator.notices() == []
    world.now = datetime(2026, 11, 27, 5, 59, tzinfo=UTC)
    await operator.look()
    assert await operator.notices() == []
    world.now += 2 * MINUTE
    await operator.look()
    [told] = await operator.notices()
    assert "CP2" in told


async def test_a_rule_of_a_site_goes_before_that_of_all_and_limited_users_hear_of_theirs(operator: Operator) -> None:
    world = operator.world
    await operator.there("CP1")
    await operator.comes(await world.station("CP2"))

    def more(work: Work) -> None:
        site = sites.get(work, world.home, "H")
        user = accounts.add(
            work, world.home, email="near@example.com", password="correct horse battery staple", role="viewer"
        )
        work.execute(update(accounts.users).where(accounts.users.c.id == user.key).values(site_ids=[site.id]))
        rules.create(
            work, world.home, kind="offline", name="Harbour", site="Harbour", minutes=2, tell={"roles": ["viewer"]}
        )
        rules.change(work, world.home, "offline", {"tell": {"roles": ["viewer", "administrator"]}})

    await world(more)
    for identity in ("CP1", "CP2"):
        row = await world(stations.get, world.home, identity)
        await operator.goes(Station(row.id, identity, world.home, "1.6", "accepted", True))
    await operator.passes(6)
    assert [subject[:10] for subject in await operator.notices("near@example.com")] == ["Alert: CP1"]
    assert [subject[:10] for subject in await operator.notices()] == ["Alert: CP2"]


async def test_a_fault_and_a_car_that_waits_are_found_and_the_charger_is_no_template(operator: Operator) -> None:
    world = operator.world
    await operator.only("fault", "not_started")
    charger = await operator.there("CP1")

    async def says(connector: int, state: Any, info: str | None = None) -> None:
        words = {"state": state, "status": state, "info": info, "at": world.now}
        await world(connectors.report_status, charger, evse=connector, connector=1, **words)

    await says(1, "faulted", "{link} {0.__class__}\nBcc: all")
    await says(2, "preparing")
    await operator.passes(2)
    [told] = await operator.notices()
    assert told.endswith("CET ({link} {0.__class__} Bcc: all)")
    await says(1, "available")
    await operator.passes(14)
    assert (await operator.notices())[
        2
    ] == "Alert: CP1, Harbour, EVSE 2: a car is plugged in since 2026-11-26 13:00 CET, and does not charge"


async def test_what_looks_like_somebody_else_and_a_full_disk_are_told(operator: Operator) -> None:
    world = operator.world
    charger = await operator.there("CP1")
    await world(alarms.raise_alarm, charger, kind="takeovers", detail="two devices")
    await operator.look(**{"/data": Decimal("91.5")})
    assert await operator.notices() == [
        "Alert: CP1, Harbour: takeovers, two devices",
        "Alert: The disk of /data is 91.5 % full",
    ]
    await operator.look(**{"/data": Decimal("89.9")})
    assert len(await operator.notices()) == 3


async def test_a_rule_that_is_removed_closes_what_is_open_and_tells_nobody(operator: Operator) -> None:
    world = operator.world
    await operator.goes(await operator.there("CP1"))
    await operator.passes(6)
    await world(rules.remove, world.home, "offline")
    await operator.passes(1)
    assert [row.resolved_at is not None for row in await operator.rows("offline")] == [True]
    assert len(await operator.notices()) == 1


async def test_the_bell_counts_what_somebody_has_not_seen(operator: Operator) -> None:
    world = operator.world
    user = await world(lambda work: work.execute(select(accounts.users.c.public_id)).scalar_one())
    await operator.goes(await operator.there("CP1"))
    await operator.passes(6)
    assert await world(book.unseen, world.home, user) == 1
    await world(book.see, world.home, user)
    assert await world(book.unseen, world.home, user) == 0
    await operator.goes(await operator.there("CP2"))
    await operator.passes(6)
    assert await world(book.unseen, world.home, user) == 1
    await world(book.see, world.home, user)
    assert await world(book.unseen, world.home, user) == 0


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"kind": "offline", "minutes": 0}, "minutes"),
        ({"kind": "fault", "amount": Decimal(1)}, "amount"),
        ({"kind": "offline", "quiet_from": "22:00"}, "quiet_until"),
        ({"kind": "offline", "quiet_from": "22", "quiet_until": "07:00"}, "quiet_from"),
        ({"kind": "digest", "at_time": "25:00"}, "at_time"),
        ({"kind": "offline", "site": "nowhere"}, "site"),
        ({"kind": "offline", "station": "NOBODY"}, "station"),
        ({"kind": "wallet_low", "site": "Harbour"}, "site"),
        ({"kind": "disk_full", "amount": Decimal(101)}, "amount"),
        ({"kind": "offline", "tell": {"roles": ["driver"]}}, "tell.roles"),
        ({"kind": "offline", "tell": {"users": ["nobody"]}}, "tell.users"),
        ({"kind": "offline", "tell": {"channels": ["none"]}}, "tell.channels"),
        ({"kind": "offline", "tell": {"addresses": ["no address"]}}, "tell.addresses"),
        ({"kind": "offline", "escalate_after_minutes": 5}, "escalate_to"),
    ],
)
async def test_a_rule_that_cannot_be_names_what_is_wrong(operator: Operator, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        await operator.world(lambda work: rules.create(work, operator.world.home, **{"name": "x"} | facts))
    assert wrong.value.field == field


async def test_who_is_named_twice_is_told_once(operator: Operator) -> None:
    world = operator.world
    who = {"roles": ["administrator"], "addresses": ["BOSS@example.com"]}
    assert len(await world(telling.receivers, world.home, who, site_id=None)) == 1


def _session(work: Work, charger: Station, **more: Any) -> None:
    facts = {
        "public_id": "S1",
        "organization_id": charger.organization_id,
        "station_id": charger.id,
        "evse": 1,
        "connector": 1,
    }
    told = {"transaction_id": "1", "status": "active", "charging_state": "charging", "authorization": "accepted"}
    when = {"started_at": work.now, "started_text": "", "received_at": work.now}
    work.execute(insert(sessions).values(facts | told | when | more))


def _stands_still(work: Work, charger: Station) -> None:
    _session(work, charger, started_at=work.now - 31 * MINUTE)
    key = work.execute(select(sessions.c.id)).scalar_one()
    for number, ago in enumerate((20, 0)):
        at = work.now - ago * MINUTE
        value = {"station_id": charger.id, "session_id": key, "evse": 1, "taken_at": at, "received_at": at}
        work.execute(insert(meter_values).values(value | {"energy_wh": 5, "samples": "", "content_key": number}))


def _moves_on(work: Work, charger: Station) -> None:
    work.execute(update(meter_values).where(meter_values.c.content_key == 1).values(energy_wh=900))


def _stops(work: Work, charger: Station) -> None:
    work.execute(update(sessions).values(status="completed", stopped_at=work.now))


def _silent(work: Work, charger: Station) -> None:
    work.execute(update(connections.connections).values(heard_at=work.now - 20 * MINUTE))


def _heard(work: Work, charger: Station) -> None:
    work.execute(update(connections.connections).values(heard_at=work.now))


def _wallet(work: Work, charger: Station) -> None:
    customer = customers.create(work, charger.organization_id, name="Ida", billing="prepaid")
    account = {"organization_id": charger.organization_id, "kind": "wallet", "customer_id": customer.id, "name": ""}
    work.execute(
        insert(ledger_accounts).values(
            account | {"currency": "EUR", "balance": Decimal("4.99"), "created_at": work.now}
        )
    )


def _filled(work: Work, charger: Station) -> None:
    work.execute(update(ledger_accounts).values(balance=Decimal(5)))


def _owed(work: Work, charger: Station) -> None:
    claim = {"organization_id": charger.organization_id, "public_id": "C", "currency": "EUR", "amount": 1250}
    work.execute(
        insert(payment_claims).values(claim | {"state": "open", "reason": "card expired", "made_at": work.now})
    )


def _paid(work: Work, charger: Station) -> None:
    work.execute(update(payment_claims).values(state="paid"))


def _certificate(work: Work, charger: Station, *, days: int = 29) -> None:
    facts = {
        "public_id": f"R{days}",
        "station_id": charger.id,
        "use": "charging_station",
        "csr": "",
        "fingerprint": f"{days}",
    }
    when = {"asked_at": work.now, "last_at": work.now, "valid_until": work.now + timedelta(days=days)}
    work.execute(insert(certificate_requests).values(facts | when | {"state": "accepted"}))


def _renewed(work: Work, charger: Station) -> None:
    _certificate(work, charger, days=365)


async def test_SEC_25_a_certificate_is_told_of_thirty_days_before_it_ends(operator: Operator) -> None:
    world = operator.world
    charger = await operator.there("CP1")
    await operator.only("certificate_expiring")
    await world(functools.partial(_certificate, days=31), charger)
    assert await operator.look() == 0
    world.now += timedelta(hours=23)
    assert await operator.look() == 0
    world.now += timedelta(hours=1)
    assert (await operator.look(), await operator.look()) == (1, 0)


def _waits(work: Work, charger: Station) -> None:
    row = {"consumer": "nobody", "payload": "{}"}
    work.execute(insert(outbox.outbox).values(row | {"created_at": work.now, "due_at": work.now - 5 * MINUTE}))


def _emptied(work: Work, charger: Station) -> None:
    work.execute(delete(outbox.outbox))


def _refused(work: Work, charger: Station) -> None:
    _session(work, charger, authorization=sorted(REFUSED)[0])


@pytest.mark.parametrize(
    "kind, begins, ends, says",
    [
        (
            "standing_still",
            _stands_still,
            _moves_on,
            "says it is charging, but its meter has stood still for 30 minutes",
        ),
        ("refused_card", _refused, _stops, "charges with a card that was refused"),
        ("no_heartbeat", _silent, _heard, "is connected, and has said nothing since 2026-11-26 12:40 CET"),
        ("wallet_low", _wallet, _filled, "The wallet of Ida"),
        ("payment_failed", _owed, _paid, "A payment of 12.50 EUR did not go through: card expired"),
        ("certificate_expiring", _certificate, _renewed, "The certificate of CP1, Harbour ends on 2026-12-25"),
        ("late", _waits, _emptied, "The queue outbox is late since 2026-11-26 11:55 UTC"),
    ],
)
async def test_what_is_watched_for_is_told_once_and_is_over(
    operator: Operator, kind: str, begins: Any, ends: Any, says: str
) -> None:
    """The other kinds have tests of their own above."""
    world = operator.world
    charger = await operator.there("CP1")
    await operator.only(kind)
    assert await operator.look() == 0
    await world(begins, charger)
    assert (await operator.look(), await operator.look()) == (1, 0)
    [told] = await operator.notices()
    assert says in told
    await world(ends, charger)
    assert await operator.look() == 1
    [row] = await operator.rows(kind)
    assert row.resolved_at == world.now
