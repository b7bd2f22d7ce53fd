"""A certification case asks for `octt`: a station that is registered and has just connected."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import organizations, stations, tokens
from stationmaster.settings import Settings, Tls
from tests.authority import OPERATOR, Authority, rsa_key
from tests.conformance.cp import Cp
from tests.conformance.octt import CARD, Octt, Tool
from tests.patience import PATIENCE_S

Connect = Callable[..., Awaitable[Octt]]


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    # What is tested here is what we say on the wire; the other tests show that both databases keep the same.
    metafunc.definition.add_marker(pytest.mark.any_database)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As for a certification: every deviation of a frame from its schema is answered with an error, so these tests make none either."""
    settings.gateway.strict = True
    return settings


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who has signed our certificates, and those of chargers."""
    return Authority(tmp_path)


@pytest.fixture
def with_tls(settings: Settings, authority: Authority) -> None:
    """A port with TLS: with certificates of both kinds, and all suites that OCPP demands."""
    ecdsa, rsa = authority.server("ecdsa"), authority.server("rsa", key=rsa_key())
    settings.tls = Tls(
        port=0,
        host="127.0.0.1",
        ecdsa_certificate=ecdsa.certificate_file,
        ecdsa_key=ecdsa.key_file,
        rsa_certificate=rsa.certificate_file,
        rsa_key=rsa.key_file,
        client_ca=authority.file,
        operator=OPERATOR,
        ocpp_rsa_kx=True,
    )


@pytest.fixture
def no_tls(app: App) -> Callable[..., None]:
    """`no_tls(context)`: the handshake of TLS fails, as the other side sees it."""

    def shake(context: ssl.SSLContext) -> None:
        with (
            pytest.raises((ssl.SSLError, ConnectionError)),
            socket.create_connection(("127.0.0.1", app.listener.tls_port or 0), timeout=PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as made,
        ):
            made.sendall(b"GET / HTTP/1.1\r\n\r\n")
            if made.recv(1) == b"":  # 1.3: what is wrong with a certificate comes after the client's part
                raise ConnectionResetError

    return shake


@pytest.fixture
def station(app: App, charger: Any) -> Connect:
    """`await station("CP1")`: connected, not booted."""

    async def connect(identity: str = "CP1", **options: Any) -> Octt:
        return Octt(app, await charger(identity, boot=False, subprotocols=["ocpp2.0.1"], **options))

    return connect


@pytest.fixture
async def octt(station: Connect) -> AsyncIterator[Octt]:
    octt = await station()
    yield octt
    assert octt.unanswered == [], "it was asked what no case expects"


@pytest.fixture
async def cp(app: App, charger: Any) -> AsyncIterator[Cp]:
    """A charge point of 1.6 that has just connected."""
    cp = Cp(app, await charger("CP1", boot=False, subprotocols=["ocpp1.6"]))
    yield cp
    assert cp.unanswered == [], "it was asked what no case expects"


@pytest.fixture
def reconnect(charger: Any) -> Callable[..., Awaitable[None]]:
    """`await reconnect(octt)`: it closes its socket, and opens another."""

    async def again(octt: Tool, **options: Any) -> None:
        await octt.raw.close()
        octt.raw = await charger(octt.identity, boot=False, subprotocols=[octt.subprotocol], **options)

    return again


@pytest.fixture
async def card(app: App, charger: Any) -> None:
    """The card of the tests is known here with its type, as it is configured for the cases that send it to the station."""
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.remove, home, CARD["idToken"])
    await app.database.write(tokens.add, home, uid=CARD["idToken"], kind=CARD["type"])


@pytest.fixture
def decide(app: App) -> Callable[[str], Awaitable[None]]:
    """`await decide("pending")`: an operator says how the station's BootNotification is answered."""

    async def change(registration: str) -> None:
        home = await app.database.write(organizations.home)
        await app.database.write(stations.change, home, "CP1", {"registration": registration})

    return change


@pytest.fixture
def forward(app: App) -> Callable[[timedelta], None]:
    """`forward(timedelta(hours=1))`: later, without waiting."""
    clock = app.database.clock
    passed = [timedelta(0)]

    def move(by: timedelta) -> None:
        passed[0] += by

    app.database.clock = lambda: clock() + passed[0]
    return move
