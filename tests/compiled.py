"""One memory for the SQL of all databases of a process: each test has a database of its own, and all of them say the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event


class _Shared(dict[Any, Any]):
    """Statements by what they say. Dialects of one name are made alike here, so that whose they are makes no difference."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_anonymous(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_anonymous(key), compiled)


def _anonymous(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *rest = key
    return (dialect.name, *rest)


def share() -> None:
    """From now on a statement is put into SQL once for the whole process, not once for each database."""
    shared = _Shared()

    @event.listens_for(Engine, "engine_connect")
    def remember(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)
