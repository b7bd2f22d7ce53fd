"""Filters that do not lie, and lists that travel small (O-13, O2, O13)."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select

from stationmaster.domain import sessions, tokens
from stationmaster.storage import Database, Work
from stationmaster.storage.queries import next_cursor, page
from tests.api.conftest import Client

API = "/api/v1"


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("/sessions?from=2030-01-01", ["from"]),
        ("/sessions?Station=CP1", ["Station"]),
        ("/sessions?statuses=active&limit=5&colour=red", ["statuses", "colour"]),
        ("/stations?search=&serach=x", ["serach"]),
        ("/tokens?uid=A", ["uid"]),
        ("/auth/me?verbose=1", ["verbose"]),
        ("/events?station_id=CP1", ["station_id"]),
        ("/audit?actor_id=x&actor_id=y", ["actor_id"]),
    ],
)
async def test_O_13_an_unknown_parameter_is_named(admin: Client, path: str, unknown: list[str]) -> None:
    answer = await admin.get(API + path)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == unknown


async def test_O_13_it_is_named_wherever_something_is_asked(admin: Client) -> None:
    for method, path in (("POST", "/tokens"), ("PATCH", "/tokens/A"), ("DELETE", "/tokens/A")):
        answer = await admin.request(method, f"{API}{path}?dry_run=true")
        assert answer.status_code == 422, (method, path)
        assert answer.json()["errors"][0]["field"] == "dry_run"
    assert (await admin.get(f"{API}/tokens?limit=5")).status_code == 200
    assert (await admin.get("/api/docs?theme=dark")).status_code == 200
    assert (await admin.get("/sessions?whatever=1")).status_code == 200  # a page; what it makes of it is its own


async def test_O13_lists_are_compressed_and_answers_with_secrets_are_not(admin: Client) -> None:
    for number in range(30):
        await admin.post(f"{API}/stations", json={"id": f"CP{number}", "name": "a name of some length"})
    plain = await admin.get(f"{API}/stations", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with admin.stream("GET", f"{API}/stations", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert gzip.decompress(raw) == plain.content
    assert len(raw) * 8 < len(plain.content)
    made = await admin.post(f"{API}/api-keys", json={"name": "n" * 200, "permissions": ["view"] * 100})
    assert "content-encoding" not in made.headers


@settings(deadline=None)
@given(
    there=st.integers(0, 60),
    limit=st.integers(1, 7),
    arriving=st.lists(st.integers(0, 5), max_size=80),
    removed=st.sets(st.integers(1, 60), max_size=20),
)
def test_O_13_each_row_comes_once_while_new_ones_arrive(
    there: int, limit: int, arriving: list[int], removed: set[int]
) -> None:
    """Rows are inserted before every page, and some are removed in between; nobody is told anything twice, or left out."""
    numbers = Table("numbers", MetaData(), Column("id", Integer, primary_key=True))
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        numbers.create(connection)

        def add(count: int) -> None:
            for _ in range(count):
                connection.execute(insert(numbers))

        add(there)
        told: list[int] = []
        cursor = None
        pages = iter(arriving)
        while True:
            rows = connection.execute(page(select(numbers), numbers.c.id, limit=limit, cursor=cursor)).all()
            told += [row.id for row in rows[:limit]]
            cursor = next_cursor(rows, limit, lambda row: row.id)
            if cursor is None:
                break
            add(next(pages, 0))
            gone = removed.intersection(range(1, min(told)))
            connection.execute(numbers.delete().where(numbers.c.id.in_(gone)))
        left = set(connection.execute(select(numbers.c.id).where(numbers.c.id <= there)).scalars())
        assert len(told) == len(set(told))
        assert left <= set(told)
        assert set(told) <= set(range(1, there + 1))


async def test_O_13_sessions_by_time_are_half_open_and_cards_have_no_case(
    admin: Client, charger: Any, database: Database
) -> None:
    at = [datetime(2026, 5, 1, hour, tzinfo=UTC) for hour in (8, 9, 10, 11)]

    def keep(work: Work) -> None:
        for number, (started, stopped) in enumerate(((at[0], at[1]), (at[1], at[2]), (at[2], None))):
            values = {
                "public_id": f"S{number}",
                "station_id": charger.id,
                "organization_id": charger.organization_id,
                "transaction_id": str(number),
                "token": "04aB" if number else "OTHER",
                "evse": 1,
                "connector": 1,
                "started_at": started,
                "stopped_at": stopped,
                "status": "active" if stopped is None else "completed",
            }
            values |= {"started_text": started.isoformat(), "received_at": started, "flags": []}
            values["token_key"] = tokens.uid_key(str(values["token"]))
            work.execute(insert(sessions.sessions).values(**values))

    await database.write(keep)

    async def found(**filters: str) -> list[str]:
        answer = await admin.get(f"{API}/sessions", params=filters)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    def text(moment: datetime) -> str:
        return moment.isoformat().replace("+00:00", "Z")

    assert await found() == ["S2", "S1", "S0"]
    assert await found(started_from=text(at[1])) == ["S2", "S1"]
    assert await found(started_to=text(at[1])) == ["S0"]
    assert await found(started_from=text(at[1]), started_to=text(at[2])) == ["S1"]
    assert await found(ended_from=text(at[1])) == ["S1", "S0"]
    assert await found(ended_to=text(at[2])) == ["S0"]  # one that goes on has not ended before anything
    assert await found(ended_from=text(at[2]), ended_to=text(at[3])) == ["S1"]
    for token in ("04AB", "04ab", " 04aB "):
        assert await found(token=token) == ["S2", "S1"]
    assert await found(token="04A") == []
    assert (await admin.get(f"{API}/sessions?started_from=2026-05-01T08:00:00")).status_code == 422
