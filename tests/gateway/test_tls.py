"""The port with TLS: what is offered, what is refused and how that is told, files that change (SEC-10 to SEC-13)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from stationmaster.app import App
from stationmaster.domain.refused_connections import explain
from stationmaster.gateway.tls import RSA_KX_SUITES, Certificates, context
from stationmaster.settings import BadSettings, Gateway, Settings, Tls
from tests.authority import DAY, OPERATOR, Authority, Issued, client, rsa_key
from tests.docs.references import ROOT
from tests.gateway.conftest import until
from tests.gateway.raw import Raw, request
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.any_database

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
Knock = Callable[..., Awaitable[Raw]]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def settings(settings: Settings, authority: Authority) -> Settings:
    """A port with TLS, and a certificate of each kind."""
    ours, rsa = authority.server(), authority.server("rsa", key=rsa_key())
    settings.tls = Tls(
        port=0,
        host="127.0.0.1",
        ecdsa_certificate=ours.certificate_file,
        ecdsa_key=ours.key_file,
        rsa_certificate=rsa.certificate_file,
        rsa_key=rsa.key_file,
        ocpp_rsa_kx=True,
    )
    return settings


@pytest.fixture
async def connect(app: Any, secrets: dict[str, str]) -> Any:
    """`await connect(tls)`: CP1 with its password, at the port with TLS."""
    opened: list[Raw] = []

    async def open_one(tls: ssl.SSLContext, identity: str = "CP1", **options: Any) -> Raw:
        options = {"user": identity, "secret": secrets[identity]} | options
        one = await Raw.open(app.listener.tls_port, request(f"/ocpp/{identity}", **options), tls=tls)
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        await one.close()


async def fails(connecting: Awaitable[Raw]) -> None:
    """It comes to no answer."""
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await connecting


async def test_a_charger_connects_with_tls_and_its_password(
    app: Any, connect: Any, authority: Authority, inbox: Any
) -> None:
    one = await connect(client(authority))
    assert one.status == 101
    assert (await one.exchange([2, "1", "BootNotification", BOOT]))[2]["status"] == "Accepted"
    for size in (10, 100_000):  # in one record, and in many
        answer = await one.exchange([2, "2", "DataTransfer", {"vendorId": "x", "data": "y" * size}])
        assert answer[2]["status"] == "UnknownVendorId"
    await one.close()
    assert await inbox() == {}


async def test_it_is_told_from_one_without_tls(app: Any, connect: Any, authority: Authority, secrets: Any) -> None:
    with structlog.testing.capture_logs() as logs:
        await (await connect(client(authority))).close()
        plain = await Raw.open(app.gateway_port, request("/ocpp/CP1", user="CP1", secret=secrets["CP1"]))
        await plain.close()
    assert [line["profile"] for line in logs if line["event"] == "station.connected"] == [2, 1]


async def test_credentials_are_checked_as_at_the_plain_port(connect: Any, authority: Authority, inbox: Any) -> None:
    assert (await connect(client(authority), secret="not-its-secret-at-all")).status == 401
    assert (await connect(client(authority), secret=None)).status == 401
    assert (await connect(client(authority), offers="ocpp9.9")).status == 400
    assert set(await inbox()) == {"wrong_password", "no_credentials", "unknown_subprotocol"}


# SEC-10, SEC-11, SEC-12: versions and suites


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_SEC_10_what_is_older_than_1_2_is_ended_and_recorded(
    connect: Any, inbox: Any, version: ssl.TLSVersion
) -> None:
    old = client(None, ciphers="ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = version
    await fails(connect(old))
    assert [*await until(inbox)] == ["tls_version"]


async def test_SEC_10_nothing_is_compressed(connect: Any, authority: Authority) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        one = await connect(client(authority, minimum_version=version, maximum_version=version))
        made = one.writer.get_extra_info("ssl_object")
        assert (made.version(), made.compression()) == (version.name.replace("_", "."), None)
        await one.close()


SUITES = {
    "ECDHE-ECDSA-AES128-GCM-SHA256": ec.EllipticCurvePublicKey,
    "ECDHE-ECDSA-AES256-GCM-SHA384": ec.EllipticCurvePublicKey,
    "AES128-GCM-SHA256": object,
    "AES256-GCM-SHA384": object,
}


@pytest.mark.parametrize("suite", SUITES)
async def test_SEC_11_each_of_the_four_suites_connects(connect: Any, authority: Authority, suite: str) -> None:
    only = client(authority, ciphers=suite, maximum_version=ssl.TLSVersion.TLSv1_2)
    one = await connect(only)
    assert one.status == 101
    assert one.writer.get_extra_info("cipher")[0] == suite
    await one.close()


def test_SEC_12_RSA_key_exchange_is_offered_only_when_it_is_set(settings: Settings) -> None:
    settings.tls.ocpp_rsa_kx = False
    safe = {each["name"] for each in context(settings.tls).get_ciphers()}
    settings.tls.ocpp_rsa_kx = True
    all_of_them = {each["name"] for each in context(settings.tls).get_ciphers()}
    assert all_of_them - safe == set(RSA_KX_SUITES.split(":"))
    assert safe == {
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    }
    assert Tls().ocpp_rsa_kx is False


async def test_nothing_in_common_is_in_the_inbox(connect: Any, inbox: Any) -> None:
    await fails(connect(client(None, ciphers="ECDHE+AES+SHA", maximum_version=ssl.TLSVersion.TLSv1_2)))
    assert [*await until(inbox)] == ["tls_suites"]


# What goes wrong is told in words


async def test_a_charger_that_does_not_trust_us_is_told_of(app: Any, inbox: Any, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    suspicious = client(Authority(tmp_path / "other", "Another Root"))

    def shake() -> None:
        """As a charger does it: it says why it goes, which the loop's own client does not."""
        with socket.create_connection(("127.0.0.1", app.listener.tls_port)) as plain:
            suspicious.wrap_socket(plain, server_hostname="127.0.0.1").close()

    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.to_thread(shake)
    [(reason, row)] = (await until(inbox)).items()
    assert (reason, row.source, row.identity) == ("tls_distrusted", "127.0.0.1", "")
    assert "install the certificate" in explain(row)


