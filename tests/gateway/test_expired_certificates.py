"""A charger whose certificate has ended is let in to renew it, when a person has allowed it, and for nothing else (SEC-22, A00.FR.429)."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from stationmaster.app import App
from stationmaster.domain import alarms, commands, organizations, renewals, stations
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import StationRow
from stationmaster.settings import Settings
from tests.authority import DAY, OPERATOR, Authority, Issued, client, rsa_key
from tests.gateway.conftest import until
from tests.gateway.raw import Raw, request
from tests.gateway.test_client_certificates import ended_in_tls, handed_on
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.any_database

HOUR = timedelta(hours=1)
ENDED = {"begins": -2 * DAY, "ends": -HOUR}
BOOTS = {
    "1.6": {"chargePointVendor": "Acme", "chargePointModel": "One"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}},
}
BOOTS["2.1"] = BOOTS["2.0.1"]
STATUS = {
    "1.6": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
    "2.0.1": {"timestamp": "2026-05-01T10:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1},
}
STATUS["2.1"] = STATUS["2.0.1"]
Connect = Callable[..., Awaitable[Raw]]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def settings(settings: Settings, authority: Authority, tmp_path: Path) -> Settings:
    key = tmp_path / "ca.key"
    key.write_bytes(authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signs = {"ca_certificate": authority.file, "ca_key": key}
    settings.tls = authority.port(crl=authority.revoked(), client_certificate_header="Client-Cert", **signs)
    settings.gateway.trusted_proxies = type(settings.gateway)(trusted_proxies=["127.0.0.2/32"]).trusted_proxies
    return settings


@pytest.fixture
async def connect(app: App, secrets: dict[str, str], authority: Authority) -> AsyncIterator[Connect]:
    """`await connect(certificate)`: CP1 at the port with TLS, with no password."""
    opened: list[Raw] = []

    async def open_one(certificate: Issued, identity: str = "CP1", version: str = "1.6") -> Raw:
        asked = request(f"/ocpp/{identity}", offers=f"ocpp{version}")
        level = {"ciphers": "DEFAULT:@SECLEVEL=0"}  # what is weak is refused by us, not by the charger
        one = await Raw.open(app.listener.tls_port or 0, asked, tls=client(authority, certificate, **level))
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        await one.close()


async def allow(app: App, until_: datetime | None, identity: str = "CP1") -> StationRow:
    home = await app.database.read(organizations.home)
    reason = None if until_ is None else "it was in a store for a year"
    return await app.database.write(renewals.allow, home, identity, until_, reason=reason)


@contextlib.asynccontextmanager
async def taken_up(app: App) -> AsyncIterator[None]:
    """What is changed on disk inside holds afterwards."""
    certificates: Any = app.listener._certificates
    before = certificates.context
    yield
    await until(lambda: certificates.context is not before)


def tomorrow() -> datetime:
    return datetime.now(UTC) + DAY


def signing_request(key: Any) -> str:
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, OPERATOR),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "CP1"),
        ]
    )
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


async def asked_for(one: Raw, action: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The next call to the charger, which it answers."""
    call = await one.receive()
    assert (call[0], call[2]) == (2, action)
    one.send([3, call[1], answer])
    return dict(call[3])


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_SEC_22_one_that_is_allowed_renews_it_and_does_nothing_else(
    app: App, connect: Connect, authority: Authority, tmp_path: Path, version: str
) -> None:
    expired, numbers = authority.charger("CP1", **ENDED), itertools.count()
    await ended_in_tls(connect(expired, version=version))
    await allow(app, tomorrow())
    one = await connect(expired, version=version)
    assert one.status == 101

    refused = await one.exchange([2, f"{next(numbers)}", "StatusNotification", STATUS[version]])
    assert (refused[0], refused[2]) == (4, "SecurityError")
    assert "certificate" in refused[3]
    booted = await one.exchange([2, f"{next(numbers)}", "BootNotification", BOOTS[version]])
    assert booted[2]["status"] == "Pending"
    station = app.directory.find("CP1")
    assert station is not None and station.station.renewing
    for command in (commands.RemoteStart(token="TAG1"), commands.Unlock(evse=1)):
        with pytest.raises(Conflict, match="not accepted yet"):
            await app.switchboard.send(station.station.id, command, by="test")

    trigger, wanted = ("ExtendedTriggerMessage", "SignChargePointCertificate")
    if version != "1.6":
        trigger, wanted = "TriggerMessage", "SignChargingStationCertificate"
    asked = await asked_for(one, trigger, {"status": "Accepted"})
    assert asked["requestedMessage"] == wanted
    key = ec.generate_private_key(ec.SECP256R1())
    use = {} if version == "1.6" else {"certificateType": "ChargingStationCertificate"}
    signs = await one.exchange([2, f"{next(numbers)}", "SignCertificate", {"csr": signing_request(key)} | use])
    assert signs[2]["status"] == "Accepted"
    given = await asked_for(one, "CertificateSigned", {"status": "Accepted"})
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ConnectionError, match="closed with 4003"):
            await one.receive()

    leaf = x509.load_pem_x509_certificate(given["certificateChain"].encode())
    again = await connect(Issued(leaf, key, tmp_path, "renewed"), version=version)
    booted = await again.exchange([2, "1", "BootNotification", BOOTS[version]])
    assert booted[2]["status"] == "Accepted"
    assert len(await again.exchange([2, "2", "StatusNotification", STATUS[version]])) == 3
    await until(lambda: station.expired_until is None)
    await ended_in_tls(connect(expired, version=version))  # and this was the last time
    home = await app.database.read(organizations.home)
    kept = [row.detail for row in await app.database.read(alarms.listed, home, limit=10, cursor=None)]
    assert "Its certificate has ended. It was let in to renew it, and for nothing else." in kept


