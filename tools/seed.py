"""A database with a business in it: sites, chargers, customers with cards, sessions with meter values, written in bulk.

python -m tools.seed sqlite:///data/stationmaster.db --stations 1000 --sessions 100000 --meter-values 20

PostgreSQL takes the rows by COPY, and makes the indexes of the meter values afterwards: all at once is many times as fast.
"""

from __future__ import annotations

import argparse
import contextlib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import Connection, Table, bindparam, func, insert, select, text

from stationmaster.domain import organizations
from stationmaster.domain.connectors import connectors, evses
from stationmaster.domain.customers import customers
from stationmaster.domain.metering import meter_values
from stationmaster.domain.sessions import sessions
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.domain.tokens import tokens
from stationmaster.domain.vehicles import vehicles
from stationmaster.storage import Database, Work, migrations

AT_ONCE = 5_000  # rows of one commit
_CONNECTORS = 2  # of a charger
_METER_VALUES = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :each)
INSERT INTO meter_values (
    station_id, session_id, evse, transaction_id, taken_at, received_at, context, energy_wh, power_w, samples, content_key
)
SELECT
    station_id, id, evse, transaction_id, :at, :at, 'Sample.Periodic', energy_wh * n / :each, :power_w, :samples,
    CAST(id * 1000 + n AS bigint) * 2654435761 % 1099511627791 * 4194304  -- primes: each its own, in no order, as in life
