"""A charger asks for a certificate, and a person gives it what was signed (A02, A03, SEC-24)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from stationmaster.app import App
from stationmaster.domain import certificate_requests, organizations, stations
from stationmaster.domain.certificate_requests import MOST, CertificateRequest
from stationmaster.domain.commands import GiveCertificate
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.gateway.switchboard import NotConnected
from stationmaster.storage import Work
from tests.authority import rsa_key
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import Stored
from tests.handlers.signed import CERTIFICATE, CERTIFICATE_RSA, CSR, CSR_OF_CP2, CSR_RSA, ROOT

ACCEPTED = {"status": "Accepted"}
CHAIN = CERTIFICATE + ROOT


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
async def one(app: App, charger: Any, clock: Clock, request: pytest.FixtureRequest) -> Asked:
    return await Asked.connect(app, charger, str(request.param), clock)


async def requests(app: App) -> list[CertificateRequest]:
    home = await app.database.write(organizations.home)

    def read(work: Work) -> list[CertificateRequest]:
        rows = certificate_requests.listed(work, home, station="CP1", limit=100, cursor=None)
        return [certificate_requests.public_form(row) for row in rows]

    return await app.database.read(read)


async def wants(one: Asked, csr: str = CSR, **more: Any) -> str:
    return str((await one.call("SignCertificate", {"csr": csr, **more}))["status"])


def of_type(one: Asked, kind: str = "ChargingStationCertificate") -> dict[str, Any]:
    return {} if one.old else {"certificateType": kind}


def request_on(key: Any) -> str:
    """Of CP1."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CP1")])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


@pytest.mark.any_database
@pytest.mark.parametrize("kind", ["RSA 1024", "EC P-224"])
async def test_SEC_23_a_weak_key_is_refused_and_a_person_sees_why(app: App, one: Asked, kind: str) -> None:
    weak = rsa_key(1024) if kind == "RSA 1024" else ec.generate_private_key(ec.SECP224R1())
    assert await wants(one, request_on(weak), **of_type(one)) == "Rejected"
    assert await wants(one, request_on(rsa_key()), **of_type(one)) == "Accepted"
    strong, refused = await requests(app)
    assert (refused.state, strong.state) == ("refused", "received")
    assert "key is too weak" in (refused.detail or "")


@pytest.mark.any_database
async def test_TC_A_11_a_request_is_signed_by_hand_and_the_charger_accepts(
    app: App, one: Asked, clock: Clock, stored: Stored
) -> None:
    assert await wants(one, **of_type(one)) == "Accepted"
    [row] = await requests(app)
    assert (row.station, row.use, row.state, row.count) == ("CP1", "charger", "received", 1)
    assert (row.subject, row.key_kind, row.csr) == ("C=NL, O=Acme, CN=CP1", "EC P-256", CSR)
    [alarm] = await stored.alarms("certificate_wanted")
    assert alarm.resolved_at is None and "CN=CP1" in alarm.detail
    came, [[action, sent]] = await one.ask(GiveCertificate(chain=CHAIN, request=row.id), ACCEPTED)
    assert (action, sent) == ("CertificateSigned", {"certificateChain": CHAIN} | of_type(one))
    assert (came.state, came.outcome, came.remark) == ("done", "accepted", None)
    [row] = await requests(app)
    assert (row.state, row.command, row.detail) == ("accepted", came.id, "The charger has accepted.")
    assert row.valid_until == datetime(2125, 6, 20, 3, 58, 15, tzinfo=UTC)
    assert (row.sent_at, row.answered_at) == (clock.now, clock.now)
    [alarm] = await stored.alarms("certificate_wanted")
    assert alarm.resolved_at is not None


@pytest.mark.any_database
@pytest.mark.parametrize(
    "answer, state, detail",
    [
        ({"status": "Rejected"}, "rejected", "The charger has refused."),
        (("InternalError", "x", {}), "rejected", "The charger has answered with an error: InternalError: x"),
        (("NotSupported", "", {}), "rejected", "The charger cannot do this."),
    ],
)
async def test_TC_A_14_a_certificate_that_was_refused_can_be_followed_by_another(
    app: App, one: Asked, answer: Any, state: str, detail: str
) -> None:
    await wants(one)
    await one.ask(GiveCertificate(chain=CERTIFICATE), answer)
    [row] = await requests(app)
    assert (row.state, row.detail) == (state, detail)
    await one.ask(GiveCertificate(chain=CHAIN), ACCEPTED)
    [row] = await requests(app)
    assert row.state == "accepted"


@pytest.mark.any_database
async def test_A02_FR_17_a_charger_that_waits_asks_again_and_it_is_one_request(
    app: App, one: Asked, clock: Clock
) -> None:
    await wants(one)
    clock.forward(10)
    await wants(one, CSR.replace("\n", "\r\n"))
    [row] = await requests(app)
    assert (row.count, row.state, row.last_at, row.asked_at) == (2, "received", clock.now, clock.now.replace(minute=0))
    await wants(one, CSR_RSA)
    newer, older = await requests(app)
    assert (newer.state, newer.key_kind, older.state) == ("received", "RSA 2048", "replaced")
    with pytest.raises(Invalid, match="another key"):
        await one.ask(GiveCertificate(chain=CERTIFICATE))
    await one.ask(GiveCertificate(chain=CERTIFICATE_RSA), ACCEPTED)
    newer, older = await requests(app)
    assert (newer.state, older.state) == ("accepted", "replaced")


