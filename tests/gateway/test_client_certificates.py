"""Security profile 3: who is let in by a certificate, and who is not; from our own TLS, and from a proxy's (SEC-20 to SEC-27)."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from stationmaster.domain import organizations, stations
from stationmaster.domain.alarms import alarms
from stationmaster.domain.refused_connections import explain
from stationmaster.gateway.channel import ClientCertificate, of_tls
from stationmaster.gateway.handshake import ATTEMPTS, wrong_with
from stationmaster.gateway.tls import Certificates, reason_of
from stationmaster.settings import Settings, Tls
from tests.authority import DAY, OPERATOR, Authority, Issued, client, rsa_key
from tests.gateway.conftest import until
from tests.gateway.raw import Raw, request

pytestmark = pytest.mark.any_database

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
Connect = Callable[..., Awaitable[Raw]]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def settings(settings: Settings, authority: Authority) -> Settings:
    settings.tls = authority.port(crl=authority.revoked(), client_certificate_header="Client-Cert")
    return settings


@pytest.fixture
async def connect(app: Any, secrets: dict[str, str], authority: Authority) -> AsyncIterator[Connect]:
    """`await connect(certificate)`: CP1 at the port with TLS, with no password."""
    opened: list[Raw] = []

    async def open_one(certificate: Issued | None, identity: str = "CP1", **options: Any) -> Raw:
        asked = request(f"/ocpp/{identity}", **options)
        level = {"ciphers": "DEFAULT:@SECLEVEL=0"}  # what is weak is refused by us, not by the charger
        one = await Raw.open(app.listener.tls_port, asked, tls=client(authority, certificate, **level))
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        await one.close()


async def ended_in_tls(connecting: Awaitable[Raw]) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await connecting


async def test_a_certificate_lets_its_charger_in_without_a_password(
    app: Any, connect: Connect, authority: Authority, inbox: Any
) -> None:
    for key in (None, rsa_key()):
        one = await connect(authority.charger("CP1", key=key))
        assert one.status == 101
        assert (await one.exchange([2, "1", "BootNotification", BOOT]))[2]["status"] == "Accepted"
    assert await inbox() == {}


async def test_without_a_certificate_the_password_counts(connect: Connect, secrets: Any) -> None:
    assert (await connect(None)).status == 401
    assert (await connect(None, user="CP1", secret=secrets["CP1"])).status == 101


async def test_a_certificate_of_another_is_no_better_with_the_right_password(
    connect: Connect, authority: Authority, secrets: Any, inbox: Any
) -> None:
    refused = await connect(authority.charger("CP2"), user="CP1", secret=secrets["CP1"])
    assert refused.status == 401
    [(reason, row)] = (await inbox()).items()
    assert (reason, row.identity) == ("certificate_of_another", "CP1")


async def test_SEC_20_what_does_not_fit_is_ended_in_tls_and_recorded(
    connect: Connect, authority: Authority, inbox: Any, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "Another Root")
    for certificate, reason in (
        (stranger.charger("CP1"), "client_certificate_unknown"),
        (authority.charger("CP1", ends=-timedelta(hours=1)), "client_certificate_expired"),
        (authority.charger("CP1", begins=DAY), "client_certificate_expired"),
        (authority.charger("CP1", use=ExtendedKeyUsageOID.SERVER_AUTH), "client_certificate_purpose"),
        (authority.charger("CP1", key=rsa_key(1024)), "client_certificate_weak"),
    ):
        await ended_in_tls(connect(certificate))

        async def told(reason: str = reason) -> Any:
            return (await inbox()).get(reason)

        row = await until(told)
        assert (row.source, row.identity) == ("127.0.0.1", "")
        assert "certificate" in explain(row)
    assert len(await inbox()) == 4


@pytest.mark.parametrize(
    "cn, organization, reason",
    [
        ("CP2", OPERATOR, "certificate_of_another"),
        ("XCP1X", OPERATOR, "certificate_of_another"),
        ("cp1", OPERATOR, "certificate_of_another"),
        ("CP1", "Acme", "certificate_organization"),
        ("CP1", f"{OPERATOR} Ltd", "certificate_organization"),
        ("CP1", None, "certificate_organization"),
    ],
)
async def test_SEC_20_a_name_must_equal_not_only_contain(
    connect: Connect, authority: Authority, inbox: Any, cn: str, organization: str | None, reason: str
) -> None:
    assert (await connect(authority.charger(cn, organization=organization))).status == 401
    assert {found: row.identity for found, row in (await inbox()).items()} == {reason: "CP1"}


async def test_who_guesses_passwords_keeps_no_certificate_out(
    connect: Connect, authority: Authority, knock: Any, inbox: Any
) -> None:
    for _ in range(ATTEMPTS + 2):
        await knock(user="CP1", secret="a password that is none")
    assert "too_many_attempts" in await inbox()
    assert (await connect(authority.charger("CP1"))).status == 101


async def test_ATK_20_what_we_have_signed_is_of_the_record_it_was_signed_for(
    app: Any, connect: Connect, authority: Authority, inbox: Any
) -> None:
    """A charger may have told the serial number of one that was still to come, and have asked for a certificate with it."""
    mine, other = (app.directory.find(identity).station.id for identity in ("CP1", "CP2"))
    assert (await connect(authority.charger("CP1", record=other))).status == 401
    assert [*await inbox()] == ["certificate_of_another"]
    assert (await connect(authority.charger("CP1", record=mine))).status == 101


async def test_SEC_20_a_certificate_of_two_chargers_is_of_none(
    connect: Connect, authority: Authority, inbox: Any
) -> None:
    """A request with two names in it may have been signed by hand."""
    assert (await connect(authority.charger("CP2", "CP1"))).status == 401
    assert (await connect(authority.charger("CP1", "CP2"))).status == 401
    assert [*await inbox()] == ["certificate_of_another"]


async def test_SEC_20_what_a_removed_charger_was_given_does_not_open_the_next_record_of_its_id(
    app: Any, connect: Connect, authority: Authority, inbox: Any
) -> None:
    """An id is free again when its charger is removed, for another organization as well; the certificate is still good."""
    home = await app.database.write(organizations.home)
    before = authority.charger("CP1", begins=-2 * DAY)
    assert (await connect(before)).status == 101
    await app.database.write(stations.delete, home, "CP1")
    await app.database.write(stations.create, home, app.keys, identity="CP1")
    await until(lambda: app.directory.find("CP1"))
    assert (await connect(before)).status == 401
    assert "certificate_of_removed" in await inbox()
    assert (await connect(authority.charger("CP1", begins=-DAY / 2))).status == 101  # of today
    assert app.directory.find("CP1").removed_at is not None
    await app.database.write(stations.delete, home, "CP1")
    await app.database.write(stations.restore, home, "CP1")
    await until(lambda: app.directory.find("CP1"))
    assert (await connect(before)).status == 401  # that of the first one, as before
    assert (await connect(authority.charger("CP1", begins=-DAY / 2))).status == 101


async def test_SEC_20_who_is_removed_and_brought_back_keeps_its_certificate(
    app: Any, connect: Connect, authority: Authority
) -> None:
    home = await app.database.write(organizations.home)
    mine = authority.charger("CP1", begins=-2 * DAY)
    await app.database.write(stations.delete, home, "CP1")
    await app.database.write(stations.restore, home, "CP1")
    await until(lambda: app.directory.find("CP1"))
    assert (await connect(mine)).status == 101


def test_SEC_20_what_only_the_library_of_tls_can_read_is_unknown(authority: Authority) -> None:
    class Secured:
        _sslobj = type("", (), {"get_verified_chain": lambda self: None})()

        def getpeercert(self, *, binary_form: bool) -> bytes:
            return of_no_version(authority.charger("CP1"))

        def get_verified_chain(self) -> list[bytes]:
            return []

    shown: Any = Secured()
    assert of_tls(shown, None).problem == "client_certificate_unknown"


async def test_SEC_20_who_is_unknown_stays_unknown_with_a_certificate(
    connect: Connect, authority: Authority, inbox: Any
) -> None:
    assert (await connect(authority.charger("CP9"), "CP9")).status == 401
    assert [*await inbox()] == ["unknown_station"]


async def test_SEC_20_what_is_revoked_is_refused_from_the_next_list_on(
    app: Any, connect: Connect, authority: Authority, inbox: Any
) -> None:
    mine, other = authority.charger("CP1"), authority.charger("CP2")
    assert (await connect(mine)).status == 101
    before = app.listener._certificates.context
    authority.revoked(mine)
    await until(lambda: app.listener._certificates.context is not before)
    await ended_in_tls(connect(mine))
    assert [*await until(inbox)] == ["client_certificate_revoked"]
    assert (await connect(other, "CP2")).status == 101


async def test_SEC_20_an_intermediate_authority_may_have_signed(
    app: Any, connect: Connect, authority: Authority, settings: Settings
) -> None:
    below = Authority(authority.folder, "Chargers", parent=authority)
    signed = below.charger("CP1")
    signed.certificate_file.write_bytes(signed.pem + below.file.read_bytes())
    before = app.listener._certificates.context
    both = authority.revoked().read_bytes() + below.revoked().read_bytes()
    assert settings.tls.crl is not None
    settings.tls.crl.write_bytes(both)
    await until(lambda: app.listener._certificates.context is not before)
    assert (await connect(signed)).status == 101


def test_SEC_20_a_session_that_is_resumed_ends_with_its_certificate() -> None:
    station = type("Station", (), {"id": 1, "identity": "CP1", "serial": None})
    entry: Any = type("Entry", (), {"station": station, "removed_at": None})
    now = datetime.now(UTC)
    for until_, wrong in ((now + DAY, None), (now - DAY, "client_certificate_expired")):
        shown = ClientCertificate(("CP1",), (OPERATOR,), now - 9 * DAY, until_)
        assert wrong_with(shown, entry, OPERATOR) == wrong


async def test_SEC_20_without_a_list_of_its_authority_nobody_is_let_in(
    app: Any, connect: Connect, authority: Authority, settings: Settings, inbox: Any, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    others = Authority(tmp_path / "other", "Another Root").revoked()
    before = app.listener._certificates.context
    assert settings.tls.crl is not None
    settings.tls.crl.write_bytes(others.read_bytes())
    await until(lambda: app.listener._certificates.context is not before)
    await ended_in_tls(connect(authority.charger("CP1")))
    assert [*await until(inbox)] == ["tls_crl"]


# The serial number


async def test_SEC_21_the_serial_number_of_the_last_boot_is_a_name_as_well(
    app: Any, connect: Connect, authority: Authority, secrets: Any
) -> None:
    by_serial = authority.charger("S-1001")
    assert (await connect(by_serial)).status == 401
    first = await connect(None, user="CP1", secret=secrets["CP1"])
    await first.exchange([2, "1", "BootNotification", BOOT | {"chargePointSerialNumber": "S-1001"}])
    again = await connect(by_serial)
    assert again.status == 101
    answer = await again.exchange([2, "2", "BootNotification", BOOT | {"chargePointSerialNumber": "S-1001"}])
    assert answer[2]["status"] == "Accepted"


@pytest.mark.parametrize("serial", [{"chargePointSerialNumber": "S-9"}, {"chargeBoxSerialNumber": "s-1001"}, {}])
async def test_SEC_21_a_boot_with_another_serial_number_closes_the_socket(
    app: Any, connect: Connect, authority: Authority, secrets: Any, rows: Any, serial: dict[str, str]
) -> None:
    first = await connect(None, user="CP1", secret=secrets["CP1"])
    await first.exchange([2, "1", "BootNotification", BOOT | {"chargePointSerialNumber": "S-1001"}])
    one = await connect(authority.charger("S-1001"))
    answer = await one.exchange([2, "2", "BootNotification", BOOT | serial])
    assert answer[2]["status"] == "Rejected"
    assert await one.close_code() == 1008
    [alarm] = await rows(alarms, kind="certificate_of_another")
    assert "S-1001" in alarm.detail
    home = await app.database.write(organizations.home)
    assert (await app.database.write(stations.get, home, "CP1")).serial == "S-1001"
    assert (await connect(authority.charger("S-1001"))).status == 101  # the right one is not locked out by it


async def test_SEC_21_a_certificate_with_the_id_says_nothing_of_the_serial_number(
    connect: Connect, authority: Authority
) -> None:
    one = await connect(authority.charger("CP1"))
    answer = await one.exchange([2, "1", "BootNotification", BOOT | {"chargePointSerialNumber": "S-7"}])
    assert answer[2]["status"] == "Accepted"


async def test_SEC_21_what_a_certificate_bound_does_not_bind_the_next_connection(
    connect: Connect, authority: Authority, secrets: Any
) -> None:
    """A board was changed: with its password it may tell another serial number."""
    first = await connect(None, user="CP1", secret=secrets["CP1"])
    await first.exchange([2, "1", "BootNotification", BOOT | {"chargePointSerialNumber": "S-1"}])
    assert (await connect(authority.charger("S-1"))).status == 101
    one = await connect(None, user="CP1", secret=secrets["CP1"])
    answer = await one.exchange([2, "1", "BootNotification", BOOT | {"chargePointSerialNumber": "S-2"}])
    assert answer[2]["status"] == "Accepted"
    assert (await connect(authority.charger("S-1"))).status == 401
    assert (await connect(authority.charger("S-2"))).status == 101


async def test_SEC_21_only_another_serial_number_changes_the_record(app: Any, connect: Connect, secrets: Any) -> None:
    """Else each page and each node would hear of every charger again when all come back."""
    home = await app.database.write(organizations.home)

    async def changes_after(boot: dict[str, str]) -> int:
        one = await connect(None, user="CP1", secret=secrets["CP1"])
        assert (await one.exchange([2, "1", "BootNotification", boot]))[2]["status"] == "Accepted"
        return int((await app.database.read(stations.get, home, "CP1")).change_number)

    without = await changes_after(BOOT)
    assert await changes_after(BOOT) == without
    first = await changes_after(BOOT | {"chargePointSerialNumber": "S-1"})
    assert first > without
    assert await changes_after(BOOT | {"chargePointSerialNumber": "S-1"}) == first


# From a proxy


def handed_on(issued: Issued, form: str = "rfc9440") -> dict[str, str | None]:
    der = base64.b64encode(issued.certificate.public_bytes(Encoding.DER)).decode()
    written = {
        "rfc9440": f":{der}:",
        "percent": quote(issued.pem.decode()),
        "bare": der,
        "one line": issued.pem.decode().replace("\n", " "),
    }
    return {"Client-Cert": written[form], "X-Forwarded-Proto": "https"}


def of_no_version(issued: Issued) -> bytes:
    """Its version is none that there is."""
    der = issued.certificate.public_bytes(Encoding.DER)
    return der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)


@pytest.mark.gateway(trusted_proxies=["127.0.0.2/32"])
class TestProxy:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        checked = type(settings.gateway)(trusted_proxies=settings.gateway.trusted_proxies)
        settings.gateway.trusted_proxies = checked.trusted_proxies
        return settings

    @pytest.mark.parametrize("form", ["rfc9440", "percent", "bare", "one line"])
    async def test_SEC_27_its_header_lets_a_charger_in(
        self, secrets: Any, knock: Any, authority: Authority, form: str
    ) -> None:
        headers = handed_on(authority.charger("CP1"), form)
        assert (await knock(source="127.0.0.2", headers=headers)).status == 101

    async def test_SEC_27_ATK_21_from_anybody_else_it_is_nothing(
        self, secrets: Any, knock: Any, authority: Authority
    ) -> None:
        headers = handed_on(authority.charger("CP1"))
        assert (await knock(source="127.0.0.3", headers=headers)).status == 401

    async def test_SEC_27_it_is_verified_here_as_well(
        self, secrets: Any, knock: Any, authority: Authority, inbox: Any, tmp_path: Path, app: Any
    ) -> None:
        (tmp_path / "other").mkdir()
        revoked = authority.charger("CP1")
        before = app.listener._certificates.context
        authority.revoked(revoked)
        await until(lambda: app.listener._certificates.context is not before)
        server = authority.charger("CP1", use=ExtendedKeyUsageOID.SERVER_AUTH)
        for certificate, reason in (
            (Authority(tmp_path / "other").charger("CP1"), "client_certificate_unknown"),
            (authority.charger("CP1", ends=-timedelta(hours=1)), "client_certificate_expired"),
            (revoked, "client_certificate_revoked"),
            (server, "client_certificate_purpose"),
            (authority.charger("CP1", key=rsa_key(1024)), "client_certificate_weak"),
            (authority.charger("CP2"), "certificate_of_another"),
        ):
            assert (await knock(source="127.0.0.2", headers=handed_on(certificate))).status == 401
            assert reason in await inbox()

    async def test_SEC_27_a_second_header_is_not_believed(self, secrets: Any, app: Any, authority: Authority) -> None:
        mine = handed_on(authority.charger("CP1"))["Client-Cert"]
        asked = request("/ocpp/CP1", headers={"Client-Cert": mine, "client-cert": mine})
        assert (await Raw.open(app.gateway_port, asked, source="127.0.0.2")).status == 401

    @pytest.mark.parametrize("rubbish", [":AAAA:", "%%%", "::", "-----BEGIN CERTIFICATE-----", "ä" * 100])
    async def test_SEC_27_rubbish_is_refused(self, secrets: Any, knock: Any, rubbish: str) -> None:
        headers = {"Client-Cert": rubbish, "X-Forwarded-Proto": "https"}
        told = {"user": "CP1", "secret": secrets["CP1"], "headers": headers}
        assert (await knock(source="127.0.0.2", **told)).status == 401

    async def test_SEC_27_a_certificate_of_no_version_is_refused_and_answered(
        self, secrets: Any, knock: Any, authority: Authority, inbox: Any
    ) -> None:
        der = base64.b64encode(of_no_version(authority.charger("CP1"))).decode()
        headers = {"Client-Cert": f":{der}:", "X-Forwarded-Proto": "https"}
        assert (await knock(source="127.0.0.2", headers=headers)).status == 401
        assert [*await inbox()] == ["client_certificate_unknown"]

    @pytest.mark.parametrize("proto", ["http", "https, http", None])
    async def test_SEC_27_a_certificate_counts_only_where_the_proxy_has_ended_TLS(
        self, secrets: Any, knock: Any, authority: Authority, proto: str | None
    ) -> None:
        """Certificates are no secret: at a proxy's port without TLS anybody may send that of another."""
        headers = handed_on(authority.charger("CP1")) | {"X-Forwarded-Proto": proto}
        assert (await knock(source="127.0.0.2", headers=headers)).status == 401

    async def test_SEC_27_none_is_none(self, secrets: Any, knock: Any) -> None:
        for empty in ("", "-", "(null)"):
            headers = {"Client-Cert": empty, "X-Forwarded-Proto": "https"}
            told = {"user": "CP1", "secret": secrets["CP1"], "headers": headers}
            assert (await knock(source="127.0.0.2", **told)).status == 101


