"""One statement for many units of a commit: what each of them would have asked for by itself, before the first of them runs.

A statement of its own costs a unit 20 µs, on PostgreSQL a round trip, and each time the interpreter's lock.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Dialect
from sqlalchemy.types import TypeEngine

from stationmaster.storage.queries import Column, column_processors, in_portions


class Together:
    """A statement over the rows of all units, which it reads from the table `asked`; its columns are `inputs`.

    What it returns begins with the values by which a unit finds its answer: the first `key` of its own row. A row without an
    answer got none, and so does a second row of the same key: what was done is done once.
    """

    def __init__(self, statement: str, inputs: Mapping[str, TypeEngine[Any]], *, key: int) -> None:
        self.statement = statement
        self.inputs = inputs
        self.key = key
        self._sql: dict[tuple[str, int], str] = {}
        self._bind: dict[str, list[tuple[int, Column]]] = {}

    def ask(self, cursor: Any, dialect: Dialect, rows: Sequence[tuple[Any, ...]]) -> Answers:
        """Run it for these rows."""
        if dialect.name not in self._bind:
            self._bind[dialect.name] = column_processors(self.inputs.values(), dialect)
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for index, bind in self._bind[dialect.name]:
            columns[index] = bind(columns[index])
        values = list(zip(*columns, strict=True))
        found: list[Any] = []
        if dialect.name == "sqlite":
            for some in in_portions(values):
                cursor.execute(self._statement(dialect, len(some)), list(itertools.chain.from_iterable(some)))
                found += cursor.fetchall()
        else:
            text = msgspec.json.encode([dict(zip(self.inputs, row, strict=True)) for row in values]).decode()
            cursor.execute(self._statement(dialect, 1), [text])
            found = cursor.fetchall()
        return {tuple(row[: self.key]): tuple(row[self.key :]) for row in found}

    def _statement(self, dialect: Dialect, size: int) -> str:
        known = self._sql.get((dialect.name, size))
        if known is None:
            known = self._sql[dialect.name, size] = f"WITH asked {self._rows(dialect, size)} {self.statement}"
        return known

    def _rows(self, dialect: Dialect, size: int) -> str:
        if dialect.name == "sqlite":
            row = f"({', '.join('?' * len(self.inputs))})"
            return f"({', '.join(self.inputs)}) AS (VALUES {', '.join([row] * size)})"
        typed = ", ".join(f"{name} {kind.compile(dialect=dialect)}" for name, kind in self.inputs.items())
        return f"AS (SELECT * FROM json_to_recordset($1::json) AS x({typed}))"  # noqa: S608


Answers = dict[tuple[Any, ...], tuple[Any, ...]]


class Part(NamedTuple):
    """A unit's part in such a statement."""

    whole: Together
    row: tuple[Any, ...]
    made: Any = None
    """What the unit has made of its message in order to ask, and need not make again."""

    @property
    def key(self) -> tuple[Any, ...]:
        return self.row[: self.whole.key]