async def test_the_two_uses_of_a_2_x_charger_do_not_replace_each_other(
    app: App, charger: Any, version: str, clock: Clock
) -> None:
    one = await Asked.connect(app, charger, version, clock)
    number = {"requestId": 77} if version == "2.1" else {}
    await wants(one, certificateType="ChargingStationCertificate")
    await wants(one, CSR_RSA, certificateType="V2GCertificate", **number)
    assert [(row.use, row.state) for row in await requests(app)] == [("v2g", "received"), ("charger", "received")]
    _, [[_, sent]] = await one.ask(GiveCertificate(chain=CERTIFICATE_RSA), ACCEPTED)  # found by its key
    assert sent == {"certificateChain": CERTIFICATE_RSA, "certificateType": "V2GCertificate"} | number
    assert [(row.use, row.state) for row in await requests(app)] == [("v2g", "accepted"), ("charger", "received")]


@pytest.mark.any_database
async def test_SEC_24_nothing_is_signed_for_the_name_of_another_charger(app: App, one: Asked, stored: Stored) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP2")
    assert await wants(one, CSR_OF_CP2) == "Rejected"
    assert await wants(one, CSR_OF_CP2) == "Rejected"
    [row] = await requests(app)
    assert (row.state, row.count) == ("refused", 2)
    assert row.detail == "There is the name of charger CP2 in it. It was refused, and nothing was signed."
    [alarm] = await stored.alarms("certificate_of_another")
    assert "CN=CP2" in alarm.detail
    with pytest.raises(Invalid):
        await one.ask(GiveCertificate(chain=CERTIFICATE, request=row.id))


@pytest.mark.any_database
@pytest.mark.parametrize("theirs", ["identity", "serial"])
async def test_ATK_20_who_calls_itself_by_the_name_of_another_gets_no_certificate_for_it(
    app: App, one: Asked, stored: Stored, theirs: str
) -> None:
    """What serial number it has a charger says itself, at its boot."""
    home = await app.database.write(organizations.home)
    name = "CP2" if theirs == "identity" else "S-2"
    await app.database.write(stations.create, home, app.keys, identity="CP2")
    for identity in ("CP1", "CP2") if theirs == "serial" else ("CP1",):
        await app.database.write(boot_with, identity, name)
    assert await wants(one, asked_for(name)) == "Rejected"
    [row] = await requests(app)
    assert row.detail == "There is the name of charger CP2 in it. It was refused, and nothing was signed."
    assert len(await stored.alarms("certificate_of_another")) == 1


@pytest.mark.any_database
async def test_ATK_20_the_id_of_one_is_the_serial_number_of_another_organization(app: App, one: Asked) -> None:
    """So the request is refused, and names nobody of theirs; in the same organization the id counts."""
    await app.database.write(boot_with, "CP1", "S-1")
    home = await app.database.write(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP2")
    await app.database.write(boot_with, "CP2", "CP1")
    assert await wants(one, asked_for("CP1")) == "Accepted"
    other = (await app.database.write(organizations.create, name="Other")).id
    await app.database.write(stations.create, other, app.keys, identity="CP3")
    await app.database.write(boot_with, "CP3", "CP1")
    assert await wants(one, asked_for("CP1")) == "Rejected"
    assert "CP3" not in str((await requests(app))[0].detail)


@pytest.mark.any_database
async def test_ATK_20_a_request_with_two_names_is_refused(app: App, one: Asked) -> None:
    assert await wants(one, asked_for("CP1", "CP2")) == "Rejected"
    [row] = await requests(app)
    assert row.state == "refused" and "more than one name" in str(row.detail)


def boot_with(work: Work, identity: str, serial: str) -> None:
    where = stations.stations.c.identity == identity
    work.execute(stations.stations.update().where(where).values(serial=serial))


def asked_for(*names: str) -> str:
    """A request for a certificate with these names."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name) for name in names])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return made.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.mark.any_database
@pytest.mark.parametrize("csr", ["x", "-----BEGIN CERTIFICATE REQUEST-----", CERTIFICATE, "nul\u0000", "\ud800"])
async def test_what_is_no_request_is_refused_and_kept_with_the_reason(app: App, one: Asked, csr: str) -> None:
    assert await wants(one, csr) == "Rejected"
    [row] = await requests(app)
    assert row.state == "refused" and row.detail is not None and row.detail.startswith("The request is of no use: ")


@pytest.mark.any_database
async def test_many_requests_of_one_charger_leave_the_newest(app: App, one: Asked) -> None:
    for number in range(MOST + 3):
        await wants(one, f"no request {number}")
    rows = await requests(app)
    assert (len(rows), rows[0].csr, rows[-1].csr) == (MOST, f"no request {MOST + 2}", "no request 3")


async def test_a_certificate_that_is_of_no_use_is_not_sent(app: App, one: Asked, clock: Clock) -> None:
    await wants(one)
    with pytest.raises(NotFound):
        await one.ask(GiveCertificate(chain=CERTIFICATE, request="none"))
    with pytest.raises(Invalid, match="cannot be read"):
        await one.ask(GiveCertificate(chain="-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"))
    clock.now = datetime(2126, 1, 1, tzinfo=UTC)
    with pytest.raises(Invalid, match="has ended"):
        await one.ask(GiveCertificate(chain=CERTIFICATE))
    [row] = await requests(app)
    assert row.state == "received"


async def test_without_a_request_it_is_sent_with_a_remark(app: App, one: Asked) -> None:
    came, [[_, sent]] = await one.ask(GiveCertificate(chain=CERTIFICATE), ACCEPTED)
    assert sent == {"certificateChain": CERTIFICATE} | of_type(one)
    assert came.remark == "the charger has not asked for a certificate"


async def test_one_that_is_away_is_not_waited_for_and_its_request_stays(app: App, one: Asked) -> None:
    await wants(one)
    await one.leave()
    with pytest.raises(NotConnected):
        await one.ask(GiveCertificate(chain=CERTIFICATE))
    [row] = await requests(app)
    assert row.state == "received"
