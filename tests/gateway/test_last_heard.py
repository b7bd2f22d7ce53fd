"""O1: when a charger was last heard survives the server; L12: knowing it costs no look into the message log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Engine, event, select, text

from stationmaster.app import App
from stationmaster.domain import accounts, connections, message_log, organizations, stations
from stationmaster.settings import Settings
from stationmaster.storage import Database, Work
from tests.charger import Charger
from tests.gateway.conftest import until

EMAIL, PASSWORD = "ann@example.com", "correct horse battery staple"
SECRET = "xK4-vQ9z_Lm2.Tr7wPd8"  # a strong one is checked at once


async def prepare(app: App, *identities: str) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(accounts.add, home, email=EMAIL, password=PASSWORD, role="administrator")
    for identity in identities:
        await app.database.write(stations.create, home, app.keys, identity=identity, secret=SECRET)
        await until(lambda identity=identity: app.directory.find(identity))


@asynccontextmanager
async def pages(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}/api/v1") as client:
        answer = await client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


async def all_stations(client: httpx.AsyncClient, **filters: Any) -> dict[str, Any]:
    answer = await client.get("/stations", params=filters)
    assert answer.status_code == 200, answer.text
    return {each["id"]: each for each in answer.json()["items"]}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_O1_after_a_restart_it_is_known_when_a_charger_was_last_heard(settings: Settings) -> None:
    began = datetime.now(UTC)
    async with App(settings).running() as app:
        await prepare(app, "CP1", "NEVER")
        charger = await Charger.connect(app.gateway_port, "CP1", SECRET)
        await charger.boot()
        await charger.call("Heartbeat", {})
        async with pages(app) as client:
            there = await all_stations(client)
            assert there["CP1"]["offline_since"] is None and there["CP1"]["connected"]
    await charger.close()
    ended = datetime.now(UTC)
    async with App(settings).running() as app, pages(app) as client:
        there = await all_stations(client)
        one, never = there["CP1"], there["NEVER"]
        assert began < moment(one["last_heard_at"]) <= moment(one["offline_since"]) < ended
        assert (one["connected"], one["booted"]) == (False, True)
        assert (never["last_heard_at"], never["offline_since"]) == (None, None)
        assert (await client.get("/stations/CP1")).json() == one


async def test_O1_while_it_is_connected_it_is_noted_now_and_then_in_case_the_server_dies(app: App) -> None:
    """A process that is killed writes nothing any more; what it has noted before is what the next one shows."""
    await prepare(app, "CP1", "CP2")
    open_ones = [await Charger.connect(app.gateway_port, identity, SECRET) for identity in ("CP1", "CP2")]
    for charger in open_ones:
        await charger.boot()
    before = datetime.now(UTC) - timedelta(seconds=30)
    await app.registry.note_heard()

    def rows(work: Work) -> list[Any]:
        return list(work.execute(select(connections.connections)))

    noted = await app.database.read(rows)
    assert [row.closed_at for row in noted] == [None, None]
    assert all(row.heard_at is not None and before < row.heard_at for row in noted)
    await app.database.write(connections.freed, [row.node for row in noted])  # as the next server does at its start
    freed = await app.database.read(rows)
    assert [row.heard_at for row in freed] == [row.heard_at for row in noted]
    assert all(row.closed_at is not None for row in freed)
    for charger in open_ones:
        await charger.close()


async def test_O1_O_08_who_has_been_gone_for_how_long(app: App) -> None:
    """The filter counts from when the connection ended; who is connected, or never was, is not among them."""
    await prepare(app, "HOUR", "WEEK", "NOW", "NEVER")
    now = datetime.now(UTC)

    def gone(work: Work, identity: str, at: datetime, *, closed: bool) -> None:
        row = stations.get(work, organizations.home(work), identity)
        station = stations.Station(row.id, identity, row.organization_id, "1.6", "accepted", True)
        connections.connected(work, station, node="n", version="1.6", source="192.0.2.1")
        if closed:
            connections.disconnected(work, station, node="n", reason="lost")
        ends = {"connected_at": at - timedelta(hours=1), "closed_at": at if closed else None, "heard_at": at}
        work.execute(
            connections.connections.update().where(connections.connections.c.station_id == row.id).values(**ends)
        )

    await app.database.write(gone, "HOUR", now - timedelta(minutes=61), closed=True)
    await app.database.write(gone, "WEEK", now - timedelta(days=7), closed=True)
    await app.database.write(gone, "NOW", now, closed=False)
    async with pages(app) as client:
        assert set(await all_stations(client, offline_for_h=1)) == {"HOUR", "WEEK"}
        assert set(await all_stations(client, offline_for_h=1.5)) == {"WEEK"}
        assert set(await all_stations(client, offline_for_h=72)) == {"WEEK"}
        assert set(await all_stations(client, offline_for_h=169)) == set()
        assert set(await all_stations(client, offline_for_h=0)) == {"HOUR", "WEEK"}
        assert set(await all_stations(client, offline_for_h=1, connected=False)) == {"HOUR", "WEEK"}
        assert set(await all_stations(client, offline_for_h=1, connected=True)) == set()
        assert set(await all_stations(client, offline_for_h=1, search="wee")) == {"WEEK"}
        shown = (await all_stations(client, offline_for_h=72))["WEEK"]
        assert moment(shown["offline_since"]) == moment(shown["last_heard_at"]) == now - timedelta(days=7)
        for wrong in ("-1", "long", "nan", "inf"):
            refused = await client.get("/stations", params={"offline_for_h": wrong})
            assert refused.status_code == 422 and "offline_for_h" in refused.text


@contextmanager
def statements() -> Iterator[list[str]]:
    """Everything that is asked of the database inside, by readers and writers."""
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


async def test_L12_fifty_offline_chargers_are_listed_without_a_look_into_the_message_log(app: App) -> None:
    await prepare(app, *(f"CP{number}" for number in range(50)))
    for number in range(50):
        charger = await Charger.connect(app.gateway_port, f"CP{number}", SECRET)
        await charger.boot()
        await charger.close()
    await until(lambda: app.switchboard.connections() == [])
    async with pages(app) as client:
        one = (await all_stations(client, limit=1))["CP49"]
        with statements() as said:
            everything = await all_stations(client, limit=50)
    assert one["last_heard_at"] is not None
    assert len(everything) == 50 and all(each["last_heard_at"] for each in everything.values())
    of_these = [each for each in said if "FROM connections" in each and " IN (" in each]  # a timer looks for the others
    assert len(of_these) == 1  # one for all of them, not one for each
    assert not [each for each in said if "messages" in each]


async def test_L12_neither_a_stop_nor_a_start_nor_the_first_list_looks_into_the_message_log(settings: Settings) -> None:
    async with App(settings).running() as app:
        await prepare(app, "CP1", "CP2")
        there = [await Charger.connect(app.gateway_port, name, SECRET) for name in ("CP1", "CP2")]
        for charger in there:
            await charger.boot()
        with statements() as leaving:
            await there[0].close()
            await until(lambda: len(app.switchboard.connections()) == 1)
    await there[1].close()
    with statements() as after:
        async with App(settings).running() as app, pages(app) as client:
            found = await all_stations(client)
    assert {name for name, each in found.items() if each["last_heard_at"]} == {"CP1", "CP2"}
    assert after and not [each for each in (*leaving, *after) if "FROM messages" in each]


async def test_L12_what_is_asked_of_the_message_log_for_a_message_is_found_by_its_index(database: Database) -> None:
    asked = {"station_id": 1, "of_action": "StartTransaction"}

    def look(work: Work) -> list[str]:
        explain = "EXPLAIN QUERY PLAN "
        if database.kind == "postgresql":
            work.execute(text("SET LOCAL enable_seqscan = off"))  # an empty table is read whole, index or not
            explain = "EXPLAIN "
        work.run(message_log._recent, **asked)
        compiled = message_log._recent._compiled[database.kind]
        work._cursor.execute(explain + compiled.sql, compiled.bind(asked))
        return [str(row) for row in work._cursor.fetchall()]

    plan = await database.write(look)
    assert [line for line in plan if "ix_messages_block" in line]
    assert not [line for line in plan if "Seq Scan on messages" in line or "SCAN messages'" in line]
