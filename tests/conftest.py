"""What every test can ask for: a database (on both kinds), a running server, a charger's raw socket."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import argon2
import hypothesis
import pytest
import structlog
import uvloop
from filelock import FileLock

from stationmaster.app import App
from stationmaster.cli.server import COLLECT_AFTER
from stationmaster.domain import accounts, organizations, stations, tokens
from stationmaster.settings import Settings
from stationmaster.storage import Database, migrations
from tests import compiled, factories, postgres, same_sql
from tests.charger import Charger
from tests.databases import Databases
from tests.patience import PATIENCE_S

# The same examples each time, so that a run says the same twice; HYPOTHESIS_PROFILE=search looks for new ones.
hypothesis.settings.register_profile("steady", derandomize=True)
hypothesis.settings.register_profile("search", max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
compiled.share()

# The loop of the server; it also takes less of the processor than Python's own. What pytest-asyncio offers for this would make
# anew for each test what the tests of a module share.
if sys.version_info < (3, 14):  # where it is deprecated
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-postgres", action="store_true", help="run on SQLite only")


def pytest_configure(config: pytest.Config) -> None:
    # A trace with every local variable in it, which is the library's habit, takes seconds in which no charger is answered.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), plain]
    )
    if config.args == config.getini("testpaths"):
        config.args = _from_another_folder()
    config.addinivalue_line("markers", "any_database: what is tested is the same on any database; SQLite will do")
    config.addinivalue_line(
        "markers",
        "every_case: PostgreSQL gets all of it: each case asks something else, or its locks or values are the test",
    )


def _from_another_folder() -> list[str]:
    """All of the tests, for each process of the run in another order: what it reads first the others find made ready.

    A file of tests is rewritten for its `assert`s when it is first read, which takes longer than all else until the tests begin.
    """
    mine, count = (os.environ.get(f"PYTEST_XDIST_WORKER{name}", "1") for name in ("", "_COUNT"))
    folders = sorted(path for path in Path(__file__).parent.glob("*") if path.is_dir() or path.match("test_*.py"))
    first = len(folders) * int(mine.removeprefix("gw")) // int(count)
    return [str(path) for path in folders[first:] + folders[:first]]


# What takes a minute begins first: at the end the other processes would wait for it.
LONG = (
    "tests/web/test_layout.py",
    "tests/faults/",
    "tests/web/test_sources.py",
    "tests/gateway/test_corpus.py",
    "tests/nodes/test_kill.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if twice := set(_tried_already(items)):
        config.hook.pytest_deselected(items=list(twice))
        items[:] = [item for item in items if item not in twice]
    items.sort(key=lambda item: (not item.nodeid.startswith(LONG), item.path))


def pytest_collection_finish() -> None:
    # As the server does once it has started: what was loaded stays, and objects are looked at by the ten thousand, not by
    # the hundred. It took a twentieth of the time of the tests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _tried_already(items: list[pytest.Item]) -> list[pytest.Item]:
    """What would prove again what another test has proved.

    SQLite gets every case. PostgreSQL is given no test that asks it only what others ask it (same_sql.py). Of the others it gets
    the first of the cases that differ in what is said, not in what is asked of the database; of those that are marked
    `every_case` it gets all. 2.0.1 and 2.1 have the same handlers: where both have the same cases, 2.0.1 gets all of them,
    2.1 the first on SQLite and none on PostgreSQL.
    """
    named = {item.nodeid for item in items}
    begun: set[tuple[str, bool, bool]] = set()
    twice = []
    for item in items:
        test = item.nodeid.split("[")[0]
        if not test.startswith(same_sql.FOLDERS):
            continue
        postgres = "postgresql" in item.nodeid
        same = "2.1" in item.nodeid and item.nodeid.replace("2.1", "2.0.1") in named
        again = (test, postgres, same) in begun
        begun.add((test, postgres, same))
        if (postgres and same) or (again and (postgres or same) and not item.get_closest_marker("every_case")):
            twice.append(item)
    return twice


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        test = metafunc.definition
        one = metafunc.config.getoption("--no-postgres") or test.get_closest_marker("any_database")
        asked_by_others = test.nodeid in same_sql.listed() and not test.get_closest_marker("every_case")
        kinds = ["sqlite"] if one or asked_by_others else ["sqlite", "postgresql"]
        metafunc.parametrize("database_url", kinds, indirect=True)


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Passwords of tests need not be expensive to guess."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="session")
def postgres_server(run_name: str) -> Iterator[str]:
    """One PostgreSQL for all processes of the run, with a migrated template in it."""
    with postgres.shared_server(run_name, _make_template) as url:
        yield url


def _make_template(url: str) -> None:
    database = Database(postgres.create(url, "template_stationmaster"))
    migrations.upgrade(database.engine)
    database.engine.dispose()


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> Iterator[Databases]:
    databases = Databases(postgres_server, "template_stationmaster")
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def run_name() -> str:
    """The same in every process of this test run, and in no other run."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")


@pytest.fixture(scope="session")
def sqlite_template(run_name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite database, made once by the first process of the run that asks for it."""
    own = tmp_path_factory.getbasetemp()
    path = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / f"template-{run_name}.db"
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            database = Database(f"sqlite:///{path}.made")
            migrations.upgrade(database.engine)
            database.engine.dispose()
            Path(f"{path}.made").rename(path)
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> Iterator[str]:
    """The URL of an empty, migrated SQLite database, in memory where there is room: a commit need not wait for the disk there."""
    with tempfile.TemporaryDirectory(prefix="stationmaster-sqlite-", dir=postgres.memory()) as folder:
        path = Path(folder) / "stationmaster.db"
        shutil.copy(sqlite_template, path)
        yield f"sqlite:///{path}"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty, migrated database; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
    else:
        databases = request.getfixturevalue("postgres_databases")
        kept = databases.lend()
        yield kept.url
        databases.take_back(kept)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Free ports, and a database of the test's own; change what the test is about before asking for `app`."""
    return factories.settings(database_url, folder=tmp_path / "files")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A started database, without the rest."""
    database = Database(database_url, hold_s=PATIENCE_S, read_s=PATIENCE_S, stall_s=PATIENCE_S)
    database.start()
    yield database
    await database.stop()


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[App]:
    """A running Stationmaster."""
    async with App(settings).running() as running:
        yield running


@asynccontextmanager
async def connecting(app: App) -> AsyncIterator[Callable[..., object]]:
    """`await connect("CP1")`: a registered charger's raw socket, connected; closed afterwards. TAG1 may charge."""
    opened: list[Charger] = []
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="TAG1")

    async def connect(
        identity: str = "CP1", *, boot: bool = True, password: bool = True, tls: object = None, **options: object
    ) -> Charger:
        if app.directory.find(identity) is None:
            _, secret = await app.database.write(stations.create, home, app.keys, identity=identity)
            secrets[identity] = secret
            while app.directory.find(identity) is None:
                await asyncio.sleep(0.001)
        port = app.gateway_port if tls is None else app.listener.tls_port
        secret = secrets[identity] if password else None
        one = await Charger.connect(port, identity, secret, tls=tls, **options)  # type: ignore[arg-type]
        opened.append(one)
        if boot:
            await one.boot()
        return one

    secrets: dict[str, str] = {}
    connect.secrets = secrets  # type: ignore[attr-defined]
    yield connect
    for one in opened:
        await one.close()


@pytest.fixture
async def charger(app: App) -> AsyncIterator[Callable[..., object]]:
    async with connecting(app) as connect:
        yield connect
