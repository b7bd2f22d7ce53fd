"""Certification cases of 1.6 with TLS: security profiles 2 and 3 (security whitepaper, edition 3)."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from stationmaster.app import App
from stationmaster.domain import commands
from tests.authority import Authority, client
from tests.conformance.cp import Cp
from tests.gateway.conftest import until

pytestmark = pytest.mark.usefixtures("with_tls")

SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)


@pytest.fixture
def connected(app: App, charger: Any) -> Any:
    async def connect(**options: Any) -> Cp:
        return Cp(app, await charger("CP1", boot=False, subprotocols=["ocpp1.6"], **options))

    return connect


async def refused(connected: Any, **options: Any) -> None:
    with pytest.raises(InvalidStatus) as answer:
        await connected(**options)
    assert answer.value.response.status_code == 401


async def test_TC_083(app: App, connected: Any, authority: Authority) -> None:
    cp = await connected()
    await cp.booted()
    mine = authority.charger("CP1")
    for profile in (2, 3):
        with_it = {"password": profile == 2, "tls": client(authority, mine if profile == 3 else None)}
        change = commands.ChangeConfiguration("SecurityProfile", str(profile))
        record, calls = await cp.operator(change, {"status": "Accepted"})
        assert calls == [("ChangeConfiguration", {"key": "SecurityProfile", "value": str(profile)})]
        assert record.outcome == "accepted"
        await cp.raw.close()
        cp = await connected(**with_it)
        await cp.booted()
        await until(lambda profile=profile: app.directory.find("CP1").min_profile == profile)
        await cp.raw.close()
        await refused(connected, tls=None if profile == 2 else client(authority))
        cp = await connected(**with_it)


@pytest.mark.parametrize("suite", SUITES)
async def test_TC_086(app: App, connected: Any, authority: Authority, no_tls: Any, suite: str) -> None:
    old = client(authority, ciphers="ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    cp = await connected(tls=client(authority, ciphers=suite, maximum_version=ssl.TLSVersion.TLSv1_2))
    assert cp.raw.socket.transport.get_extra_info("cipher")[0] == suite
    await cp.booted()
    await asyncio.to_thread(no_tls, old)
    assert app.gate.counts.refusals["tls_version"] == 1


async def test_TC_087(app: App, connected: Any, authority: Authority, no_tls: Any, tmp_path: Path) -> None:
    cp = await connected(tls=client(authority))
    await cp.booted(chargePointSerialNumber="S-1001")
    mine = authority.charger("S-1001")
    for suite in SUITES:
        only = client(authority, mine, ciphers=suite, maximum_version=ssl.TLSVersion.TLSv1_2)
        cp = await connected(password=False, tls=only)
        await cp.booted(chargePointSerialNumber="S-1001")
    (tmp_path / "other").mkdir()
    unknown = Authority(tmp_path / "other", "Another Root").charger("S-1001")
    for certificate in (unknown, authority.charger("S-1001", ends=-timedelta(hours=1))):
        await asyncio.to_thread(no_tls, client(authority, certificate))
    await refused(connected, password=False, tls=client(authority, authority.charger("S-1002")))