async def test_a_charger_that_drops_us_in_silence_is_told_of(app: Any, inbox: Any) -> None:
    """As some do that have no authority to trust: in the middle, with no alert."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = client(None).wrap_bio(incoming, outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        hello.do_handshake()
    reader, writer = await asyncio.open_connection("127.0.0.1", app.listener.tls_port)
    writer.write(outgoing.read())
    assert (await reader.read(1)) == b"\x16"
    writer.close()
    assert [*await until(inbox)] == ["tls_unfinished"]


@pytest.mark.gateway(handshake_timeout_s=0.1)
async def test_SEC_13_a_handshake_of_tls_has_its_time_and_no_more(app: Any, inbox: Any) -> None:
    """Who says nothing at all is no charger that fails."""
    for said in (b"", b"\x16\x03\x01"):
        reader, writer = await asyncio.open_connection("127.0.0.1", app.listener.tls_port)
        writer.write(said)
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()
    assert {reason: row.count for reason, row in (await inbox()).items()} == {"tls_unfinished": 1}
    await until(lambda: len(app.listener.doors) == 0)


@pytest.mark.gateway(max_handshakes=3)
async def test_SEC_13_many_that_only_begin_keep_out_nobody_who_is_through_tls(
    app: Any, authority: Authority, secrets: Any
) -> None:
    """In a slow network the request comes a turn after the handshake of TLS."""
    app.listener.doors.crowded_s = 0.01
    begun = [await asyncio.open_connection("127.0.0.1", app.listener.tls_port) for _ in range(3)]
    for _, writer in begun:
        writer.write(b"\x16\x03\x01")
    await until(lambda: len([door for door in app.listener.doors if not door.silent]) == 3)
    reader, writer = await asyncio.open_connection("127.0.0.1", app.listener.tls_port, ssl=client(authority))
    await until(lambda: len(app.listener.doors) == 3)
    writer.write(request("/ocpp/CP1", user="CP1", secret=secrets["CP1"]))
    async with asyncio.timeout(PATIENCE_S):
        assert (await reader.readline()).startswith(b"HTTP/1.1 101")
    for _, each in (*begun, (reader, writer)):
        each.close()


@pytest.mark.gateway(max_handshakes=3)
async def test_SEC_13_many_that_say_nothing_keep_nobody_out(app: Any, connect: Any, authority: Authority) -> None:
    app.listener.doors.crowded_s = 0.01
    idle = [await asyncio.open_connection("127.0.0.1", app.listener.tls_port) for _ in range(20)]
    begun = await asyncio.open_connection("127.0.0.1", app.listener.tls_port)
    begun[1].write(b"\x16\x03\x01")
    assert (await connect(client(authority))).status == 101
    await until(lambda: len(app.listener.doors) <= 3)
    for reader, _ in idle[:15]:
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
    assert not begun[0].at_eof()
    for _, writer in (*idle, begun):
        writer.close()


async def test_without_tls_at_the_port_with_tls(app: Any, secrets: Any, inbox: Any) -> None:
    plain = await Raw.open(app.listener.tls_port, request("/ocpp/CP1", user="CP1", secret=secrets["CP1"]))
    assert plain.status == 400
    [(reason, row)] = (await inbox()).items()
    assert (reason, row.identity) == ("plain", "CP1")
    assert "wss://" in explain(row)


async def test_with_tls_at_the_port_without(app: Any, inbox: Any) -> None:
    await fails(Raw.open(app.gateway_port, b"", tls=client(None)))
    assert [*await until(inbox)] == ["tls"]


async def test_a_balancer_may_ask_at_the_port_with_tls_too(app: Any, inbox: Any, authority: Authority) -> None:
    asked = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    assert (await Raw.open(app.listener.tls_port, asked)).status == 200
    assert (await Raw.open(app.listener.tls_port, asked, tls=client(authority))).status == 200
    assert await inbox() == {}


async def test_what_has_no_name_is_in_the_inbox_too(app: Any, inbox: Any) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", app.listener.tls_port)
    writer.write(b"\x16\x03\x01\xff\xff" + b"\0" * 100)
    assert [*await until(inbox)] == ["tls_failed"]
    writer.close()


@pytest.mark.parametrize("rubbish", [b"\x16", b"\x16\x03\x01\xff\xff" + b"\0" * 70_000, b"\x80\x2e\x01\x00\x02", b"\0"])
async def test_rubbish_ends_a_connection_and_nothing_else(
    app: Any, connect: Any, authority: Authority, rubbish: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", app.listener.tls_port)
    writer.write(rubbish)
    writer.write_eof()
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionError):
            await reader.read()
    writer.close()
    assert (await connect(client(authority))).status == 101
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
    await until(lambda: len(app.listener.doors) == 0)


async def test_a_charger_that_goes_without_a_word_is_gone(app: Any, connect: Any, authority: Authority) -> None:
    one = await connect(client(authority))
    await until(lambda: app.switchboard.connections())
    one.writer.transport.abort()
    await until(lambda: not app.switchboard.connections())


def test_SEC_14_without_a_word_nothing_plain_is_reached_from_outside() -> None:
    assert (Gateway().host, Tls().port, Tls().host) == ("127.0.0.1", None, "0.0.0.0")
    production = yaml.safe_load((ROOT / "compose.production.yaml").read_text())
    for name, service in production["services"].items():
        told = [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
        assert not told or "Caddyfile" in str(service["volumes"]), name  # which has TLS


# Files


def test_a_file_that_is_of_no_use_stops_the_start_and_is_named(
    settings: Settings, authority: Authority, tmp_path: Path
) -> None:
    good = settings.tls
    later = authority.server("later", begins=DAY)
    short = authority.server("short", key=rsa_key(1024))
    hidden = authority.server("hidden")
    hidden.protect(b"secret")
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    of_no_version = tmp_path / "version.pem"
    der = authority.certificate.public_bytes(Encoding.DER).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    of_no_version.write_text(ssl.DER_cert_to_PEM_cert(der))
    for changes, said in (
        ({"ecdsa_certificate": tmp_path / "gone"}, f"tls.ecdsa_certificate: {tmp_path / 'gone'}: No such file"),
        ({"ecdsa_key": tmp_path}, f"tls.ecdsa_key: {tmp_path}: Is a directory"),
        ({"rsa_key": nothing}, "tls.rsa_key: .* has no key that can be read"),
        ({"rsa_certificate": nothing}, "tls.rsa_certificate: .* has no certificate that can be read"),
        ({"ecdsa_key": later.key_file}, "tls.ecdsa_key: .* is not the key of"),
        (_pair(short, "rsa"), "tls.rsa_certificate: .* must be for an RSA key of 2048 bits"),
        (_pair(authority.server("p224", key=ec.generate_private_key(ec.SECP224R1()))), "must be for an ECDSA key"),
        (_pair(authority.server("x"), "rsa"), "tls.rsa_certificate: .* must be for an RSA key"),
        (_pair(hidden), "tls.ecdsa_key: .* is protected by a password"),
        ({"client_ca": nothing, "operator": OPERATOR}, "tls.client_ca: .* has no certificate that can be read"),
        ({"client_ca": authority.file, "crl": nothing}, "tls.crl: .* has no list"),
        ({"client_ca": of_no_version, "operator": OPERATOR}, "tls.client_ca: .* has no certificate that can be read"),
        (_pair(authority.server(), "ecdsa") | {"ecdsa_certificate": of_no_version}, "has no certificate that can be"),
    ):
        with pytest.raises(BadSettings, match=said):
            Certificates(good.model_copy(update=changes))


def test_what_has_ended_is_told_and_stops_nothing(settings: Settings, authority: Authority) -> None:
    """At a restart, one file that has ended would take all chargers with it, also those without TLS."""
    ended = authority.server("ended", ends=-timedelta(hours=1))
    later = authority.server("later", key=rsa_key(), begins=DAY)
    client_ca = {"client_ca": authority.file, "operator": OPERATOR, "crl": authority.revoked(ends=-DAY)}
    given = settings.tls.model_copy(update=_pair(ended) | _pair(later, "rsa") | client_ca)
    with structlog.testing.capture_logs() as logs:
        Certificates(given)
    told = {line["setting"]: line["log_level"] for line in logs if line["event"] == "tls.not_valid_today"}
    assert told == dict.fromkeys(("tls.ecdsa_certificate", "tls.rsa_certificate", "tls.crl"), "error")


@pytest.mark.parametrize(
    "begins, ends, told", [(-80, 10, True), (-60, 30, False), (-5, 1, True), (-3, 3, False)], ids=str
)
def test_what_ends_soon_is_told(settings: Settings, authority: Authority, begins: int, ends: int, told: bool) -> None:
    """Two weeks before, or when a fifth of its days is left: those that last for six days are renewed late."""
    pair = _pair(authority.server("short", begins=begins * DAY, ends=ends * DAY + timedelta(minutes=1)))
    given = settings.tls.model_copy(update=pair)
    with structlog.testing.capture_logs() as logs:
        Certificates(given)
    found = {line["setting"] for line in logs if line["event"] == "tls.expiring"}
    assert ("tls.ecdsa_certificate" in found) is told


def test_a_certificate_is_renewed_although_a_list_has_ended(settings: Settings, authority: Authority) -> None:
    """Who connects with a password does not need the list."""
    revoked = authority.revoked()
    given = settings.tls.model_copy(update={"client_ca": authority.file, "operator": OPERATOR, "crl": revoked})
    found = Certificates(given)
    before = found.context
    authority.revoked(ends=-DAY)
    renewed = authority.server("renewed")
    _replace(given.ecdsa_key, renewed.key_file.read_bytes())
    _replace(given.ecdsa_certificate, renewed.pem)
    found.look()
    assert found.context is not before


@pytest.mark.parametrize(
    "given, said",
    [
        ({"port": 9443}, "port needs ecdsa_certificate"),
        ({"ecdsa_key": "x"}, "ecdsa_key needs ecdsa_certificate"),
        ({"rsa_certificate": "x"}, "rsa_certificate needs rsa_key"),
        ({"client_ca": "x"}, "client_ca needs operator"),
        ({"operator": "Acme"}, "operator needs client_ca"),
        ({"client_certificate_header": "a b", "client_ca": "x", "operator": "y"}, "must be the name of a header"),
    ],
)
def test_settings_that_do_not_fit_together(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Tls(**given)


async def test_a_renewed_certificate_is_taken_up_without_a_restart(
    app: Any, connect: Any, authority: Authority, settings: Settings
) -> None:
    only = {"ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256", "maximum_version": ssl.TLSVersion.TLSv1_2}

    async def served() -> int:
        one = await connect(client(authority, **only))
        serial = one.writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
        await one.close()
        return int(serial, 16)

    before = await served()
    with structlog.testing.capture_logs() as logs:
        _replace(settings.tls.ecdsa_certificate, b"half of it")
        await until(lambda: [line for line in logs if line["event"] == "tls.not_renewed"])
        assert await served() == before
        renewed = authority.server("renewed")
        _replace(settings.tls.ecdsa_key, renewed.key_file.read_bytes())
        _replace(settings.tls.ecdsa_certificate, renewed.pem)
        await until(lambda: [line for line in logs if line["event"] == "tls.renewed"])
    assert await served() == renewed.certificate.serial_number


async def test_a_port_with_tls_that_is_taken_is_named(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.tls.port = taken.getsockname()[1]
        with pytest.raises(OSError, match=r"tls\.port: 127\.0\.0\.1:.* cannot be used"):
            async with App(settings).running():
                pass


def _replace(path: Path | None, content: bytes) -> None:
    """As those who renew certificates do it: a new file in the place of the old one."""
    assert path is not None
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(path)


def _pair(issued: Issued, kind: str = "ecdsa") -> dict[str, Path]:
    return {f"{kind}_certificate": issued.certificate_file, f"{kind}_key": issued.key_file}
