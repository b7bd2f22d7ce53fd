"""Transactions that are named by their station, told in any order: what 2.x needs of `sessions.tell` (TX-20 … TX-26, P-04, P-05)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from stationmaster.domain import sessions
from stationmaster.domain.events import SessionChanged, SessionCorrected, SessionEnded, SessionStarted
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.sessions import TransactionTold
from stationmaster.domain.stations import stations
from stationmaster.domain.times import Instant
from stationmaster.storage import Work

TEN = datetime(2026, 11, 1, 10, tzinfo=UTC)


def at(minutes: int) -> Instant:
    moment = TEN + timedelta(minutes=minutes)
    return Instant(moment, moment.isoformat(), told=moment)


STARTED = TransactionTold(
    kind="started",
    transaction_id="1",
    sequence=0,
    evse=2,
    token="T1",
    authorization="accepted",
    at=at(0),
    meter_wh=Decimal(1000),
    charging_state="connected",
)
UPDATED = TransactionTold(
    kind="updated", transaction_id="1", sequence=1, at=at(10), charging_state="charging", charging_state_told="Charging"
)
ENDED = TransactionTold(
    kind="ended",
    transaction_id="1",
    sequence=2,
    at=at(42),
    meter_wh=Decimal(8500),
    reason="car_disconnected",
    reason_told="EVDisconnected",
    content="ended",
    repeat_key="ended",
)


async def rows(world: Any) -> list[Any]:
    def read(work: Work) -> list[Any]:
        return list(work.execute(select(sessions.sessions).order_by(sessions.sessions.c.id)))

    return list(await world.database.read(read))


@pytest.mark.parametrize(
    "order", list(itertools.permutations((STARTED, UPDATED, ENDED))), ids=lambda o: " ".join(t.kind for t in o)
)
async def test_TX_23_TX_26_P_05_whatever_the_order_the_session_is_the_same(world: Any, order: Any) -> None:
    station = await world.station()
    for told in order:
        await world(sessions.tell, station, told)
        await world(sessions.tell, station, told)  # and once more
    [row] = await rows(world)
    assert (row.status, row.evse, row.token, row.authorization) == ("completed", 2, "T1", "accepted")
    assert (row.started_at, row.stopped_at, row.energy_wh) == (TEN, TEN + timedelta(minutes=42), 7500)
    assert (row.stop_reason, row.stop_reason_told) == ("car_disconnected", "EVDisconnected")
    assert (row.flags, row.review) == (None, False)
    assert len(world.told(SessionStarted)) == len(world.told(SessionEnded)) == 1


async def test_P_04_the_evse_is_told_once_and_the_connector_never(world: Any) -> None:
    station = await world.station()
    for told in (STARTED, UPDATED, ENDED):
        await world(sessions.tell, station, told)
    [row] = await rows(world)
    assert (row.evse, row.connector) == (2, None)


async def test_TX_26_card_and_evse_are_told_later(world: Any) -> None:
    station = await world.station()
    bare = TransactionTold(kind="started", transaction_id="1", sequence=0, at=at(0), meter_wh=Decimal(1000))
    await world(sessions.tell, station, bare)
    [row] = await rows(world)
    assert (row.evse, row.token, row.authorization) == (None, None, None)
    await world(sessions.tell, station, TransactionTold(
        kind="updated", transaction_id="1", sequence=1, at=at(1), token="T1", authorization="blocked", evse=3, connector=2
    ))  # fmt: skip
    await world(sessions.tell, station, TransactionTold(
        kind="updated", transaction_id="1", sequence=2, at=at(2), token="T2", authorization="accepted", evse=4
    ))  # fmt: skip
    [row] = await rows(world)
    assert (row.evse, row.connector, row.token, row.authorization) == (3, 2, "T1", "blocked")
    assert row.flags == ["refused_card"]
    assert [event.session.evse for event in world.told(SessionChanged)] == [3]


async def test_P_05_what_comes_late_does_not_change_the_state_of_now(world: Any) -> None:
    station = await world.station()
    await world(sessions.tell, station, STARTED)
    late = TransactionTold(kind="updated", transaction_id="1", sequence=5, at=at(30), charging_state="suspended_by_car")
    await world(sessions.tell, station, late)
    await world(sessions.tell, station, UPDATED)
    [row] = await rows(world)
    assert (row.charging_state, row.sequence) == ("suspended_by_car", 5)


async def test_TX_22_an_update_after_the_end_does_not_open_it_again(world: Any) -> None:
    station = await world.station()
    for told in (STARTED, ENDED, UPDATED):
        await world(sessions.tell, station, told)
    [row] = await rows(world)
    assert (row.status, row.energy_wh) == ("completed", 7500)


async def test_TX_20_one_id_of_two_stations_is_two_sessions(world: Any) -> None:
    for identity in ("CP1", "CP2"):
        await world(sessions.tell, await world.station(identity), STARTED)
    assert [row.transaction_id for row in await rows(world)] == ["1", "1"]


async def boot(world: Any, station: Any) -> None:
    await world(
        lambda work: work.execute(update(stations).where(stations.c.id == station.id).values(booted_at=work.now))
    )


def again(told: TransactionTold, minutes: int, **more: Any) -> TransactionTold:
    return msgspec.structs.replace(told, at=at(minutes), **more)


async def test_P_05_after_a_boot_the_same_id_may_begin_again(world: Any) -> None:
    station = await world.station()
    await world(sessions.tell, station, STARTED)
    world.now += timedelta(minutes=50)
    await boot(world, station)
    world.now += timedelta(minutes=1)
    await world(sessions.tell, station, again(STARTED, 60, meter_wh=Decimal(9000)))
    await world(sessions.tell, station, ENDED)  # of the first, told late
    await world(sessions.tell, station, again(ENDED, 90, meter_wh=Decimal(9500), content="b", repeat_key="b"))
    first, second = await rows(world)
    assert (first.occurrence, first.energy_wh, first.stop_reason) == (0, 7500, "car_disconnected")
    assert (second.occurrence, second.energy_wh, second.started_at) == (1, 500, TEN + timedelta(minutes=60))


async def test_P_05_without_a_boot_another_start_under_a_known_id_waits_for_a_person(world: Any) -> None:
    station = await world.station()
    await world(sessions.tell, station, STARTED)
    await world(sessions.tell, station, again(STARTED, 60, content="another"))
    assert len(await rows(world)) == 1
    kept = await world.database.read(lambda work: work.execute(select(quarantine)).all())
    assert [(entry.action, "second start" in entry.reason) for entry in kept] == [("TransactionEvent", True)]


async def test_TX_23_a_start_told_after_the_end_makes_the_figures_anew(world: Any) -> None:
    station = await world.station()
    await world(sessions.tell, station, ENDED)
    [row] = await rows(world)
    assert (row.status, row.energy_wh, row.review, "no_start" in row.flags) == ("completed", None, True, True)
    await world(sessions.tell, station, STARTED)
    [row] = await rows(world)
    assert (row.energy_wh, row.review, row.flags) == (7500, False, ["gaps"])  # what came between is missing
    assert world.told(SessionCorrected)