async def test_SEC_22_one_that_asks_by_itself_and_did_not_boot_gets_one_as_well(
    app: App, connect: Connect, authority: Authority
) -> None:
    await allow(app, tomorrow())
    one = await connect(authority.charger("CP1", **ENDED))
    key = ec.generate_private_key(ec.SECP256R1())
    one.send([2, "1", "SignCertificate", {"csr": signing_request(key)}])
    while (message := await one.receive())[0] != 3:  # that it is asked for one may come before
        pass
    assert message[2]["status"] == "Accepted"


async def test_SEC_22_what_else_is_wrong_stays_wrong_and_others_stay_out(
    app: App, connect: Connect, authority: Authority, inbox: Any, settings: Settings, tmp_path: Path
) -> None:
    await allow(app, tomorrow())
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "Another Root")
    revoked = authority.charger("CP1", **ENDED)
    async with taken_up(app):
        authority.revoked(revoked)
    for certificate, reason in (
        (stranger.charger("CP1", **ENDED), "client_certificate_unknown"),
        (revoked, "client_certificate_revoked"),
        (authority.charger("CP1", use=ExtendedKeyUsageOID.SERVER_AUTH, **ENDED), "client_certificate_purpose"),
        (authority.charger("CP1", key=rsa_key(1024), **ENDED), "client_certificate_weak"),
    ):
        await ended_in_tls(connect(certificate))
        await until(lambda reason=reason: app.gate.counts.refusals[reason])
    for certificate, identity, reason in (
        (authority.charger("CP1", begins=DAY), "CP1", "client_certificate_expired"),
        (authority.charger("CP1", organization="Acme", **ENDED), "CP1", "certificate_organization"),
        (authority.charger("XCP1", **ENDED), "CP1", "certificate_of_another"),
        (authority.charger("CP1", **ENDED), "CP2", "certificate_of_another"),
        (authority.charger("CP2", **ENDED), "CP2", "client_certificate_expired"),  # nobody has allowed this one
    ):
        assert (await connect(certificate, identity)).status == 401
        assert (await inbox())[reason].identity == identity
    assert (await connect(authority.charger("CP2"), "CP2")).status == 101  # who has one that holds comes as before


