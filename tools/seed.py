"""A database with a business in it: sites, chargers, customers with cards, sessions with meter values, written in bulk.

python -m tools.seed sqlite:///data/stationmaster.db --stations 1000 --sessions 100000 --meter-values 20
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import Connection, Table, func, insert, select, text

from stationmaster.domain import organizations
from stationmaster.domain.customers import customers
from stationmaster.domain.metering import meter_values
from stationmaster.domain.sessions import sessions
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.domain.tokens import tokens
from stationmaster.storage import Database, Work, migrations

AT_ONCE = 5_000  # rows of one commit
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/New_York")
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

    def run(self) -> None:
        amounts = self.amounts
        first = {table: self._last(table) + 1 for table in (sites, stations, customers, tokens, sessions)}
        count = max(1, amounts.stations // 10)
        self._add(sites, count, lambda n: self._site(first[sites] + n))
        self._add(stations, amounts.stations, lambda n: self._station(first[stations] + n, first[sites] + n % count))
        self._add(customers, amounts.customers, lambda n: self._customer(first[customers] + n))
        self._add(tokens, amounts.customers, lambda n: self._token(first[tokens] + n, first[customers] + n))
        self._add(sessions, amounts.sessions, lambda n: self._session(first, n))
        each = amounts.meter_values
        self._add(
            meter_values, amounts.sessions * each, lambda n: self._meter_value(first, n // each, n % each, of=each)
        )
        if self.connection.dialect.name == "postgresql":  # it does so by itself, some minutes after such a bulk
            self.connection.execute(text("ANALYZE"))
            self.connection.commit()

    def _add(self, table: Table, count: int, row: Callable[[int], dict[str, Any]]) -> None:
        task = self.progress.add_task(table.name, total=count)
        for numbers in _chunks(count):
            self.connection.execute(insert(table), [row(n) for n in numbers])
            self.connection.commit()
            self.progress.update(task, advance=len(numbers))
        if self.connection.dialect.name == "postgresql" and count:  # the keys were chosen here
            sequence = func.pg_get_serial_sequence(table.name, "id")
            self.connection.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))
            self.connection.commit()

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

    def _session(self, first: dict[Table, int], n: int) -> dict[str, Any]:
        """The last one is the newest, as in life."""
        key = first[sessions] + n
        owner = self.random.randrange(max(1, self.amounts.customers))
        begin = self._begin(n)
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
            "status": "completed",
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

    def _meter_value(self, first: dict[Table, int], session: int, n: int, *, of: int) -> dict[str, Any]:
        at = self._begin(session) + timedelta(minutes=45) * n / of
        key = first[sessions] + session
        return {
            "station_id": first[stations] + session % self.amounts.stations,
            "session_id": key,
            "evse": 1 + session % 2,
            "transaction_id": f"S{key}",
            "taken_at": at,
            "received_at": at,
            "context": "Sample.Periodic",
            "energy_wh": Decimal(1_000 + key * 37 % 50_000) * n // of,
            "power_w": Decimal(11_000),
            "samples": "[]",
            "content_key": key * 1_000 + n,
        }

    def _begin(self, n: int) -> datetime:
        return _NEWEST - timedelta(minutes=self.amounts.sessions - n)


def _chunks(count: int) -> Iterator[range]:
    for start in range(0, count, AT_ONCE):
        yield range(start, min(count, start + AT_ONCE))


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
