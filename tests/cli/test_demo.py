"""The demo has a story to look at, told once, in a folder of its own."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from stationmaster.app import App
from stationmaster.cli import demo
from stationmaster.domain import alarms, connections, connectors, organizations, quarantine, sessions, stations
from stationmaster.settings import DatabaseSettings, Gateway, Security, Settings
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
        assert {row.authorization for row in rows} == {"accepted", "blocked"}
        assert 1 <= sessions.count_to_review(work, home) <= 5
        assert quarantine.count(work, home) == 1
        assert alarms.count(work, home) >= 1
        faults = (
            select(func.count()).select_from(connectors.connectors).where(connectors.connectors.c.status == "Faulted")
        )
        assert work.execute(faults).scalar_one() == 0  # they are over; the history of states has them
        gone = stations.get(work, home, demo.OFFLINE)
        assert connections.current(work, [gone.id])[gone.id].closed_at is not None

    await told.database.read(look)


@pytest.mark.any_database
async def test_a_second_start_tells_nothing_twice(told: App) -> None:
    def count(work: Work) -> int:
        return int(work.execute(select(func.count()).select_from(sessions.sessions)).scalar_one())

    before = await told.database.read(count)
    await told.database.write(demo._records, told.keys, "a long password", IDENTITIES)
    await demo._history(told, [*IDENTITIES, demo.OFFLINE], seed=7)
    assert await told.database.read(count) == before


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
