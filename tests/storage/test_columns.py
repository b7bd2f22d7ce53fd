"""Columns mean the same on both databases, whether a statement is executed, prepared or inserted in bulk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, bindparam, func, insert, select
from sqlalchemy.dialects import sqlite

from stationmaster.storage import Database, Work
from stationmaster.storage.columns import Exact, Json, UtcTime, key
from stationmaster.storage.queries import Bulk, Prepared

things = Table(
    "things",
    MetaData(),
    key(),
    Column("at", UtcTime),
    Column("amount", Exact()),
    Column("fine", Exact(6)),
    Column("facts", Json),
)
NAMES = ("at", "amount", "fine", "facts")
_insert = Prepared(insert(things).values({name: bindparam(name, type_=things.c[name].type) for name in NAMES}))
_all = Prepared(select(things).order_by(things.c.id))
_bulk = Bulk(things, NAMES)

Insert = Callable[..., None]


def executed(work: Work, **row: Any) -> None:
    work.execute(insert(things).values(row))


def prepared(work: Work, **row: Any) -> None:
    work.run(_insert, **row)


def in_bulk(work: Work, **row: Any) -> None:
    work.append(_bulk, *(row[name] for name in NAMES))


@pytest.fixture
async def table(database: Database) -> Database:
    await database.write(lambda work: things.create(work.execute(select(1)).connection) and None)
    return database


ways = pytest.mark.parametrize("way", [executed, prepared, in_bulk])


async def kept(database: Database, way: Insert, **row: Any) -> tuple[Any, Any]:
    """What comes back of a row, through a prepared statement and through SQLAlchemy."""
    await database.write(way, **dict.fromkeys(NAMES) | row)
    fast = (await database.read(lambda work: work.run(_all)))[-1]
    slow = (await database.read(lambda work: work.execute(select(things).order_by(things.c.id)).all()))[-1]
    return fast, slow


@pytest.mark.any_database
def test_sqlite_keeps_times_as_isoformat_writes_them() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    moments = [
        datetime(2026, 7, 1, 2, 30, 0, 123456, tzinfo=UTC),
        datetime(2026, 7, 1, 2, 30, tzinfo=UTC),
        datetime(999, 1, 1, 0, 0, 0, 5, tzinfo=UTC),
        datetime(2026, 7, 1, 2, 30, 0, 1000, tzinfo=east),
        datetime(2026, 7, 1, 2, 30, tzinfo=east),
        datetime.max.replace(tzinfo=UTC),
    ]
    expected = [each.astimezone(UTC).isoformat(timespec="microseconds") for each in moments]
    column = UtcTime()
    assert [column.bind_processor(sqlite.dialect())(each) for each in moments] == expected
    assert column.bind_column(sqlite.dialect())([None, *moments]) == [None, *expected]


@ways
async def test_a_time_is_utc_whatever_zone_it_was_given_in(table: Database, way: Insert) -> None:
    given = datetime(2026, 7, 1, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    for row in await kept(table, way, at=given):
        assert row.at == datetime(2026, 6, 30, 21, 0, 0, 123456, tzinfo=UTC)
        assert row.at.tzinfo is UTC


@ways
async def test_a_time_without_a_zone_is_refused(table: Database, way: Insert) -> None:
    with pytest.raises(Exception, match="zone"):
        await table.write(way, **dict.fromkeys(NAMES) | {"at": datetime(2026, 7, 1)})
    assert await table.read(lambda work: work.execute(select(func.count()).select_from(things)).scalar()) == 0


async def test_times_sort_and_compare_in_the_database(table: Database) -> None:
    times = [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 11, 1, 10, tzinfo=UTC),
        datetime(2026, 11, 1, 10, 0, 0, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ]
    for at in reversed(times):
        await table.write(executed, at=at)
    newest_first = await table.read(
        lambda work: work.execute(select(things.c.at).order_by(things.c.at)).scalars().all()
    )
    assert newest_first == times
    after = select(func.count()).select_from(things).where(things.c.at > datetime(2026, 11, 1, 10, tzinfo=UTC))
    assert await table.read(lambda work: work.execute(after).scalar()) == 2


@ways
@pytest.mark.parametrize(
    "given, told",
    [
        ("0.1", "0.100"),
        ("0.3", "0.300"),
        ("-0.001", "-0.001"),
        ("999999999999.999", "999999999999.999"),
        ("0.0005", "0.000"),  # halves go to the even neighbour, on both
        ("0.0015", "0.002"),
        ("1E-400", "0.000"),
        (7, "7.000"),
    ],
)
async def test_a_decimal_is_exact(table: Database, way: Insert, given: str | int, told: str) -> None:
    for row in await kept(table, way, amount=Decimal(given), fine=Decimal("1.234567")):
        assert isinstance(row.amount, Decimal)
        assert str(row.amount) == told
        assert row.fine == Decimal("1.234567")


async def test_decimals_sum_without_an_error_of_rounding(table: Database) -> None:
    for _ in range(30):
        await table.write(executed, amount=Decimal("0.1"))
    summed = await table.read(lambda work: work.execute(select(func.sum(things.c.amount))).scalar())
    assert summed == Decimal("3.000")


@ways
@pytest.mark.parametrize("facts", [None, [], ["clock"], {"a": {"b": [1, 2.5, None, True]}}, "a text", "1", "Größe ⚡"])
async def test_json_comes_back_as_it_was(table: Database, way: Insert, facts: Any) -> None:
    for row in await kept(table, way, facts=facts):
        assert row.facts == facts
        assert type(row.facts) is type(facts)


async def test_nothing_is_null_and_not_the_word_null(table: Database) -> None:
    await table.write(executed, **dict.fromkeys(NAMES))
    empty = select(func.count()).select_from(things).where(*(things.c[name].is_(None) for name in NAMES))
    assert await table.read(lambda work: work.execute(empty).scalar()) == 1
