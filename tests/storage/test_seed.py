"""What fills a database for measurements makes rows that the product can read, also beside rows that are there."""

from __future__ import annotations

from sqlalchemy import func, select

from stationmaster.domain import customers, metering, organizations, sessions, sites, stations, tokens
from stationmaster.storage import Database, Work
from stationmaster.storage.lists import Wanted
from tools import seed


async def test_a_seeded_database_is_one_that_the_product_reads(database: Database, database_url: str) -> None:
    home = await database.write(organizations.home)
    await database.write(sites.create, home, name="There before")
    amounts = seed.Amounts(stations=12, sessions=30, customers=5, meter_values=3)
    for _ in range(2):
        seed.fill(database.url.render_as_string(hide_password=False), amounts)
    await database.write(sites.create, home, name="There after")  # its key is not one that was chosen
    newest = (await database.read(sessions.listed, home, Wanted(limit=100))).rows
    assert len(newest) == 60
    last = newest[0]
    assert (last.status, last.customer is not None, last.token is not None) == ("completed", True, True)
    assert last.started_at == max(row.started_at for row in newest)
    assert len(await database.read(metering.values_of, last.id, limit=100)) == 3
    assert len((await database.read(customers.list_customers, home, Wanted(search="ann"))).rows) > 0
    which = sessions.Which(customer=last.customer, token=last.token)
    assert last.public_id in {
        row.public_id for row in (await database.read(sessions.listed, home, Wanted(), which)).rows
    }

    def count(work: Work) -> list[int]:
        tables = (sites.sites, stations.stations, tokens.tokens, metering.meter_values)
        return [int(work.execute(select(func.count()).select_from(table)).scalar_one()) for table in tables]

    assert await database.read(count) == [4, 24, 10, 180]
