"""`@every`: each timer goes on whatever happens to it or to the others; once in the system means once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import structlog

from stationmaster.app import REGISTERING
from stationmaster.background.timers import Clockwork
from stationmaster.domain import organizations, sites, timers
from stationmaster.domain.timers import Timer, timer_of
from stationmaster.settings import Retention
from stationmaster.storage import Database, StorageUnavailable, Work

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Clock:
    """Time that a test lets pass: every timer sleeps until its pause is over."""

    def __init__(self, *databases: Database) -> None:
        self.now = 0.0
        self._sleeping: list[tuple[float, asyncio.Future[None]]] = []
        self._fell_asleep = asyncio.Condition()
        for database in databases:
            database.clock = lambda: NOON + timedelta(seconds=self.now)

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        async with self._fell_asleep:
            self._sleeping.append((self.now + seconds, future))
            self._fell_asleep.notify_all()
        await future

    async def passes(self, seconds: float) -> None:
        """Wake who is due, one moment after the other, and wait until all sleep again."""
        end = self.now + seconds
        while (soonest := min(due for due, _ in self._sleeping)) <= end:
            self.now = soonest
            count = len(self._sleeping)
            woken = [future for due, future in self._sleeping if due <= soonest]
            self._sleeping = [each for each in self._sleeping if each[0] > soonest]
            for future in woken:
                future.set_result(None)
            await self.begun(count)
        self.now = end

    async def begun(self, count: int) -> None:
        """Wait until so many sleep."""
        async with self._fell_asleep:
            await self._fell_asleep.wait_for(lambda: len(self._sleeping) >= count)


async def running(clock: Clock, *nodes: tuple[Database, list[Timer]], then: Callable[[], Awaitable[None]]) -> None:
    """Run these timers on these nodes while something else happens."""
    works = [
        Clockwork(database, every, {Database: database, Retention: Retention()}, sleep=clock.sleep, spread=lambda: 1.0)
        for database, every in nodes
    ]
    tasks = [asyncio.create_task(work.run()) for work in works]
    try:
        await clock.begun(sum(len(every) for _, every in nodes))
        await then()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.any_database
async def test_each_has_its_own_beat(database: Database) -> None:
    clock, turns = Clock(database), list[str]()

    async def quick() -> None:
        turns.append("quick")

    def slow(work: Work, retention: Retention) -> None:
        turns.append(f"slow {retention.messages_days}")

    async def check() -> None:
        await clock.passes(30)
        assert sorted(turns) == ["quick", "quick", "quick", "slow 90"]

    await running(clock, (database, [timer_of(quick, seconds=10), timer_of(slow, seconds=30)]), then=check)


@pytest.mark.any_database
async def test_API_26_one_that_fails_is_told_once_and_goes_on_and_so_do_the_others(database: Database) -> None:
    clock, turns = Clock(database), list[int]()

    async def fails() -> None:
        turns.append(len(turns))
        if len(turns) < 4:
            raise ValueError("broken")

    async def works() -> None: ...

    async def check() -> None:
        with structlog.testing.capture_logs() as logs:
            await clock.passes(60)
        assert turns == [0, 1, 2, 3, 4, 5]
        assert [(entry["event"], entry["log_level"]) for entry in logs] == [
            ("timer.failed", "error"),
            ("timer.works_again", "info"),
        ]

    await running(clock, (database, [timer_of(fails, seconds=10), timer_of(works, seconds=10)]), then=check)


@pytest.mark.any_database
async def test_a_database_that_is_away_is_no_failure_of_the_timer(database: Database) -> None:
    clock, turns = Clock(database), list[None]()

    async def asks() -> None:
        turns.append(None)
        if len(turns) == 1:
            raise StorageUnavailable("away")
        async with asyncio.TaskGroup():
            raise StorageUnavailable("away")

    async def check() -> None:
        with structlog.testing.capture_logs() as logs:
            await clock.passes(30)
        assert len(turns) == 3
        assert logs == []

    await running(clock, (database, [timer_of(asks, seconds=10)]), then=check)


@pytest.mark.any_database
async def test_one_that_hangs_is_ended_and_begins_anew(database: Database) -> None:
    clock, turns = Clock(database), list[None]()

    async def hangs() -> None:
        turns.append(None)
        await asyncio.Event().wait()

    async def check() -> None:
        with structlog.testing.capture_logs() as logs:
            await clock.passes(20)
        assert len(turns) == 2
        assert [entry["event"] for entry in logs] == ["timer.failed"]

    await running(clock, (database, [timer_of(hangs, seconds=10, timeout_s=0.01)]), then=check)


@pytest.mark.every_case
async def test_once_in_the_system_is_once_on_two_nodes(database: Database) -> None:
    other = Database(database.url.render_as_string(hide_password=False))
    other.start()
    clock, turns = Clock(database, other), list[float]()

    def count(work: Work) -> None:
        turns.append(clock.now)

    timer = timer_of(count, seconds=10, once=True)

    async def check() -> None:
        await clock.passes(50)
        assert turns == [10, 20, 30, 40, 50]

    try:
        await running(clock, (database, [timer]), (other, [timer]), then=check)
    finally:
        await other.stop()


async def test_what_is_done_once_a_day_is_done_on_a_node_that_starts_each_morning(database: Database) -> None:
    turns: list[datetime] = []
    day, hour = 86_400, 3600

    def count(work: Work) -> None:
        turns.append(work.now)

    for number in range(3):
        clock = Clock(database)
        clock.now = number * day
        await running(
            clock, (database, [timer_of(count, seconds=day, once=True)]), then=partial(clock.passes, 8 * hour)
        )
    assert turns == [NOON + timedelta(days=number, hours=1) for number in range(3)]


@pytest.mark.every_case
async def test_the_turn_of_a_node_that_died_is_another_ones_when_its_time_is_over(database: Database) -> None:
    clock = Clock(database)
    pause, timeout = timedelta(seconds=10), timedelta(seconds=60)

    async def turn() -> bool:
        return await database.write(timers.take_turn, "t", pause=pause, timeout=timeout)

    assert await turn()
    clock.now = 59
    assert not await turn()
    clock.now = 60
    assert await turn()
    await database.write(timers.over, "t")
    assert not await turn()  # it was its turn already
    clock.now = 70
    assert await turn()


@pytest.mark.any_database
def test_what_it_asks_for_must_be_there(database: Database) -> None:
    def wants_a_number(work: Work, number: int) -> None: ...

    def wants_nothing() -> None: ...

    for function, reason in ((wants_a_number, "there is no int"), (wants_nothing, "async, or a unit of work")):
        with pytest.raises(TypeError, match=reason):
            Clockwork(database, [timer_of(function, seconds=1)], {})


def test_every_part_of_the_program_that_has_timers_is_imported() -> None:
    modules = {timer.function.__module__ for timer in timers.registered()}
    assert {module.__name__ for module in REGISTERING} - modules == {
        "stationmaster.background.mails",
        "stationmaster.background.push",
        "stationmaster.domain.bills.settling",
    }


async def test_a_pause_may_hang_on_the_settings(database: Database) -> None:
    clock, turns = Clock(database), list[float]()

    def pause(retention: Retention) -> float:
        return retention.messages_days / 9

    def add_site(work: Work) -> None:
        turns.append(clock.now)
        sites.create(work, organizations.home(work), name=f"S{len(turns)}")

    async def check() -> None:
        await clock.passes(25)
        assert turns == [10, 20]

    await running(clock, (database, [timer_of(add_site, seconds=pause)]), then=check)
