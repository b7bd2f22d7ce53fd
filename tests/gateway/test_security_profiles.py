"""Up to a higher security profile and never down again by itself; a failed upgrade locks nobody out (SEC-01, SEC-30 to SEC-34)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from stationmaster.domain import commands, organizations, security_profiles, stations
from stationmaster.domain.alarms import alarms
from stationmaster.domain.commands.kinds import Change
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.refused_connections import explain
from stationmaster.settings import Settings
from tests.authority import Authority, Issued, client
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
    settings.tls = authority.port()
    return settings


@pytest.fixture
async def connect(app: Any, secrets: dict[str, str], authority: Authority) -> AsyncIterator[Connect]:
    """`await connect(profile)`: CP1, by security profile."""
    opened: list[Raw] = []
    mine: list[Issued] = []

    async def open_one(profile: int, **options: Any) -> Raw:
        if profile == 3 and not mine:
            mine.append(authority.charger("CP1"))
        port = app.gateway_port if profile == 1 else app.listener.tls_port
        tls = None if profile == 1 else client(authority, mine[0] if profile == 3 else None)
        told = {} if profile == 3 else {"user": "CP1", "secret": secrets["CP1"]}
        one = await Raw.open(port, request("/ocpp/CP1", **told, **options), tls=tls)
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        await one.close()


@pytest.fixture
def record(app: Any, secrets: Any) -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        home = await app.database.write(organizations.home)
        return await app.database.read(stations.get, home, "CP1")

    return look


@pytest.fixture
def lowest(app: Any, secrets: Any) -> Callable[..., Awaitable[Any]]:
    """`await lowest(2)`: a person says it."""

    async def say(profile: int, reason: str | None = None) -> Any:
        home = await app.database.write(organizations.home)
        return await app.database.write(security_profiles.set_lowest, home, "CP1", profile, reason=reason)

    return say


async def asked_to_go_up(app: Any, raw: Raw, profile: int, answer: str = "Accepted") -> Any:
    """By its setting SecurityProfile (1.6)."""
    station = app.directory.find("CP1").station
    change = commands.ChangeConfiguration("SecurityProfile", str(profile))
    sending = asyncio.create_task(app.switchboard.send(station.id, change, by="an operator"))
    call = await raw.receive()
    assert (call[2], call[3]) == ("ChangeConfiguration", {"key": "SecurityProfile", "value": str(profile)})
    raw.send([3, call[1], {"status": answer}])
    return await sending


async def booted(raw: Raw) -> Raw:
    assert (await raw.exchange([2, "boot", "BootNotification", BOOT]))[2]["status"] == "Accepted"
    return raw


async def test_SEC_01_a_lower_profile_than_it_must_have_is_refused(connect: Connect, lowest: Any, inbox: Any) -> None:
    assert [(await connect(profile)).status for profile in (1, 2, 3)] == [101, 101, 101]
    await lowest(2)
    assert [(await connect(profile)).status for profile in (1, 2, 3)] == [401, 101, 101]
    [(reason, row)] = (await inbox()).items()
    assert (reason, row.identity, row.source) == ("profile_too_low", "CP1", "127.0.0.1")
    assert "wss://" in explain(row)
    await lowest(3)
    assert [(await connect(profile)).status for profile in (1, 2, 3)] == [401, 401, 101]


async def test_SEC_01_a_proxy_that_ended_TLS_counts_as_TLS(app: Any, secrets: Any, knock: Any, lowest: Any) -> None:
    login = {"user": "CP1", "secret": secrets["CP1"]}
    await lowest(2)
    app.listener._settings.trusted_proxies = type(app.settings.gateway)(trusted_proxies=["127.0.0.2"]).trusted_proxies
    for source, headers, status in (
        ("127.0.0.2", {"X-Forwarded-Proto": "https"}, 101),
        ("127.0.0.2", {"X-Forwarded-Proto": "wss"}, 101),
        ("127.0.0.2", {"X-Forwarded-Proto": "http"}, 401),
        ("127.0.0.2", {"X-Forwarded-Proto": "https, http"}, 401),  # what the charger wrote, and what the proxy did
        ("127.0.0.2", {}, 401),
        ("127.0.0.3", {"X-Forwarded-Proto": "https"}, 401),
    ):
        assert (await knock(source=source, headers=headers, **login)).status == status, headers


@pytest.mark.parametrize("answer, outcome", [("Accepted", "accepted"), ("RebootRequired", "reboot_required")])
async def test_SEC_30_after_an_upgrade_the_lower_one_is_refused(
    app: Any, connect: Connect, record: Any, answer: str, outcome: str
) -> None:
    raw = await booted(await connect(1))
    told = await asked_to_go_up(app, raw, 2, answer)
    assert told.outcome == outcome and "security profile 2" in told.sentence
    await booted(await connect(2))
    await until(lambda: app.directory.find("CP1").min_profile == 2)
    assert (await connect(1)).status == 401
    row = await record()
    assert (row.security_profile, row.wanted_profile) == (2, None)


async def test_SEC_30_a_higher_one_that_nobody_asked_for_raises_nothing(connect: Connect, record: Any) -> None:
    await booted(await connect(3))
    assert (await connect(1)).status == 101
    assert (await record()).security_profile == 1


async def test_SEC_30_it_is_raised_to_what_was_asked_and_no_further(app: Any, connect: Connect) -> None:
    await asked_to_go_up(app, await booted(await connect(1)), 2)
    await connect(3)
    await until(lambda: app.directory.find("CP1").min_profile == 2)
    assert (await connect(2)).status == 101


async def test_SEC_30_only_a_person_with_a_reason_lowers_it(connect: Connect, lowest: Any, rows: Any) -> None:
    await lowest(3)
    for reason in (None, "", "  "):
        with pytest.raises(Invalid, match="must say why"):
            await lowest(2, reason)
    await lowest(2, "its certificate has ended")
    assert (await connect(2)).status == 101


async def test_SEC_31_it_is_not_told_to_go_down_to_where_it_would_be_locked_out(
    app: Any, connect: Connect, lowest: Any
) -> None:
    await lowest(2)
    await booted(await connect(2))
    station = app.directory.find("CP1").station
    for change in (
        commands.ChangeConfiguration("SecurityProfile", "1"),
        commands.ChangeConfiguration("securityprofile", " 1 "),
        commands.ChangeSettings([Change("SecurityProfile", "1")]),
    ):
        with pytest.raises(Conflict, match="locked out"):
            await app.switchboard.send(station.id, change, by="an operator")


async def test_SEC_32_a_failed_upgrade_locks_nobody_out_and_is_told(
    app: Any, connect: Connect, record: Any, rows: Any
) -> None:
    await asked_to_go_up(app, await booted(await connect(1)), 2)
    for _ in range(12):  # the fallback of 1.6 A05.FR.08, again and again
        back = await connect(1)
        assert back.status == 101
        await back.close()
    [alarm] = await rows(alarms, kind="not_upgraded")
    assert "security profile 2" in alarm.detail and alarm.resolved_at is None
    assert ((await record()).security_profile, (await record()).wanted_profile) == (1, 2)
    await connect(2)
    await until(lambda: app.directory.find("CP1").min_profile == 2)
    [alarm] = await rows(alarms, kind="not_upgraded")
    assert alarm.resolved_at is not None


async def test_SEC_32_who_tries_the_old_one_first_is_not_kept_from_the_new_one(connect: Connect, lowest: Any) -> None:
    await lowest(2)
    for _ in range(30):
        assert (await connect(1)).status == 401
    assert (await connect(2)).status == 101


async def test_SEC_32_what_the_charger_refuses_changes_nothing(app: Any, connect: Connect, record: Any) -> None:
    told = await asked_to_go_up(app, await booted(await connect(1)), 2, "Rejected")
    assert told.outcome == "rejected"
    assert (await record()).wanted_profile is None


async def test_SEC_34_each_refusal_is_one_record(app: Any, connect: Connect, lowest: Any, inbox: Any) -> None:
    await lowest(2)
    for _ in range(3):
        await connect(1)
    [row] = (await inbox()).values()
    assert (row.reason, row.count, row.source) == ("profile_too_low", 3, "127.0.0.1")