async def test_SEC_24_what_our_own_authority_has_signed_lets_in_and_who_stands_above_it_does_not(
    tmp_path: Path, authority: Authority
) -> None:
    above = Authority(tmp_path, "Above")
    ours, sister = Authority(tmp_path, "Ours", parent=above), Authority(tmp_path, "Sister", parent=above)
    ours.file.write_bytes(ours.file.read_bytes() + above.file.read_bytes())
    server = authority.server()
    settings = Tls(
        ecdsa_certificate=server.certificate_file,
        ecdsa_key=server.key_file,
        ca_certificate=ours.file,
        ca_key=server.key_file,
        operator=OPERATOR,
    )
    certificates = Certificates(settings)
    assert shake(certificates.context, ours.charger("CP1"), authority) is None
    for other in (sister.charger("CP1"), above.charger("CP1"), authority.charger("CP1")):
        assert shake(certificates.context, other, authority) == "client_certificate_unknown"
    settings.client_ca = authority.file
    both = Certificates(settings)
    for one in (ours.charger("CP1"), authority.charger("CP1")):
        assert shake(both.context, one, authority) is None
    assert both.anchors is not None and len(both.anchors.authorities) == 2


def shake(context: ssl.SSLContext, mine: Issued, authority: Authority) -> str | None:
    """A handshake in memory: why the server refuses the certificate; None: it takes it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(to_server, to_client, server_side=True)
    charger = client(authority, mine).wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    for _ in range(10):
        for side in (charger, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                assert side is server, error
                return reason_of(error)
    assert server.getpeercert(binary_form=True) is not None
    return None
