"""Errands: two of one name never run at once, those of another name wait for nobody, and one that fails harms none."""

from __future__ import annotations

import asyncio

import structlog

from stationmaster.gateway.errands import Errands


async def test_one_of_a_name_at_a_time_and_none_waits_for_another_name() -> None:
    errands, gate, done = Errands(), asyncio.Event(), list[str]()

    async def slow() -> None:
        await gate.wait()
        done.append("slow")

    async def quick() -> None:
        done.append("quick")
        gate.set()

    assert errands.begin("A", slow)
    assert not errands.begin("A", quick)
    assert errands.begin("B", quick)
    async with asyncio.timeout(5):
        while not errands.begin("A", quick):
            await asyncio.sleep(0)
        while len(done) < 3:
            await asyncio.sleep(0)
    assert done == ["quick", "slow", "quick"]


async def test_one_that_fails_is_told_and_may_be_begun_again() -> None:
    errands, began = Errands(), list[None]()

    async def fails() -> None:
        began.append(None)
        raise ValueError("broken")

    with structlog.testing.capture_logs() as logs:
        for count in (1, 2):
            assert errands.begin(("A", 1), fails)
            while len(began) < count:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert [entry["event"] for entry in logs] == ["errand.failed"] * 2


async def test_what_is_under_way_or_about_to_begin_ends_with_the_server() -> None:
    errands, ended = Errands(), list[str]()

    async def nothing() -> None: ...

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    errands.begin("A", waits)
    await asyncio.sleep(0)
    errands.begin("B", waits)
    await errands.stop()
    assert ended == ["waits"]  # the other has never begun
    assert errands.begin("B", nothing)
    await asyncio.sleep(0)
