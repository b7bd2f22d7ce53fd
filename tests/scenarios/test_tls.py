"""The simulator as a charger of security profile 2 and 3, at our own port with TLS."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import typer

from stationmaster.app import App
from stationmaster.domain import certificate_authority, connections, organizations, stations
from stationmaster.domain.commands import Change, ChangeSettings, Reset, SetNetworkProfile, TriggerMessage
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
def settings(settings: Settings, authority: Authority, tmp_path: Path) -> Settings:
    ours = authority.server()
    files = tmp_path / "chargers-ca.pem", tmp_path / "chargers-ca.key"
    for path, text in zip(files, certificate_authority.create(OPERATOR, datetime.now(UTC), days=365), strict=True):
        path.write_bytes(text)
    settings.tls = Tls(
        port=0,
        host="127.0.0.1",
        ecdsa_certificate=ours.certificate_file,
        ecdsa_key=ours.key_file,
        client_ca=authority.file,
        ca_certificate=files[0],
        ca_key=files[1],
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


@pytest.mark.parametrize("kind", [ChargePoint16, ChargingStation201])
async def test_A02_A05_a_charger_goes_up_from_its_password_to_a_certificate_without_a_person(
    app: App, authority: Authority, url: str, tmp_path: Path, kind: type[ChargePoint16 | ChargingStation201]
) -> None:
    """From profile 2 to profile 3: it is told to ask, our own authority signs, it is told to go up, and comes with its certificate."""
    home = await app.database.write(organizations.home)
    row, secret = await app.database.write(stations.create, home, app.keys, identity="CP1")
    await until(lambda: app.directory.find("CP1"))
    old = kind is ChargePoint16
    charger = kind("CP1", url, password=secret, ssl_context=command._tls(authority.file, None, None))
    charger.own_certificate.keep_in(tmp_path / "cp1.pem", tmp_path / "cp1.key")
    async with charger:
        ask = partial(app.switchboard.send, row.id, by="test")
        name = "CpoName" if old else "SecurityCtrlr/OrganizationName"
        assert (await ask(ChangeSettings([Change(name, OPERATOR)]))).outcome == "accepted"
        assert (await ask(TriggerMessage("SignChargingStationCertificate"))).outcome == "accepted"
        await until(lambda: charger.own_certificate.is_there)
        profile3 = ChangeSettings([Change("SecurityProfile", "3")]) if old else SetNetworkProfile(1, url, 3)
        assert (await ask(profile3)).state == "done"
        assert (await ask(Reset())).outcome == "accepted"

        async def has_come_with_its_certificate() -> bool:
            latest = await app.database.read(connections.current, [row.id])
            return latest[row.id].profile == 3

        await until(has_come_with_its_certificate)
        await charger.until_ready()
    after = await app.database.read(stations.get, home, "CP1")
    assert (after.security_profile, after.wanted_profile) == (3, None)
    # What it has kept lets it in the next time; its password does not any more.
    kept = command._tls(authority.file, tmp_path / "cp1.pem", tmp_path / "cp1.key")
    async with kind("CP1", url, ssl_context=kept) as again:
        await again.until_ready()
    trusting = command._tls(authority.file, None, None)
    with pytest.raises(CannotConnect, match="401"):
        subprotocol = "ocpp1.6" if old else "ocpp2.0.1"
        await Link.open(
            url, "CP1", subprotocol=subprotocol, received=lambda *_: None, password=secret, ssl_context=trusting
        )
