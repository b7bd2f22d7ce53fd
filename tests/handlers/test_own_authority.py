"""Our own authority signs what a charger asks for itself, and nothing else (A02, SEC-24, SEC-25)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from stationmaster.app import App
from stationmaster.domain import audit, certificate_authority, certificate_requests, connections, organizations
from stationmaster.domain.certificate_requests import MOST_A_DAY, CertificateRequest, RequestRow
from stationmaster.domain.stations import Station
from stationmaster.gateway import own_certificates
from stationmaster.settings import BadSettings, Settings, Tls
from stationmaster.storage import Work
from tests.authority import OPERATOR, Authority, rsa_key
from tests.gateway.conftest import until
from tests.handlers.asking import START, Asked, Clock
from tests.handlers.conftest import Stored
from tests.patience import PATIENCE_S

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
DAY = 24 * 60.0  # minutes
CN, ORG = x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    files = tmp_path / "ca.pem", tmp_path / "ca.key"
    for path, text in zip(files, certificate_authority.create(OPERATOR, START, days=3650), strict=True):
        path.write_bytes(text)
    settings.tls = Tls(ca_certificate=files[0], ca_key=files[1], operator=OPERATOR)
    return settings


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
async def one(app: App, charger: Any, clock: Clock, request: pytest.FixtureRequest) -> Asked:
    return await Asked.connect(app, charger, str(request.param), clock)


def csr(*names: tuple[x509.ObjectIdentifier, str], key: Any = None) -> str:
    subject = x509.Name([x509.NameAttribute(*each) for each in names or ((ORG, OPERATOR), (CN, "CP1"))])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = made.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


async def wants(one: Asked, request: str, use: str | None = "ChargingStationCertificate") -> str:
    typed = {} if one.old or use is None else {"certificateType": use}
    return str((await one.call("SignCertificate", {"csr": request} | typed))["status"])


async def look(app: App) -> None:
    """What the timers do."""
    await own_certificates.give_certificates(
        app.database, app.switchboard, app.directory, app.errands, app.settings.tls
    )
    await own_certificates.ask_to_renew(app.database, app.switchboard, app.errands, app.settings.tls)


async def given(app: App, one: Asked, answer: Any) -> tuple[str, dict[str, Any]]:
    """The next call to the charger, which it answers; returns when what follows from the answer is done."""
    await look(app)
    async with asyncio.timeout(PATIENCE_S):
        call = await one.raw.receive()
    await one.raw.send([4, call[1], *answer] if isinstance(answer, tuple) else [3, call[1], answer])
    await until(lambda: not app.errands._under_way)
    return str(call[2]), dict(call[3])


async def nothing_comes(app: App) -> None:
    await look(app)
    await until(lambda: not app.errands._under_way)


async def requests(app: App) -> list[CertificateRequest]:
    home = await app.database.write(organizations.home)

    def read(work: Work) -> list[CertificateRequest]:
        rows = certificate_requests.listed(work, home, station="CP1", limit=100, cursor=None)
        return [certificate_requests.public_form(row) for row in rows]

    return await app.database.read(read)


def chain_of(app: App, text: str, clock: Clock) -> x509.Certificate:
    """The certificate that was given, which our authority has signed."""
    [certificate] = x509.load_pem_x509_certificates(text.encode())
    certificate.verify_directly_issued_by(own_certificates.authority(app.settings.tls).certificate)
    return certificate


@pytest.mark.parametrize("kind", ["EC P-256", "RSA 2048"])
async def test_TC_074_TC_A_11_a_request_of_this_charger_is_signed_without_a_person(
    app: App, one: Asked, clock: Clock, stored: Stored, kind: str
) -> None:
    key = rsa_key() if kind == "RSA 2048" else ec.generate_private_key(ec.SECP256R1())
    assert await wants(one, csr(key=key)) == "Accepted"
    assert await stored.alarms("certificate_wanted") == []
    action, told = await given(app, one, ACCEPTED)
    assert action == "CertificateSigned"
    assert told.get("certificateType") == (None if one.old else "ChargingStationCertificate")
    certificate = chain_of(app, told["certificateChain"], clock)
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.rfc4514_string() == f"CN=CP1,O={OPERATOR}"
    assert certificate_authority.record_of(certificate) == one.id
    assert certificate.not_valid_after_utc == clock.now + timedelta(days=400)
    assert certificate.not_valid_before_utc <= clock.now
    extensions = certificate.extensions
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    [row] = await requests(app)
    assert (row.state, row.serial) == ("accepted", f"{certificate.serial_number:x}")
    assert (row.signed_at, row.valid_until) == (clock.now, certificate.not_valid_after_utc)
    home = await app.database.write(organizations.home)
    entries = await app.database.read(audit.listed, home, limit=10, cursor=None)
    [entry] = [each for each in entries if each.action == "sign_certificate"]
    assert (entry.actor_kind, entry.subject_kind, entry.subject_id) == ("authority", "station", "CP1")
    assert entry.after["serial_number"] == row.serial and entry.after["valid_until"].startswith("2027-12-06")
    await nothing_comes(app)


async def test_A00_FR_405_the_serial_number_that_it_alone_has_told_may_be_the_name(
    app: App, charger: Any, clock: Clock
) -> None:
    one = await Asked.connect(app, charger, "2.0.1", clock)
    told = {"vendorName": "Acme", "model": "Two", "serialNumber": "S-77"}
    await one.call("BootNotification", {"reason": "PowerUp", "chargingStation": told})
    await wants(one, csr((ORG, OPERATOR), (CN, "S-77")))
    action, _ = await given(app, one, ACCEPTED)
    assert action == "CertificateSigned"


async def test_SEC_24_who_tells_the_serial_number_of_another_charger_gets_no_certificate_for_it(
    app: App, charger: Any, clock: Clock
) -> None:
    one = await Asked.connect(app, charger, "2.0.1", clock)
    other = await Asked.connect(app, charger, "2.0.1", clock, "CP2")
    told = {"vendorName": "Acme", "model": "Two", "serialNumber": "S-77"}
    for each in (other, one):
        await each.call("BootNotification", {"reason": "PowerUp", "chargingStation": told})
    assert await wants(one, csr((ORG, OPERATOR), (CN, "S-77"))) == "Rejected"
    await nothing_comes(app)
    [row] = await requests(app)
    assert row.state == "refused"
    await wants(one, csr())
    assert (await given(app, one, ACCEPTED))[0] == "CertificateSigned"


@pytest.mark.parametrize(
    "names, why",
    [
        (((ORG, OPERATOR),), "one common name"),
        (((ORG, OPERATOR), (CN, "cp1")), "must be the charger's id"),
        (((ORG, OPERATOR), (CN, "CP11")), "must be the charger's id"),
        (((ORG, OPERATOR.lower()), (CN, "CP1")), "must equal tls.operator"),
        (((CN, "CP1"),), "must equal tls.operator"),
        (((ORG, OPERATOR), (ORG, "Other"), (CN, "CP1")), "must equal tls.operator"),
    ],
)
async def test_SEC_24_what_is_not_of_this_very_charger_waits_for_a_person_with_the_reason(
    app: App, one: Asked, stored: Stored, names: tuple[Any, ...], why: str
) -> None:
    assert await wants(one, csr(*names)) == "Accepted"
    await nothing_comes(app)
    [row] = await requests(app)
    assert (row.state, row.signed_at) == ("received", None)
    assert why in (row.detail or "")
    [alarm] = await stored.alarms("certificate_wanted")
    assert alarm.resolved_at is None and why in alarm.detail


async def test_a_request_whose_signature_is_wrong_waits_for_a_person(app: App, one: Asked) -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    der = x509.load_pem_x509_csr(csr(key=key).encode()).public_bytes(Encoding.DER)
    mine, theirs = (each.public_key().public_numbers() for each in (key, other))
    forged = der.replace(mine.x.to_bytes(32, "big"), theirs.x.to_bytes(32, "big"))
    forged = forged.replace(mine.y.to_bytes(32, "big"), theirs.y.to_bytes(32, "big"))
    await wants(one, x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM).decode())
    await nothing_comes(app)
    [row] = await requests(app)
    assert row.state == "received" and "does not have the key" in (row.detail or "")


@pytest.mark.parametrize("use", ["V2GCertificate", None])
async def test_certificates_for_cars_are_not_ours_to_sign(
    app: App, charger: Any, clock: Clock, version: str, use: str | None
) -> None:
    one = await Asked.connect(app, charger, version, clock)
    assert await wants(one, csr(), use) == "Accepted"
    await nothing_comes(app)
    [row] = await requests(app)
    assert row.state == "received" and "for cars as well" in (row.detail or "")


@pytest.mark.parametrize("answer", [REJECTED, ("InternalError", "x", {})])
async def test_TC_A_14_a_certificate_that_was_refused_is_given_again_and_then_a_person_looks(
    app: App, one: Asked, clock: Clock, stored: Stored, answer: Any
) -> None:
    await wants(one, csr())
    _, first = await given(app, one, answer)
    await nothing_comes(app)
    clock.forward(1)
    _, second = await given(app, one, answer)
    clock.forward(1)
    await nothing_comes(app)
    clock.forward(9)
    _, third = await given(app, one, answer)
    assert first == second == third
    assert (await stored.alarms("certificate_wanted"))[0].resolved_at is None
    clock.forward(DAY)
    await nothing_comes(app)
    [row] = await requests(app)
    assert row.state == "rejected"


async def test_A02_FR_17_a_charger_that_asks_again_with_the_same_request_is_given_the_same(
    app: App, one: Asked, clock: Clock
) -> None:
    request = csr()
    await wants(one, request)
    _, first = await given(app, one, REJECTED)
    await wants(one, request)
    _, second = await given(app, one, ACCEPTED)
    assert first == second
    [row] = await requests(app)
    assert (row.state, row.count) == ("accepted", 2)


async def test_no_request_is_signed_by_two_nodes(app: App, one: Asked, clock: Clock) -> None:
    await wants(one, csr())
    [(row_id, _)] = await app.database.read(certificate_requests.due)
    entry = app.directory.find("CP1")
    assert entry is not None

    def twice(work: Work) -> tuple[RequestRow | None, RequestRow | None]:
        return certificate_requests.take(work, row_id), certificate_requests.take(work, row_id)

    first, second = await app.database.write(twice)
    assert first is not None and second is None
    authority = own_certificates.authority(app.settings.tls)
    issued = certificate_authority.sign(authority, first.csr, clock.now, record=1, days=400)
    signed = (first, "CP1", entry.station.organization_id, issued)
    assert await app.database.write(certificate_requests.signed, *signed)
    assert not await app.database.write(certificate_requests.signed, *signed)


async def test_one_that_has_died_with_a_request_in_hand_is_followed_by_another_node(
    app: App, one: Asked, clock: Clock
) -> None:
    await wants(one, csr())
    [(row_id, _)] = await app.database.read(certificate_requests.due)
    await app.database.write(certificate_requests.take, row_id)
    await nothing_comes(app)
    clock.forward(1)
    assert (await given(app, one, ACCEPTED))[0] == "CertificateSigned"


async def test_a_charger_that_asks_without_end_is_given_so_many_a_day(app: App, one: Asked, clock: Clock) -> None:
    for _ in range(MOST_A_DAY):
        await wants(one, csr())
        await given(app, one, ACCEPTED)
    for number in range(certificate_requests.MOST + 1):
        await wants(one, f"no request {number}")
    await wants(one, csr())
    await nothing_comes(app)
    assert "within a day" in ((await requests(app))[0].detail or "")
    clock.forward(DAY + 1)
    await wants(one, csr())
    assert (await given(app, one, ACCEPTED))[0] == "CertificateSigned"


async def test_SEC_25_a_charger_is_asked_to_renew_once_a_day_before_its_certificate_ends(
    app: App, one: Asked, clock: Clock
) -> None:
    await wants(one, csr())
    await given(app, one, ACCEPTED)
    clock.forward(359 * DAY)
    await nothing_comes(app)
    clock.forward(DAY)
    action, told = await given(app, one, ACCEPTED)
    assert action == ("ExtendedTriggerMessage" if one.old else "TriggerMessage")
    assert told["requestedMessage"] == ("SignChargePointCertificate" if one.old else "SignChargingStationCertificate")
    clock.forward(DAY - 1)
    await nothing_comes(app)
    clock.forward(1)
    await given(app, one, ACCEPTED)
    await wants(one, csr())
    await given(app, one, ACCEPTED)
    clock.forward(DAY)
    await nothing_comes(app)
    assert [row.state for row in await requests(app)] == ["accepted", "accepted"]


async def test_who_does_not_want_it_has_nobody_asked_to_renew(app: App, one: Asked, clock: Clock) -> None:
    app.settings.tls.renew_days = 0
    await wants(one, csr())
    await given(app, one, ACCEPTED)
    clock.forward(399 * DAY)
    await nothing_comes(app)


async def test_an_authority_that_cannot_sign_any_more_leaves_it_to_a_person(
    app: App, one: Asked, clock: Clock, stored: Stored
) -> None:
    key = app.settings.tls.ca_key
    assert key is not None
    text = key.read_text()
    key.write_text("nothing")
    await wants(one, csr())
    await nothing_comes(app)
    [row] = await requests(app)
    assert "tls.ca_key" in (row.detail or "") and text.splitlines()[1] not in (row.detail or "")
    assert len(await stored.alarms("certificate_wanted")) == 1
    key.write_text(text)
    clock.forward(3649 * DAY + 12 * 60)
    await wants(one, csr())
    await nothing_comes(app)
    assert "ends within a day" in ((await requests(app))[0].detail or "")


async def test_a_charger_without_a_secret_gets_no_certificate(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    entry = app.directory.find("CP1")
    assert entry is not None
    await app.database.write(_without_profile, entry.station)
    await wants(one, csr())
    await nothing_comes(app)
    assert "without a secret" in ((await requests(app))[0].detail or "")


def _without_profile(work: Work, station: Station) -> None:
    table = connections.connections
    work.execute(table.update().where(table.c.station_id == station.id).values(profile=0))


def test_a_certificate_never_outlasts_the_authority() -> None:
    authority = certificate_authority.read(*certificate_authority.create(OPERATOR, START, days=30))
    issued = certificate_authority.sign(authority, csr(), START, record=1, days=400)
    assert issued.valid_until == authority.certificate.not_valid_after_utc
    assert "PRIVATE" not in f"{authority!r}{authority}" and "key" not in repr(authority)


def test_what_is_no_authority_is_named_with_its_setting(tmp_path: Path) -> None:
    root, other = Authority(tmp_path), Authority(tmp_path, "Other")
    keys = {}
    for name, key in (("root", root.key), ("other", other.key)):
        keys[name] = tmp_path / f"{name}.key"
        keys[name].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    leaf = root.charger("CP1")
    for certificate, key, why in (
        (root.file, keys["other"], "tls.ca_key: .* is not the key of"),
        (leaf.certificate_file, leaf.key_file, "tls.ca_certificate: .* is not the certificate of an authority"),
        (root.file, root.file, "tls.ca_key: .* has no key"),
        (keys["root"], keys["root"], "tls.ca_certificate: .* has no certificate"),
        (tmp_path / "gone", keys["root"], "tls.ca_certificate: .*No such file"),
    ):
        with pytest.raises(BadSettings, match=why):
            own_certificates.authority(Tls(ca_certificate=certificate, ca_key=key, operator=OPERATOR))
    below = Authority(tmp_path, "Below", parent=root)
    both = below.certificate.public_bytes(Encoding.PEM) + root.certificate.public_bytes(Encoding.PEM)
    secret = below.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    authority = certificate_authority.read(both, secret)
    issued = certificate_authority.sign(
        authority, csr(), authority.certificate.not_valid_before_utc + timedelta(days=2), record=1, days=2
    )
    chain = x509.load_pem_x509_certificates(issued.chain.encode())
    assert [each.subject for each in chain[1:]] == [below.subject]


@pytest.mark.parametrize(
    "wrong, why",
    [
        ({"ca_key": "x"}, "need each other"),
        ({"ca_certificate": "x"}, "need each other"),
        ({"ca_certificate": "x", "ca_key": "x"}, "ca_certificate needs operator"),
        ({"ca_certificate": "x", "ca_key": "x", "operator": "A", "certificate_days": 40}, "renew_days must be less"),
    ],
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Tls(**wrong)
