"""The first moments with a database: what cannot be used is said in one line, and nothing is written into it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from stationmaster.storage import Database, Unusable, migrations, only, opening
from tests import postgres


def contents(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.iterdir()}


async def opened(url: str, *, patience_s: float = 0, create: bool = False) -> Database:
    database = Database(url)
    await opening.until_usable(database, patience_s=patience_s, create=create)
    await opening.attempted(database, lambda: migrations.upgrade(database.engine))
    return database


@pytest.mark.parametrize(
    "content",
    [b"this is a letter, not a database", b"SQLite format 2", b"PK" + b"\3" * 4000],
    ids=["text", "old", "zip"],
)
async def test_O_05_a_file_that_is_no_database_is_one_line_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "stationmaster.db"
    path.write_bytes(content)
    with pytest.raises(Unusable, match=r"^database.url: .*stationmaster.db is not an SQLite database$"):
        await opened(f"sqlite:///{path}")
    assert contents(tmp_path) == {"stationmaster.db": content}


async def test_O_05_a_damaged_database_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "stationmaster.db"
    path.write_bytes(b"SQLite format 3\0" + b"\7" * 4000)
    with pytest.raises(Unusable, match=r"^database.url: the database cannot be used: [^\n]*$"):
        await opened(f"sqlite:///{path}")


async def test_O_05_the_database_of_another_program_is_not_ours_to_change(tmp_path: Path) -> None:
    path = tmp_path / "stationmaster.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE photos (id INTEGER)")
    with pytest.raises(Unusable, match=r"tables of something else"):
        await opened(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("photos",)]


async def test_O_05_a_newer_database_is_one_line_and_nothing_is_written(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9107'"))
    for prepare in (migrations.upgrade, migrations.check):
        with pytest.raises(Unusable) as told:
            prepare(database.engine)
        assert str(told.value) == (
            f"database.url: the database is at 9107, this program knows {migrations.head()}:"
            " start the newer one, or restore the backup of before"
        )
    assert migrations.current(database.engine) == "9107"
    database.close()


async def test_O_05_an_older_database_that_is_not_to_be_migrated_is_one_line(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(Unusable, match=r"^database.url: the database is empty, .*run `stationmaster migrate`$"):
        migrations.check(database.engine)
    database.close()


@pytest.mark.any_database
async def test_O6_the_database_is_for_its_owner_only(tmp_path: Path) -> None:
    database = await opened(f"sqlite:///{tmp_path}/data/deeper/stationmaster.db")
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM tokens"))
        folder = tmp_path / "data" / "deeper"
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
    assert modes == dict.fromkeys(("stationmaster.db", "stationmaster.db-wal", "stationmaster.db-shm"), 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    database.close()
    # One from before is put right.
    (folder / "stationmaster.db").chmod(0o644)
    Database(f"sqlite:///{folder}/stationmaster.db").close()
    assert stat.S_IMODE((folder / "stationmaster.db").stat().st_mode) == 0o600


async def test_O6_a_folder_that_is_not_ours_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    with pytest.raises(Unusable, match=r"^database.url: .*data/stationmaster.db: "):
        Database(f"sqlite:///{tmp_path}/data/stationmaster.db")


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """A PostgreSQL that may be stopped without harm to the other tests."""
    with postgres.server(in_memory=True) as url:
        yield url


@pytest.mark.slow
async def test_O_07_a_start_waits_for_a_database_that_is_late(own_server: str) -> None:
    url = postgres.create(own_server, "late")
    with contextlib.ExitStack() as stack:
        stack.enter_context(postgres.stopped(url))
        starting = asyncio.create_task(opened(url, patience_s=60))
        await asyncio.sleep(0)
        with pytest.raises(Unusable, match=r"^database.url: the database cannot be used: [^\n]*$"):
            await opened(url)
        assert not starting.done()
        await asyncio.to_thread(stack.close)
    database = await asyncio.wait_for(starting, 60)
    assert migrations.current(database.engine) == migrations.head()
    database.close()


@pytest.mark.slow
async def test_N9_too_few_connections_name_the_setting_and_are_waited_for(own_server: str) -> None:
    url = postgres.create(own_server, "crowded")
    with contextlib.ExitStack() as stack:
        with psycopg.connect(url) as one:
            [(most,)] = one.execute("SHOW max_connections").fetchall()
        held = []
        with contextlib.suppress(psycopg.OperationalError):
            for _ in range(int(most)):
                held.append(stack.enter_context(psycopg.connect(url)))
        with pytest.raises(Unusable, match=r"^database.url: .*; this server wants 7 connections \(database.lanes: 2\)"):
            await opened(url)
        starting = asyncio.create_task(opened(url, patience_s=60))
        await asyncio.sleep(0)
        for each in held:
            each.close()
    database = await asyncio.wait_for(starting, 60)
    database.close()


@pytest.mark.slow
async def test_O_07_what_waiting_does_not_help_is_said_at_once(own_server: str) -> None:
    url = make_url(own_server)
    missing = url.set(database="nowhere").render_as_string(hide_password=False)
    async with asyncio.timeout(30):
        with pytest.raises(Unusable, match=r"does not exist"):
            await opened(missing, patience_s=3600)


@pytest.mark.slow
async def test_S2_010_a_database_that_is_missing_is_made_where_the_server_lets_us(own_server: str) -> None:
    url = make_url(own_server)
    for name in ("charger_management_db", 'two words, "quoted"'):
        missing = url.set(database=name).render_as_string(hide_password=False)
        for database in await asyncio.gather(opened(missing, create=True), opened(missing, create=True)):
            with database.engine.connect() as connection:
                assert connection.execute(text("SHOW server_encoding")).scalar() == "UTF8"
            database.close()
    with psycopg.connect(own_server, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    guest = url.set(username="guest", password="guest", database="theirs").render_as_string(hide_password=False)
    with pytest.raises(Unusable, match=r'"theirs" does not exist'):
        await opened(guest, create=True)


def test_O_06_L11_a_second_server_on_one_file_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    url = Database(f"sqlite:///{tmp_path}/stationmaster.db").url
    first = only.claim(url, alone=True)
    with pytest.raises(Unusable, match=r"^database.url: another server \(process \d+\) is at work on .*; only one"):
        only.claim(url, alone=True)
    first.renew()
    first.release()
    only.claim(url, alone=True).release()


def test_O_06_N6_postgresql_for_one_alone_or_for_several(postgres_server: str) -> None:
    url = Database(postgres_server).url
    one = only.claim(url, alone=True)
    with pytest.raises(
        Unusable, match=r"^database.url: another server is at work on this database. Several need redis.url"
    ):
        only.claim(url, alone=True)
    with pytest.raises(Unusable, match=r"^redis.url: a server without redis.url is at work"):
        only.claim(url, alone=False)
    only.claim(url, alone=False, insist=False).release()  # in the moment of a rolling update
    one.release()
    several = [only.claim(url, alone=False) for _ in range(3)]
    with pytest.raises(Unusable, match=r"Several need redis.url"):
        only.claim(url, alone=True)
    for each in several:
        each.release()
    only.claim(url, alone=True).release()


def test_O_06_a_claim_that_was_lost_with_its_connection_is_made_again(postgres_server: str) -> None:
    url = Database(postgres_server).url

    def end_connections() -> None:
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7266922"
            )
            while connection.execute(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7266922"
            ).fetchall():
                pass

    first = only.claim(url, alone=True)
    end_connections()
    first.renew()
    with pytest.raises(Unusable):
        only.claim(url, alone=True)
    end_connections()
    second = only.claim(url, alone=True)
    with pytest.raises(Unusable):
        first.renew()
    second.release()
