"""The simulator as a charger of security profile 2 and 3, at our own port with TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import typer

from stationmaster.app import App
from stationmaster.domain import connections, organizations, stations
from stationmaster.settings import Settings, Tls
from stationmaster.simulator import command
from stationmaster.simulator.link import CannotConnect, Link
from stationmaster.simulator.v2 import ChargingStation201
from stationmaster.simulator.v16 import ChargePoint16
from tests.authority import OPERATOR, Authority
from tests.gateway.conftest import until

pytestmark = pytest.mark.any_database


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def settings(settings: Settings, authority: Authority) -> Settings:
    ours = authority.server()
    settings.tls = Tls(
        port=0,
        host="127.0.0.1",
        ecdsa_certificate=ours.certificate_file,
        ecdsa_key=ours.key_file,
        client_ca=authority.file,
        operator=OPERATOR,
    )
    return settings


@pytest.fixture
async def url(app: App) -> str:
    return f"wss://127.0.0.1:{app.listener.tls_port}/ocpp"


@pytest.mark.parametrize("kind", [ChargePoint16, ChargingStation201])
@pytest.mark.parametrize("profile", [2, 3])
async def test_a_simulated_charger_connects_with_tls(
    app: App, authority: Authority, url: str, kind: type[ChargePoint16 | ChargingStation201], profile: int
) -> None:
    home = await app.database.write(organizations.home)
    row, secret = await app.database.write(stations.create, home, app.keys, identity="CP1")
    await until(lambda: app.directory.find("CP1"))
    mine = authority.charger("CP1")
    shown = (mine.certificate_file, mine.key_file) if profile == 3 else (None, None)
    tls = command._tls(authority.file, *shown)
    async with kind("CP1", url, password=secret if profile == 2 else None, ssl_context=tls) as charger:
        await charger.until_ready()
        latest = await app.database.read(connections.current, [row.id])
        assert latest[row.id].profile == profile


async def test_without_the_authority_it_says_that_it_does_not_trust_us(url: str) -> None:
    with pytest.raises(CannotConnect, match="CERTIFICATE_VERIFY_FAILED"):
        await Link.open(
            url, "CP1", subprotocol="ocpp1.6", received=lambda *_: None, ssl_context=ssl.create_default_context()
        )


def test_files_that_are_none_are_named(authority: Authority, tmp_path: Path) -> None:
    mine, nothing = authority.charger("CP1"), tmp_path / "nothing"
    nothing.write_text("nothing")
    for files in (
        (nothing, None, None),
        (tmp_path / "gone", None, None),
        (authority.file, mine.certificate_file, None),
    ):
        with pytest.raises(typer.BadParameter, match="cannot be read"):
            command._tls(*files)
    assert command._tls(None, None, None) is None
