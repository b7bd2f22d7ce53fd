"""Which tests ask PostgreSQL nothing that others do not ask it: `python -m tests.same_sql` writes their names to same_sql.txt.

All tests run on SQLite. On PostgreSQL a statement is to be tried as well, but not a hundred times: the tests of the folders below
are run once, what each asks of the database is written down, and of those that ask the same the fewest are kept that ask
everything. A test that is not listed, a new one above all, runs on both; so does one that is marked `every_case`, since
its locks, or what its values do to the database, are what it tests.
"""

from __future__ import annotations

import collections
import functools
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

FOLDERS = (
    "tests/api/", "tests/background/", "tests/domain/", "tests/gateway/", "tests/handlers/", "tests/payments/", "tests/scenarios/",
)  # fmt: skip
LIST = Path(__file__).parent / "same_sql.txt"
_KEEP_IN = "SAME_SQL_KEEP_IN"  # the folder that a run with this plugin writes to

_asked: set[str] = set()
_VALUES = re.compile(r"\(\?(?:, ?\?)*\)(?:, ?\(\?(?:, ?\?)*\))*")


@functools.cache
def listed() -> frozenset[str]:
    """The tests that run on SQLite only."""
    return frozenset() if _KEEP_IN in os.environ else frozenset(LIST.read_text().splitlines())


def plain(statement: str) -> str:
    """Without how many values there were of each kind."""
    return " ".join(_VALUES.sub("(?)", statement).split())


def fewest(asks: Mapping[str, Iterable[str]], cost: Mapping[str, int]) -> set[str]:
    """Tests that together ask everything."""
    sets = {test: set(asked) for test, asked in asks.items()}
    due = set(itertools.chain.from_iterable(sets.values()))
    kept: set[str] = set()

    def gain(test: str) -> tuple[float, str]:
        return len(due & sets[test]) / cost[test] ** 0.5, test

    while due:
        best = max((test for test in sets if test not in kept), key=gain)
        kept.add(best)
        due -= sets[best]
    return kept


# The plugin of the run that listens


class _Listening:
    """A cursor of prepared statements that is listened to."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, statement: str, *parameters: Any) -> Any:
        _asked.add(plain(statement))
        return self._cursor.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def pytest_collection_finish() -> None:
    from stationmaster.storage import engines

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        _asked.add(plain(statement))

    def cursor_of(connection: Connection) -> Any:
        return _Listening(before(connection))

    event.listen(Engine, "before_cursor_execute", listen)
    before, engines.cursor_of = engines.cursor_of, cursor_of


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    _asked.clear()
    failed = item.session.testsfailed
    ran = yield
    if item.session.testsfailed == failed and item.get_closest_marker("every_case") is None:
        _keep(item)
    return ran


def _keep(item: pytest.Item) -> None:
    with (Path(os.environ[_KEEP_IN]) / f"{os.getpid()}.jsonl").open("a") as file:
        file.write(json.dumps([item.nodeid, sorted(_asked)]) + "\n")


def main() -> None:
    run = [sys.executable, "-m", "pytest", *FOLDERS]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {_KEEP_IN: folder, "PYTHONPATH": "."}
        # PostgreSQL is offered them all; which of them it would get, and in how many cases, is what collecting tells.
        collect = [*run, "--collect-only", "-o", "addopts=-q --import-mode=importlib"]
        collected = subprocess.run(collect, env=environment, capture_output=True, text=True, check=True)
        listening = [*run, "--no-postgres", "-n", "3", "--dist", "worksteal", "-p", "tests.same_sql"]
        subprocess.run(listening, env=environment, check=False)  # one that fails is not listed, and runs on both
        lines = [json.loads(line) for file in Path(folder).iterdir() for line in file.read_text().splitlines()]
    both = {name for name in collected.stdout.splitlines() if "postgresql" in name}
    cost = collections.Counter(name.split("[")[0] for name in both)
    asks: dict[str, set[str]] = collections.defaultdict(set)
    for name, asked in lines:
        if name.replace("sqlite", "postgresql") in both:
            asks[name.split("[")[0]] |= set(asked)
    LIST.write_text("".join(f"{test}\n" for test in sorted(set(asks) - fewest(asks, cost))))


if __name__ == "__main__":
    main()
