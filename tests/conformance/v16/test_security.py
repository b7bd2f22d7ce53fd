"""Certification cases of 1.6: passwords, certificates, security events and connections (security whitepaper, edition 3)."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from stationmaster.domain import commands
from tests.conformance.cp import Cp
from tests.conformance.octt import PEM, certificate_name
from tests.handlers.signed import CERTIFICATE, CERTIFICATE_RSA, CSR, CSR_RSA, ROOT

ACCEPTED = {"status": "Accepted"}


async def refused(charger: Any, status: int = 401, subprotocol: str = "ocpp1.6") -> None:
    with pytest.raises(InvalidStatus) as answer:
        await charger("CP1", boot=False, subprotocols=[subprotocol])
    assert answer.value.response.status_code == status


async def test_TC_073(cp: Cp, reconnect: Any, charger: Any) -> None:
    await cp.booted()
    record, [(action, request)] = await cp.operator(commands.RenewPassword(), ACCEPTED)
    assert (action, request["key"], record.outcome) == ("ChangeConfiguration", "AuthorizationKey", "accepted")
    new = bytes.fromhex(request["value"])
    assert 16 <= len(new) <= 20
    old, charger.secrets["CP1"] = charger.secrets["CP1"], new.decode()
    await reconnect(cp)
    await cp.booted()
    assert (await cp.record(record.id)).state == "done"
    charger.secrets["CP1"] = old
    await refused(charger)


async def install(cp: Cp, use: Any, theirs: str) -> None:
    await cp.booted()
    record, calls = await cp.operator(commands.InstallCertificate(use, PEM), ACCEPTED)
    assert calls == [("InstallCertificate", {"certificateType": theirs, "certificate": PEM})]
    assert (record.state, record.outcome) == ("done", "accepted")
    [told] = await installed(cp, use, theirs)
    assert told["use"] == use


async def installed(cp: Cp, use: Any, theirs: str, **name: str) -> list[dict[str, Any]]:
    """An operator asks which certificates there are, and is told of this one."""
    answer = ACCEPTED | {"certificateHashData": [certificate_name(**name)]}
    record, calls = await cp.operator(commands.ListCertificates([use]), answer)
    assert calls == [("GetInstalledCertificateIds", {"certificateType": theirs})]
    found: list[dict[str, Any]] = (record.data or {})["certificates"]
    return found


async def test_TC_075_1(cp: Cp) -> None:
    await install(cp, "manufacturer", "ManufacturerRootCertificate")


async def test_TC_075_2(cp: Cp) -> None:
    await install(cp, "csms", "CentralSystemRootCertificate")


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
async def test_TC_076(cp: Cp, algorithm: Any) -> None:
    await cp.booted()
    [told] = await installed(cp, "csms", "CentralSystemRootCertificate", algorithm=algorithm)
    told.pop("use")
    record, calls = await cp.operator(commands.DeleteCertificate(**told), ACCEPTED)
    assert calls == [("DeleteCertificate", {"certificateHashData": certificate_name(algorithm)})]
    assert (record.state, record.outcome) == ("done", "accepted")


async def security_event(cp: Cp, kind: str) -> None:
    told = {"type": kind, "timestamp": cp.later()[1], "techInfo": "it was not signed by anybody known"}
    assert await cp.call("SecurityEventNotification", told) == {}
    assert f"security:{kind}" in await cp.alarms()


async def renew_certificate(cp: Cp, csr: str, chain: str, status: str = "Accepted") -> commands.CommandRecord:
    """It is asked to want a certificate, asks for one, and is given what an authority has signed."""
    await cp.booted(chargePointSerialNumber="S-1")
    _, calls = await cp.operator(commands.TriggerMessage("SignChargingStationCertificate"), ACCEPTED)
    assert calls == [("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})]
    assert await cp.call("SignCertificate", {"csr": csr}) == ACCEPTED
    record, calls = await cp.operator(commands.GiveCertificate(chain), {"status": status})
    assert calls == [("CertificateSigned", {"certificateChain": chain})]
    return record


@pytest.mark.parametrize("csr, certificate", [(CSR, CERTIFICATE), (CSR_RSA, CERTIFICATE_RSA)], ids=["ECDSA", "RSA"])
async def test_TC_074(cp: Cp, csr: str, certificate: str) -> None:
    record = await renew_certificate(cp, csr, certificate + ROOT)
    assert (record.state, record.outcome) == ("done", "accepted")
    assert await cp.certificate_requests() == [("charger", "accepted")]


async def test_TC_077(cp: Cp) -> None:
    """The charge point refuses the certificate that it is given, and says so."""
    record = await renew_certificate(cp, CSR, CERTIFICATE, status="Rejected")
    assert (record.state, record.outcome) == ("failed", "rejected")
    assert await cp.certificate_requests() == [("charger", "rejected")]
    await security_event(cp, "InvalidChargePointCertificate")


async def test_TC_078(cp: Cp) -> None:
    await cp.booted()
    record, _ = await cp.operator(commands.InstallCertificate("csms", PEM), {"status": "Rejected"})
    assert (record.state, record.outcome) == ("failed", "rejected")
    await security_event(cp, "InvalidCentralSystemCertificate")


async def test_TC_085(cp: Cp, charger: Any, reconnect: Any) -> None:
    right, charger.secrets["CP1"] = charger.secrets["CP1"], secrets.token_urlsafe(15)
    await refused(charger)
    charger.secrets["CP1"] = right
    await reconnect(cp)
    await cp.booted()


async def test_TC_088(cp: Cp, charger: Any) -> None:
    assert cp.raw.socket.subprotocol == "ocpp1.6"
    await cp.booted()
    several = await charger("CP1", boot=False, subprotocols=["ocpp1.5", "ocpp1.6"])
    assert several.socket.subprotocol == "ocpp1.6"
    await refused(charger, 400, "ocpp0.9")