FROM sessions, numbers WHERE id >= :first AND id < :behind ORDER BY id, n
"""
_AT = {  # a session has one in each minute
    "postgresql": "started_at + n * interval '1 minute'",
    "sqlite": "strftime('%Y-%m-%dT%H\\:%M\\:%S.000000+00\\:00', started_at, n || ' minutes')",
}
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/New_York")
_RARE = {1: "invalid", 2: "cancelled"}
_NAMES = ("Ann", "Ben", "Cid", "Dora", "Eve", "Fay", "Gus", "Hal")


class Amounts(argparse.Namespace):
    """How much of everything; `meter_values` are those of each session."""

    stations: int = 100
    sessions: int = 10_000
    customers: int = 1_000
    meter_values: int = 10


def fill(url: str, amounts: Amounts, console: Console | None = None) -> None:
    """Add this much to the first organization of a database, which is made where it is missing. The same each time."""
    database = Database(url, lanes=1, readers=1)
    migrations.upgrade(database.engine)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with database.engine.connect() as connection, Progress(*columns, console=console) as progress:
        home = _home(connection)
        seed = _Seed(connection, progress, home, amounts)
        seed.run()
    database.close()


def _home(connection: Connection) -> int:
    found = connection.execute(select(func.min(organizations.organizations.c.id))).scalar()
    if found is None:
        work = Work(connection, None, datetime.now(UTC), {})
        found = organizations.create(work, name=organizations.HOME).id
        connection.commit()
    return int(found)


class _Seed:
    def __init__(self, connection: Connection, progress: Progress, home: int, amounts: Amounts) -> None:
        self.connection = connection
        self.progress = progress
        self.home = home
        self.amounts = amounts
        self.random = random.Random(1)
        self.postgresql = connection.dialect.name == "postgresql"

    def run(self) -> None:
        amounts = self.amounts
        first = {table: self._last(table) + 1 for table in (sites, stations, customers, tokens, sessions)}
        count = max(1, amounts.stations // 10)
        site, station, customer, token = first[sites], first[stations], first[customers], first[tokens]
        self._add(sites, count, lambda n: self._site(site + n))
        self._add(stations, amounts.stations, lambda n: self._station(station + n, site + n % count))
        outlets = amounts.stations * _CONNECTORS
        self._add(evses, outlets, lambda n: self._evse(station + n // _CONNECTORS, n))
        self._add(connectors, outlets, lambda n: self._connector(station + n // _CONNECTORS, n))
        self._add(customers, amounts.customers, lambda n: self._customer(customer + n))
        self._add(tokens, amounts.customers, lambda n: self._token(token + n, customer + n))
        self._add(vehicles, amounts.customers, lambda n: self._vehicle(customer + n))
        with self._without_indexes(sessions):
            self._add(sessions, amounts.sessions, lambda n: self._session(first, n))
        with self._without_indexes(meter_values):
            self._add_meter_values(first[sessions])
        if self.postgresql:  # it does so by itself, some minutes after such a bulk; nobody shall measure meanwhile
            self._alone("VACUUM ANALYZE")
            self._alone("CHECKPOINT")

    def _add(self, table: Table, count: int, row: Callable[[int], dict[str, Any]]) -> None:
        task = self.progress.add_task(table.name, total=count)
        add = self._copy if self.postgresql else self._insert
        for numbers in _chunks(count):
            add(table, [row(n) for n in numbers])
            self.connection.commit()
            self.progress.update(task, advance=len(numbers))
        if self.postgresql and count:  # the keys were chosen here
            sequence = func.pg_get_serial_sequence(table.name, "id")
            self.connection.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))
            self.connection.commit()

    def _add_meter_values(self, first: int) -> None:
        """Those of each session, made of it inside the database: twenty times as many rows as of all else never leave it."""
        each, count = self.amounts.meter_values, self.amounts.sessions
        made = _METER_VALUES.replace(":at", _AT[self.connection.dialect.name])
        statement = text(made).bindparams(bindparam("power_w", type_=meter_values.c.power_w.type))
        fixed = {"each": each, "power_w": Decimal(11_000), "samples": '[{"value":"11000","unit":"W"}]'}
        task = self.progress.add_task(meter_values.name, total=count * each)
        for part in _chunks(count if each else 0):
            self.connection.execute(statement, fixed | {"first": first + part.start, "behind": first + part.stop})
            self.connection.commit()
            self.progress.update(task, advance=len(part) * each)

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        self.connection.execute(insert(table), rows)

    def _copy(self, table: Table, rows: list[dict[str, Any]]) -> None:
        """Written as text column by column: the driver would need eight times as long for each row."""
        names = list(rows[0])
        columns = [_texts([row[name] for row in rows]) for name in names]
        lines = "\n".join(map("\t".join, zip(*columns, strict=True)))
        quote = self.connection.dialect.identifier_preparer.quote  # one is called like a word of SQL
        into = f"COPY {table.name} ({', '.join(map(quote, names))}) FROM STDIN"
        driver: Any = self.connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(into) as copy:
            copy.write(lines + "\n")
        driver.commit()  # SQLAlchemy has seen nothing of it

    @contextlib.contextmanager
    def _without_indexes(self, table: Table) -> Iterator[None]:
        """On PostgreSQL the indexes of a table, but for that of its keys, are made again when it has been filled."""
        if not self.postgresql:
            yield
            return
        constraints = (
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = CAST(:table AS regclass) AND contype = 'u'"
        )
        named = {"table": table.name}
        unique = self.connection.execute(text(constraints), named).all()
        for name, _ in unique:
            self.connection.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT {name}"))
        plain = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :table AND indexname NOT LIKE 'pk%'"
        indexes = self.connection.execute(text(plain), named).all()
        for name, _ in indexes:
            self.connection.execute(text(f"DROP INDEX {name}"))
        # Else it is looked through again and again while it grows, and once more at the end.
        self.connection.execute(text(f"ALTER TABLE {table.name} SET (autovacuum_enabled = false)"))
        self.connection.commit()
        try:
            yield
        finally:
            self.connection.rollback()
            self._make_again(table, unique, indexes)

    def _make_again(self, table: Table, unique: Sequence[tuple[str, str]], indexes: Sequence[tuple[str, str]]) -> None:
        task = self.progress.add_task(f"indexes of {table.name}", total=len(unique) + len(indexes))
        self.connection.execute(text("SET maintenance_work_mem = '512MB'"))
        self.connection.execute(text(f"ALTER TABLE {table.name} RESET (autovacuum_enabled)"))
        again = [f"ALTER TABLE {table.name} ADD CONSTRAINT {name} {definition}" for name, definition in unique]
        for statement in [*again, *(definition for _, definition in indexes)]:
            self.connection.execute(text(statement))
            self.connection.commit()
            self.progress.update(task, advance=1)

    def _alone(self, statement: str) -> None:
        """Outside of a transaction."""
        with self.connection.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))

    def _last(self, table: Table) -> int:
        return int(self.connection.execute(select(func.max(table.c.id))).scalar() or 0)

    def _site(self, key: int) -> dict[str, Any]:
        made = {"created_at": _NEWEST, "updated_at": _NEWEST, "organization_id": self.home}
        zone = _ZONES[key % len(_ZONES)]
        return {
            "id": key,
            "public_id": f"site-{key}",
            "name": f"Site {key}",
            "city": f"City {key % 50}",
            "time_zone": zone,
            "latitude": 45 + key % 1000 / 100,
            "longitude": 5 + key // 1000 % 1000 / 100,
        } | made

    def _station(self, key: int, site: int) -> dict[str, Any]:
        return {
            "id": key,
            "organization_id": self.home,
            "site_id": site,
            "identity": f"SEED{key:07}",
            "public_id": f"seed-{key}",
            "vendor": "Acme",
            "model": f"Model {key % 7}",
            "secret_salt": b"-",
            "secret_digest": b"-",
            "created_at": _NEWEST,
            "updated_at": _NEWEST,
            "changed_at": _NEWEST,
        }

    def _evse(self, station: int, n: int) -> dict[str, Any]:
        return {"station_id": station, "number": 1 + n % _CONNECTORS}

    def _connector(self, station: int, n: int) -> dict[str, Any]:
        at = dict.fromkeys(("status_at", "since", "created_at", "updated_at"), _NEWEST)
        plug = {"evse": 1 + n % _CONNECTORS, "number": 1, "type": "ccs2", "max_power_w": 50_000}
        return {"station_id": station, "state": "available", "status": "Available"} | plug | at

    def _customer(self, key: int) -> dict[str, Any]:
        name = f"{_NAMES[key % len(_NAMES)]} {key}"
        return {
            "id": key,
            "organization_id": self.home,
            "public_id": f"c{key}",
            "name": name,
            "name_key": name.casefold(),
            "phone": f"+9198{key:08}",
            "email": f"c{key}@example.org",
            "created_at": _NEWEST,
            "updated_at": _NEWEST,
        }

    def _token(self, key: int, customer: int) -> dict[str, Any]:
        uid = f"5EED{key:08X}"
        made = {"created_at": _NEWEST, "updated_at": _NEWEST, "organization_id": self.home}
        return {"id": key, "uid": uid, "uid_key": uid, "customer_id": customer, "label": f"Card {key}"} | made

    def _vehicle(self, customer: int) -> dict[str, Any]:
        made = {"created_at": _NEWEST, "updated_at": _NEWEST, "organization_id": self.home}
        car = {"make": f"Make {customer % 40}", "model": f"Model {customer % 400}", "plate": f"B {customer:06}"}
        return {"public_id": f"v{customer}", "customer_id": customer, "is_default": True} | car | made

    def _session(self, first: dict[Table, int], n: int) -> dict[str, Any]:
        """The last one is the newest, as in life. A few are not as most are: lists of those few must be found as fast."""
        key = first[sessions] + n
        owner = self.random.randrange(max(1, self.amounts.customers))
        begin = begin_of(self.amounts.sessions - n)
        energy_wh = Decimal(1_000 + key * 37 % 50_000)
        card = f"5EED{first[tokens] + owner:08X}" if self.amounts.customers else f"CARD{n % 1000}"
        return {
            "id": key,
            "public_id": f"seed{key:012}",
            "organization_id": self.home,
            "station_id": first[stations] + n % self.amounts.stations,
            "evse": 1 + n % 2,
            "connector": 1,
            "transaction_id": f"S{key}",
            "occurrence": 0,
            "token": card,
            "token_key": card,
            "customer_id": first[customers] + owner if self.amounts.customers else None,
            "authorization": "accepted",
            "status": _RARE.get(n % 4_000, "completed"),
            "review": n % 2_000 == 3,
            "excluded": n % 2_000 == 4,
            "started_at": begin,
            "started_text": "",
            "received_at": begin,
            "stopped_at": begin + timedelta(minutes=45),
            "stop_received_at": begin + timedelta(minutes=45),
            "meter_start_wh": Decimal(0),
            "meter_stop_wh": energy_wh,
            "energy_wh": energy_wh,
            "stop_reason": "local",
        }


def begin_of(number: int) -> datetime:
    """When the session began of which so many are as new, or newer."""
    return _NEWEST - timedelta(minutes=number)


def _chunks(count: int) -> Iterator[range]:
    for start in range(0, count, AT_ONCE):
        yield range(start, min(count, start + AT_ONCE))


def _texts(values: list[Any]) -> Iterable[str]:
    """The values of one column as COPY reads them. Nothing that is seeded has a tab or a backslash in it."""
    if all(type(value) is str for value in values):
        return values
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return str(value)


def add_amounts(parser: argparse.ArgumentParser) -> None:
    """The options that say how much."""
    for name, what in (
        ("stations", "chargers"),
        ("sessions", "sessions"),
        ("customers", "customers, with a card each"),
        ("meter-values", "meter values of each session"),
    ):
        default = getattr(Amounts, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=int, default=default, help=f"how many {what} ({default})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of the database")
    add_amounts(parser)
    amounts = parser.parse_args(namespace=Amounts())
    fill(amounts.url, amounts, Console(stderr=True))


if __name__ == "__main__":
    main()
