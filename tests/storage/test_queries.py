"""Prepared statements, bulk rows that look something up, pages and searches: equal on both databases."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import pytest
from psycopg import DataError
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    null,
    select,
    update,
)

from stationmaster.storage import Database, Work
from stationmaster.storage.columns import key
from stationmaster.storage.queries import BadCursor, Bulk, Prepared, PreparedInsert, next_cursor, page, search

parts = Table("parts", MetaData(), key(), Column("name", Text), Column("size", Integer), UniqueConstraint("name"))
_named = Prepared(select(parts.c.id, parts.c.name).where(parts.c.name == bindparam("name")))
_grow = Prepared(
    update(parts).where(parts.c.name == bindparam("old_name")).values(size=bindparam("size")).returning(parts.c.size)
)
_add = Prepared(insert(parts).values(name=bindparam("name"), size=7))
# The size is not given but taken from the part named.
_alike = Bulk(parts, ("name",), inputs=("size",), size="(SELECT p.size FROM parts p WHERE p.size = {size})")


@pytest.fixture
async def database(database: Database) -> Database:
    def make(work: Work) -> None:
        parts.create(work.execute(select(1)).connection)
        for turn, name in enumerate(["bolt", "100%", "100", "a_b", "aXb", "Öl"]):
            work.run(_add, name=name)
            work.execute(update(parts).where(parts.c.name == name).values(size=turn))

    await database.write(make)
    return database


async def test_a_prepared_statement_gives_named_rows_or_nothing(database: Database) -> None:
    row = await database.read(lambda work: work.first(_named, name="bolt"))
    assert (row.name, row._fields) == ("bolt", ("id", "name"))
    assert await database.read(lambda work: work.first(_named, name="none of them")) is None
    assert await database.read(lambda work: work.run(_named, name="'; DROP TABLE parts; --")) == []
    assert [row.size for row in await database.write(lambda work: work.run(_grow, old_name="bolt", size=42))] == [42]
    assert await database.write(lambda work: work.run(_grow, old_name="none of them", size=42)) == []


async def test_a_bulk_row_finds_what_it_belongs_to_inside_the_insert(database: Database) -> None:
    def append(work: Work) -> None:
        work.append(_alike, "found", 3)
        work.append(_alike, "not found", 99)

    await database.write(append)
    new = select(parts.c.name, parts.c.size).where(parts.c.name.like("%found")).order_by(parts.c.name)
    assert [tuple(row) for row in await database.read(lambda work: work.execute(new).all())] == [
        ("found", 3),
        ("not found", None),
    ]


@pytest.mark.parametrize(
    "text, found",
    [("BOLT", ["bolt"]), ("100%", ["100%"]), ("a_b", ["a_b"]), ("0", ["100%", "100"]), ("\\", []), ("nothing", [])],
)
async def test_a_search_takes_the_text_as_it_is(database: Database, text: str, found: list[str]) -> None:
    query = select(parts.c.name).where(search(text, (parts.c.name,))).order_by(parts.c.id)
    assert await database.read(lambda work: work.execute(query).scalars().all()) == found


async def test_a_search_looks_into_each_column_by_itself(database: Database) -> None:
    columns = (parts.c.name, null(), func.lower("B/"), func.lower("A"))
    wanted = {"b/": True, "ba": False, "b/a": False, "%": False, "ä": False}

    def found(work: Work) -> dict[str, bool]:
        mine = select(parts.c.name).where(parts.c.name == "bolt")
        return {text: work.execute(mine.where(search(text, columns))).first() is not None for text in wanted}

    assert await database.read(found) == wanted


async def test_pages_follow_each_other_newest_first_without_a_gap(database: Database) -> None:
    seen: list[Any] = []
    cursor = None
    for _ in range(10):
        rows = await database.read(
            lambda work, at: work.execute(page(select(parts), parts.c.id, limit=4, cursor=at)).all(), cursor
        )
        seen += rows[:4]
        cursor = next_cursor(rows, 4, lambda row: row.id)
        if cursor is None:
            break
    assert [row.size for row in seen] == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("cursor", ["", "x", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "Ä", "'", "MS4w"])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        page(select(parts), parts.c.id, limit=4, cursor=cursor)


_sized = PreparedInsert(parts, ("name", "size"))


async def test_a_prepared_insert_tells_the_key(database: Database) -> None:
    def add_two(work: Work) -> list[int]:
        return [work.insert(_sized, name=name, size=1) for name in ("keyed", "keyed too")]

    one, other = await database.write(add_two)
    rows = await database.read(lambda work: work.execute(select(parts.c.id).where(parts.c.name.like("keyed%"))).all())
    assert one != other
    assert sorted(row.id for row in rows) == sorted((one, other))


async def test_a_prepared_change_tells_how_many_rows(database: Database) -> None:
    resize = Prepared(update(parts).where(parts.c.name == bindparam("of_name")).values(size=bindparam("new_size")))

    def change(work: Work) -> tuple[int, int]:
        work.run(_add, name="counted")
        return (
            work.change(resize, of_name="counted", new_size=9),
            work.change(resize, of_name="nobody", new_size=9),
        )

    assert await database.write(change) == (1, 0)


async def test_rows_come_as_what_the_statement_says(database: Database) -> None:
    class Part(NamedTuple):
        name: str
        size: int | None

    named = Prepared(select(parts.c.name, parts.c.size).where(parts.c.name.like("shaped%")), row=Part)

    def look(work: Work) -> list[Part]:
        for number in range(4):
            work.run(_add, name=f"shaped {number}")
        return work.run(named)

    found = await database.write(look)
    assert sorted(found) == [Part(f"shaped {number}", 7) for number in range(4)]


async def test_a_text_with_a_zero_is_kept_whole_or_refused_but_never_cut(database: Database) -> None:
    def add(work: Work) -> None:
        work.run(_add, name="half\0lost")

    if database.kind == "postgresql":
        with pytest.raises(DataError):
            await database.write(add)
    else:
        await database.write(add)
    rows = await database.read(lambda work: work.execute(select(parts.c.name).where(parts.c.name.like("half%"))).all())
    assert [row.name for row in rows] == ([] if database.kind == "postgresql" else ["half\0lost"])


async def test_a_prepared_statement_that_fails_leaves_the_transaction_of_others_whole(database: Database) -> None:
    """It fails, is prepared once more by the next who runs it, and is found with what SQLAlchemy has written beside it."""

    def add(work: Work, name: str) -> None:
        work.run(_add, name=name)

    def beside(work: Work) -> list[Any]:
        work.execute(insert(parts).values(name="by SQLAlchemy", size=1))
        return [work.first(_named, name=name) for name in ("by SQLAlchemy", "new", "bolt")]

    added = await asyncio.gather(
        *(database.write(add, name) for name in ("new", "bolt", "newer")), return_exceptions=True
    )
    assert [type(one).__name__ for one in added][::2] == ["NoneType", "NoneType"]
    assert isinstance(added[1], Exception)
    by_us, new, bolt = await database.write(beside)
    assert (by_us.name, new.name, bolt.name) == ("by SQLAlchemy", "new", "bolt")


async def test_a_connection_that_was_lost_is_trouble_and_the_unit_runs_again(database: Database) -> None:
    if database.kind == "sqlite":
        return  # there is none to lose
    runs: list[int] = []

    def add(work: Work) -> str:
        runs.append(1)
        work.run(_add, name="after all")
        if len(runs) == 1:
            work._cursor._server.finish()
        found: str = work.first(_named, name="after all").name
        return found

    assert await database.write(add) == "after all"
    assert len(runs) > 1
