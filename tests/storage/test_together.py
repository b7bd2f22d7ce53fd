"""What the units of a commit ask in one statement, before the first of them runs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select

from stationmaster.storage import Database, Work
from stationmaster.storage.columns import BigInt, key
from stationmaster.storage.together import Part, Together
from tests.storage.test_group_commit import together

counters = Table("counters", MetaData(), key(), Column("name", Text), Column("number", Integer))
# How many asked with it, and the next number of a counter.
_next = Together(
    """
    UPDATE counters SET number = counters.number + 1 FROM asked WHERE counters.name = asked.name AND counters.number = asked.before
    RETURNING counters.name, counters.number, (SELECT count(*) FROM asked)
    """,
    {"name": Text(), "before": BigInt},
    key=1,
)


@pytest.fixture
async def database(database: Database) -> Database:
    def make(work: Work) -> None:
        counters.create(work.execute(select(1)).connection)
        work.execute(insert(counters), [{"name": f"c{number}", "number": number} for number in range(100)])

    await database.write(make)
    return database


def part(name: str, before: int) -> Part:
    return Part(_next, (name, before))


async def ask(database: Database, *parts: Part | None, fail: int | None = None) -> list[Any]:
    """What each of these units is answered, when they are in one commit."""
    loop = asyncio.get_running_loop()
    outcomes: list[asyncio.Future[Any]] = []

    def unit(work: Work, asked: Part | None, index: int) -> Any:
        if index == fail:
            raise ValueError("of its own")
        return None if asked is None else work.ask(asked)

    async with together(database):
        for index, asked in enumerate(parts):
            future = loop.create_future()
            outcomes.append(future)

            def done(result: Any, error: BaseException | None, future: asyncio.Future[Any] = future) -> None:
                if error is None:
                    future.set_result(result)
                else:
                    future.set_exception(error)

            ahead = None if asked is None else lambda work, asked=asked: asked
            database.submit(unit, (asked, index), done, ahead=ahead)
        await asyncio.sleep(0)
    return await asyncio.gather(*outcomes, return_exceptions=True)


async def numbers(database: Database) -> dict[str, int]:
    rows = await database.read(lambda work: work.execute(select(counters.c.name, counters.c.number)).all())
    return {row.name: row.number for row in rows}


async def test_one_statement_asks_for_all_and_each_finds_its_answer(database: Database) -> None:
    parts = [part("c3", 3), None, part("c1", 1), part("c2", 7), part("nobody", 0)]
    assert await ask(database, *parts) == [(4, 4), None, (2, 4), None, None]
    assert {name: (await numbers(database))[name] for name in ("c1", "c2", "c3")} == {"c1": 2, "c2": 2, "c3": 4}


@pytest.mark.parametrize("count", [1, 3, 5, 63, 64, 65, 100])
async def test_any_number_of_them(database: Database, count: int) -> None:
    answers = await ask(database, *(part(f"c{number}", number) for number in range(count)))
    assert [answer[0] for answer in answers] == [number + 1 for number in range(count)]


async def test_what_two_ask_alike_is_done_once_and_answered_to_the_first(database: Database) -> None:
    first, second = await ask(database, part("c5", 5), part("c5", 5))
    assert (first[0], second) == (6, None)
    assert (await numbers(database))["c5"] == 6


async def test_a_unit_that_fails_takes_back_what_was_done_ahead_for_it_alone(database: Database) -> None:
    failed, answered = await ask(database, part("c1", 1), part("c2", 2), fail=0)
    assert isinstance(failed, ValueError)
    assert answered == (3, 1)  # in a commit of its own
    assert {name: (await numbers(database))[name] for name in ("c1", "c2")} == {"c1": 1, "c2": 3}


async def test_without_a_question_ahead_it_is_asked_when_it_is_needed(database: Database) -> None:
    assert await database.write(lambda work: work.ask(part("c9", 9))) == (10, 1)


async def test_another_question_than_the_one_asked_ahead_gets_its_own_answer(database: Database) -> None:
    def unit(work: Work) -> tuple[Any, Any]:
        return work.ask(part("c2", 2)), work.ask(part("c1", 1))

    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    database.submit(
        unit, (), lambda result, error: future.set_result((result, error)), ahead=lambda work: part("c1", 1)
    )
    assert await future == (((3, 1), (2, 1)), None)
