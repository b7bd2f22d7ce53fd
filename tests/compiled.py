"""One memory for the SQL of all databases of a process: each test has a database of its own, and all of them say the same."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from sqlalchemy import Connection, Engine, event


class _Shared(MutableMapping[Any, Any]):
    """Statements by what they say. Dialects of one name are made alike here, so that whose they are makes no difference."""

    def __init__(self) -> None:
        self._statements: dict[Any, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        return self._statements[_anonymous(key)]

    def __setitem__(self, key: Any, compiled: Any) -> None:
        self._statements[_anonymous(key)] = compiled

    def __delitem__(self, key: Any) -> None:
        del self._statements[_anonymous(key)]

    def get(self, key: Any, default: Any = None) -> Any:
        return self._statements.get(_anonymous(key), default)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)


def _anonymous(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *rest = key
    return (dialect.name, *rest)


def share() -> None:
    """From now on a statement is put into SQL once for the whole process, not once for each database."""
    shared = _Shared()

    @event.listens_for(Engine, "engine_connect")
    def remember(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)
