"""The main job, on real input: a client that is not ours completes a session; database and API show it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from stationmaster.app import App
from stationmaster.domain import accounts, organizations
from stationmaster.domain.sessions import sessions
from tests.scenarios import witness2
from tests.scenarios.witness import connected

EMAIL, PASSWORD = "operator@example.com", "correct horse battery staple"


@pytest.fixture
async def api(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator who is logged in."""
    await app.database.write(organizations.home)
    await app.database.write(
        lambda work: accounts.add(work, organizations.home(work), email=EMAIL, password=PASSWORD, role="administrator")
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}/api/v1") as client:
        login = await client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        yield client


async def registered(api: httpx.AsyncClient) -> str:
    """A charger and a card; returns the charger's secret."""
    made = await api.post("/stations", json={"id": "WITNESS"})
    assert made.status_code == 201
    assert (await api.post("/tokens", json={"uid": "04AABBCC"})).status_code == 201
    return str(made.json()["secret"])


async def test_a_client_that_is_not_ours_charges_from_boot_to_stop(app: App, api: httpx.AsyncClient) -> None:
    secret = await registered(api)
    async with connected(app.gateway_port, "WITNESS", secret) as witness:
        await witness.boots()
        number = await witness.starts("04AABBCC", 12_000)
        await witness.measures(number, 13_500, 11_000)
        active = await only(api, status="active")
        assert (active["energy_wh"], active["power_w"], active["token"]) == (1500, 11000, "04AABBCC")
        raw = await api.post("/stations/WITNESS/call", json={"action": "TellMeAJoke", "payload": {}})
        assert (raw.json()["type"], raw.json()["code"]) == ("CALLERROR", "NotSupported")  # the witness says so
        asked = api.post("/stations/WITNESS/commands/remote-stop", json={"session": active["id"]})
        stopping = asyncio.create_task(asked)  # type: ignore[arg-type]
        await asyncio.wait_for(witness.asked_to_stop.wait(), 5)
        await witness.stops(number, 16_250, "Remote")
        assert (await stopping).json()["status"] == "accepted"

    ended = await only(api, station="WITNESS", token="04AABBCC", status="completed")
    assert ended["transaction_id"] == str(number)
    assert (ended["meter_start_wh"], ended["meter_stop_wh"], ended["energy_wh"]) == (12_000, 16_250, 4_250)
    assert (ended["stop_reason"], ended["evse"], ended["review"]) == ("remote", 1, False)
    assert ended["started_at"] <= ended["stopped_at"]
    whole = (await api.get(f"/sessions/{ended['id']}")).json()
    assert [value["energy_wh"] for value in whole["meter_values"]] == [13_500]

    row = await app.database.read(lambda work: work.execute(select(sessions)).one())
    assert (int(row.transaction_id), row.status, row.energy_wh) == (number, "completed", Decimal(4250))


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_the_same_in_2_0_1_and_2_1_started_and_stopped_from_here(
    app: App, api: httpx.AsyncClient, version: str
) -> None:
    secret = await registered(api)
    async with witness2.connected(app.gateway_port, "WITNESS", secret, version) as witness:
        await witness.boots()
        assert (await api.get("/stations/WITNESS")).json()["ocpp_version"] == version
        assert [await witness.authorizes(uid) for uid in ("04AABBCC", "NOBODY")] == ["Accepted", "Unknown"]
        asked = await api.post("/stations/WITNESS/commands/remote-start", json={"token": "04AABBCC", "evse": 1})
        assert (asked.json()["status"], asked.json()["awaits"]) == ("accepted", "session")
        token, number = witness.asked_to_start.get_nowait()
        begun = await witness.tells(
            "Started",
            "RemoteStart",
            30,
            12.0,
            evse=witness2.EVSE,
            id_token=token,
            info={"charging_state": "EVConnected", "remote_start_id": number},
        )
        assert begun.id_token_info["status"] == "Accepted"
        await witness.is_now("Occupied")
        await witness.tells("Updated", "MeterValuePeriodic", 15, 13.5, info={"charging_state": "Charging"})
        active = await only(api, status="active")
        assert (active["energy_wh"], active["power_w"], active["token"]) == (1500, 11000, "04AABBCC")
        assert active["charging_state"] == "charging"
        [command] = (await api.get("/stations/WITNESS/commands")).json()["items"]
        assert (command["state"], command["session"]) == ("done", active["id"])
        stopping = await api.post("/stations/WITNESS/commands/remote-stop", json={"session": active["id"]})
        assert stopping.json()["status"] == "accepted"
        assert witness.asked_to_stop.get_nowait() == witness2.TRANSACTION
        await witness.tells("Ended", "RemoteStop", 0, 16.25, info={"stopped_reason": "Remote"})
        await witness.is_now("Available")

    ended = await only(api, station="WITNESS", token="04AABBCC", status="completed")
    assert ended["transaction_id"] == witness2.TRANSACTION
    assert (ended["meter_start_wh"], ended["meter_stop_wh"], ended["energy_wh"]) == (12_000, 16_250, 4_250)
    assert (ended["stop_reason"], ended["evse"], ended["review"], ended["flags"]) == ("remote", 1, False, [])
    whole = (await api.get(f"/sessions/{ended['id']}")).json()
    assert [value["energy_wh"] for value in whole["meter_values"]] == [12_000, 13_500, 16_250]


async def only(api: httpx.AsyncClient, **filters: str) -> dict[str, Any]:
    """The one session that these filters leave."""
    answer = (await api.get("/sessions", params=filters)).json()
    assert len(answer["items"]) == 1 and answer["next"] is None
    return dict(answer["items"][0])
