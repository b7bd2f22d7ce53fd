"""Prepared statements of PostgreSQL on libpq itself: psycopg's own cursor takes four times as long for each of them.

Connections, transactions, types of results and errors are psycopg's; only the way of a statement to the server is shorter.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection, DataError, OperationalError, errors
from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Connection as Checkout

_ROWS, _GOOD = int(ExecStatus.TUPLES_OK), (int(ExecStatus.TUPLES_OK), int(ExecStatus.COMMAND_OK))
_PREPARE_ANEW = ("26000", "0A000")  # the server does not know the statement any more; a table is another one since
_IDLE, _INTRANS = int(TransactionStatus.IDLE), int(TransactionStatus.INTRANS)


def cursor_of(checkout: Checkout) -> PreparedCursor:
    """The one of this connection, with all that was prepared on it."""
    found: PreparedCursor | None = checkout.info.get("prepared")
    if found is None:
        driver: Any = checkout.connection.driver_connection
        found = checkout.info["prepared"] = PreparedCursor(driver)
    return found


class PreparedCursor:
    """Prepares each statement when it first comes; parameters are `$1`, `$2` …, and travel as text.

    The server takes the type of a parameter from the statement, so one whose place does not tell it needs a cast.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._server = connection.pgconn
        self._types = Transformer(connection)
        self._plain: dict[str, bytes] = {}
        self._confined: dict[str, bytes] = {}
        self._names = self._plain
        self._numbers = itertools.count()
        self._result: PGresult | None = None

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run it, in the transaction that is open, or in a new one. Raises what psycopg raises."""
        server = self._server
        self._result = None
        try:
            if server.transaction_status == _IDLE:
                self._checked(server.exec_(b"BEGIN"))
            name = self._names.get(sql) or self._prepare(sql)
            texts: list[Any] = [None if value is None else _text[value.__class__](value) for value in values]
            result = server.exec_prepared(name, texts)
        except MemoryError:  # what psycopg makes of a connection that was lost before
            raise OperationalError(server.get_error_message()) from None
        if result.status not in _GOOD:
            self._checked(result)
        self._result = result

    def run_plain(self, statements: str) -> None:
        """Run statements without parameters in one round trip, and the BEGIN before them where there was none yet."""
        self._result = None
        begin = "BEGIN; " if self._server.transaction_status == _IDLE else ""
        self._checked(self._server.exec_(f"{begin}{statements}".encode()))

    def use_prepared(self, *, confined: bool) -> None:
        """Use the statements prepared for the other role, or for the usual one: so none is planned anew at each change of roles."""
        self._names = self._confined if confined else self._plain

    @property
    def usable(self) -> bool:
        """Whether the transaction that is open takes another statement."""
        return self._server.transaction_status == _INTRANS

    @property
    def rowcount(self) -> int:
        """How many rows the statement has changed or found."""
        return -1 if self._result is None else self._result.command_tuples or 0

    def fetchall(self) -> list[Any]:
        if self._result is None or self._result.status != _ROWS:
            return []
        self._types.set_pgresult(self._result)
        return self._types.load_rows(0, self._result.ntuples, tuple)

    def fetchone(self) -> Any:
        """The first row; the statement is one that gives no more."""
        rows = self.fetchall()
        return rows[0] if rows else None

    def close(self) -> None:
        """What was found may go; what is prepared stays."""
        self._result = None

    def _prepare(self, sql: str) -> bytes:
        name = b"stationmaster_%d" % next(self._numbers)
        self._checked(self._server.prepare(name, sql.encode()))
        self._names[sql] = name
        return name

    def _checked(self, result: PGresult) -> None:
        if result.status in _GOOD:
            return
        if not result.error_field(DiagnosticField.SQLSTATE):  # it comes from libpq: the connection is lost
            raise OperationalError(result.get_error_message())
        error = errors.error_from_result(result)
        if error.sqlstate in _PREPARE_ANEW:
            self._plain.clear()
            self._confined.clear()
        raise error


def _of_text(value: str) -> bytes:
    if "\0" in value:  # libpq would end the text there
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


class _Texts(dict[type, Callable[[Any], bytes]]):
    """How a value is written, by its class."""

    def __missing__(self, kind: type) -> Callable[[Any], bytes]:
        for base in kind.__mro__[1:]:
            if base in self:
                self[kind] = self[base]
                return self[base]
        raise TypeError(f"PostgreSQL is not given a {kind.__name__}")


_text = _Texts(
    {
        str: _of_text,
        int: lambda value: b"%d" % value,
        bool: lambda value: b"t" if value else b"f",
        float: lambda value: repr(value).encode(),
        Decimal: lambda value: str(value).encode(),
        datetime: lambda value: value.isoformat().encode(),
        bytes: lambda value: b"\\x%b" % value.hex().encode(),
    }
)
