"""Column types that mean the same on SQLite and on PostgreSQL: UTC times, exact decimals, JSON, integer keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Integer, MetaData, Numeric, Text
from sqlalchemy.types import TIMESTAMP, TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigInt = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    """The internal integer key every table has; never shown outside."""
    return Column("id", BigInt, primary_key=True, autoincrement=True)


def organization() -> Column[int]:
    """Whose a row is."""
    return Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps ISO text (sortable, readable in any shell), PostgreSQL a timestamptz."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def bind_processor(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return _utc
        return _text

    def bind_column(self, dialect: Dialect) -> Any:
        """The same for many values at once."""
        if dialect.name == "postgresql":
            return lambda values: [_utc(value) for value in values]

        def texts(values: Iterable[datetime | None]) -> list[str | None]:
            columns = list(values)
            # Written by msgspec, in one call: `isoformat` takes ten times as long.
            return [
                text[:-1] + "+00:00" if text is not None and len(text) == _WITH_FRACTION else _text(value)
                for text, value in zip(msgspec.to_builtins(columns), columns, strict=True)
            ]

        return texts

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.name == "postgresql":
            return _utc
        return lambda value: None if value is None else datetime.fromisoformat(value)

    def result_column(self, dialect: Dialect) -> Any:
        """The same for many values at once, without a call of ours for each."""
        if dialect.name == "postgresql":
            return lambda values: [_utc(value) for value in values]
        return lambda values: [None if value is None else datetime.fromisoformat(value) for value in values]


# Of a second; without one, and in other zones, a time has another length.
_WITH_FRACTION = len("2026-11-26T10:00:00.123000Z")


def _text(value: datetime | None) -> str | None:
    """As SQLite keeps it."""
    if value is None:
        return None
    text: str = msgspec.to_builtins(_utc(value))
    return f"{text[:-1]}+00:00" if len(text) == _WITH_FRACTION else f"{text[:-1]}.000000+00:00"


def _utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be kept")
    return value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """An exact decimal with `scale` digits behind the point. SQLite keeps a scaled integer, so it sorts and sums exactly."""

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 3) -> None:
        super().__init__(20, scale)
        self.digits = scale
        self.unit = Decimal(1).scaleb(-scale)

    def __repr__(self) -> str:
        return f"Exact({self.digits})"

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(20, self.digits))
        return dialect.type_descriptor(BigInteger())

    def bind_processor(self, dialect: Dialect) -> Any:
        unit, factor = self.unit, 10**self.digits
        if dialect.name == "postgresql":
            # Rounded here, because the two databases would round a half differently.
            return lambda value: value.quantize(unit) if isinstance(value, Decimal) else value

        def scaled(value: Decimal | int | None) -> int | None:
            if value is None:
                return None
            whole = int(exact := value * factor)
            return whole if whole == exact else _rounded(value, unit, factor)

        return scaled

    def bind_column(self, dialect: Dialect) -> Any:
        """The same for many values at once, without a call for each."""
        unit, factor, one = self.unit, 10**self.digits, self.bind_processor(dialect)
        if dialect.name == "postgresql":
            return lambda values: [one(value) for value in values]
        return lambda values: [
            None
            if value is None
            else whole
            if (whole := int(exact := value * factor)) == exact
            else _rounded(value, unit, factor)
            for value in values
        ]

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.name == "postgresql":
            return None  # psycopg gives the Decimal itself
        unit = self.unit
        return lambda value: None if value is None else value * unit

    def result_column(self, dialect: Dialect) -> Any:
        """The same for many values at once, without a call for each."""
        unit = self.unit
        return lambda values: [None if value is None else value * unit for value in values]


def _rounded(value: Decimal | int, unit: Decimal, factor: int) -> int:
    return int(Decimal(value).quantize(unit) * factor)


class Json(TypeDecorator[Any]):
    """Small structured values (flags, arguments): text on SQLite, jsonb on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            # The text goes in as it is; without this SQLAlchemy would encode the string a second time.
            from sqlalchemy.dialects import postgresql  # takes its time, and a start on SQLite has no use for it

            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(Text())

    def bind_processor(self, dialect: Dialect) -> Any:
        return lambda value: None if value is None else msgspec.json.encode(value).decode()

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.name == "postgresql":
            return None  # psycopg has decoded it already
        return lambda value: None if value is None else msgspec.json.decode(value)
