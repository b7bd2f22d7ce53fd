"""Sorted lists, page by page (O-13): each row once, whatever comes, goes or changes meanwhile; equal on both databases."""

from __future__ import annotations

import base64
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    insert,
    select,
    update,
)

from stationmaster.storage import Database, Work
from stationmaster.storage.columns import Exact, UtcTime, key
from stationmaster.storage.lists import BadSort, Found, Wanted, alike, listed, only
from stationmaster.storage.queries import BadCursor, first_since

things = Table(
    "things",
    MetaData(),
    key(),
    Column("name", Text),
    Column("size", Exact(2)),
    Column("count", Integer),
    Column("good", Boolean),
    Column("at", UtcTime),
)
SORTS = {
    "name": func.lower(things.c.name),
    "size": things.c.size,
    "count": things.c.count,
    "good": things.c.good,
    "at": things.c.at,
}
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
ROWS = [
    {"name": "bolt", "size": Decimal("1.10"), "count": 3, "good": True, "at": AT},
    {"name": "Anvil", "size": Decimal("1.2"), "count": None, "good": False, "at": None},
    {"name": None, "size": None, "count": 3, "good": None, "at": AT.replace(microsecond=1)},
    {"name": "anvil", "size": Decimal("-7"), "count": -1, "good": True, "at": AT},
]


@pytest.fixture
async def database(database: Database) -> Database:
    def make(work: Work) -> None:
        things.create(work.execute(select(1)).connection)
        work.execute(insert(things), ROWS)

    await database.write(make)
    return database


def page_of(work: Work, wanted: Wanted) -> Found[Any]:
    return listed(work, select(things), wanted, key=things.c.id, sorts=SORTS, searched=[things.c.name])


@pytest.mark.parametrize("limit", [1, 2, 4])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (None, [4, 3, 2, 1]),
        ("name", [2, 4, 1, 3]),
        ("-name", [1, 4, 2, 3]),
        ("size", [4, 1, 2, 3]),
        ("-size", [2, 1, 4, 3]),
        ("count", [4, 1, 3, 2]),
        ("-count", [3, 1, 4, 2]),
        ("good", [2, 1, 4, 3]),
        ("at", [1, 4, 3, 2]),
        ("-at", [3, 4, 1, 2]),
    ],
)
async def test_a_list_is_sorted_over_all_its_pages_and_what_has_nothing_comes_last(
    database: Database, sort: str | None, expected: list[int], limit: int
) -> None:
    told: list[int] = []
    wanted = Wanted(limit, None, sort)
    while True:
        found = await database.read(page_of, wanted)
        told += [row.id for row in found.rows]
        if found.next is None:
            break
        wanted = wanted._replace(cursor=found.next)
    assert told == expected


async def test_the_first_row_since_a_moment_is_found_by_its_key(database: Database) -> None:
    minutes = {11: 0, 12: 0, 15: 3, 16: 3, 40: 9}

    def find(work: Work) -> None:
        work.execute(insert(things), [{"id": key, "at": AT + timedelta(minutes=at)} for key, at in minutes.items()])
        for asked in (-1, 0, 1, 3, 4, 9, 10):
            first = first_since(work, things, AT + timedelta(minutes=asked), things.c.id > 10)
            assert [key for key in minutes if key >= first] == [key for key, at in minutes.items() if at >= asked], (
                asked
            )
        assert first_since(work, things, AT, things.c.id == 40) <= 40
        assert first_since(work, things, AT + timedelta(minutes=10), things.c.id == 40) == 41
        assert first_since(work, things, AT, things.c.id > 40) == 0

    await database.write(find)


