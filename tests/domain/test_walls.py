"""API-11 held by PostgreSQL itself: who asks in the name of an organization sees and changes its rows only, whatever the code forgets.

There is no such thing on SQLite. The user of the tests is a superuser, whom no policy holds: what is tested is that callers become
somebody else, and that nobody else does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple

import psycopg
import pytest
import structlog
from alembic import command
from sqlalchemy import bindparam, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from stationmaster.domain import accounts, alarms, joining, organizations, refused_connections, signing, sites, stations
from stationmaster.domain.audit import Actor, Signature, Subject
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict
from stationmaster.domain.refused_connections import Refusal
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work, migrations, opening, walls
from stationmaster.storage.columns import metadata
from stationmaster.storage.lists import Wanted, listed
from stationmaster.storage.queries import Prepared
from tests import postgres
from tests.databases import Databases
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.every_case  # row-level security is PostgreSQL's

# Tables without rows of tenants. What is not in `walls.SHARED` besides is closed to callers.
NOBODYS = {
    "delivery_turn",
    "event_counter",
    "idempotency_keys",  # found by the caller's name, before there is a unit in it
    "installation",
    "ledger_zero",  # one row, which is nothing
    "node_log",
    "nodes",
    "outbox",
    "refused_connections",  # of whoever stood at the door
    "timers",
}

_every_site = Prepared(select(sites.sites.c.name).where(sites.sites.c.id > bindparam("nothing", 0)))


class Tenant(NamedTuple):
    """An organization with a site, a charger and an alarm of it."""

    id: int
    end: str
    station_id: int

    @property
    def signature(self) -> Signature:
        return Signature(
            actor=Actor("user", self.end, self.end),
            organization=self.id,
            fallback=lambda: ("try", Subject("test", "walls"), None),
        )


@pytest.fixture
def url(postgres_databases: Databases) -> Iterator[str]:
    kept = postgres_databases.lend()
    yield kept.url
    postgres_databases.take_back(kept)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """One writer and one reader, so that whoever comes next has the connection of who was before."""
    database = Database(url, lanes=1, readers=1, stall_s=PATIENCE_S)
    database.start()
    yield database
    await database.stop()


@pytest.fixture
async def mine(database: Database) -> Tenant:
    return await database.write(_tenant, "A")


@pytest.fixture
async def theirs(database: Database, mine: Tenant) -> Tenant:
    return await database.write(_tenant, "B")


def _tenant(work: Work, end: str) -> Tenant:
    organization = organizations.create(work, name=f"Tenant {end}").id
    sites.create(work, organization, name=f"Site {end}")
    row, _ = stations.create(work, organization, Keys(b"k" * 48), identity=f"CP-{end}")
    alarms.raise_alarm(work, Station(row.id, row.identity, organization, "1.6", "accepted", True), kind=end, detail=end)
    return Tenant(organization, end, row.id)


def _role(work: Work) -> tuple[str, int]:
    """As whom this runs, and in which transaction."""
    role, transaction = work.execute(text("SELECT current_user, txid_current()")).one()
    return role, transaction


def _all_told(work: Work) -> tuple[list[str], list[str], list[str]]:
    """What three forgetful questions tell."""
    kinds = work.execute(select(alarms.alarms.c.kind).order_by(alarms.alarms.c.kind)).scalars()
    names = work.execute(select(organizations.organizations.c.name)).scalars()
    return sorted(row.name for row in work.run(_every_site)), list(kinds), sorted(names)


async def test_API_11_a_question_that_forgets_whose_it_is_is_told_the_callers_rows(
    database: Database, mine: Tenant, theirs: Tenant
) -> None:
    for tenant in (mine, theirs, mine):
        told = (["Site " + tenant.end], [tenant.end], ["Tenant " + tenant.end])
        assert await database.read(signing.limited, tenant.signature, _all_told) == told
        assert await database.write(signing.signed, tenant.signature, _all_told) == told
    everything = (["Site A", "Site B"], ["A", "B"], ["Tenant A", "Tenant B"])
    assert await database.read(_all_told) == await database.write(_all_told) == everything


@pytest.mark.parametrize("sort", [None, "-name"])
async def test_API_11_a_search_that_forgets_whose_it_is_finds_the_callers_rows(
    database: Database, mine: Tenant, theirs: Tenant, sort: str | None
) -> None:
    """Its keys are found by the owner of the tables, because behind the wall no index helps."""
    name = sites.sites.c.name

    def found(work: Work) -> list[str]:
        wanted = Wanted(sort=sort, search="SITE")
        rows = listed(
            work, select(sites.sites), wanted, key=sites.sites.c.id, sorts={"name": name}, searched=[name]
        ).rows
        return [*(row.name for row in rows), _role(work)[0]]

    assert await database.read(signing.limited, theirs.signature, found) == ["Site B", walls.ROLE]
    assert (await database.read(found))[:2] == ["Site B", "Site A"]


async def test_API_11_a_change_that_forgets_whose_it_is_changes_the_callers_rows(
    database: Database, mine: Tenant, theirs: Tenant
) -> None:
    def rename_all(work: Work) -> int:
        return int(work.execute(update(sites.sites).values(name="mine now")).rowcount)

    assert await database.write(signing.signed, mine.signature, rename_all) == 1
    assert (await database.read(_all_told))[0] == ["Site B", "mine now"]


def _give_site_away(work: Work, mine: Tenant, theirs: Tenant) -> None:
    work.execute(update(sites.sites).values(organization_id=theirs.id))


def _add_site(work: Work, mine: Tenant, theirs: Tenant) -> None:
    sites.create(work, theirs.id, name="Intruder")


def _add_alarm(work: Work, mine: Tenant, theirs: Tenant) -> None:
    values = {"station_id": theirs.station_id, "at": work.now, "kind": "x", "detail": "x"}
    work.execute(insert(alarms.alarms).values(values))


def _move_alarm(work: Work, mine: Tenant, theirs: Tenant) -> None:
    work.execute(update(alarms.alarms).values(station_id=theirs.station_id))


def _look_behind(work: Work, mine: Tenant, theirs: Tenant) -> None:
    work.execute(text("SELECT * FROM idempotency_keys"))


@pytest.mark.parametrize("act", [_give_site_away, _add_site, _add_alarm, _move_alarm, _look_behind])
async def test_API_11_what_would_cross_tenants_is_refused(
    database: Database, mine: Tenant, theirs: Tenant, act: Callable[[Work, Tenant, Tenant], None]
) -> None:
    before = await database.read(_all_told)
    # Statements that are compiled once go past SQLAlchemy, and so do their errors.
    with pytest.raises((DBAPIError, psycopg.Error), match=r"row-level security|permission denied"):
        await database.write(signing.signed, mine.signature, act, mine, theirs)
    assert await database.read(_all_told) == before


async def test_API_11_who_shares_a_commit_with_a_caller_is_not_confined(
    database: Database, mine: Tenant, theirs: Tenant
) -> None:
    owner, _ = await database.read(_role)
    roles = await asyncio.gather(
        database.write(_role),
        database.write(signing.signed, mine.signature, _role),
        database.write(_role),
        database.write(signing.signed, theirs.signature, _role),
        database.write(_role),
    )
    assert len({transaction for _, transaction in roles}) == 1
    assert [role for role, _ in roles] == [owner, walls.ROLE, owner, walls.ROLE, owner]


class Lifted(walls.Walls):
    """Counts how often it was lifted."""

    count = 0

    def lift(self, cursor: Any) -> None:
        self.count += 1
        super().lift(cursor)


async def test_API_11_a_read_pays_no_round_trip_for_being_confined(database: Database, mine: Tenant) -> None:
    database.walls = lifted = Lifted(walls.ROLE)
    everything = await database.read(_all_told)
    assert (await database.read(signing.limited, mine.signature, _all_told))[1] == ["A"]
    assert (await database.read(_all_told), lifted.count) == (everything, 0)
    assert (await database.write(signing.signed, mine.signature, _all_told))[1] == ["A"]
    assert (await database.write(_all_told), lifted.count) == (everything, 1)


def _conflict(work: Work) -> None:
    raise Conflict("no")


def _conflict_beyond(work: Work) -> None:
    with work.beyond():
        raise Conflict("no")


def _database_error(work: Work) -> None:
    work.execute(text("SELECT 1 / 0"))


def _database_error_beyond(work: Work) -> None:
    with work.beyond():
        work.execute(text("SELECT 1 / 0"))


@pytest.mark.parametrize("fail", [_conflict, _conflict_beyond, _database_error, _database_error_beyond])
async def test_API_11_a_caller_that_fails_leaves_no_role_behind(
    database: Database, mine: Tenant, theirs: Tenant, fail: Callable[[Work], None]
) -> None:
    everything = await database.read(_all_told)
    results: list[Any] = await asyncio.gather(
        database.write(signing.signed, mine.signature, fail),
        database.write(_all_told),
        database.write(signing.signed, theirs.signature, _all_told),
        return_exceptions=True,
    )
    assert isinstance(results[0], Conflict | DBAPIError)
    assert results[1] == everything
    assert results[2][1] == ["B"]
    with pytest.raises((Conflict, DBAPIError)):
        await database.read(signing.limited, mine.signature, fail)
    assert await database.read(_all_told) == everything


async def test_API_11_what_looks_at_all_tenants_is_confined_again_afterwards(
    database: Database, mine: Tenant, theirs: Tenant
) -> None:
    def caught(work: Work) -> list[Any]:
        told = [_role(work)[0]]
        try:
            with work.beyond():
                told.append(len(_all_told(work)[0]))
                raise Conflict("no")
        except Conflict:
            told.append(_role(work)[0])
        told += work.rehearse(lambda rehearsed: [_role(rehearsed)[0], len(_all_told(rehearsed)[0])])
        return [*told, _all_told(work)[1]]

    expected = [walls.ROLE, 2, walls.ROLE, walls.ROLE, 1, ["A"]]
    assert await database.read(signing.limited, mine.signature, caught) == expected
    assert await database.write(signing.signed, mine.signature, caught) == expected


async def test_API_11_what_must_be_unique_for_all_is_known_behind_the_wall(
    database: Database, mine: Tenant, theirs: Tenant
) -> None:
    keys = Keys(b"k" * 48)
    await database.write(accounts.add, theirs.id, email="b@example.org", password=None, role="viewer")
    taken: list[Callable[[Work], Any]] = [
        lambda work: stations.create(work, mine.id, keys, identity="CP-B"),
        lambda work: joining.invite(work, mine.id, email="b@example.org", role="viewer", by_mail=False),
        lambda work: organizations.rename(work, mine.id, name="Tenant B"),
    ]
    for act in taken:
        with pytest.raises(Conflict):
            await database.write(signing.signed, mine.signature, act)
    assert await database.read(signing.limited, theirs.signature, organizations.home) == mine.id


async def test_API_11_a_charger_of_others_is_not_taken_for_nobodys(
    database: Database, mine: Tenant, theirs: Tenant
) -> None:
    def refuse(work: Work) -> None:
        names = ("CP-A", "CP-B", "NOBODY")
        refused_connections.keep(work, [Refusal(name, "192.0.2.1", "wrong_password", "/", work.now) for name in names])

    await database.write(refuse)
    rows = await database.read(
        signing.limited, mine.signature, lambda work: refused_connections.listed(work, mine.id, limit=9, cursor=None)
    )
    assert [row.identity for row in rows] == ["NOBODY", "CP-A"]


async def test_API_11_every_table_with_rows_of_tenants_has_a_policy(database: Database) -> None:
    def secured(work: Work) -> set[str]:
        rows = work.execute(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid JOIN pg_roles r ON r.oid = ANY(p.polroles)"
                " WHERE c.relrowsecurity AND NOT p.polpermissive AND p.polcmd = '*' AND r.rolname = :role"
            ),
            {"role": walls.ROLE},
        )
        return set(rows.scalars())

    tables = set(metadata.tables)
    assert await database.read(secured) == tables - NOBODYS, "whose are its rows? walls.condition, or NOBODYS"
    assert tables >= NOBODYS
    assert set(walls.SHARED) - {"organization_ids"} <= NOBODYS


class PlainUser(NamedTuple):
    """The owner of a database who may do nothing else on its server, as an administrator gives one."""

    url: str
    name: str
    role: str
    administrator: Callable[[str], None]


@pytest.fixture
def plain(postgres_server: str) -> Iterator[PlainUser]:
    name = postgres.fresh_name()
    role = f'{name} "role"'
    quoted = role.replace('"', '""')

    def administrator(statement: str) -> None:
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(statement.replace("ROLE_OF_TENANTS", f'"{quoted}"').encode())

    administrator(f"CREATE USER \"{name}\" PASSWORD 'x'")
    administrator(f'CREATE DATABASE "{name}" OWNER "{name}"')
    url = make_url(postgres_server).set(database=name, username=name, password="x")
    yield PlainUser(url.render_as_string(hide_password=False), name, role, administrator)
    postgres.drop(postgres_server, name)
    administrator("DROP ROLE IF EXISTS ROLE_OF_TENANTS")
    administrator(f'DROP USER "{name}"')


async def test_API_11_without_the_role_all_works_and_says_so_until_an_administrator_makes_it(plain: PlainUser) -> None:
    """Also the upgrade of a database that has data in it."""
    old = Database(plain.url).engine
    with old.connect() as connection:
        command.upgrade(migrations._config(connection), "0051")
        connection.commit()
    old.dispose()

    async def started() -> tuple[str | None, list[list[str]]]:
        database = Database(plain.url, lanes=1, readers=1, stall_s=PATIENCE_S, tenant_role=plain.role)
        why = await opening.prepare(database, migrate=True)
        database.start()
        try:
            there = await database.read(organizations.listed)
            tenants = [Tenant(each.id, "A", 0) for each in there] or [
                await database.write(_tenant, end) for end in ("A", "B")
            ]
            told = await database.read(signing.limited, tenants[0].signature, _all_told)
            changed = await database.write(signing.signed, tenants[0].signature, _all_told)
            assert told == changed
            return why, told[0]
        finally:
            await database.stop()

    with structlog.testing.capture_logs() as logs:
        why, told = await started()
    assert why == f"there is no role {plain.role}"
    assert [each["why"] for each in logs if each["event"] == "database.tenants_not_confined"] == [why]
    assert told == ["Site A", "Site B"]

    plain.administrator("CREATE ROLE ROLE_OF_TENANTS NOLOGIN")
    assert "may not become" in str((await started())[0])
    plain.administrator(f'GRANT ROLE_OF_TENANTS TO "{plain.name}"')
    assert await started() == (None, ["Site A"])
    assert await started() == (None, ["Site A"])
