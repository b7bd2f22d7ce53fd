"""Meter values that go after their time: which, and that nothing that was made of them changes by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, insert, select, update

from stationmaster.background.retention import drop_old_values
from stationmaster.domain import bills, energy, metering, old_values, prices, quarantine, sessions
from stationmaster.domain.errors import Conflict
from stationmaster.domain.figures import gathering
from stationmaster.domain.metering import meter_values
from stationmaster.domain.payments.tables import payment_claims
from stationmaster.domain.sessions import Figures
from stationmaster.settings import Retention
from stationmaster.storage import Work
from tests import telling
from tests.domain.conftest import World
from tests.domain.test_bills import Place
from tests.domain.test_bills import place as place

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
KEPT = Retention(values_days=30)
BY: dict[str, Any] = {"by": "eve", "note": "because"}


async def charged(place: Place, *, samples: str = "[]", bill: bool = True) -> sessions.ListedRow:
    """A session of 47 minutes with a reading each minute, most of its energy late."""
    begin = place.world.now
    session = await place.charge()

    def tell(work: Work) -> sessions.ListedRow:
        row = sessions.get(work, place.world.home, session)
        for minute in range(1, 47):
            at = begin + minute * MINUTE
            value = {"station_id": row.station_id, "session_id": row.id, "evse": 1, "taken_at": at, "received_at": at}
            told = {"energy_wh": Decimal(minute if minute < 40 else minute * 300), "samples": samples}
            work.execute(insert(meter_values).values(value | told | {"content_key": int(at.timestamp())}))
        return row

    row = await place.world(tell)
    if bill:
        await place.deliver()
    return row


async def left_of(world: World, row: sessions.ListedRow) -> int:
    mine = select(func.count()).where(meter_values.c.session_id == row.id)
    return int(await world(lambda work: work.execute(mine).scalar_one()))


def _held(work: Work, row: sessions.ListedRow) -> None:
    work.execute(update(sessions.sessions).where(sessions.sessions.c.id == row.id).values(review=True))


def _goes_on(work: Work, row: sessions.ListedRow) -> None:
    work.execute(update(sessions.sessions).where(sessions.sessions.c.id == row.id).values(status="active"))


def _owed(work: Work, row: sessions.ListedRow) -> None:
    claim = {"organization_id": row.organization_id, "public_id": "C", "currency": "EUR", "amount": 1250}
    told = {"state": "open", "reason": "card expired", "made_at": work.now, "session": row.public_id}
    work.execute(insert(payment_claims).values(claim | told))


def _corrected_lately(work: Work, row: sessions.ListedRow) -> None:
    sessions.correct(work, row.organization_id, row.public_id, figures=Figures(energy_wh=Decimal(18000)), **BY)


def _ended_lately(work: Work, row: sessions.ListedRow) -> None:
    mine = sessions.sessions.c.id == row.id
    work.execute(update(sessions.sessions).where(mine).values(stop_received_at=work.now - 29 * DAY))


@pytest.mark.parametrize("so", [_held, _goes_on, _owed, _corrected_lately, _ended_lately])
async def test_what_still_rests_on_its_values_keeps_them(
    place: Place, so: Callable[[Work, sessions.ListedRow], None]
) -> None:
    world = place.world
    row, another = await charged(place), await charged(place)
    world.now += 31 * DAY

    await world(so, row)
    await drop_old_values(world.database, KEPT)
    assert (await left_of(world, row), await left_of(world, another)) == (46, 0)
    if so is _goes_on:  # the books are looked at when this test ends
        await world(lambda work: work.execute(update(sessions.sessions).values(status="completed")))
    await place.deliver()


async def test_what_is_not_billed_yet_is_billed_by_its_values_and_then_they_go(place: Place) -> None:
    world = place.world
    row = await charged(place, bill=False)
    world.now += 31 * DAY
    await drop_old_values(world.database, KEPT)
    assert await left_of(world, row) == 46
    await place.deliver()
    await drop_old_values(world.database, KEPT)
    assert (await left_of(world, row), len(await place.bills_of(row.public_id))) == (0, 1)


async def test_by_the_first_settings_nothing_is_dropped(place: Place) -> None:
    row = await charged(place)
    place.world.now += 5000 * DAY
    await drop_old_values(place.world.database, Retention())
    assert await left_of(place.world, row) == 46


async def test_what_counts_for_nothing_and_what_is_of_no_session_needs_no_bill(place: Place) -> None:
    world = place.world
    row = await charged(place)
    await world(sessions.exclude, world.home, row.public_id, **BY)
    await place.deliver()

    def orphan(work: Work) -> None:
        value = {"station_id": row.station_id, "evse": 1, "taken_at": work.now, "received_at": work.now}
        work.execute(insert(meter_values).values(**value, samples="[]", content_key=1))

    await world(orphan)
    world.now += 31 * DAY
    await drop_old_values(world.database, KEPT)
    assert await world(lambda work: work.execute(select(func.count()).select_from(meter_values)).scalar_one()) == 0


async def test_the_figures_of_a_session_whose_values_were_dropped_stay(place: Place) -> None:
    world = place.world
    await place.customer_with("50")
    row = await charged(place)
    wallet = await place.wallet()
    facts = await world(gathering.of_keys, [row.id])

    def counted(work: Work) -> None:  # as the figures are kept by their timer
        table = gathering.session_figures
        told = facts[row.id]
        assert told is not None
        work.execute(insert(table).values(session_id=row.id, **told._asdict()))

    await world(counted)
    before = await world(prices.of_session, world.home, row.public_id)
    world.now += 31 * DAY
    await drop_old_values(world.database, KEPT)
    assert await left_of(world, row) == 0

    now = await world(sessions.get, world.home, row.public_id)
    assert now.flags == ["values_dropped"]
    named = ("status", "started_at", "stopped_at", "meter_start_wh", "meter_stop_wh", "energy_wh", "review")
    assert [getattr(now, name) for name in named] == [getattr(row, name) for name in named]
    taken: energy.Energy = await world(sessions.energy_of, now)
    assert [(step.at, step.wh) for step in taken.series] == [
        (row.started_at, Decimal(0)),
        (row.stopped_at, Decimal("18735")),
    ]
    shown = await world(bills.as_priced, now)
    assert (shown.bill, shown.tariff, shown.terms.number) == (before.bill, "day", 1)
    assert await world(gathering.of_keys, [row.id]) == facts

    # A charger that tells of it again, or late, changes nothing either.
    value = {"station_id": row.station_id, "session_id": row.id, "evse": 1, "taken_at": row.started_at}
    late = value | {"received_at": world.now, "energy_wh": 5, "samples": "[]", "content_key": 7}
    await world(lambda work: work.execute(insert(meter_values).values(**late)))
    assert await world(gathering.of_keys, [row.id]) == facts
    assert await world(bills.settle, row.public_id) is None
    assert await place.wallet() == wallet


@pytest.mark.parametrize("act", ["correct", "exclude", "restore", "undo"])
async def test_nothing_of_such_a_session_is_changed_by_hand(place: Place, act: str) -> None:
    world = place.world
    row = await charged(place)
    if act in ("restore", "undo"):
        await world(sessions.exclude, world.home, row.public_id, **BY)
        await place.deliver()
    world.now += 31 * DAY
    await drop_old_values(world.database, KEPT)
    figures = {"figures": Figures(energy_wh=Decimal(1))} if act == "correct" else {}
    with pytest.raises(Conflict, match="were dropped after their time"):
        await world(getattr(sessions, act), world.home, row.public_id, **BY, **figures)


async def test_a_stop_that_comes_after_that_is_kept_for_a_person(place: Place) -> None:
    """It had been ended by an estimate, which its stop would have corrected."""
    world = place.world
    number = await world(telling.start, place.station, meter=0, at=world.now)
    first = await world(lambda work: work.execute(select(sessions.sessions)).one())
    at = world.now + MINUTE
    value = {"station_id": first.station_id, "session_id": first.id, "evse": 1, "taken_at": at, "received_at": at}
    told = value | {"energy_wh": 500, "samples": "[]", "content_key": 1}
    await world(lambda work: work.execute(insert(meter_values).values(**told)))
    world.now += MINUTE
    await world(sessions.end, world.home, first.public_id, figures=Figures(), **BY)
    await world(sessions.review, world.home, first.public_id, by="eve")
    await place.deliver()
    before = await world(sessions.get, world.home, first.public_id)
    world.now += 31 * DAY
    await drop_old_values(world.database, KEPT)
    assert await left_of(world, first) == 0
    await world(telling.stop, place.station, number, meter=9000, at=world.now)
    after = await world(sessions.get, world.home, first.public_id)
    assert (after.energy_wh, after.stopped_at, after.review) == (before.energy_wh, before.stopped_at, False)
    kept = await world(lambda work: work.execute(select(quarantine.quarantine.c.reason)).scalars().all())
    assert kept == ["a stop for a session whose meter values were dropped after their time"]


async def test_what_the_meter_signed_first_and_last_stays_as_the_proof(place: Place) -> None:
    world = place.world
    signed = msgspec.json.encode([{"value": "OCMF|x", "format": "SignedData"}]).decode()
    row = await charged(place, samples=signed)
    proofs = [value.taken_at for value in await world(metering.signed_of, row.id)]
    world.now += 31 * DAY
    for _ in range(2):
        await drop_old_values(world.database, KEPT)
        assert [value.taken_at for value in await world(metering.signed_of, row.id)] == proofs
        assert await left_of(world, row) == 2


async def test_A14_they_go_in_small_parts(world: World) -> None:
    def orphans(work: Work) -> None:
        rows = [
            {"station_id": 1, "evse": 1, "taken_at": at, "received_at": at, "samples": "[]", "content_key": number}
            for number in range(2500)
            for at in [work.now - (40 if number % 500 else 5) * DAY]
        ]
        work.execute(insert(meter_values), rows)

    await world(orphans)
    key: int | None = 0
    dropped: list[int] = []
    while key is not None:
        part = await world(old_values.drop, 30 * DAY, key)
        dropped.append(part.rows)
        key = part.next_key
    assert dropped == [998, 998, 499]


def test_the_time_is_from_the_settings() -> None:
    assert (Retention().values_days, Retention(values_days=1).values_days) == (0, 1)
    with pytest.raises(ValueError, match="values_days"):
        Retention(values_days=-1)