async def test_SEC_22_what_stands_above_it_must_hold(
    app: App, authority: Authority, connect: Connect, settings: Settings, inbox: Any, tmp_path: Path
) -> None:
    """TLS looks at no times now; we do, for all."""
    await allow(app, tomorrow())
    async with taken_up(app):
        authority.revoked(ends=-HOUR)
    for certificate in (authority.charger("CP1"), authority.charger("CP1", **ENDED)):
        assert (await connect(certificate)).status == 401
        assert [*await inbox()] == ["tls_crl"]


async def test_SEC_22_an_authority_that_has_ended_lets_nobody_in(
    app: App, authority: Authority, settings: Settings, connect: Connect, inbox: Any, tmp_path: Path
) -> None:
    (tmp_path / "below").mkdir()
    above = {True: Authority(tmp_path / "below", "Below", parent=authority)}
    above[False] = copy.copy(above[True])
    above[False].certificate = authority._sign(
        above[True].subject, above[True].key.public_key(), authority=True, ends=-HOUR
    )
    lists = authority.revoked().read_bytes() + above[True].revoked().read_bytes()
    assert settings.tls.crl is not None
    async with taken_up(app):
        settings.tls.crl.write_bytes(lists)
    for allowed in (False, True):
        if allowed:
            await allow(app, tomorrow())
        for holds in (False, True):  # who comes with one that holds is allowed no other any more
            mine = above[True].charger("CP1")
            mine.certificate_file.write_bytes(mine.pem + above[holds].certificate.public_bytes(Encoding.PEM))
            if holds:
                assert (await connect(mine)).status == 101
            elif allowed:
                assert (await connect(mine)).status == 401
            else:
                await ended_in_tls(connect(mine))
    assert sorted(await inbox()) == ["client_certificate_expired", "client_certificate_unknown"]


async def test_SEC_22_it_ends_with_its_time_or_when_a_person_says_so(
    app: App, connect: Connect, authority: Authority
) -> None:
    expired = authority.charger("CP1", **ENDED)
    await allow(app, datetime.now(UTC) + timedelta(milliseconds=400))
    assert app.gate.takes_expired()
    await until(lambda: not app.gate.takes_expired())
    await ended_in_tls(connect(expired))
    await allow(app, tomorrow())
    one = await connect(expired)
    assert one.status == 101
    await allow(app, None)
    await ended_in_tls(connect(expired))
    with pytest.raises(ConnectionError, match="closed with 4004"):
        while True:  # what it was asked before
            await one.receive()


async def test_SEC_22_a_proxy_may_hand_it_on(app: App, secrets: Any, authority: Authority, inbox: Any) -> None:
    async def knock(**certificate: Any) -> Raw:
        asked = request("/ocpp/CP1", headers=handed_on(authority.charger("CP1", **certificate)))
        return await Raw.open(app.gateway_port, asked, source="127.0.0.2")

    assert (await knock(**ENDED)).status == 401
    assert [*await inbox()] == ["client_certificate_expired"]
    await allow(app, tomorrow())
    one = await knock(**ENDED)
    assert one.status == 101
    assert (await one.exchange([2, "1", "BootNotification", BOOTS["1.6"]]))[2]["status"] == "Pending"
    await one.close()
    assert (await knock(begins=DAY)).status == 401


async def test_SEC_22_a_rejected_charger_stays_rejected(app: App, connect: Connect, authority: Authority) -> None:
    home = await app.database.read(organizations.home)
    await app.database.write(stations.change, home, "CP1", {"registration": "rejected"})
    await allow(app, tomorrow())
    one = await connect(authority.charger("CP1", **ENDED))
    assert (await one.exchange([2, "1", "BootNotification", BOOTS["1.6"]]))[2]["status"] == "Rejected"
