"""The whole life of a charger once more, with a second client that is not ours, in another language, which checks every frame."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from stationmaster.app import App
from stationmaster.domain.sessions import sessions
from tests.patience import PATIENCE_S
from tests.scenarios.node import charging, fetch_packages
from tests.scenarios.test_independent_client import api as api
from tests.scenarios.test_independent_client import only, registered

IMAGE = bytes(range(256)) * 4096  # 1 MiB

# Made with openssl; nobody has the key any more.
SIGNATURE = "MEYCIQDcbMIpA0gBv1J1Q3aVgVL+DQAxCd73ctHwctNBY11z9wIhANB5r0Z/fNA1m+ImNo/JHN8BVAgDt0vaBnwv6XyJXjO5"
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBjjCCATOgAwIBAgIUKtW/HRtjzuoD+Q0HdjZWgBdGFyEwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQRmlybXdhcmUgb2YgTm9kZTAgFw0yNjExMjYwNDQzMzJaGA8y
MTI1MDYyMDA0NDMzMlowGzEZMBcGA1UEAwwQRmlybXdhcmUgb2YgTm9kZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABPis2+5WlrMomhzdm0SfORteFI/pJezxFfgb
ybMGH3g8M9erxHfuBfg8knDnk86A6bHzYOaU8kGd2V+oQcckPFqjUzBRMB0GA1Ud
DgQWBBQHjhMVJJeCUu5uJMsmOhxD6VMItjAfBgNVHSMEGDAWgBQHjhMVJJeCUu5u
JMsmOhxD6VMItjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQD5
h86OEV+agh3JzPT5ugcHcfnchwRMIkw2Qss6SBxhdQIhANSY7tslCJlQgaqxRsO0
dKo9nHa0t6F2T7KqkZmVCsiz
-----END CERTIFICATE-----
"""
INTERVAL = {"1.6": "HeartbeatInterval", "2.0.1": "OCPPCommCtrlr/HeartbeatInterval"}
INTERVAL["2.1"] = INTERVAL["2.0.1"]


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    fetch_packages()


class Office:
    """What an operator sees and asks over the API."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self.api = api

    async def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        answer = await self.api.post(f"/stations/WITNESS/commands/{command}", json=arguments)
        assert answer.is_success and answer.json()["status"] == "accepted", answer.text
        return dict(answer.json())

    async def items(self, what: str, **filters: str) -> list[dict[str, Any]]:
        return list((await self.api.get(what, params=filters)).json()["items"])

    async def newest(self, what: str) -> dict[str, Any]:
        """The newest of what belongs to the charger; nothing when there is none."""
        return next(iter(await self.items(f"/stations/WITNESS/{what}")), {})

    async def session(self) -> dict[str, Any]:
        """The one that goes on; nothing when there is none."""
        return next(iter(await self.items("/sessions", status="active")), {})

    async def charger(self) -> dict[str, Any]:
        return dict((await self.api.get("/stations/WITNESS")).json())


async def until(
    look: Callable[[], Awaitable[dict[str, Any]]], arrived: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Look until it is there."""
    found: dict[str, Any] = {}
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not arrived(found := await look()):
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"it has not come to that: {found}")
    return found


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_second_client_that_is_not_ours_lives_through_everything(
    app: App, api: httpx.AsyncClient, version: str
) -> None:
    secret, office = await registered(api), Office(api)
    async with charging(app.gateway_port, "WITNESS", secret, version) as charger:
        await until(office.charger, lambda one: bool(one["connectors"]))
        known = await office.charger()
        assert (known["ocpp_version"], known["vendor"], known["firmware"]) == (version, "Node", "1.0")

        await it_charges(office, app)
        await it_reports(office, version)
        await it_is_updated(office, signed=version != "1.6")
        if version == "1.6":
            await it_is_updated(office, signed=True)  # by the security extension
        for kind in ("diagnostics", "security"):
            await it_brings_a_log(office, kind)
        seen = await charger.end()

    assert (seen.wrong, seen.refused) == ([], [])
    assert seen.firmware == {"sha256": hashlib.sha256(IMAGE).hexdigest()}
    brought = [hashlib.sha256(await content(office, log)).hexdigest() for log in await office.items(LOGS)]
    assert [(log.status, log.sha256) for log in seen.logs] == [(201, checksum) for checksum in brought]


