"""Certification cases of block A with TLS: security profiles 2 and 3 (OCPP 2.0.1 part 6, 3.2)."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from websockets.exceptions import InvalidStatus

from stationmaster.app import App
from stationmaster.domain import commands
from tests.authority import Authority, Issued, client
from tests.conformance.octt import Octt
from tests.gateway.conftest import until

pytestmark = pytest.mark.usefixtures("with_tls")

SERIAL = "S-1001"
SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
OLD = ssl.TLSVersion.TLSv1_2


def served(octt: Octt) -> x509.Certificate:
    """Our certificate, as the station has it."""
    made = octt.raw.socket.transport.get_extra_info("ssl_object")
    assert made.version() in ("TLSv1.2", "TLSv1.3")
    return x509.load_der_x509_certificate(made.getpeercert(True))


@pytest.mark.parametrize("suite", SUITES)
async def test_TC_A_04(station: Any, authority: Authority, suite: str) -> None:
    octt = await station(tls=client(authority, ciphers=suite, maximum_version=OLD))
    assert octt.raw.socket.transport.get_extra_info("cipher")[0] == suite
    certificate = served(octt)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) == ("ECDSA" in suite)
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    assert key.key_size >= (2048 if isinstance(key, rsa.RSAPublicKey) else 224)
    assert certificate.serial_number > 0
    [name] = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert name.value == "127.0.0.1"
    await octt.booted()


async def test_TC_A_06(app: App, station: Any, authority: Authority, no_tls: Any) -> None:
    await (await station(tls=client(authority))).raw.close()
    old = client(authority, ciphers="ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    await asyncio.to_thread(no_tls, old)
    octt = await station(tls=client(authority))
    served(octt)
    await octt.booted()
    assert app.gate.counts.refusals["tls_version"] == 1


@pytest.mark.parametrize("suite", SUITES)
async def test_TC_A_07(station: Any, authority: Authority, suite: str) -> None:
    mine = authority.charger("CP1")
    octt = await station(password=False, tls=client(authority, mine, ciphers=suite, maximum_version=OLD))
    served(octt)
    await octt.booted()


async def test_TC_A_08(app: App, octt: Octt, station: Any, authority: Authority, no_tls: Any, tmp_path: Path) -> None:
    await octt.booted(serialNumber=SERIAL)
    (tmp_path / "other").mkdir()
    unknown = Authority(tmp_path / "other", "Another Root").charger(SERIAL)
    expired = authority.charger(SERIAL, ends=-timedelta(hours=1))
    for certificate, reason in ((unknown, "client_certificate_unknown"), (expired, "client_certificate_expired")):
        await asyncio.to_thread(no_tls, client(authority, certificate))
        assert await until(lambda reason=reason: app.gate.counts.refusals[reason]) == 1
    for name in ("S-1002", f"{SERIAL}1", "CP2"):
        await refused(station, authority.charger(name))
    right = await station(password=False, tls=client(authority, authority.charger(SERIAL)))
    await right.booted(serialNumber=SERIAL)


async def test_TC_A_19(app: App, octt: Octt, station: Any, authority: Authority) -> None:
    await octt.booted()
    mine = authority.charger("CP1")
    for profile, slot in ((2, 2), (3, 3)):
        with_it = {"password": profile == 2, "tls": client(authority, mine if profile == 3 else None)}
        before = {"tls": None if profile == 2 else client(authority)}
        url = f"wss://127.0.0.1:{app.listener.tls_port}/ocpp"
        store = commands.SetNetworkProfile(slot=slot, url=url, security_profile=profile)
        record, [(action, request)] = await octt.operator(store, {"status": "Accepted"})
        assert (action, record.outcome) == ("SetNetworkProfile", "accepted")
        assert request["configurationSlot"] == slot
        told = request["connectionData"]
        assert (told["ocppTransport"], told["ocppVersion"]) == ("JSON", "OCPP20")
        assert (told["securityProfile"], told["ocppCsmsUrl"]) == (profile, url)
        priority = commands.ChangeConfiguration("OCPPCommCtrlr/NetworkConfigurationPriority", f"{slot},1")
        variable = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
        result = {"setVariableResult": [{"attributeStatus": "Accepted", **variable}]}
        _, [(action, request)] = await octt.operator(priority, result)
        assert (action, request["setVariableData"][0]["attributeValue"]) == ("SetVariables", f"{slot},1")
        _, [(action, _)] = await octt.operator(commands.Reset("soft"), {"status": "Accepted"})
        assert action == "Reset"
        await octt.raw.close()
        octt = await station(**with_it)
        await octt.booted()
        await until(lambda profile=profile: app.directory.find("CP1").min_profile == profile)
        await octt.raw.close()
        with pytest.raises(InvalidStatus) as answer:
            await station(**before)
        assert answer.value.response.status_code == 401
        octt = await station(**with_it)


async def refused(station: Any, certificate: Issued) -> None:
    with pytest.raises(InvalidStatus) as answer:
        await station(password=False, tls=client(None, certificate))
    assert answer.value.response.status_code == 401
