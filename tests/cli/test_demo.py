"""The demo has a story to look at, told once, in a folder of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationmaster.app import App
from stationmaster.cli import demo
from stationmaster.domain import alarms, connections, connectors, organizations, quarantine, sessions, stations
from stationmaster.domain.figures import asking, availability
from stationmaster.domain.invoices import issuers
from stationmaster.settings import DatabaseSettings, Gateway, Security, Settings
from stationmaster.simulator.command import Version, kinds
from stationmaster.storage import Work
from tests.docs import references

IDENTITIES = ["SIM-001", "SIM-002", "SIM-003"]


@pytest.fixture
async def told(app: App) -> App:
    await app.database.write(demo._records, app.keys, "a long password", IDENTITIES)
    await demo._history(app, [*IDENTITIES, demo.OFFLINE], seed=7)
    return app


@pytest.mark.any_database
async def test_the_demo_shows_sessions_drivers_faults_and_something_to_review(told: App) -> None:
    def look(work: Work) -> None:
        home = organizations.home(work)
        rows = work.execute(select(sessions.sessions)).all()
        assert len(rows) >= 50
        assert len({row.token for row in rows}) >= len(demo.DRIVERS)
        assert all(row.status == "completed" for row in rows)
        assert sum(row.energy_wh is not None and row.energy_wh > 0 for row in rows) / len(rows) > 0.9
        versions = {row.id: row.ocpp_version for row in work.execute(select(stations.stations))}
        assert {versions[row.station_id] for row in rows} == {"1.6", "2.0.1", "2.1"}
        assert {row.authorization for row in rows} == {"accepted", "blocked"}
        assert len({row.customer_id for row in rows} - {None}) == len(demo.CUSTOMERS)
        assert 1 <= sessions.count_to_review(work, home) <= 5
        assert quarantine.count(work, home) == 1
        assert alarms.count(work, home) >= 1
        faults = (
            select(func.count()).select_from(connectors.connectors).where(connectors.connectors.c.status == "Faulted")
        )
        assert work.execute(faults).scalar_one() == 0  # they are over; the history of states has them
        assert issuers.get(work, home).missing == []  # its receipts are ones that a shop would give
        gone = stations.get(work, home, demo.OFFLINE)
        assert connections.current(work, [gone.id])[gone.id].closed_at is not None

    await told.database.read(look)


@pytest.mark.any_database
async def test_the_demo_knows_how_much_of_the_time_its_ports_worked(told: App) -> None:
    def look(work: Work) -> None:
        of = asking.period(work.now, None, None)
        worked = availability.total(work, organizations.home(work), of, asking.Which())
        assert worked.uptime_percent is not None and 90 < worked.uptime_percent < 100

    await told.database.read(look)


@pytest.mark.any_database
async def test_a_second_start_tells_nothing_twice(told: App) -> None:
    def count(work: Work) -> int:
        return int(work.execute(select(func.count()).select_from(sessions.sessions)).scalar_one())

    before = await told.database.read(count)
    await told.database.write(demo._records, told.keys, "a long password", IDENTITIES)
    await demo._history(told, [*IDENTITIES, demo.OFFLINE], seed=7)
    assert await told.database.read(count) == before


@pytest.mark.any_database
async def test_the_simulator_goes_on_as_the_device_that_the_history_tells_of(told: App) -> None:
    passwords = await told.database.write(demo._records, told.keys, "a long password", IDENTITIES)
    url, began = f"ws://127.0.0.1:{told.gateway_port}/ocpp", told.database.clock()
    for (identity, password), kind in zip(passwords.items(), kinds(Version.mixed), strict=True):
        async with kind(identity, url, password=password) as charger:
            await charger.settled()

    def look(work: Work) -> tuple[set[str], int]:
        raised = {row.kind for row in work.execute(select(alarms.alarms)).all()}
        now_booted = select(func.count()).select_from(stations.stations).where(stations.stations.c.booted_at >= began)
        return raised, int(work.execute(now_booted).scalar_one())

    raised, booted = await told.database.read(look)
    assert "hardware_changed" not in raised
    assert raised  # somebody has opened a housing
    assert booted == len(IDENTITIES)


@pytest.mark.any_database
async def test_the_offline_charger_was_heard_until_it_went(told: App) -> None:
    def look(work: Work) -> connections.ConnectionRow:
        gone = stations.get(work, organizations.home(work), demo.OFFLINE)
        return connections.current(work, [gone.id])[gone.id]

    row = await told.database.read(look)
    assert row.closed_at is not None
    assert row.connected_at < row.closed_at - timedelta(days=1)
    assert timedelta() < row.closed_at - told.switchboard.last_heard_at(row) < timedelta(minutes=2)


def test_O14_the_page_names_the_files_that_are_there() -> None:
    page = (references.ROOT / "docs" / "operating.md").read_text()
    password = demo.apart(Settings()).security.key_file.parent / demo.PASSWORD_FILE
    assert f"`{password}`" in page
    assert f"`{DatabaseSettings().url.removeprefix('sqlite:///')}`" in page
    assert f"`{Security().key_file}`" in page


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("wss://charge.example.org/ocpp/", "wss://charge.example.org/ocpp"),
        ("ws://10.0.0.5:9000", "ws://10.0.0.5:9000"),
        ("", None),
    ],
)
def test_the_public_address_of_chargers_is_shown_as_it_is(address: str, said: str | None) -> None:
    assert Gateway(public_url=address).public_url == said


@pytest.mark.parametrize(
    "address", ["https://charge.example.org", "wss://", "charge.example.org", "wss://u:p@host/ocpp"]
)
def test_a_public_address_that_no_charger_could_use_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="must"):
        Gateway(public_url=address)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (Settings(), "sqlite:///data/demo/stationmaster.db"),
        (Settings(database=DatabaseSettings(url="sqlite:///mine.db")), "sqlite:///mine.db"),
        (Settings(database=DatabaseSettings(lanes=3)), "sqlite:///data/demo/stationmaster.db"),
    ],
)
def test_the_demo_keeps_its_data_apart_unless_told_otherwise(given: Settings, used: str) -> None:
    assert demo.apart(given).database.url == used
