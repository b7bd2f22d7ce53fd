"""Only one server on a database, unless several are meant to be: a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from stationmaster.storage import engines
from stationmaster.storage.engines import Unusable

_LOCK = 7_266_922  # any number of ours; the migrations have the one before it


class Claim(Protocol):
    """The right to serve on a database."""

    def renew(self) -> None:
        """Make sure that it still holds. Raises `Unusable` when somebody else has it."""
        ...

    def release(self) -> None: ...


def claim(url: URL, *, alone: bool, insist: bool = True) -> Claim:
    """Claim a database for this process: for it alone, or beside others that share it. Raises `Unusable`.

    Who does not insist goes on beside a server that has it for itself: for the moment of a rolling update.
    """
    if url.get_backend_name() == "sqlite":
        return _File(Path(url.database)) if url.database and url.database != ":memory:" else _Nothing()
    return _Advisory(url, alone=alone, insist=insist)


class _Nothing:
    """A database in memory is nobody else's."""

    def renew(self) -> None:
        pass

    def release(self) -> None:
        pass


class _File:
    """A lock on a file beside the database: the system lets go of it when the process ends, however it does."""

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unusable(f"database.url: {path}: {error.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._descriptor, 20, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            who = f" (process {holder})" if holder.isdigit() else ""
            raise Unusable(
                f"database.url: another server{who} is at work on {database}; only one can be. Stop it first"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def renew(self) -> None:
        """The system keeps it for us."""

    def release(self) -> None:
        os.close(self._descriptor)


class _Advisory:
    """An advisory lock of PostgreSQL, on a connection of its own: exclusive for one alone, shared among several nodes."""

    def __init__(self, url: URL, *, alone: bool, insist: bool) -> None:
        self._alone = alone
        self._insist = insist
        self._engine = engines.build(url, 1, statement_timeout_s=5)
        self._connection: Connection | None = None
        self._take()

    def renew(self) -> None:
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return
        except Exception:
            self._drop()
        self._take()

    def release(self) -> None:
        self._drop()
        self._engine.dispose()

    def _take(self) -> None:
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        kind = "" if self._alone else "_shared"
        try:
            had = self._connection.execute(text(f"SELECT pg_try_advisory_lock{kind}({_LOCK})")).scalar()
        except BaseException:
            self._drop()
            raise
        if had or not self._insist:
            return
        self.release()
        if self._alone:
            raise Unusable(
                "database.url: another server is at work on this database. Several need redis.url, on every one of them;"
                " for the moment of a rolling update, start this one with database.exclusive: false"
            )
        raise Unusable(
            "redis.url: a server without redis.url is at work on this database and takes itself for the only one."
            " Stop it first, or start it again with redis.url"
        )

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