LOGS = "/stations/WITNESS/logs"


async def it_charges(office: Office, app: App) -> None:
    """A session that is started and stopped from here."""
    started = await office.ask("remote-start", token="04AABBCC", evse=1)
    assert started["awaits"] == "session"
    active = await until(office.session, lambda session: session.get("energy_wh") == 1500)
    assert (active["power_w"], active["token"]) == (11_000, "04AABBCC")
    assert (await office.newest("commands"))["session"] == active["id"]
    await office.ask("remote-stop", session=active["id"])
    await until(office.session, lambda session: not session)
    ended = await only(office.api, station="WITNESS", token="04AABBCC", status="completed")
    assert (ended["meter_start_wh"], ended["meter_stop_wh"], ended["energy_wh"]) == (12_000, 16_250, 4_250)
    assert (ended["stop_reason"], ended["evse"], ended["review"], ended["flags"]) == ("remote", 1, False, [])
    whole = (await office.api.get(f"/sessions/{ended['id']}")).json()
    assert 13_500 in [value["energy_wh"] for value in whole["meter_values"]]
    row = await app.database.read(lambda work: work.execute(select(sessions)).one())
    assert (row.status, row.energy_wh) == ("completed", Decimal(4250))


async def it_reports(office: Office, version: str) -> None:
    """All of its settings; then one is changed, and read again."""
    await office.ask("report-settings")
    await until(lambda: office.newest("commands"), lambda command: command["state"] == "done")
    name = INTERVAL[version]
    told = {each["name"]: each["value"] for each in await office.items("/stations/WITNESS/settings")}
    assert len(told) == (3 if version == "1.6" else 2) and told[name] == "300"
    await office.ask("change-settings", changes=[{"setting": name, "value": "900"}])
    read = await office.ask("read-settings", settings=[name])
    assert [(each["name"], each["value"]) for each in read["data"]["settings"]] == [(name, "900")]
    [change] = await office.items("/stations/WITNESS/settings/changes")
    assert (change["before"], change["after"], change["command"] is None) == ("300", "900", False)


async def it_is_updated(office: Office, *, signed: bool) -> None:
    """It fetches the firmware, checks its signature, and runs it."""
    names = {"name": "node.bin", "version": "2.0"}
    proof = {"signature": SIGNATURE, "signing_certificate": CERTIFICATE} if signed else {}
    file = (await office.api.post("/firmware", params=names | proof, content=IMAGE)).json()
    command = await office.ask("update-firmware", firmware=file["id"])
    assert (command["state"], command["awaits"]) == ("awaiting", "firmware")
    update = await until(lambda: office.newest("firmware-updates"), lambda one: one["state"] in ("installed", "failed"))
    assert (update["state"], update["status"], update["booted_version"]) == ("installed", "Installed", "2.0"), update
    assert (await office.charger())["firmware"] == "2.0"
    assert (await office.newest("commands"))["state"] == "done"


async def it_brings_a_log(office: Office, kind: str) -> None:
    """It brings what it is asked for to the address it was given."""
    command = await office.ask("get-log", kind=kind)
    assert (command["state"], command["awaits"]) == ("awaiting", "log")
    done = await until(lambda: office.newest("commands"), lambda one: one["state"] != "awaiting")
    log = await office.newest("logs")
    assert (done["state"], log["state"], log["kind"], log["name"]) == ("done", "uploaded", kind, "node.log")


async def content(office: Office, log: dict[str, Any]) -> bytes:
    return (await office.api.get(log["file"].removeprefix("/api/v1"))).content
