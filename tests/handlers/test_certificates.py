"""Certificates in chargers, by their frames, in 1.6 and 2.0.1 (SEC-36)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands
from stationmaster.domain.errors import Conflict, Invalid
from tests.charger import Charger
from tests.handlers.asking import Asked, Clock
from tests.handlers.test_transfers import ask

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "01"}
TOLD = {"hash_algorithm": "SHA256", "issuer_name_hash": "aa", "issuer_key_hash": "bb", "serial_number": "01"}


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
async def cp(request: pytest.FixtureRequest, charger: Any) -> Charger:
    version = str(request.param)
    one: Charger = await charger("CP1", boot=version == "1.6", subprotocols=[f"ocpp{version}"])
    if version != "1.6":
        told = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"}}
        await one.call("BootNotification", told)
    return one


def speaks(cp: Charger) -> str:
    return str(cp.socket.subprotocol).removeprefix("ocpp")


@pytest.mark.any_database
@pytest.mark.parametrize(
    "status, state, outcome",
    [("Accepted", "done", "accepted"), ("Rejected", "failed", "rejected"), ("Failed", "failed", "rejected")],
)
async def test_SEC_36_a_certificate_is_installed(app: App, cp: Charger, status: str, state: str, outcome: str) -> None:
    sent, asked = await ask(app, cp, commands.InstallCertificate(use="csms", certificate=PEM), {"status": status})
    theirs = "CentralSystemRootCertificate" if speaks(cp) == "1.6" else "CSMSRootCertificate"
    assert (sent["action"], sent["certificateType"], sent["certificate"]) == ("InstallCertificate", theirs, PEM)
    assert (asked.state, asked.outcome) == (state, outcome)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "status, outcome", [("Accepted", "accepted"), ("NotFound", "not_found"), ("Failed", "rejected")]
)
async def test_SEC_36_a_certificate_is_removed(app: App, cp: Charger, status: str, outcome: str) -> None:
    command = commands.DeleteCertificate(**TOLD)  # type: ignore[arg-type]
    sent, asked = await ask(app, cp, command, {"status": status})
    assert (sent["action"], sent["certificateHashData"]) == ("DeleteCertificate", HASHES)
    assert asked.outcome == outcome


@pytest.mark.any_database
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
async def test_SEC_26_a_certificate_is_removed_by_the_hashes_it_was_told_with(
    app: App, cp: Charger, algorithm: str
) -> None:
    hashes = HASHES | {"hashAlgorithm": algorithm}
    told: dict[str, Any] = {"certificateHashData": [hashes]}
    if speaks(cp) != "1.6":
        told = {"certificateHashDataChain": [{"certificateType": "CSMSRootCertificate", "certificateHashData": hashes}]}
    _, listed = await ask(app, cp, commands.ListCertificates(uses=["csms"]), {"status": "Accepted", **told})
    [found] = (listed.data or {})["certificates"]
    command = commands.DeleteCertificate(**{name: found[name] for name in TOLD})
    sent, _ = await ask(app, cp, command, {"status": "Accepted"})
    assert (sent["action"], sent["certificateHashData"]) == ("DeleteCertificate", hashes)


@pytest.mark.any_database
async def test_SEC_36_the_certificates_of_a_charger_are_listed(app: App, cp: Charger) -> None:
    told: dict[str, Any] = {"certificateHashData": [HASHES]}
    if speaks(cp) != "1.6":
        chain = {"certificateType": "CSMSRootCertificate", "certificateHashData": HASHES}
        told = {"certificateHashDataChain": [chain]}
    sent, asked = await ask(app, cp, commands.ListCertificates(uses=["csms"]), {"status": "Accepted", **told})
    assert sent["action"] == "GetInstalledCertificateIds"
    assert (asked.state, asked.data) == ("done", {"certificates": [{"use": "csms", **TOLD}]})
    _, none = await ask(app, cp, commands.ListCertificates(uses=["manufacturer"]), {"status": "NotFound"})
    assert (none.state, none.data, none.sentence) == (
        "done",
        {"certificates": []},
        "The charger has no such certificate.",
    )


@pytest.mark.any_database
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_M03_certificates_of_several_uses_are_listed(app: App, charger: Any, version: str) -> None:
    one = await Asked.connect(app, charger, version, Clock(app))
    both = commands.ListCertificates(uses=["csms", "manufacturer", "csms"])
    kinds = [
        "CentralSystemRootCertificate" if version == "1.6" else "CSMSRootCertificate",
        "ManufacturerRootCertificate",
    ]
    sent = [{"certificateType": each} for each in kinds] if version == "1.6" else [{"certificateType": kinds}]
    _, calls = await one.ask(both, *[{"status": "NotFound"} for _ in sent])
    assert [request for _, request in calls] == sent
    if version == "1.6":
        with pytest.raises(Conflict, match="csms and manufacturer only"):
            await one.ask(commands.ListCertificates(uses=["own_v2g"]))


@pytest.mark.any_database
async def test_SEC_36_a_signed_certificate_is_given(app: App, cp: Charger) -> None:
    sent, asked = await ask(app, cp, commands.GiveCertificate(chain=PEM), {"status": "Rejected"})
    assert (sent["action"], sent["certificateChain"]) == ("CertificateSigned", PEM)
    assert asked.outcome == "rejected"


@pytest.mark.any_database
@pytest.mark.parametrize("text", ["MIIB", PEM + "-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----"])
async def test_what_is_no_certificate_is_not_sent(app: App, charger: Any, text: str) -> None:
    one = await charger("CP1")
    entry = app.directory.find(one.identity)
    assert entry is not None
    with pytest.raises(Invalid):
        command = commands.InstallCertificate(use="csms", certificate=text)
        await app.switchboard.send(entry.station.id, command, by="ada")
    with pytest.raises(Conflict, match="csms and manufacturer only"):
        command = commands.InstallCertificate(use="v2g", certificate=PEM)
        await app.switchboard.send(entry.station.id, command, by="ada")