@pytest.mark.any_database  # PostgreSQL has no such habit
async def test_a_few_looks_find_it_and_the_table_is_not_read(database: Database) -> None:
    def find(work: Work) -> None:
        connection, asked = work.execute(select(1)).connection, list[str]()

        def explain(_: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
            if "halved" in statement and not asked:
                rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                asked.extend(row[3] for row in rows)

        event.listen(connection, "before_cursor_execute", explain)
        first_since(work, things, AT)
        assert any(step.startswith("SEARCH things") for step in asked)
        assert not [step for step in asked if step.startswith("SCAN things")]

    await database.write(find)


async def test_a_list_is_searched_and_narrowed(database: Database) -> None:
    found = await database.read(page_of, Wanted(search="ANV"))
    assert [row.id for row in found.rows] == [4, 2]

    def those(work: Work, statement: Any) -> list[int]:
        return [row.id for row in work.execute(statement.order_by(things.c.id))]

    assert await database.read(those, only(select(things), {things.c.count: 3, things.c.good: None})) == [1, 3]
    assert await database.read(those, only(select(things), {things.c.good: False})) == [2]
    assert await database.read(those, alike(select(things), {things.c.name: "aNVIL"})) == [2, 4]
    assert await database.read(those, alike(select(things), {things.c.name: None})) == [1, 2, 3, 4]


def cursor_of(*told: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(told)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("name", "OTk5"),  # of a list that is not sorted
        ("name", cursor_of("-name", "bolt", 1)),
        ("name", cursor_of("name", "bolt", -1)),
        ("name", cursor_of("name", "bolt", 2**63)),
        ("name", cursor_of("name", "bo\x00lt", 1)),
        ("name", cursor_of("name", 7, 1)),
        ("name", cursor_of("name", "bolt")),
        ("name", cursor_of("name", "bolt", 1, 2)),
        ("count", cursor_of("count", 2**70, 1)),
        ("count", cursor_of("count", 1.5, 1)),
        ("count", cursor_of("count", True, 1)),
        ("good", cursor_of("good", 1, 1)),
        ("size", cursor_of("size", "1e400", 1)),
        ("size", cursor_of("size", "NaN", 1)),
        ("at", cursor_of("at", "2026-05-01T12:00:00", 1)),
        ("at", cursor_of("at", "yesterday", 1)),
        ("at", "Ä"),
        ("at", ""),
        ("at", "%27"),
    ],
)
@pytest.mark.any_database
async def test_O_13_a_cursor_that_is_not_of_this_list_in_this_order_is_none(
    database: Database, sort: str, cursor: str
) -> None:
    with pytest.raises(BadCursor):
        await database.read(page_of, Wanted(5, cursor, sort))


@pytest.mark.parametrize("sort", ["colour", "--name", "", "-", "id; DROP TABLE things", "NAME"])
@pytest.mark.any_database
async def test_API_16_a_list_is_sorted_by_what_is_allowed_and_nothing_else(database: Database, sort: str) -> None:
    with pytest.raises(BadSort, match="must be one of name, size, count, good, at"):
        await database.read(page_of, Wanted(5, None, sort))


@settings(deadline=None)
@given(
    there=st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30),
    limit=st.integers(1, 5),
    arriving=st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30),
    sort=st.sampled_from(["name", "-name"]),
)
def test_O_13_each_row_comes_once_in_a_sorted_list_while_new_ones_arrive_and_told_ones_change(
    there: list[str | None], limit: int, arriving: list[str | None], sort: str
) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        things.create(connection)
        work = Work(connection, None, datetime.now(UTC), {})

        def add(name: str | None) -> None:
            connection.execute(insert(things).values(name=name))

        for name in there:
            add(name)
        told: list[int] = []
        wanted = Wanted(limit, None, sort)
        coming = iter(arriving)
        while True:
            found = listed(work, select(things), wanted, key=things.c.id, sorts=SORTS)
            told += [row.id for row in found.rows]
            if found.next is None:
                break
            wanted = wanted._replace(cursor=found.next)
            for name in itertools.islice(coming, 1):
                add(name)
            # The row that the cursor stands behind goes where it was: nothing is left out for it, and nothing told twice.
            connection.execute(update(things).where(things.c.id == told[-1]).values(name=found.rows[-1].name))
            connection.execute(things.delete().where(things.c.id == told[0], things.c.id != told[-1]))
        assert len(told) == len(set(told))
        assert set(range(1, len(there) + 1)) <= set(told)
